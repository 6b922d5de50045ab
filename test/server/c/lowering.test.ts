import { describe, expect, it } from 'vitest';
import { program } from './compiler';
import { problems, show } from './show';

const HEAD = 'typedef unsigned long long u64; struct s { u64 a; int b; unsigned c:3, d:5; struct s *n; };\n';

async function steps(text: string, name = 'f'): Promise<string[]> {
  const made = await program(HEAD + text);
  expect(problems(made)).toEqual([]);
  return show(made, name);
}

describe('memory accesses', () => {
  it('makes each its own step, in order of evaluation', async () => {
    expect(await steps('u64 f(struct s *p) { return p->a + p->n->a; }')).toEqual([
      '2: r1 = load u64 r0',
      '2: r2 = load ptr (r0 add 16)',
      '2: r3 = load u64 r2',
      '2: return (r1 add r3)',
    ]);
  });

  it('keeps scalar locals in registers and address-taken ones in the frame', async () => {
    expect(await steps('int g(int *); int f(int x) { int a = x, b = a; return g(&b) + a; }')).toEqual([
      '2: r1 = r0',
      '2: store i32 &frame+0 = r1',
      '2: r2 = g(&frame+0)',
      '2: return (r2 add r1)',
    ]);
  });

  it('lowers marked accesses and atomics to one step each', async () => {
    const text = `u64 f(struct s *p, u64 v) {
      u64 x = __read_once(p->a);
      __write_once(p->n, 0);
      __store_release(p->n, 0);
      if (__cmpxchg(&p->a, x, v) != x) return 1;
      return __xchg(&p->b, 3) + __fetch_add(&p->a, 1);
    }`;
    expect(await steps(text)).toEqual([
      '3: r3 = load.once u64 r0',
      '3: r2 = r3',
      '4: store.once ptr (r0 add 16) = 0',
      '5: store.release ptr (r0 add 16) = 0',
      '6: r3 = cmpxchg u64 r0, r2, r1',
      '6: branch (r3 ne r2) ? 6 : 7',
      '6: return 1',
      '7: r4 = xchg i32 (r0 add 8), 3',
      '7: r3 = add u64 r0, 1',
      '7: return (u64(r4) add r3)',
    ]);
  });

  it('spills a division, which may end the path, but not a pure conditional', async () => {
    expect(await steps('int f(int a, int b) { return a ? a / b : a * b; }')).toEqual([
      '2: branch (r0 ne 0) ? 1 : 4',
      '2: r2 = (r0 div r1)',
      '2: r3 = r2',
      '2: jump 5',
      '2: r3 = (r0 mul r1)',
      '2: return r3',
    ]);
    expect(await steps('int f(int a, int b) { return a ? a : b; }')).toEqual(['2: return ((r0 ne 0) ? r0 : r1)']);
  });
});

describe('lines', () => {
  it('gives each initialiser element its own', async () => {
    const text = `int g(struct s *p);
int f(u64 x) {
  struct s v = {
    .a = x,
    .b = 1,
  };
  return g(&v);
}`;
    expect(await steps(text)).toEqual([
      '4: zero 24 &frame+0',
      '5: store u64 &frame+0 = r0',
      '6: store i32 &frame+8 = 1',
      '8: r1 = g(&frame+0)',
      '8: return r1',
    ]);
  });

  it('marks continuation lines that have no access of their own', async () => {
    const text = `int g(int, int);
int f(int a, int b) {
  if (a &&
      b)
    return g(a,
             b + 1);
  return 0;
}`;
    expect(await steps(text)).toEqual([
      '4: branch (r0 ne 0) ? 1 : 5',
      '5: branch (r1 ne 0) ? 2 : 5',
      '7: r2 = (r1 add 1)',
      '6: r3 = g(r0, (r1 add 1))',
      '6: return r3',
      '8: return 0',
    ]);
  });

  it('follows macro arguments and puts macro bodies on the line of the call', async () => {
    const text = `#define SET(p, v) do { (p)->a = (v); (p)->b = 1; } while (0)
void f(struct s *p,
       u64 v) {
  SET(p,
      v + 1);
}`;
    expect(await steps(text)).toEqual([
      '6: r2 = (r1 add 1)',
      '5: store u64 r0 = (r1 add 1)',
      '5: store i32 (r0 add 8) = 1',
      '5: jump 4',
      '7: return',
    ]);
  });
});

describe('what can not be lowered', () => {
  const cases: [string, string, string[]][] = [
    ['an undeclared identifier', 'a = 1; b = nope; a = 2;', ["2: undeclared identifier 'nope'"]],
    ['an unknown field', 'a = p->zz;', ["2: unknown field 'zz' of struct s"]],
    ['an unknown type', 'foo_t x; a = 3;', ['2: unknown type foo_t']],
    [
      'an unknown iterator macro',
      'for_each_thing(a, p) { b++; }',
      ['2: for_each_thing(...) before a block: not a macro that is known'],
    ],
    [
      'an iterator macro with one argument',
      'for_each_thing(a) { b++; }',
      ['2: for_each_thing(...) before a block: not a macro that is known'],
    ],
    ['an iterator macro before a statement', 'for_each_thing(a, p) b++;', ['2: it does not parse']],
    ['assembler', 'asm volatile("nop" : : "r" (a)); b = 1;', ['2: assembler']],
    ['a floating constant', 'a = 1.5;', ['2: 1.5 is not an integer']],
    ['a stray bracket', 'a = (b; b = 2;', ['2: it does not parse']],
    ['a goto to nowhere', 'goto out;', ["2: goto to the unknown label 'out'"]],
    ['va_arg', 'a = __builtin_va_arg(p, int);', ['2: va_arg is not supported']],
  ];
  it.each(cases)('%s poisons its statement only', async (_title, body, expected) => {
    const made = await program(
      `${HEAD}int f(struct s *p, int a, int b) { a++; ${body} return a; } int g(void) { return 1; }`,
    );
    expect(problems(made)).toEqual(expected);
    const lines = show(made, 'f');
    expect(lines[0]).toContain('add 1');
    expect(lines.filter((l) => l.includes('poison'))).toHaveLength(1);
    expect(lines.at(-1)).toBe('2: return r1');
    expect(show(made, 'g')).toEqual(['2: return 1']);
  });

  it('calls an undeclared function by its name', async () => {
    expect(await steps('void f(struct s *p) { p->n = find(p, 1); }')).toContain('2: r1 = find(r0, 1)');
  });

  it('reads over attribute macros that nobody defined, and stray semicolons', async () => {
    const text = `struct e { int a;; } ; int g(int) __cond(1, a) __cold; static int f(int a) __must_hold(&x) { return g(a); }`;
    const made = await program(text);
    expect(problems(made)).toEqual([]);
    expect(show(made, 'f')).toEqual(['1: r1 = g(r0)', '1: return r1']);
  });

  it('keeps a condition that fails apart from what it guards', async () => {
    const made = await program(`${HEAD}int f(int a) { if (nope) { again: return 1; } if (a) goto again; return 2; }`);
    expect(problems(made)).toEqual(["2: undeclared identifier 'nope'"]);
    expect(show(made, 'f')).toContain('2: return 1');
  });

  it.each([
    ['int f(', 'it does not parse'],
    ['struct s { int a[; };', 'it does not parse'],
    ['int a[99999999999];', 'an array size out of range'],
    ['int x = g();', 'an initialiser that is not constant'],
    [`int f(void) { return ${'('.repeat(3000)}1${')'.repeat(3000)}; }`, 'it nests too deeply'],
    [`int f(int a) { return ${'a + '.repeat(20_000)}a; }`, 'not parse'],
    [`int f(int a) { ${'if (a) ; else '.repeat(5000)} ; }`, 'nest'],
    ['}}}} int g; {{{', 'it does not parse'],
    ['\u0000\u0001 \\ @ ` int f(void) { return 1; }', ''],
  ])('never throws (%#)', async (text, why) => {
    const made = await program(text);
    expect(problems(made).join('\n')).toContain(why);
  });
});

describe('the Program', () => {
  it('leaves out uncalled static functions of headers only when asked to', async () => {
    const files = {
      'a.h':
        'static int used(void) { return deep(); } static int unused(void) { return 1; } int open(void) { return 2; }',
      'b.h': 'static int deep(void) { return 3; } static int patched(void) { return 4; }',
    };
    const text = '#include "b.h"\n#include "a.h"\nint f(void) { return used(); } static int g(void) { return 1; }';
    const names = async (pruneExcept?: string[]): Promise<string> => {
      const made = await program(text, pruneExcept ? { files, pruneExcept } : { files });
      return Object.keys(made.functions).sort().join(' ');
    };
    expect(await names()).toBe('deep f g open patched unused used');
    expect(await names([])).toBe('deep f g open used');
    expect(await names(['b.h'])).toBe('deep f g open patched used');
  });

  it('lists layouts, constants and globals', async () => {
    const text = `${HEAD}enum e { A = 3, B };
#define MASK (1ULL << 40 | A)
typedef struct { int x; } anon_t; static int counter = 5; struct s table[2] = { [1].n = &table[0] };
int f(void) { static int calls; return calls++ + counter; }`;
    const made = await program(text, { constants: ['MASK', 'NONE'] });
    expect(made.constants).toEqual({ A: 3, B: 4, MASK: (1n << 40n) | 3n });
    expect(made.structs['struct s']).toEqual({
      size: 24,
      align: 8,
      fields: {
        a: { off: 0, type: 'unsigned long long', t: 'u64', size: 8 },
        b: { off: 8, type: 'int', t: 'i32', size: 4 },
        c: { off: 12, type: 'unsigned int', t: 'u32', size: 4, bits: { shift: 0, width: 3 } },
        d: { off: 12, type: 'unsigned int', t: 'u32', size: 4, bits: { shift: 3, width: 5 } },
        n: { off: 16, type: 'struct s *', t: 'ptr', size: 8 },
      },
    });
    expect(made.structs.anon_t?.size).toBe(4);
    expect(made.globals.counter?.init).toEqual([{ off: 0, t: 'i32', v: 5 }]);
    expect(made.globals.table?.init).toEqual([{ off: 40, t: 'ptr', global: 'table', add: 0 }]);
    expect(made.globals['f.calls']).toMatchObject({ size: 4, init: [] });
    expect(structuredClone(made)).toEqual(made);
  });
});

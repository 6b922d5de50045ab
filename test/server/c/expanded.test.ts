import { describe, expect, it } from 'vitest';
import { LoweringCache } from '../../../server/c/index';
import { nativeParser, program } from './compiler';
import { show } from './show';

/** Steps of `f` as `line <- lines of macro bodies: step`. */
async function expanded(text: string, options: Parameters<typeof program>[1] = {}): Promise<string[]> {
  const made = await program(text, { expandedFrom: ['test.c'], ...options });
  const steps = made.functions.f?.steps ?? [];
  return show(made, 'f').map((shown, i) => {
    const lines = made.origins[steps[i]?.at ?? -1]?.expanded?.map(({ line }) => line);
    const [line, step] = [shown.slice(0, shown.indexOf(':')), shown.slice(shown.indexOf(':') + 2)];
    return `${line}${lines ? ` <- ${lines.join(' ')}` : ''}: ${step.replace(/^(r\d+ = )?(\w+).*/, '$2')}`;
  });
}

describe('the lines of a macro body that a step comes from', () => {
  it('are told apart within a statement expression, while the step stands on the line of the use', async () => {
    const text = [
      'int g(int); void log(void);', // 1
      '#define TRY(fn, x) \\', // 2
      '({ \\', // 3
      '	int __err = fn(x); \\', // 4
      '	if (__err) { \\', // 5
      '		log(); \\', // 6
      '		__err = fn(x); \\', // 7
      '	} \\', // 8
      '	__err; \\', // 9
      '})', // 10
      'int f(int a)', // 11
      '{', // 12
      '	return TRY(g, a);', // 13
      '}', // 14
    ].join('\n');
    expect(await expanded(text)).toMatchInlineSnapshot(`
      [
        "13 <- 4: g",
        "13 <- 4: r2",
        "13 <- 5 8 9: branch",
        "13 <- 6: log",
        "13 <- 7: g",
        "13 <- 7: r2",
        "13 <- 3 10: return",
      ]
    `);
  });

  it('go through the macros that use the macro, and to a constant within an expression', async () => {
    const text = [
      '#define LIMIT 4', // 1
      '#define IS_LOW(x) ((x) < LIMIT)', // 2
      'int f(int a)', // 3
      '{', // 4
      '	if (IS_LOW(a))', // 5
      '		return a;', // 6
      '	return a + LIMIT;', // 7
      '}', // 8
    ].join('\n');
    expect(await expanded(text)).toMatchInlineSnapshot(`
      [
        "5 <- 2 1: branch",
        "6: return",
        "7 <- 1: return",
      ]
    `);
  });

  it('are those of an iterator', async () => {
    const text = [
      'int next(int); int skip(int); void use(int);', // 1
      '#define each(i) \\', // 2
      '	for (i = 0; i < 9; \\', // 3
      '	     i = next(i)) \\', // 4
      '		if (skip(i)) { \\', // 5
      '		} else', // 6
      'void f(void)', // 7
      '{', // 8
      '	int i;', // 9
      '	each(i)', // 10
      '		use(i);', // 11
      '}', // 12
    ].join('\n');
    expect(await expanded(text)).toMatchInlineSnapshot(`
      [
        "10 <- 3: 0",
        "10 <- 3: branch",
        "10 <- 5 6: skip",
        "10 <- 5 6: branch",
        "11: jump",
        "11: use",
        "10 <- 4: next",
        "10 <- 4: r1",
        "10 <- 3: jump",
        "12: return",
      ]
    `);
  });

  it('are kept only of the files asked for', async () => {
    const files = { 'm.h': '#define LOW(x) ((x) < 4)\n' };
    const text = '#include "m.h"\n#define BOTH(x) (LOW(x) && x)\nint f(int a) { return BOTH(a); }';
    const lines = async (expandedFrom: string[]): Promise<string[]> =>
      (await expanded(text, { files, expandedFrom })).map((line) => line.replace(/:.*/, ''));
    expect(new Set(await lines([]))).toEqual(new Set(['3']));
    expect((await lines(['m.h']))[0]).toBe('3 <- 1');
    expect((await lines(['test.c']))[0]).toBe('3 <- 2');
    expect((await lines(['m.h', 'test.c']))[0]).toMatch(/^3 <- (1 2|2 1)$/);
  });

  it('follow a macro that moves, with a function taken from the cache', async () => {
    const text = '#define INC(x) \\\n	x++; \\\n	x++\nint f(int a) { INC(a); return a; }';
    const cache = new LoweringCache();
    const parser = await nativeParser();
    const first = await expanded(text, { cache, parser });
    const moved = await expanded(`\n\n${text}`, { cache, parser });
    const shift = (line: string): string => line.replace(/\d+(?=[ :\d<-]*:)/g, (n) => String(Number(n) + 2));
    expect(moved).toEqual(first.map(shift));
    expect(first.some((line) => line.startsWith('4 <- 3'))).toBe(true);
  });
});

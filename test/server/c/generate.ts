/**
 * Generates C functions without undefined or unspecified behaviour, from a seed: the same seed gives
 * the same text. Each takes three 64-bit words and returns one.
 */

export type Random = () => number;

/** Mulberry32: small, fast, good enough to choose syntax. Results are in [0, 1). */
export function random(seed: number): Random {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const TYPES = [
  'signed char',
  'unsigned char',
  'char',
  'short',
  'unsigned short',
  'int',
  'unsigned int',
  'long',
  'unsigned long',
  'long long',
  'unsigned long long',
  '_Bool',
  'enum color',
  'u32t',
  's8t',
];

export const PREAMBLE = `
typedef unsigned int u32t; typedef signed char s8t; typedef unsigned long long u64t;
enum color { RED, GREEN = 5, BLUE };
enum level { LOW = -3, HIGH = 1000 };
union word { u64t all; struct { u32t low, high; }; unsigned char bytes[8]; struct { u64t a:3, b:9, c:20, :4, d:28; }; };
struct mix { char c; short s; int i:5; unsigned int u:7, v:13; u64t w:24; _Bool flag:1; enum color e:4; long l; s8t tail; };
struct node { struct node *next; int value; union word w; short list[5]; struct mix m; };
`;

export class Generator {
  private readonly vars: string[] = [];
  private lines: string[] = [];
  private labels = 0;
  private loops = 0;

  constructor(private readonly next: Random) {}

  private int(n: number): number {
    return Math.floor(this.next() * n);
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T;
  }

  private literal(): string {
    const value = this.pick([
      '0',
      '1',
      '2',
      '3',
      '7',
      '8',
      '31',
      '100',
      '127',
      '128',
      '255',
      '256',
      '32767',
      '65535',
      '0x7fffffff',
      '0x80000000',
      '0xffffffff',
      '0x123456789abcdefLL',
      '0x8000000000000000ULL',
      "'a'",
      '010',
      '4294967296',
    ]);
    return /^[0-9x]+$/.test(value) ? value + this.pick(['', '', 'u', 'l', 'ul', 'll', 'ull']) : value;
  }

  /** A variable that is no bit-field: typeof and sizeof can be asked of it. */
  private plain(): string {
    return this.pick(['x', 'y', 'z', ...this.vars.filter((v) => /^v\d$/.test(v))]);
  }

  private leaf(): string {
    const roll = this.int(10);
    if (roll < 2) return this.literal();
    if (roll < 5 || this.vars.length === 0) return this.pick(['x', 'y', 'z']);
    return this.pick(this.vars);
  }

  /** An expression without side effects. */
  expression(depth: number): string {
    if (depth <= 0) return this.leaf();
    const e = (): string => this.expression(depth - 1 - this.int(2));
    switch (this.int(20)) {
      case 0:
        return `(${this.pick(TYPES)})(${e()})`;
      case 1:
        return `(${this.pick(TYPES)})${this.leaf()}`;
      case 2:
        return `${this.pick(['-', '~', '!', '+'])}(${e()})`;
      case 3:
        return `(${e()} ? ${e()} : ${e()})`;
      case 4:
        return `(${e()} ${this.pick(['&&', '||'])} ${e()})`;
      case 5:
      case 6:
        return `(${e()} ${this.pick(['==', '!=', '<', '<=', '>', '>='])} ${e()})`;
      case 7:
        return `(${e()} ${this.pick(['<<', '>>'])} (${e()} & 7))`;
      case 8:
        return `((unsigned long)(${e()}) ${this.pick(['<<', '>>'])} (${e()} & 63))`;
      case 9:
        return `(${e()} ${this.pick(['/', '%'])} ((${e()} & 15) + 1))`;
      case 10:
        return `(${e()} ?: ${e()})`;
      case 11:
        return `({ ${this.pick(['int', 'unsigned long', 'short', '__auto_type'])} t = +(${e()}); t ${this.pick(['+', '^', '-'])} ${this.leaf()}; })`;
      case 12:
        return `(sizeof(${this.plain()}) + ${e()})`;
      case 13:
        return `((${this.leaf()}) & (${e()}))`;
      case 14:
        return `((typeof(${this.plain()}))(${e()}) - ${this.leaf()})`;
      default:
        return `(${e()} ${this.pick(['+', '-', '*', '&', '|', '^', '+', '-'])} ${e()})`;
    }
  }

  private lvalue(): string {
    const scalar = this.vars.filter((v) => !v.includes('BLUE'));
    return this.pick(scalar);
  }

  private statement(depth: number): void {
    const e = (): string => this.expression(2);
    const roll = this.int(depth > 0 ? 16 : 7);
    switch (roll) {
      case 0:
      case 1:
      case 2:
        this.lines.push(`${this.lvalue()} = ${e()};`);
        return;
      case 3:
        this.lines.push(`${this.lvalue()} ${this.pick(['+=', '-=', '*=', '&=', '|=', '^='])} ${e()};`);
        return;
      case 4:
        this.lines.push(`${this.lvalue()} ${this.pick(['<<=', '>>='])} (${e()}) & 3;`);
        return;
      case 5:
        this.lines.push(
          `r += ${this.pick([`${this.lvalue()}++`, `--${this.lvalue()}`, `${this.lvalue()}--`, `++${this.lvalue()}`])};`,
        );
        return;
      case 6:
        this.lines.push(`r = r * 31 + (u64t)(${e()});`);
        return;
      case 7:
      case 8:
        this.lines.push(`if (${e()}) {`);
        this.block(depth - 1);
        this.lines.push('} else {');
        this.block(depth - 1);
        this.lines.push('}');
        return;
      case 9:
      case 10:
        this.loop(depth);
        return;
      case 11:
        this.choice(depth);
        return;
      case 12:
        this.jump(depth);
        return;
      case 13: {
        const name = `n${this.labels++}`;
        this.lines.push(`{ ${this.pick(TYPES)} ${name} = ${e()};`);
        this.block(depth - 1);
        this.lines.push(`r ^= ${name}; }`);
        return;
      }
      case 14:
        this.lines.push(`p = &nodes[(${e()}) & 3]; r += p - nodes;`);
        return;
      default:
        this.lines.push(`*p = *p->next; p->m = ${this.pick(['nodes[1].m', 'p->next->m'])};`);
    }
  }

  private block(depth: number): void {
    for (let n = 1 + this.int(3); n > 0; n--) this.statement(depth);
  }

  private loop(depth: number): void {
    const i = `i${this.loops++}`;
    const times = 1 + this.int(5);
    const leave = this.pick(['', `if (${this.expression(1)}) break;`, `if (${this.expression(1)}) continue;`]);
    const head = this.pick([
      [`for (int ${i} = 0; ${i} < ${times}; ${i}++) {`, '}'],
      [`{ int ${i} = 0; while (${i}++ < ${times}) {`, '} }'],
      [`{ int ${i} = ${times}; do {`, `} while (--${i} > 0); }`],
    ]) as [string, string];
    this.lines.push(head[0]);
    this.block(depth - 1);
    this.lines.push(leave);
    this.block(depth - 1);
    this.lines.push(`r += ${i};`, head[1]);
  }

  private choice(depth: number): void {
    this.lines.push(`switch ((${this.expression(2)}) & 15) {`, 'case 0:');
    this.block(depth - 1);
    this.lines.push('case 1: case 2:');
    this.block(depth - 1);
    this.lines.push('break;', 'case 4 ... 7: {');
    this.block(depth - 1);
    this.lines.push('}', this.pick(['break;', '']), 'default:');
    this.block(depth - 1);
    this.lines.push('break;', 'case BLUE + 3: r++; }');
  }

  private jump(depth: number): void {
    const label = `l${this.labels++}`;
    if (this.int(2) === 0) {
      this.lines.push(`if (${this.expression(1)}) goto ${label};`);
      this.block(depth - 1);
      this.lines.push(`if (${this.expression(1)}) {`);
      this.block(depth - 1);
      this.lines.push(`${label}: r++; }`);
    } else {
      this.lines.push(`{ int k${label} = 0; ${label}:`);
      this.block(depth - 1);
      this.lines.push(`if (++k${label} < 3) goto ${label}; }`);
    }
  }

  /** One function; `budget` is roughly its number of statements. */
  function(name: string, budget: number): string {
    this.vars.length = 0;
    this.lines = [];
    this.labels = 0;
    this.loops = 0;
    const locals: string[] = [];
    for (let i = 0; i < 5; i++) {
      locals.push(`${this.pick(TYPES)} v${i} = ${this.expression(2)};`);
      this.vars.push(`v${i}`);
    }
    const places = [
      'p->value',
      'nodes[2].w.low',
      'p->w.bytes[3]',
      'p->w.b',
      'p->w.d',
      'w.c',
      'w.high',
      'w.bytes[1]',
      'm.i',
      'm.u',
      'm.v',
      'm.w',
      'm.flag',
      'm.e',
      'm.s',
      'p->m.l',
      'p->list[2]',
      'nodes[(x) & 3].list[y & 3]',
      '(*q)',
      'p->m.tail',
      '(*p).m.u',
    ];
    this.vars.push(...places);
    for (let i = 0; i < budget; i++) this.statement(2);
    return [
      `u64t ${name}(u64t x, u64t y, u64t z) {`,
      `u64t r = 1; union word w = { .all = x ^ y }; struct mix m = { .c = 3, .u = 100, .l = -1 };`,
      `struct node nodes[4] = { { .value = 1, .w.all = 5 }, [1 ... 2] = { .list = { 1, 2, [4] = 9 }, .m.w = 77 }, { .m = { 1, 2, 3 } } };`,
      `struct node *p = &nodes[1]; int scratch = 7, *q = &scratch;`,
      `for (int i = 0; i < 4; i++) nodes[i].next = &nodes[(i + 1) & 3];`,
      ...locals,
      ...this.lines,
      `return r ^ w.all ^ m.l ^ (u64t)m.i ^ (m.u << 3) ^ m.v ^ m.flag ^ m.w ^ p->value ^ p->list[1] ^ scratch ^ v0 ^ ((u64t)v1 << 5) ^ v2 ^ v3 ^ v4;`,
      '}',
    ].join('\n');
  }

  /** A function that returns one expression of a few typed variables. */
  expressionFunction(name: string): string {
    this.vars.length = 0;
    const locals = [0, 1, 2, 3].map(
      (i) => `${this.pick(TYPES)} v${i} = (${this.pick(['x', 'y', 'z', 'x * y', 'y - z'])});`,
    );
    for (let i = 0; i < 4; i++) this.vars.push(`v${i}`);
    this.vars.push('BLUE', 'LOW', 'HIGH');
    return `u64t ${name}(u64t x, u64t y, u64t z) { ${locals.join(' ')} return ${this.expression(4)}; }`;
  }
}

import { describe, expect, it } from 'vitest';
import { createParser } from '../../../server/c/index';
import { program } from './compiler';
import { problems, show } from './show';

const SOURCE = `
typedef unsigned long u64; struct s { u64 a; int b : 3; };
u64 f(struct s *p, u64 m) {
	typeof(p->a) x = (p->a) & m;
	for (int i = 0; i < 3; i++)
		x += (u64)(m) * sizeof(u64);
	return ({ x; }) ?: (u64)-1;
}
int bad(int a) { int b = a ) ; return b; }
`;

const kinds = ['native', 'wasm'] as const;
const parsers = { native: createParser('native'), wasm: createParser('wasm') };

describe.each(kinds)('the %s parser', (kind) => {
  it('is the one asked for', async () => {
    expect((await parsers[kind]).kind).toBe(kind);
  });

  it('reads non-ASCII text and texts larger than its buffer', async () => {
    const parser = await parsers[kind];
    const long = `const char *s = "é€😀"; ${'int a;\n'.repeat(20_000)} int last;`;
    const root = parser.parse(long);
    expect(root.end).toBe(long.length);
    expect(root.children.at(-1)).toMatchObject({ type: 'declaration', start: long.length - 9 });
  });

  it('marks what does not parse', async () => {
    const text = JSON.stringify((await parsers[kind]).parse('int f( { }'));
    expect(text).toMatch(/"type":"ERROR"|"missing":true/);
  });

  it('gives the same steps', async () => {
    const mine = await program(SOURCE, { parser: await parsers[kind] });
    const other = await program(SOURCE, { parser: await parsers.native });
    expect(show(mine, 'f')).toEqual(show(other, 'f'));
    expect(problems(mine)).toEqual(['9: it does not parse', "9: undeclared identifier 'b'"]);
  });
});

it('falls back by itself where nothing is asked for', async () => {
  expect(['native', 'wasm']).toContain((await createParser()).kind);
});

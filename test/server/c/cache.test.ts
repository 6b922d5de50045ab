import { expect, it } from 'vitest';
import { LoweringCache } from '../../../server/c/index';
import { program } from './compiler';
import { problems, show } from './show';

const DECLARATIONS = 'struct s { int a; };\nint limit = 3;\n';
const FIRST = 'int first(struct s *p)\n{\n\tp->a = 1;\n\treturn "one"[0];\n}\n';
const SECOND = 'int second(struct s *p)\n{\n\tstatic int n;\n\tp->a = limit;\n\treturn nope;\n}\n';

it('shares the steps of functions whose text is unchanged, and shifts their lines', async () => {
  const cache = new LoweringCache();
  const before = await program(DECLARATIONS + FIRST + SECOND, { cache });
  const changed = FIRST.replace('p->a = 1;', 'p->a = 2;\n\tp->a++;\n');
  const after = await program(DECLARATIONS + changed + SECOND, { cache });
  expect(after.functions.second?.steps).toBe(before.functions.second?.steps);
  expect(after.functions.first?.steps).not.toBe(before.functions.first?.steps);
  expect(before.functions.second).toMatchObject({ line: 8, endLine: 13 });
  expect(after.functions.second).toMatchObject({ line: 10, endLine: 15 });
  expect(problems(before)).toEqual(["12: undeclared identifier 'nope'"]);
  expect(problems(after)).toEqual(["14: undeclared identifier 'nope'"]);
  const fresh = await program(DECLARATIONS + changed + SECOND);
  for (const name of ['first', 'second']) expect(show(after, name)).toEqual(show(fresh, name));
  expect(Object.keys(after.globals).sort()).toEqual(Object.keys(fresh.globals).sort());
});

it('lowers everything again when a declaration changes', async () => {
  const cache = new LoweringCache();
  await program(DECLARATIONS + FIRST, { cache });
  const after = await program(DECLARATIONS.replace('int a;', 'long z; int a;') + FIRST, { cache });
  expect(show(after, 'first')).toContain('5: store i32 (r0 add 8) = 1');
});

it('does not confuse a function that was only laid out anew', async () => {
  const cache = new LoweringCache();
  const text = 'int g(int, int);\nint f(int a, int b) { return g(a, b); }\n';
  await program(text, { cache });
  const split = text.replace('g(a, b)', 'g(a,\n b)');
  expect(show(await program(split, { cache }), 'f')).toEqual(show(await program(split), 'f'));
});

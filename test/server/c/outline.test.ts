import { expect, it } from 'vitest';
import { functionsOf, tokenize } from '../../../server/c/index';

it('finds functions in raw C, whatever macros and directives do', () => {
  const text = `#include <linux/kvm.h>
#define FOR(x) for (;;) {
static const struct ops o = {
	.f = g,
};
struct s { int a; };
enum e { A, B };
static int __init first(void)
{
#ifdef CONFIG_X
	if (a) {
#else
	if (b) {
#endif
		for_each_thing(x) { y(); }
	}
}

EXPORT_SYMBOL_GPL(first);
int second(int (*f)(void),
	   int b) __attribute__((cold));
static __always_inline
u64 *third(struct s *p) { return &p->a; }
DEFINE_THING(fourth)
{
	return 1;
}
`;
  expect(functionsOf(text)).toEqual([
    { name: 'first', startLine: 8, endLine: 17, bodyStartLine: 9 },
    { name: 'third', startLine: 22, endLine: 23, bodyStartLine: 23 },
    { name: 'DEFINE_THING', startLine: 24, endLine: 27, bodyStartLine: 25 },
  ]);
});

it('tokenizes without losing a character', () => {
  const text = 'a->b /* x\n */ += 0x1.8p-3f;\r\n"s\\"\\\n" \'\\n\' // end\\\nmore\n# ## ... <<= é @ \\ x';
  expect(
    tokenize(text, true)
      .map((t) => t.text)
      .join(''),
  ).toBe(text);
  expect(tokenize('a\n  b->c').map((t) => [t.text, t.line, t.column, t.offset])).toEqual([
    ['a', 1, 1, 0],
    ['b', 2, 3, 4],
    ['->', 2, 4, 5],
    ['c', 2, 6, 7],
  ]);
});

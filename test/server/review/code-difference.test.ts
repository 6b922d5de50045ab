import { describe, expect, it } from 'vitest';
import { LoweringCache } from '../../../server/c/index';
import { differenceOf } from '../../../server/review/code-difference';
import { program } from '../c/compiler';

const TEXT = `enum mode { OFF, ON = 4, UNUSED };
#define LIMIT 8
struct range { int start; int end; int flags; };
struct ops { int (*run)(struct range *range); };
int running = 0;
int first(struct range *range)
{
	int sum = range->start + LIMIT;
	return sum;
}
int second(struct range *range)
{
	return range->end;
}
int third(int mode)
{
	static int calls = 1;
	return mode == ON ? calls : 0;
}
int fourth(void)
{
	int list[4];
	int *at = list;
	at[2] = 7;
	return "text"[0] + at[2];
}
static struct ops table = { .run = first };
int apply(struct range *range)
{
	return table.run(range);
}
`;

/** What a change of the text above makes different, compiled with a cache that both sides share, and without. */
async function difference(from: string, to: string) {
  expect(TEXT).toContain(from);
  const cache = new LoweringCache();
  const [pre, post, fresh] = await Promise.all([
    program(TEXT, { cache }),
    program(TEXT.replace(from, to), { cache }),
    program(TEXT.replace(from, to)),
  ]);
  expect(post.problems).toEqual([]);
  const found = differenceOf(pre, post);
  expect(differenceOf(pre, fresh)).toEqual(found);
  expect(found.barriers).toEqual([]);
  const back = differenceOf(post, pre);
  expect([[...back.functions].sort(), back.data]).toEqual([[...found.functions].sort(), found.data]);
  return { functions: [...found.functions].sort(), data: found.data };
}

const NOTHING = { functions: [], data: [] };

describe('code compiles to the same after', () => {
  it.each([
    ['a comment', '	return sum;', '	/* All\n	 * of it. */\n	return sum;'],
    [
      'the renaming of a local',
      '	int sum = range->start + LIMIT;\n	return sum;',
      '	int all = range->start + LIMIT;\n	return all;',
    ],
    [
      'the renaming of a parameter',
      'second(struct range *range)\n{\n	return range',
      'second(struct range *other)\n{\n	return other',
    ],
    ['a constant that nothing uses', 'UNUSED', 'UNUSED = 9'],
    ['a field that nothing moves for', 'int flags; };', 'int flags; int more; };'],
    ['a macro spelt otherwise', '#define LIMIT 8', '#define LIMIT (4 + 4)'],
    ['a declaration', 'int running = 0;', 'int running = 0;\nint elsewhere(void);'],
  ])('%s', async (_, from, to) => {
    expect(await difference(from, to)).toEqual(NOTHING);
  });
});

describe('what differs is', () => {
  it.each([
    ['the function that is changed', 'return sum;', 'return sum + 1;', ['first']],
    ['the functions that use a constant', 'ON = 4', 'ON = 5', ['third']],
    ['the functions that use a macro', 'LIMIT 8', 'LIMIT 9', ['first']],
    ['the users of a field that moved', 'int end; int flags;', 'int flags; int end;', ['second']],
    ['the users of a field whose type changed', 'int end;', 'unsigned char end;', ['second']],
    ['the users of all fields behind a new one', 'struct range { ', 'struct range { long more; ', ['first', 'second']],
    ['the function whose text changed', '"text"', '"next"', ['fourth']],
    ['the function with less room for its locals', 'int list[4]', 'int list[2]', ['fourth']],
    ['the function with another parameter', 'third(int mode)', 'third(int mode, int unused)', ['third']],
    ['the function that takes less of its argument', 'third(int mode)', 'third(unsigned char mode)', ['third']],
    ['a function that is new', 'int running = 0;', 'int fresh(void) { return 1; }\nint running = 0;', ['fresh']],
    ['a function that is gone', 'int second(struct range *range)\n{\n	return range->end;\n}\n', '', ['second']],
  ])('%s', async (_, from, to, functions) => {
    expect(await difference(from, to)).toEqual({ functions, data: [] });
  });

  it.each([
    ['an entry of a static table', '.run = first', '.run = second', ['table']],
    ['the first value of an object', 'running = 0', 'running = 1', ['running']],
    ['the first value of a static local', 'calls = 1', 'calls = 2', ['calls']],
  ])('%s, as data', async (_, from, to, data) => {
    const found = await difference(from, to);
    expect(found.functions).toEqual([]);
    expect(found.data.map((name) => name.replace(/^.*\W(?=\w+$)|\W?\d*$/g, ''))).toEqual(data);
  });

  it('a function that does not compile any more', async () => {
    const pre = await program(TEXT);
    const post = await program(TEXT.replace('return sum;', 'return nope;'));
    expect(differenceOf(pre, post)).toEqual({ functions: ['first'], data: [], barriers: [] });
  });
});

describe('barriers', () => {
  const text = (body: string) => `void smp_wmb(void); void smp_rmb(void); int data, flag;
int same(void) { smp_rmb(); return data; }
void publish(void) { ${body} }
`;
  const barriers = async (before: string, after: string) =>
    differenceOf(await program(text(before)), await program(text(after))).barriers;

  it('that come or go are named, with their function', async () => {
    expect(await barriers('data = 1; smp_wmb(); flag = 1;', 'data = 1; flag = 1;')).toEqual([
      { function: 'publish', names: ['smp_wmb'] },
    ]);
    expect(await barriers('data = 1; smp_wmb(); flag = 1;', 'data = 1; __store_release(flag, 1);')).toEqual([
      { function: 'publish', names: ['release', 'smp_wmb'] },
    ]);
  });

  it('that stay are not', async () => {
    expect(await barriers('data = 1; smp_wmb(); flag = 1;', 'data = 2; smp_wmb(); flag = 1;')).toEqual([]);
  });
});

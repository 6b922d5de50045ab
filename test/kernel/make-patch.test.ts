import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyPatch } from 'diff';
import { describe, expect, test } from 'vitest';
import { bugs } from './bugs';
import { releaseBugs } from './bugs-releases';
import { cases, isBug, releaseOf } from './cases';
import { applyEdit, type Change, type Edit, RELEASES } from './edit';
import { edits } from './edits';
import { releaseEdits } from './edits-releases';
import { trialEdits } from './edits-trial';
import { trialTwoEdits } from './edits-trial-two';
import { haveKernel } from './fetch.mjs';
import { makeDiff, makePatch } from './make-patch';
import { INVARIANTS, ORACLES, UNBROKEN } from './rules';

/** A file of our own in the kernel's layout. */
const SOURCE = `#include <linux/types.h>

static int first(int a)
{
	return a + 1;
}

/* Says whether @b is
 * even. */
static bool second(struct box *p,
		   int b)
{
	/* Look before use. */
	check(p->b, b);

	if (b & 1)
		return false;

	return true;
}

struct box {
	int b;
	int count;
};

#define twice(f, args...)	\\
({				\\
	int __r = f(args);	\\
	__r += f(args);		\\
	__r;			\\
})
`;

function edited(name: string, ...changes: Change[]): string {
  const edit: Edit = { id: 'x', title: 't', file: 'f.c', function: name, changes, breaks: [], vm: [] };
  return applyEdit(SOURCE, edit);
}

describe('an edit', () => {
  test('replaces a run of tokens whatever the white space', () => {
    expect(edited('second', { find: 'if(b&1)return false ;', replace: 'if (b % 2)\n\t\treturn false;' })).toBe(
      SOURCE.replace('b & 1', 'b % 2'),
    );
  });

  test('deletes whole lines with their comment and the blank line that is left over', () => {
    expect(edited('second', { find: 'check(p->b, b);', replace: '' })).toBe(
      SOURCE.replace('\t/* Look before use. */\n\tcheck(p->b, b);\n\n', ''),
    );
  });

  test('leaves no blank line before the closing brace', () => {
    expect(edited('second', { find: 'return true;', replace: '' })).toContain('\t\treturn false;\n}\n');
  });

  test('renames a variable but not the member of the same name', () => {
    expect(edited('second', { rename: 'b', to: 'count' })).toContain('check(p->b, count);\n\n\tif (count & 1)');
  });

  test('puts text above a function and its comment', () => {
    expect(edited('second', { insertAbove: 'int x;' })).toContain('}\n\nint x;\n\n/* Says whether');
  });

  test('moves a function with its comment', () => {
    const moved = edited('second', { moveAbove: 'first' });
    expect(moved).toContain('types.h>\n\n/* Says whether @b is\n * even. */\nstatic bool second(');
    expect(moved).toContain('\treturn true;\n}\n\nstatic int first(int a)');
  });

  test('reaches into a type', () => {
    expect(edited('struct box', { find: 'int b;', replace: '' })).toContain('struct box {\n\tint count;\n};');
  });

  test('reads over the line ends of a macro', () => {
    expect(edited('twice', { find: '__r += f(args); __r;', replace: '__r;' })).toContain(
      'f(args);\t\\\n\t__r;\t\t\t\\\n})',
    );
  });

  test.each([
    ['second', 'return', '"return" occurs 2 times'],
    ['second', 'goto out', '"goto out" occurs 0 times'],
    ['third', 'return', '0 definitions of third()'],
    ['struct third', 'int b;', '0 definitions of struct third()'],
  ])('says what is wrong in %s with %s', (name, find, message) => {
    expect(() => edited(name, { find, replace: ';' })).toThrow(message);
  });
});

test('there are enough cases, each with an id of its own, and bugs say what goes wrong', () => {
  expect(edits).toHaveLength(40);
  expect(releaseEdits).toHaveLength(8);
  expect(trialEdits).toHaveLength(13);
  expect(trialTwoEdits).toHaveLength(7);
  expect([...edits, ...releaseEdits, ...trialEdits, ...trialTwoEdits].every((edit) => edit.breaks.length === 0)).toBe(
    true,
  );
  expect(bugs.length).toBeGreaterThanOrEqual(62);
  expect(releaseBugs).toHaveLength(12);
  expect(cases.filter(isBug).filter(({ breaks, wrong }) => breaks.length === 0 || !wrong.endsWith('.'))).toEqual([]);
  expect(cases.filter(({ breaks }) => breaks.length > 0).filter((one) => !isBug(one))).toEqual([]);
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
});

test('bugs name rules of the domain and oracles, and together all invariants that can be broken', () => {
  const known = new Set<string>([...INVARIANTS, ...ORACLES]);
  const named = new Set(cases.flatMap(({ breaks }) => breaks));
  expect([...named].filter((rule) => !known.has(rule))).toEqual([]);
  expect(INVARIANTS.filter((rule) => !named.has(rule))).toEqual(Object.keys(UNBROKEN));
});

for (const release of RELEASES) {
  const root = haveKernel(release) ?? '';
  const why = root === '' ? `fetch the source of ${release} with test/kernel/fetch.mjs` : '';

  describe(`on kernel ${release}`, () => {
    for (const edit of cases.filter((one) => releaseOf(one) === release)) {
      test(`${edit.id} makes a patch that applies`, ({ skip }) => {
        skip(why !== '', why);
        const before = readFileSync(join(root, edit.file), 'utf8');
        const diff = makeDiff(root, edit);
        expect(applyPatch(before, diff.slice(diff.indexOf('--- a/')))).toBe(applyEdit(before, edit));
        expect(makePatch(root, edit)).toContain(`Subject: [PATCH] ${edit.title}\n`);
        expect(diff.split('\n').filter((line) => /^\+.*[ \t]$/.test(line))).toEqual([]);
      });
    }
  });
}

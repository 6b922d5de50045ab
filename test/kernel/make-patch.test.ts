import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyPatch } from 'diff';
import { describe, expect, test } from 'vitest';
import { bugs } from './bugs';
import { applyEdit, type Change, type Edit } from './edit';
import { edits } from './edits';
import { makeDiff, makePatch } from './make-patch';

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

  test('reads over the line ends of a macro', () => {
    expect(edited('twice', { find: '__r += f(args); __r;', replace: '__r;' })).toContain(
      'f(args);\t\\\n\t__r;\t\t\t\\\n})',
    );
  });

  test.each([
    ['second', 'return', '"return" occurs 2 times'],
    ['second', 'goto out', '"goto out" occurs 0 times'],
    ['third', 'return', '0 definitions of third()'],
  ])('says what is wrong in %s with %s', (name, find, message) => {
    expect(() => edited(name, { find, replace: ';' })).toThrow(message);
  });
});

const all = [...edits, ...bugs];

test('there are forty harmless edits and thirty bugs, each with an id of its own', () => {
  expect(edits).toHaveLength(40);
  expect(edits.every((edit) => edit.breaks.length === 0)).toBe(true);
  expect(bugs).toHaveLength(30);
  expect(bugs.every((bug) => bug.breaks.length > 0)).toBe(true);
  expect(new Set(all.map((edit) => edit.id)).size).toBe(all.length);
});

const root = process.env.KMR_KERNEL_7_3 ?? '';
const there = root !== '' && existsSync(join(root, 'virt/kvm/kvm_main.c'));
const why = there ? '' : 'set KMR_KERNEL_7_3 to a kernel 7.3 source tree';

describe('on the kernel', () => {
  for (const edit of all) {
    test(`${edit.id} makes a patch that applies`, ({ skip }) => {
      skip(why !== '', why);
      const before = readFileSync(join(root, edit.file), 'utf8');
      const diff = makeDiff(root, edit);
      expect(applyPatch(before, diff.slice(diff.indexOf('--- a/')))).toBe(applyEdit(before, edit));
      expect(makePatch(root, edit)).toContain(`Subject: [PATCH] ${edit.title}\n`);
    });
  }
});

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../../server/kernel/images';
import { placeInTree } from '../../../../server/kernel/tree/place';
import type { Placement } from '../../../../server/kernel/types';
import { readInput } from '../../../../server/patch/read';
import type { FileDiff } from '../../../../server/patch/types';
import { placedPatch } from '../../../../server/review/placed';
import { bugs } from '../../../kernel/bugs';
import { applyEdit } from '../../../kernel/edit';
import { edits } from '../../../kernel/edits';
import { makePatch } from '../../../kernel/make-patch';

const PATH = 'arch/x86/kvm/mmu/pool.c';

/** A file of our own in the kernel's layout. */
const SOURCE = `// SPDX-License-Identifier: GPL-2.0
#include "pool.h"

#define pool_for_each(pool, item)		\\
	for (item = pool->first;		\\
	     item && !item->dead;		\\
	     item = item->next)

/* How full it may get. */
static const int limits[] = {
	[SMALL] = 4,
	[LARGE] = 8,
};

static bool pool_is_full(struct pool *pool)
{
	return pool->count >= limits[pool->kind];
}

/*
 * Takes all items out.
 */
static int pool_drain(struct pool *pool, gfn_t start, gfn_t end)
{
	struct item *item;
	bool flush = false;

	lockdep_assert_held_write(&pool->lock);

	pool_for_each(pool, item) {
		if (item->gfn < start || item->gfn >= end)
			continue;
		flush |= item_zap(item);
	}

	if (flush)
		pool_flush(pool, start, end);

	return 0;
}

int pool_put(struct pool *pool)
{
	if (!refcount_dec_and_test(&pool->users))
		return 0;
	return pool_drain(pool, 0, -1ull);
}
`;

function diffOf(before: string, after: string, path = PATH): string {
  const body = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, { context: 3 });
  return `diff --git a/${path} b/${path}\n${body.slice(body.indexOf('--- '))}`;
}

async function filesOf(text: string): Promise<readonly FileDiff[]> {
  const read = await readInput({ name: 'x', bytes: new TextEncoder().encode(text) });
  return read.patches.flatMap((patch) => patch.files);
}

async function place(diff: string, texts: Readonly<Record<string, string>> = { [PATH]: SOURCE }): Promise<Placement> {
  return placeInTree(await filesOf(diff), new Map(Object.entries(texts)));
}

/** Places the way from SOURCE to `after` into `source` and checks that the images are what they should be. */
async function change(after: string, source = SOURCE): Promise<Placement> {
  const placement = await place(diffOf(SOURCE, after), { [PATH]: source });
  expect(placement.changedLines.filter(({ status }) => status === 'not-understood')).toEqual([]);
  return placement;
}

function image(placement: Placement, side: 'pre' | 'post', path = PATH): string | undefined {
  return placement.images.find((each) => each.path === path)?.[side].text;
}

/** Every placed changed line stands, to the letter, where its image lines say. */
function expectExactLines(placement: Placement): void {
  for (const line of placement.changedLines) {
    if (line.text.trim() === '') continue;
    expect(line.status).not.toBe('not-understood');
    const lines = image(placement, line.side, line.path ?? '')?.split('\n') ?? [];
    expect(line.imageLines.map((at) => lines[at - 1])).toEqual([line.text]);
  }
}

describe('a patch in its own file', () => {
  it('gives both images to the letter and says which lines run', async () => {
    const after = SOURCE.replace('	if (flush)\n', '	/* Whatever was zapped. */\n	if (flush || !pool->lazy)\n\n');
    const placement = await change(after);
    expect(image(placement, 'pre')).toBe(SOURCE);
    expect(image(placement, 'post')).toBe(after);
    expectExactLines(placement);
    expect(placement.notes).toEqual([]);
    expect(
      placement.changedLines.map(({ kind, status, executable, function: name }) => [kind, status, executable, name]),
    ).toEqual([
      ['delete', 'placed', true, 'pool_drain'],
      ['add', 'non-executable', false, 'pool_drain'],
      ['add', 'placed', true, 'pool_drain'],
      ['add', 'non-executable', false, 'pool_drain'],
    ]);
  });

  it('splits a block of changed lines into its statements', async () => {
    const after = SOURCE.replace(
      '		return 0;\n	return pool_drain(pool, 0, -1ull);',
      '		return 1;\n	return pool_drain(pool, 0, 7);',
    );
    const { edits: pieces, baseline } = await change(after);
    expect(pieces.map(({ function: name, lines }) => [name, lines.map(({ text }) => text.trim())])).toEqual([
      ['pool_put', ['return 0;', 'return 1;']],
      ['pool_put', ['return pool_drain(pool, 0, -1ull);', 'return pool_drain(pool, 0, 7);']],
    ]);
    const only = (id: number) => applyEdits(baseline, pieces, new Set([id]))[0]?.text;
    expect(only(0)).toBe(SOURCE.replace('		return 0;', '		return 1;'));
    expect(only(1)).toBe(SOURCE.replace('-1ull', '7'));
  });

  it('keeps braces, and a use with its declaration, together', async () => {
    const after = SOURCE.replace('	bool flush = false;\n', '	bool flush = false;\n	int n = 0;\n').replace(
      '		flush |= item_zap(item);\n',
      '		if (item->live) {\n			n++;\n			flush |= item_zap(item);\n		}\n',
    );
    const { edits: pieces, baseline } = await change(after);
    const declaration = pieces.find(({ lines }) => lines.some(({ text }) => text.includes('int n')));
    const use = pieces.find(({ lines }) => lines.some(({ text }) => text.includes('n++')));
    expect(use?.requires).toContain(declaration?.id);
    for (const { id } of pieces) {
      const text = applyEdits(baseline, pieces, new Set([id]))[0]?.text ?? '';
      expect(text.split('{').length).toBe(text.split('}').length);
    }
  });

  it('counts the lines of a macro body as code, under its name, each by itself', async () => {
    const after = SOURCE.replace('item && !item->dead;		', 'item;					').replace(
      'item = item->next)',
      'item = item->last)',
    );
    const placement = await change(after);
    expect(new Set(placement.changedLines.map(({ function: name, status }) => `${name} ${status}`))).toEqual(
      new Set(['pool_for_each placed']),
    );
    expectExactLines(placement);
  });

  it('reviews in reverse what is there already, hunk by hunk', async () => {
    const first = (text: string) => text.replace('pool->count >= limits', 'pool->count > limits');
    const second = (text: string) => text.replace('		return 0;\n	return pool', '		return 1;\n	return pool');
    const placement = await change(second(first(SOURCE)), first(SOURCE));
    expect(placement.hunks.map(({ direction }) => direction)).toEqual(['reverse', 'forward']);
    expect(image(placement, 'pre')).toBe(SOURCE);
    expect(image(placement, 'post')).toBe(second(first(SOURCE)));
    expectExactLines(placement);
    expect(placement.notes).toEqual([
      'The hunk at input line 4 in pool_is_full() is already there: reviewed in reverse.',
    ]);
    expect(placement.edits.map(({ direction }) => direction)).toEqual(['reverse', 'forward']);
  });

  it('moves a function as one edit', async () => {
    const start = SOURCE.indexOf('static bool pool_is_full');
    const end = SOURCE.indexOf('/*\n * Takes');
    const moved = `${SOURCE.slice(0, start)}${SOURCE.slice(end)}\n${SOURCE.slice(start, end).trimEnd()}\n`;
    const placement = await change(moved);
    expect(image(placement, 'post')).toBe(moved);
    expect(placement.edits.filter(({ function: name }) => name === 'pool_is_full')).toHaveLength(1);
  });

  it.each([
    ['at an offset', `${'int x;\n'.repeat(40)}${SOURCE}`, /1 hunk of 1 placed at an offset of up to 40 lines/],
    ['with white space ignored', SOURCE.replaceAll('\t', '        '), /1 hunk of 1 placed with white space ignored/],
    ['with fuzz', SOURCE.replace('		flush |= item_zap(item);', '		flush = true;'), /without all of the context/],
  ])('finds its place %s, and says so', async (_, source, note) => {
    const placement = await change(SOURCE.replace('	if (flush)\n', '	if (!flush)\n'), source);
    expect(placement.notes.join('\n')).toMatch(note);
    expect(image(placement, 'pre')).toBe(source);
    expect(image(placement, 'post')).toMatch(/if \(!flush\)/);
  });

  it('says of lines that stand nowhere that they do not, and leaves the file alone', async () => {
    const placement = await place(diffOf(SOURCE, SOURCE.replace('	if (flush)\n', '	if (!flush)\n')), {
      [PATH]: SOURCE.replaceAll('flush', 'dirty'),
    });
    expect(placement.edits).toEqual([]);
    expect(placement.changedLines.map(({ status, why }) => [status, why])).toEqual(
      Array(2).fill(['not-understood', `neither its old nor its new lines stand in ${PATH}`]),
    );
  });

  it('says which file it lacks', async () => {
    const placement = await place(diffOf(SOURCE, SOURCE.replace('>=', '>')), {});
    expect(placement.changedLines[0]?.why).toBe(`the text of ${PATH} before the change was not found`);
  });

  it('places what a mail damaged: white space, a whole hunk on one line', async () => {
    const after = SOURCE.replace('	if (flush)\n', '	if (flush && pool->users)\n');
    const stripped = diffOf(SOURCE, after).replace(/^ ?[\t ]+/gm, '');
    const damaged = await place(stripped);
    expect(image(damaged, 'post')).toContain('if (flush && pool->users)\n\t\tpool_flush');
    const flat = diffOf(SOURCE, after)
      .replace(/^@@ .*$/m, '$& static int pool_drain(struct pool *pool, gfn_t start, gfn_t end)')
      .replace(/\s+/g, ' ');
    const flattened = await place(flat);
    expect(image(flattened, 'post')?.replace(/\s+/g, ' ')).toBe(after.replace(/\s+/g, ' '));
    expect(flattened.changedLines.map(({ status }) => status)).toEqual(['placed', 'placed']);
  });

  it('takes new, deleted and renamed files', async () => {
    const added = await place(diffOf('', SOURCE).replace(/^--- .*$/m, '--- /dev/null'), {});
    expect([image(added, 'pre'), image(added, 'post')]).toEqual(['', SOURCE]);
    expectExactLines(added);
    const deleted = await place(diffOf(SOURCE, '').replace(/^\+\+\+ .*$/m, '+++ /dev/null'));
    expect([image(deleted, 'pre'), image(deleted, 'post')]).toEqual([SOURCE, '']);
    const after = SOURCE.replace('>=', '>');
    const from = PATH.replace('.c', '.h');
    const to = from.replace('pool', 'puddle');
    const body = diffOf(SOURCE, after).split('\n').slice(3).join('\n');
    const renamed = await place(
      `diff --git a/${from} b/${to}\nsimilarity index 98%\nrename from ${from}\nrename to ${to}\n--- a/${from}\n+++ b/${to}\n${body}`,
      { [from]: SOURCE },
    );
    for (const path of [from, to])
      expect([image(renamed, 'pre', path), image(renamed, 'post', path)]).toEqual([SOURCE, after]);
    expect(renamed.changedLines.map(({ path }) => path)).toEqual([from, to]);
  });

  it.each([
    'Documentation/virt/kvm/api.rst',
    'tools/testing/selftests/kvm/guest_memfd_test.c',
  ])('leaves %s aside', async (path) => {
    const placement = await place(diffOf('\tf(1);\n', '\tf(2);\n', path), {});
    expect(placement.changedLines.map(({ status }) => status)).toEqual(['non-executable', 'non-executable']);
    expect(placement.notes).toEqual(path.endsWith('.c') ? [`${path} is no part of a kernel: it is not run.`] : []);
  });

  it('finds its way back to the patch', async () => {
    const diff = diffOf(SOURCE, SOURCE.replace('	if (flush)\n', '	if (!flush)\n'));
    const patch = placedPatch(await place(diff), 'tree', '7.3');
    const lineOf = (text: string) => diff.split('\n').indexOf(text) + 1;
    const at = SOURCE.split('\n').indexOf('	if (flush)') + 1;
    expect(patch.patchSpan('pre', PATH, at)?.line).toBe(lineOf('-	if (flush)'));
    expect(patch.patchSpan('post', PATH, at)?.line).toBe(lineOf('+	if (!flush)'));
    expect(patch.patchSpan('post', PATH, at + 1)?.line).toBe(lineOf(' 		pool_flush(pool, start, end);'));
    const span = patch.edits[0]?.lines[0]?.span;
    expect(span && patch.kernelPath(span)).toBe(PATH);
    for (const { span: own } of patch.changedLines)
      for (const side of ['pre', 'post'] as const) expect(patch.imageLine(side, own)).toBe(at);
  });

  it('does not hang on a file and a patch of equal lines', async () => {
    const lines = (count: number) => '	x();\n'.repeat(count);
    const started = performance.now();
    const diff = `--- a/${PATH}\n+++ b/${PATH}\n@@ -1,9000 +1,9001 @@\n${' 	x();\n'.repeat(9000)}+	y();\n`;
    await place(diff, { [PATH]: `${lines(8999)}z();\n${lines(200_000)}` });
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

type Operation = {
  readonly at: number;
  readonly kind: 'delete' | 'insert' | 'replace' | 'swap';
  readonly take: number;
};

function edited(lines: readonly string[], operations: readonly Operation[]): string {
  const result = [...lines];
  for (const { at, kind, take } of operations) {
    const place = at % (result.length - 4);
    const other = lines[(at * 31 + take) % (lines.length - 1)] ?? '';
    if (kind === 'delete') result.splice(place, 1 + (take % 3));
    else if (kind === 'insert') result.splice(place, 0, other, ...(take % 2 === 0 ? ['\tkvm_flush(kvm);'] : []));
    else if (kind === 'replace') result.splice(place, 1, `${result[place]} /* ${take} */`, other);
    else result.splice(place, 2, result[place + 1] ?? '', result[place] ?? '');
  }
  return result.join('\n');
}

const operations = fc.array(
  fc.record({
    at: fc.nat(100_000),
    kind: fc.constantFrom<Operation['kind']>('delete', 'insert', 'replace', 'swap'),
    take: fc.nat(50),
  }),
  { minLength: 1, maxLength: 12 },
);

async function expectExact(before: string, after: string): Promise<void> {
  const diff = diffOf(before, after);
  if (!diff.includes('@@')) return;
  const forward = await place(diff, { [PATH]: before });
  const everything = new Set(forward.edits.map(({ id }) => id));
  expect(applyEdits(forward.baseline, forward.edits, new Set())[0]?.text).toBe(before);
  expect(applyEdits(forward.baseline, forward.edits, everything)[0]?.text).toBe(after);
  expectExactLines(forward);
  expect(forward.hunks.every(({ direction }) => direction === 'forward')).toBe(true);
  const shown = forward.edits.flatMap(({ lines }) => lines.map(({ span }) => span.line));
  expect(shown.sort((a, b) => a - b)).toEqual(forward.changedLines.map(({ span }) => span.line));
  const reverse = await place(diff, { [PATH]: after });
  expect([image(reverse, 'pre'), image(reverse, 'post')]).toEqual([before, after]);
}

const root = process.env.KMR_KERNEL_7_3 ?? '';
const there = root !== '' && existsSync(join(root, 'virt/kvm/kvm_main.c'));
const real = (path: string) => readFileSync(join(root, path), 'utf8');

describe('any edit', () => {
  it('of a small file is exact both ways', async () => {
    await fc.assert(
      fc.asyncProperty(operations, (list) => expectExact(SOURCE, edited(SOURCE.split('\n'), list))),
      { numRuns: 200 },
    );
  });

  it.skipIf(!there)('of a kernel file is exact both ways', async () => {
    for (const path of ['arch/x86/kvm/mmu/tdp_mmu.c', 'arch/x86/kvm/vmx/tdx.c', 'arch/x86/kvm/mmu/tdp_iter.h']) {
      const before = real(path);
      await fc.assert(
        fc.asyncProperty(operations, (list) => expectExact(before, edited(before.split('\n'), list))),
        { numRuns: 15 },
      );
    }
  });

  it.skipIf(!there)('that was seeded lands whole, in the function that it was made in', async () => {
    for (const edit of [...edits, ...bugs]) {
      const before = real(edit.file);
      const placement = await place(makePatch(root, edit), { [edit.file]: before });
      expect(image(placement, 'pre', edit.file)).toBe(before);
      expect(image(placement, 'post', edit.file)).toBe(applyEdit(before, edit));
      expectExactLines(placement);
      expect(placement.notes).toEqual([]);
      const names = new Set(placement.changedLines.flatMap(({ function: name }) => name ?? []));
      // a type is no function
      if (/^(enum|struct) /.test(edit.function)) continue;
      const expected = [edit.function, ...edit.changes.flatMap((each) => each.in ?? [])];
      expect([edit.id, expected.some((name) => names.has(name))]).toEqual([edit.id, true]);
    }
  });
});

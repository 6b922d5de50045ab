import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyPatch } from 'diff';
import { describe, expect, test } from 'vitest';
import type { Finding, PatchReview } from '../../server/review/types';
import { releaseOf } from './cases';
import { applyEdit, type Bug } from './edit';
import { haveKernel } from './fetch.mjs';
import { isSeen, type JudgedRow, judgeBug, judgeFix } from './history/judge';
import { historyShortfalls, historyText, historyTotals } from './history/results';
import { isShown } from './history/row';
import { rows } from './history/rows';
import { makeDiff, makeFixDiff } from './make-patch';
import type { Attempt } from './proving/judge';
import { makeTreeWith } from './proving/sources';
import { INVARIANTS, ORACLES } from './rules';

/** Rows of the domain's section 4. */
const ROWS = 74;

test('every row of the list is there once, and is shown or says why not', () => {
  expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: ROWS }, (_, index) => index + 1));
  const reasons = rows.flatMap((row) => (isShown(row) ? [] : [row.why]));
  expect(reasons.filter((why) => why.length < 30 || !why.endsWith('.'))).toEqual([]);
});

test('bugs that are brought back name known rules and say what goes wrong', () => {
  const known = new Set<string>([...INVARIANTS, ...ORACLES]);
  const shown = rows.filter(isShown);
  expect(shown.flatMap(({ bug }) => bug.breaks).filter((rule) => !known.has(rule))).toEqual([]);
  expect(shown.filter(({ bug }) => bug.breaks.length === 0 || !bug.wrong.endsWith('.'))).toEqual([]);
  expect(new Set(shown.map(({ bug }) => bug.id)).size).toBe(shown.length);
});

for (const { row, bug } of rows.filter(isShown)) {
  const root = haveKernel(releaseOf(bug)) ?? '';

  test(`row ${row}: ${bug.id} applies, and the fix takes it back`, ({ skip }) => {
    skip(root === '', `fetch the source of ${releaseOf(bug)} with test/kernel/fetch.mjs`);
    const fixed = readFileSync(join(root, bug.file), 'utf8');
    const buggy = applyEdit(fixed, bug);
    const bodyOf = (diff: string): string => diff.slice(diff.indexOf('--- a/'));
    expect(applyPatch(fixed, bodyOf(makeDiff(root, bug)))).toBe(buggy);
    expect(applyPatch(buggy, bodyOf(makeFixDiff(root, bug)))).toBe(fixed);
  });
}

function review(findings: readonly Partial<Finding>[], more: Partial<PatchReview> = {}): Attempt {
  const whole = { status: 'introduced', invariant: 'unmap-before-free', vm: ['tdx'], scenarios: ['S06'] };
  const rest = { tier: 'tree', verdict: 'findings', notes: [] };
  const made = { ...rest, findings: findings.map((one) => ({ ...whole, ...one })), ...more };
  return { review: made as unknown as PatchReview, milliseconds: 5 };
}

const bug: Bug = {
  id: 'h99',
  title: 't',
  file: 'f.c',
  function: 'f',
  changes: [],
  breaks: ['unmap-before-free'],
  vm: ['tdx'],
  wrong: 'Freed too early.',
};

describe('the review of a historical row', () => {
  test('finds the bug under a rule that is named, or under another', () => {
    expect(judgeBug(bug, review([{}]))).toMatchObject({ outcome: 'found', scenarios: ['S06'] });
    expect(judgeBug(bug, review([{ invariant: 'kernel-bug' }])).outcome).toBe('other');
    expect(judgeBug(bug, review([{ status: 'present' }])).outcome).toBe('missed');
  });

  test('takes only a fix for a fix, and none that introduces something', () => {
    expect(judgeFix(bug, review([{ status: 'fixed' }])).outcome).toBe('found');
    expect(judgeFix(bug, review([{ status: 'present' }])).outcome).toBe('missed');
    const worse = judgeFix(bug, review([{ status: 'fixed' }, { invariant: 'livelock' }]));
    expect(worse).toMatchObject({ outcome: 'wrong', remark: 'introduces livelock' });
    expect(isSeen(worse)).toBe(false);
  });

  test('does not blame a fix for a defect of the kernel that it uncovers', () => {
    const uncovering = (scenarios: string[]) =>
      judgeFix(bug, review([{ status: 'fixed' }, { invariant: 'unmap-before-free', scenarios, vm: ['tdx'] }]));
    expect(uncovering(['S58']).outcome).toBe('found');
    expect(uncovering(['S58', 'S06']).outcome).toBe('wrong');
  });

  test('is a failure when there is none, or in another tier', () => {
    expect(judgeFix(bug, { failure: 'exit code 2', milliseconds: 1 }).remark).toBe('exit code 2');
    expect(judgeBug(bug, review([{}], { tier: 'reference', notes: ['no tree'] }))).toMatchObject({
      outcome: 'failed',
      remark: 'reviewed in the reference tier: no tree',
    });
  });
});

describe('the table of historical rows', () => {
  const row = { row: 1, subject: 's', commit: 'c', bug };
  const both: JudgedRow = { row, bug: judgeBug(bug, review([{}])), fix: judgeFix(bug, review([{ status: 'fixed' }])) };
  const half: JudgedRow = { ...both, fix: judgeFix(bug, review([])) };
  const unshown: JudgedRow = { row: { row: 2, subject: 's2', commit: 'c2', why: 'Two VMs.' }, bug: null, fix: null };

  test('has both sides of what is shown, and the reason for what is not', () => {
    const text = historyText([both, half, unshown], 'tree tier');
    expect(text).toContain('Of 3 historical bugs 2 can be brought back: 2 found, 1 of their fixes');
    expect(text).toContain('| found: unmap-before-free | fixed: unmap-before-free | tdx | S06 |');
    expect(text).toContain('| found: unmap-before-free | missed | tdx | S06 |');
    expect(text).toContain('| 2 | s2 | c2 | Two VMs. |');
  });

  test('is within its bound at 95 % of both', () => {
    const many = (one: JudgedRow, count: number) => Array.from({ length: count }, () => one);
    expect(historyShortfalls(historyTotals([...many(both, 19), half, unshown]))).toEqual([]);
    expect(historyShortfalls(historyTotals([...many(both, 18), half, half]))).toEqual([
      'bug and fix of 18 of 20 historical rows reported, fewer than 95 %',
    ]);
  });
});

test('a tree with a bug in it differs from the release in that file alone', ({ skip }) => {
  const root = haveKernel('7.3') ?? '';
  skip(root === '', 'fetch the source of 7.3 with test/kernel/fetch.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-review-tree-'));
  try {
    const edit = rows.filter(isShown).find((one) => releaseOf(one.bug) === '7.3')?.bug as Bug;
    const before = readFileSync(join(root, edit.file), 'utf8');
    makeTreeWith(root, edit, folder);
    expect(readFileSync(join(folder, edit.file), 'utf8')).toBe(applyEdit(before, edit));
    expect(readFileSync(join(root, edit.file), 'utf8')).toBe(before);
    expect(readFileSync(join(folder, 'virt/kvm/kvm_main.c'))).toEqual(readFileSync(join(root, 'virt/kvm/kvm_main.c')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

import { describe, expect, test } from 'vitest';
import type { Finding, PatchReview } from '../../server/review/types';
import { cases } from './cases';
import type { Bug, Edit } from './edit';
import { type Attempt, changedLines, editedFunctions, judge } from './proving/judge';
import { chosen, spread } from './proving/main';
import { readOptions } from './proving/options';
import { type Judged, resultsText, shortfalls, totalsOf } from './proving/results';

const MAIL = `Subject: [PATCH] x

--- a/f.c
+++ b/f.c
@@ -1,3 +1,3 @@ static int first(int a)
 {
-	return a;
+	return b;
 }
@@ -9 +9,2 @@
 x
+y
-- 
2.47.0
`;

const edit: Edit = {
  id: 'e99',
  title: 't',
  file: 'f.c',
  function: 'first',
  changes: [{ insertAbove: 'static int helper(void)\n{\n\treturn 0;\n}' }, { in: 'second', find: 'a', replace: 'b' }],
  breaks: [],
  vm: ['tdx'],
};
const bug: Bug = { ...edit, id: 'b99', breaks: ['unmap-before-free'], wrong: 'Freed too early.' };

function finding(more: Partial<Finding>): Finding {
  return {
    invariant: 'unmap-before-free',
    status: 'introduced',
    severity: 'error',
    vm: ['tdx'],
    scenarios: ['S06'],
    assumption: null,
    message: '',
    function: 'first',
    file: null,
    line: null,
    side: 'post',
    patchLine: 8,
    patchColumn: 1,
    patchEndColumn: 2,
    culprits: [],
    schedule: '',
    preemptions: 0,
    trace: [],
    unknowns: [],
    ...more,
  };
}

function review(findings: readonly Finding[], more: Partial<PatchReview> = {}): Attempt {
  const coverage = { changedLines: 2, nonExecutable: 0, executed: 2, notReached: [], notUnderstood: [] };
  const runs = { scenarios: 1, states: 1, transitions: 1, milliseconds: 1, complete: true, vacuous: [] };
  const verdict = findings.length > 0 ? 'findings' : 'clean';
  const rest = { input: 'x', subject: 't', messageId: null, kernel: '7.3', notes: [] };
  return { review: { ...rest, tier: 'tree', verdict, findings, coverage, runs, ...more }, milliseconds: 5 };
}

describe('a review', () => {
  test('names lines that count as changed: those of the hunks, not the file headers or the signature', () => {
    expect([...changedLines(MAIL)]).toEqual([7, 8, 12]);
  });

  test('may name the edited function, its neighbours and new helpers', () => {
    expect([...editedFunctions(edit)]).toEqual(['first', 'helper', 'second']);
    expect([...editedFunctions({ ...edit, function: 'enum kind', changes: [] })]).toEqual(['kind']);
  });

  test('finds and locates a bug', () => {
    expect(judge(bug, MAIL, review([finding({})]), 'tree')).toMatchObject({
      result: 'found',
      located: true,
      remark: '',
    });
  });

  test.each([
    [{ patchLine: 6 }, 'line 6 of the patch is not a changed one'],
    [{ function: 'third' }, 'named third'],
    [{ function: null }, 'named no function'],
  ])('finds a bug in the wrong place: %o', (more, remark) => {
    expect(judge(bug, MAIL, review([finding(more)]), 'tree')).toMatchObject({
      result: 'found',
      located: false,
      remark,
    });
  });

  test('finds a bug under another rule, and prefers the expected one', () => {
    const other = finding({ invariant: 'kernel-bug', function: 'third' });
    expect(judge(bug, MAIL, review([other]), 'tree')).toMatchObject({ result: 'other', located: false });
    expect(judge(bug, MAIL, review([other, finding({})]), 'tree')).toMatchObject({
      result: 'found',
      located: true,
      invariants: ['kernel-bug', 'unmap-before-free'],
    });
  });

  test('misses a bug when it reports only what was there before', () => {
    expect(judge(bug, MAIL, review([finding({ status: 'present' })]), 'tree')).toMatchObject({ result: 'missed' });
  });

  test('flags a harmless edit only with an introduced finding', () => {
    expect(judge(edit, MAIL, review([finding({ status: 'fixed' })]), 'tree').result).toBe('clean');
    expect(judge(edit, MAIL, review([finding({})]), 'tree').result).toBe('flagged');
  });

  test('is a failure when there is none, or in another tier', () => {
    expect(judge(bug, MAIL, { failure: 'exit code 2', milliseconds: 1 }, 'tree').remark).toBe('exit code 2');
    const elsewhere = review([finding({})], { tier: 'reference', notes: ['no tree'] });
    expect(judge(bug, MAIL, elsewhere, 'tree')).toMatchObject({
      result: 'failed',
      remark: 'reviewed in the reference tier: no tree',
    });
  });

  test('says of 6.12 that TDX is not applicable, and reports nothing for it', () => {
    const old: Bug = { ...bug, release: '6.12' };
    const notes = ['tdx is not applicable: this kernel has no such VM type'];
    expect(judge(old, MAIL, review([finding({ vm: ['default'] })], { notes }), 'tree').result).toBe('found');
    expect(judge(old, MAIL, review([finding({})], { notes }), 'tree').result).toBe('failed');
    expect(judge(old, MAIL, review([finding({ vm: ['default'] })]), 'tree').remark).toMatch(/not said/);
  });
});

describe('the totals', () => {
  const judged = (one: Bug | Edit, attempt: Attempt): Judged => ({
    edit: one,
    judgement: judge(one, MAIL, attempt, 'tree'),
  });
  const missed = judged(bug, review([]));
  const found = judged(bug, review([finding({})]));
  const clean = judged(edit, review([]));
  const flagged = judged(edit, review([finding({})]));

  test('are within the bounds at 95 % found, 90 % located and nothing flagged', () => {
    const misplaced = judged(bug, review([finding({ patchLine: 1 })]));
    const many = (one: Judged, count: number) => Array.from({ length: count }, () => one);
    expect(shortfalls(totalsOf([...many(found, 18), misplaced, missed, clean]))).toEqual([]);
    expect(shortfalls(totalsOf([...many(found, 18), missed, missed, clean]))).toEqual([
      '18 of 20 seeded bugs found, fewer than 95 %',
    ]);
    expect(shortfalls(totalsOf([...many(found, 17), ...many(misplaced, 3), flagged]))).toEqual([
      '17 of 20 located on a changed line, fewer than 90 %',
      '1 harmless edits reported as bugs',
    ]);
    expect(shortfalls(totalsOf([found, judged(edit, { failure: 'x', milliseconds: 1 })]))).toEqual([
      '1 cases without a usable report',
    ]);
  });

  test('are written with every miss and its reason, and without times', () => {
    const text = resultsText([missed, found, clean], {}, 'tree tier');
    expect(text).toContain('1 of 2 seeded bugs found (50 %)');
    expect(text).toContain('- `b99` (first): Freed too early. *Missed:* unexplained');
    expect(text).toContain(
      '| b99 | t | 7.3 | found | unmap-before-free | unmap-before-free | tdx | S06 | yes | findings |',
    );
    expect(resultsText([missed], { b99: 'two slots needed' }, '')).toContain('*Missed:* two slots needed');
    expect(text).toMatch(/^\| unmap-before-free \| 2 \| 1 \| b99 \| .*S06.* \| broken, and reported \|$/m);
    expect(text).toMatch(/^\| leaf-pfn-stable \| 0 \| 0 \| - \| .* \| no bug of a few lines breaks it, see below \|$/m);
    expect(resultsText([missed], {}, '')).toMatch(/^\| unmap-before-free \| 1 \| 0 \| - \| .*under other rules \|$/m);
    const slower = { ...missed, judgement: { ...missed.judgement, milliseconds: 99 } };
    expect(resultsText([slower, found, clean], {}, 'tree tier')).toBe(text);
  });
});

describe('the options', () => {
  test('choose cases by id, release and sample', () => {
    expect(chosen(readOptions([]))).toEqual(cases);
    expect(chosen(readOptions(['--tier', 'reference'])).every(({ release }) => release === undefined)).toBe(true);
    expect(chosen(readOptions(['--only', '^d0[12]', '--release', '6.12,7.2'])).map(({ id }) => id.slice(0, 3))).toEqual(
      ['d01', 'd02'],
    );
    const sample = chosen(readOptions(['--sample', '40']));
    expect(sample).toHaveLength(40);
    expect(sample).toEqual(chosen(readOptions(['--sample', '40'])));
    expect(new Set(sample.map(({ breaks }) => breaks.length > 0)).size).toBe(2);
    expect(new Set(sample.map(({ release }) => release ?? '7.3')).size).toBe(3);
  });

  test('choose historical rows, which leave the cases out', () => {
    expect(readOptions(['--rows', '5,13'])).toMatchObject({ history: true, rows: [5, 13] });
    expect(readOptions([])).toMatchObject({ history: false, rows: null });
  });

  test('spread a sample from the first to nearly the last', () => {
    expect(spread([0, 1, 2, 3, 4, 5, 6, 7], 4)).toEqual([0, 2, 4, 6]);
    expect(spread([0, 1, 2, 3, 4, 5, 6], 3)).toHaveLength(3);
    expect(spread([0, 1], 5)).toEqual([0, 1]);
  });

  test.each([
    [['--release', '5.10'], '--release knows 7.3, 7.2, 6.12, not 5.10'],
    [['--tier', 'static'], '--tier is tree or reference, not static'],
    [['--jobs', '0'], '--jobs takes a number from 1, not 0'],
    [['--only', '('], '--only takes a regular expression, not ('],
    [['--write', '--sample', '3'], '--write takes all cases, in the tree tier'],
    [['--write', '--rows', '5'], '--write takes all cases, in the tree tier'],
    [['--rows', '5,x'], '--rows takes a number from 1, not x'],
    [['--history', '--tier', 'reference'], '--history takes the tree tier'],
  ])('refuse %o', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});

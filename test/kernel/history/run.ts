/** Reviews each row's bug on the tree of its release, and its fix on a tree that has the bug. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { releaseOf } from '../cases';
import type { Bug } from '../edit';
import { makeFix, makePatch } from '../make-patch';
import type { Attempt } from '../proving/judge';
import { makeTreeWith, sources } from '../proving/sources';
import { type Ground, inParallel, inStages, STAGES } from '../proving/stages';
import { isSeen, type JudgedRow, judgeBug, judgeFix, type RowJudgement } from './judge';
import { type HistoryRow, isShown } from './row';

type JudgeSide = (bug: Bug, attempt: Attempt) => RowJudgement;

/** The edit, as a patch on the release. */
async function reviewEdit(bug: Bug, source: string, ground: Ground, judgeSide: JudgeSide): Promise<RowJudgement> {
  const subject = { id: bug.id, mail: makePatch(source, bug), tree: source };
  return inStages(subject, ground, STAGES, (attempt) => judgeSide(bug, attempt), isSeen);
}

/** The edit taken back, as a patch on a tree that has it. */
async function reviewReverse(bug: Bug, source: string, ground: Ground, judgeSide: JudgeSide): Promise<RowJudgement> {
  const tree = mkdtempSync(join(ground.folder, 'tree-'));
  try {
    makeTreeWith(source, bug, tree);
    const subject = { id: `${bug.id}-back`, mail: makeFix(source, bug), tree };
    return await inStages(subject, ground, STAGES, (attempt) => judgeSide(bug, attempt), isSeen);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function told({ outcome, invariants, verdict, remark, milliseconds }: RowJudgement): string {
  const what = [outcome, verdict, invariants.join(' '), remark].filter((part) => part !== '').join('; ');
  return `${what} (${(milliseconds / 1000).toFixed(1)} s)`;
}

/** Rows that can't be shown cost nothing. The results are in the order of the rows. */
export async function runHistory(rows: readonly HistoryRow[], jobs: number, ground: Ground): Promise<JudgedRow[]> {
  const shown = rows.filter(isShown);
  const sourceOf = sources(shown.map(({ bug }) => releaseOf(bug)));
  const results = new Map<number, JudgedRow>(rows.map((row) => [row.row, { row, bug: null, fix: null }]));
  await inParallel(shown, jobs, async (row) => {
    const source = sourceOf(releaseOf(row.bug));
    const [reviewBug, reviewFix] = row.isFix ? [reviewReverse, reviewEdit] : [reviewEdit, reviewReverse];
    const bug = await reviewBug(row.bug, source, ground, judgeBug);
    console.log(`row ${row.row} ${row.bug.id}, bug: ${told(bug)}`);
    const fix = await reviewFix(row.bug, source, ground, judgeFix);
    console.log(`row ${row.row} ${row.bug.id}, fix: ${told(fix)}`);
    results.set(row.row, { row, bug, fix });
  });
  return rows.flatMap(({ row }) => results.get(row) ?? []);
}

/** The table of the historical bugs and fixes, its totals and its bounds. */
import { releaseOf } from '../cases';
import { table } from '../proving/results';
import { isSeen, type JudgedRow, type RowJudgement } from './judge';
import { isShown } from './row';

export interface HistoryTotals {
  readonly rows: number;
  /** Rows whose bug can be brought back. */
  readonly shown: number;
  readonly found: number;
  readonly fixed: number;
  /** Rows of which both were reported. */
  readonly both: number;
}

/** Least share of the shown rows of which bug and fix are both reported. */
const BOTH = 0.95;

export function historyTotals(judged: readonly JudgedRow[]): HistoryTotals {
  const count = (test: (row: JudgedRow) => boolean): number => judged.filter(test).length;
  return {
    rows: judged.length,
    shown: count(({ row }) => isShown(row)),
    found: count(({ bug }) => isSeen(bug)),
    fixed: count(({ fix }) => isSeen(fix)),
    both: count(({ bug, fix }) => isSeen(bug) && isSeen(fix)),
  };
}

/** Sentences about what is below the bounds; none when all is well. */
export function historyShortfalls({ shown, both }: HistoryTotals): string[] {
  return both < BOTH * shown
    ? [`bug and fix of ${both} of ${shown} historical rows reported, fewer than ${BOTH * 100} %`]
    : [];
}

/** One line. */
export function historyTotalsText({ rows, shown, found, fixed, both }: HistoryTotals): string {
  return `Of ${rows} historical bugs ${shown} can be brought back: ${found} found, ${fixed} of their fixes reported as fixes, both of ${both} rows.`;
}

const OUTCOMES = {
  found: 'found',
  other: 'found (other)',
  missed: 'missed',
  wrong: 'wrong',
  failed: 'failed',
} as const;

function side(judgement: RowJudgement | null, seen: string): string {
  if (judgement === null) return '-';
  const { outcome, invariants, remark } = judgement;
  const what = OUTCOMES[outcome].replace('found', seen);
  if (remark !== '') return `${what}: ${remark}`;
  return invariants.length === 0 ? what : `${what}: ${invariants.join(', ')}`;
}

function shownRow({ row, bug, fix }: JudgedRow): string[][] {
  if (!isShown(row)) return [];
  const where = [bug?.vm.join(', ') || '-', bug?.scenarios.slice(0, 3).join(', ') || '-'];
  const { id, breaks } = row.bug;
  return [
    [
      `${row.row}`,
      row.subject,
      row.commit,
      id,
      releaseOf(row.bug),
      breaks.join(', '),
      side(bug, 'found'),
      side(fix, 'fixed'),
      ...where,
    ],
  ];
}

/** The whole of HISTORY.md; `run` says how it was made. */
export function historyText(judged: readonly JudgedRow[], run: string): string {
  const unshown = judged.flatMap(({ row }) => (isShown(row) ? [] : [[`${row.row}`, row.subject, row.commit, row.why]]));
  const head = ['row', 'subject of the fix', 'commit', 'id', 'release', 'expected', 'bug', 'fix', 'VM', 'scenarios'];
  return `# The proving ground: historical bugs and their fixes

Bugs that the kernel had, each brought back into the source of a release and reviewed as a patch; then the fix, as a patch on the tree with the bug. Written by \`npm run test:kernel -- --history --write\`; do not edit.

${historyTotalsText(historyTotals(judged))}
${run}

## Shown

*found (other)*, *fixed (other)*: reported, but under no rule that was expected. Of the scenarios three are named.

${table(head, judged.flatMap(shownRow))}

## Not shown, and why

${table(['row', 'subject', 'commit', 'why'], unshown)}
`;
}

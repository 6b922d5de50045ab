/** What the reviews of a historical bug, and of its fix, say. Knows the JSON contract, version 1. */
import { defectsOf } from '../../../model/scenarios/defects';
import type { Finding, FindingStatus } from '../../../server/review/types';
import type { Bug } from '../edit';
import type { Attempt } from '../proving/judge';
import type { HistoryRow } from './row';

/**
 * `found`: reported with the status that was looked for, under a rule that the row names; `other`: under other
 * rules alone; `wrong`: the fix is reported to introduce something; `failed`: no usable report.
 */
export type Outcome = 'found' | 'other' | 'missed' | 'wrong' | 'failed';

export interface RowJudgement {
  readonly outcome: Outcome;
  /** Rules of the findings of the status that was looked for, each once, in the report's order. */
  readonly invariants: readonly string[];
  /** VM types and scenarios of the finding that decides. */
  readonly vm: readonly string[];
  readonly scenarios: readonly string[];
  readonly verdict: string;
  /** A failure, or what a fix is said to introduce. */
  readonly remark: string;
  readonly milliseconds: number;
}

/** Both sides of a row that can be shown. */
export interface JudgedRow {
  readonly row: HistoryRow;
  /** Null: the row is not shown. */
  readonly bug: RowJudgement | null;
  readonly fix: RowJudgement | null;
}

const NOTHING = { invariants: [], vm: [], scenarios: [], verdict: '-', remark: '' };

/**
 * A fix may uncover what is wrong with the kernel besides, which the bug kept from showing: that is none of the
 * fix's doing.
 */
function isOfTheFix({ status, invariant, scenarios, vm }: Finding): boolean {
  const known = scenarios.every((id) =>
    vm.some((type) => defectsOf(id, type).some(({ breaks }) => breaks.includes(invariant))),
  );
  return status === 'introduced' && !known;
}

function judgeFor(wanted: FindingStatus, { breaks }: Bug, attempt: Attempt): RowJudgement {
  const { milliseconds } = attempt;
  if ('failure' in attempt) return { ...NOTHING, outcome: 'failed', remark: attempt.failure, milliseconds };
  const { tier, findings, verdict, notes } = attempt.review;
  if (tier !== 'tree') {
    return { ...NOTHING, outcome: 'failed', remark: `reviewed in the ${tier} tier: ${notes[0] ?? ''}`, milliseconds };
  }
  const matching = findings.filter(({ status }) => status === wanted);
  const introduced = wanted === 'fixed' ? findings.filter((finding) => isOfTheFix(finding)) : [];
  const expected = ({ invariant }: Finding): boolean => breaks.includes(invariant);
  const decides = matching.find(expected) ?? matching[0];
  const outcome = decides === undefined ? 'missed' : expected(decides) ? 'found' : 'other';
  return {
    outcome: introduced.length > 0 ? 'wrong' : outcome,
    invariants: [...new Set(matching.map(({ invariant }) => invariant))],
    vm: decides?.vm ?? [],
    scenarios: decides?.scenarios ?? [],
    verdict,
    remark: introduced.length > 0 ? `introduces ${introduced.map(({ invariant }) => invariant).join(', ')}` : '',
    milliseconds,
  };
}

/** The patch that brings the bug back, on the release's tree. */
export function judgeBug(bug: Bug, attempt: Attempt): RowJudgement {
  return judgeFor('introduced', bug, attempt);
}

/** The patch that takes it back, on a tree with the bug in it. */
export function judgeFix(bug: Bug, attempt: Attempt): RowJudgement {
  return judgeFor('fixed', bug, attempt);
}

/** Whether it counts as found. Rules are many and a mistake breaks several: one that was not thought of counts. */
export function isSeen(judgement: RowJudgement | null): boolean {
  return judgement !== null && (judgement.outcome === 'found' || judgement.outcome === 'other');
}

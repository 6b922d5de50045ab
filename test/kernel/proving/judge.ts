/** What a review says about a case: found, located, missed, falsely flagged. Knows the JSON contract, version 1. */
import type { Finding, PatchReview } from '../../../server/review/types';
import { isBug, releaseOf } from '../cases';
import type { Bug, Edit } from '../edit';

/** One run of the command line on one case. */
export type Attempt =
  | { readonly review: PatchReview; readonly milliseconds: number }
  | { readonly failure: string; readonly milliseconds: number };

/** `other`: found, but by a rule that the case does not name. `flagged`: a harmless edit was reported. */
export type Result = 'found' | 'other' | 'missed' | 'clean' | 'flagged' | 'failed';

export interface Judgement {
  readonly id: string;
  readonly result: Result;
  /** The finding that decides stands on a changed line of the patch and names an edited function. */
  readonly located: boolean;
  /** Invariants of all introduced findings, each once, in the report's order. */
  readonly invariants: readonly string[];
  /** VM types and scenarios of the finding that decides. */
  readonly vm: readonly string[];
  readonly scenarios: readonly string[];
  readonly verdict: string;
  /** Changed lines that could execute, and how many of them ran. */
  readonly executable: number;
  readonly executed: number;
  /** What to tell about it beyond the columns: a failure, or a wrong place. */
  readonly remark: string;
  readonly milliseconds: number;
}

/** Numbers, from 1, of the lines of a mail that a hunk adds or removes. */
export function changedLines(mail: string): ReadonlySet<number> {
  const changed = new Set<number>();
  let left = { before: 0, after: 0 };
  mail.split('\n').forEach((line, index) => {
    const header = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (header) {
      left = { before: Number(header[1] ?? 1), after: Number(header[2] ?? 1) };
      return;
    }
    if (left.before <= 0 && left.after <= 0) return;
    if (line.startsWith('+')) left.after--;
    else if (line.startsWith('-')) left.before--;
    else left = { before: left.before - 1, after: left.after - 1 };
    if (/^[+-]/.test(line)) changed.add(index + 1);
  });
  return changed;
}

/** The functions that a case edits or adds, and types, without their keyword. */
export function editedFunctions(edit: Edit): ReadonlySet<string> {
  const names = edit.changes.flatMap((change) => [
    change.in ?? edit.function,
    ...('insertAbove' in change
      ? [...change.insertAbove.matchAll(/\b(\w+)\(/g)].slice(0, 1).map((name) => `${name[1]}`)
      : []),
  ]);
  return new Set([edit.function, ...names].map((name) => name.replace(/^(?:struct|union|enum) /, '')));
}

/** What is wrong with the place of a finding, or nothing. */
function misplaced({ patchLine, function: name }: Finding, edit: Edit, mail: string): string {
  if (!changedLines(mail).has(patchLine)) return `line ${patchLine} of the patch is not a changed one`;
  if (name === null || !editedFunctions(edit).has(name)) return `named ${name ?? 'no function'}`;
  return '';
}

/** A tree that has no TDX says so, and reports nothing for it. */
function applicability(review: PatchReview, edit: Edit): string {
  if (releaseOf(edit) !== '6.12' || review.tier !== 'tree') return '';
  if (review.findings.some(({ vm }) => vm.includes('tdx'))) return 'a finding for TDX, which this kernel lacks';
  return review.notes.some((note) => /\btdx\b.*\bnot applicable\b/i.test(note))
    ? ''
    : 'TDX is not said to be not applicable';
}

function resultOf(edit: Bug | Edit, introduced: readonly Finding[]): Result {
  if (!isBug(edit)) return introduced.length > 0 ? 'flagged' : 'clean';
  if (introduced.some(({ invariant }) => edit.breaks.includes(invariant))) return 'found';
  return introduced.length > 0 ? 'other' : 'missed';
}

function failed(id: string, remark: string, milliseconds: number): Judgement {
  const nothing = { located: false, invariants: [], vm: [], scenarios: [], executable: 0, executed: 0 };
  return { id, result: 'failed', verdict: '-', remark, milliseconds, ...nothing };
}

/** `tier` is the one that was asked for; a review of another is a failure. */
export function judge(edit: Bug | Edit, mail: string, attempt: Attempt, tier: 'tree' | 'reference'): Judgement {
  if ('failure' in attempt) return failed(edit.id, attempt.failure, attempt.milliseconds);
  const { review, milliseconds } = attempt;
  const introduced = review.findings.filter(({ status }) => status === 'introduced');
  const decides = introduced.find(({ invariant }) => edit.breaks.includes(invariant)) ?? introduced[0];
  if (review.tier !== tier && review.verdict !== 'out-of-scope') {
    return failed(
      edit.id,
      `reviewed in the ${review.tier} tier: ${review.notes[0] ?? 'no reason given'}`,
      milliseconds,
    );
  }
  const untold = applicability(review, edit);
  if (untold !== '') return failed(edit.id, untold, milliseconds);
  const place = decides === undefined ? '' : misplaced(decides, edit, mail);
  return {
    id: edit.id,
    result: resultOf(edit, introduced),
    located: isBug(edit) && decides !== undefined && place === '',
    invariants: [...new Set(introduced.map(({ invariant }) => invariant))],
    vm: decides?.vm ?? [],
    scenarios: decides?.scenarios ?? [],
    verdict: review.verdict,
    executable: review.coverage.changedLines,
    executed: review.coverage.executed,
    remark: isBug(edit) ? place : '',
    milliseconds,
  };
}

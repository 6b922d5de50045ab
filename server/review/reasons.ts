/** Why no clean verdict can be given, beside the coverage of changed lines: one sentence for each reason. */

import type { RunResult } from '../../model/explore/types';
import type { Difference, RunPair } from './compare';
import type { Outline } from './jobs';
import type { Situation } from './select';

/** Runs that were not carried to their end, and what they met that nobody understands. */
export function incompleteReasons(
  pairs: readonly RunPair[],
  undecided: readonly Difference[],
  problems: readonly string[],
): readonly string[] {
  const reasons = new Set<string>();
  const stopped = new Map<string, string[]>();
  const ended = new Map<string, number>();
  for (const { scenario, vm, pre, post } of pairs) {
    for (const [side, run] of [
      ['after', post],
      ['before', pre],
    ] as const) {
      if (run.complete) continue;
      const why = `${side} the patch: ${whyStopped(run)}`;
      stopped.set(why, [...(stopped.get(why) ?? []), `${scenario} on ${vm}`]);
    }
    for (const unknown of post.unknowns) {
      const what = whatAndWhere(unknown);
      ended.set(what, (ended.get(what) ?? 0) + unknown.paths);
    }
  }
  for (const [why, names] of [...stopped].sort(([a], [b]) => (a < b ? -1 : 1))) reasons.add(`${someOf(names)}, ${why}`);
  for (const [what, paths] of ended) reasons.add(`not understood: ${what} (${paths} paths ended there)`);
  if (undecided.length > 0) reasons.add('the run before the patch did not go far enough to compare');
  return [...reasons, ...problems];
}

/** A review that its reader stopped has no report: what was cut off in one had no time left. */
function whyStopped({ incomplete }: RunResult): string {
  if (incomplete === 'cancelled') return 'the time ran out; --budget gives more';
  return incomplete ?? 'not finished';
}

/** Problems told of one compilation; the first cause the rest more often than not. */
const MOST_PROBLEMS = 5;

/** What the C engine could not take after the patch and could before it. */
export function problemsOf(post: Outline, pre: Outline): string[] {
  const before = new Set(pre.problems.map(({ file, function: name, why }) => `${file} ${name} ${why}`));
  const fresh = post.problems.filter(({ file, function: name, why }) => !before.has(`${file} ${name} ${why}`));
  const broken = fresh.filter(({ why }) => /does not parse|nests too deeply/.test(why));
  const told = broken.length > 0 ? broken : fresh;
  const lines = told
    .slice(0, MOST_PROBLEMS)
    .map(({ function: name, why }) => `${name === null ? '' : `${name}(): `}${why}`);
  return told.length > MOST_PROBLEMS ? [...lines, `and ${told.length - MOST_PROBLEMS} more of this kind`] : lines;
}

function whatAndWhere({ what, place }: RunResult['unknowns'][number]): string {
  return place === null ? what : `${what} in ${place.function}()`;
}

/** Situations named in one reason. */
const MOST_NAMED = 6;

/**
 * Situations of which not even the first look was complete, so that nobody knows whether they run the change.
 * What keeps one from starting keeps most.
 */
export function unlookedReasons(
  looks: readonly { readonly situation: Situation; readonly pre: RunResult; readonly post: RunResult }[],
): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { situation, pre, post } of looks) {
    const run = [pre, post].find(({ complete }) => !complete);
    if (run === undefined) continue;
    const why = [whyStopped(run), ...run.unknowns.slice(0, 1).map(whatAndWhere)].join(': ');
    byReason.set(why, [...(byReason.get(why) ?? []), `${situation.scenario.id} on ${situation.vm}`]);
  }
  return [...byReason].map(([why, names]) => `${someOf(names)}: ${why}`);
}

function someOf(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return `${names.slice(0, MOST_NAMED).join(', ')}${more}`;
}

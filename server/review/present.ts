/**
 * Which of the baseline's own violations concern a patch. A violation that both sides show is told to
 * the reviewer only when the code that shows it is code that the patch touches, and when the patch makes
 * a difference there at all: a scenario that both sides run alike says nothing about the patch. All
 * others would be noise on every patch. It knows names of functions and runs.
 */

import type { RunResult } from '../../model/explore/types';
import type { Difference, RunPair } from './compare';

/** Introduced and fixed differences, and the present ones that pass through a changed function. */
export function concerning(
  differences: readonly Difference[],
  changed: ReadonlySet<string>,
  pairs: readonly RunPair[],
): Difference[] {
  const alike = new Set(pairs.filter(({ pre, post }) => runAlike(pre, post)).map(situation));
  return differences.filter(
    (difference) =>
      difference.status !== 'present' ||
      (!alike.has(situation(difference)) && difference.violation.stack.some(({ function: name }) => changed.has(name))),
  );
}

const situation = ({ scenario, vm }: { readonly scenario: string; readonly vm: string }): string => `${scenario} ${vm}`;

/** Exactly as many states and transitions, the same violations and facts: the same behaviour, as far as a run tells. */
function runAlike(pre: RunResult, post: RunResult): boolean {
  const broken = (run: RunResult): string =>
    [...run.violations.map(({ invariant }) => invariant), ...run.facts].sort().join();
  return pre.states === post.states && pre.transitions === post.transitions && broken(pre) === broken(post);
}

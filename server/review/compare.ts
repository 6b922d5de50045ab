/**
 * Pre against post: which violations a patch introduces, which it fixes, which were already there.
 * It knows runs and violations, not patches; where a finding sits is decided elsewhere.
 */

import type { RunResult, Violation } from '../../model/explore/types';
import type { VmType } from '../../model/machine/types';
import { defectsOf } from '../../model/scenarios/defects';
import type { FindingStatus } from './types';

export interface RunPair {
  readonly scenario: string;
  readonly vm: VmType;
  readonly pre: RunResult;
  readonly post: RunResult;
}

export interface Difference {
  readonly status: FindingStatus;
  readonly invariant: string;
  readonly scenario: string;
  readonly vm: VmType;
  /** The violation on the side that shows it: pre for `fixed`, post otherwise. */
  readonly violation: Violation;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Assertions that now stop a VM whose pre-image already went wrong: notes, not findings. */
  readonly stops: readonly Difference[];
  /** Violations of the post side whose pre side did not get far enough to tell: notes, and no clean verdict. */
  readonly undecided: readonly Difference[];
}

/** Oracles through which the kernel itself says that something is wrong. */
const ASSERTIONS: ReadonlySet<string> = new Set(['kernel-bug', 'kernel-warning']);

/** Oracles are told apart by the function in which they fire; an invariant is one thing per scenario. */
const PER_PLACE: ReadonlySet<string> = new Set(['kernel-bug', 'kernel-warning', 'lock-rule', 'memory-safety']);

function keyOf(violation: Violation): string {
  return PER_PLACE.has(violation.invariant)
    ? `${violation.invariant}@${violation.place?.function ?? ''}`
    : violation.invariant;
}

function byKey(run: RunResult): Map<string, Violation> {
  const found = new Map<string, Violation>();
  for (const violation of run.violations) {
    const key = keyOf(violation);
    const known = found.get(key);
    if (known === undefined || violation.schedule.length < known.schedule.length) found.set(key, violation);
  }
  return found;
}

/**
 * Compare the two sides of every pair. A side that was not explored to the end can still show a
 * violation, but its silence proves nothing: `fixed` needs a complete post run and `introduced` a
 * complete pre run at least up to the preemptions that the violation takes.
 */
export function compareRuns(pairs: readonly RunPair[]): Comparison {
  const differences: Difference[] = [];
  const stops: Difference[] = [];
  const undecided: Difference[] = [];
  for (const pair of pairs) {
    const pre = byKey(pair.pre);
    const post = byKey(pair.post);
    const preIsWrong = [...pre.values()].some((violation) => goesWrong(pair, violation));
    for (const [key, violation] of post) {
      const difference = { invariant: violation.invariant, scenario: pair.scenario, vm: pair.vm, violation };
      if (pre.has(key)) differences.push({ ...difference, status: 'present' });
      else if (preIsWrong && ASSERTIONS.has(violation.invariant)) stops.push({ ...difference, status: 'introduced' });
      else if (silenceCounts(pair.pre, violation)) differences.push({ ...difference, status: 'introduced' });
      else undecided.push({ ...difference, status: 'introduced' });
    }
    for (const [key, violation] of pre) {
      if (post.has(key) || !silenceCounts(pair.post, violation)) continue;
      differences.push({
        status: 'fixed',
        invariant: violation.invariant,
        scenario: pair.scenario,
        vm: pair.vm,
        violation,
      });
    }
  }
  return { differences, stops, undecided };
}

/**
 * Does code with this violation do something that an assertion may well be there to stop? A defect that the kernel
 * is known to have is a story of its own.
 */
function goesWrong({ scenario, vm }: RunPair, { invariant }: Violation): boolean {
  if (ASSERTIONS.has(invariant)) return false;
  return !defectsOf(scenario, vm).some(({ breaks }) => breaks.includes(invariant));
}

/** The other side's run went far enough to have met this violation, had it been there. */
function silenceCounts(other: RunResult, violation: Violation): boolean {
  return other.preemptions >= violation.preemptions;
}

/**
 * From a difference to a finding: which of the patch's edits make it, the shortest schedule that shows
 * it, the trace of that. A finding is located once and told at once, while other runs go on.
 */

import { formatSchedule } from '../../model/explore/index';
import type { Scenario, TraceStep, Violation } from '../../model/explore/types';
import { invariants as allInvariants } from '../../model/invariants/index';
import type { Edit } from '../kernel/types';
import type { Difference, RunPair } from './compare';
import { minimalEdits } from './culprits';
import { type DifferenceGroup, type FindingParts, makeFinding, sideOf } from './finding';
import type { Overrides } from './jobs';
import type { PlacedPatch } from './placed';
import type { Situation } from './select';
import type { Session } from './session';
import type { Finding } from './types';

export interface Locator {
  /** Locate the group's best difference, unless that has been done, and tell it. Groups wait for one another. */
  early(group: DifferenceGroup, pair: RunPair): void;
  /** The finding for all differences of a group, in every situation that shows it. */
  finish(group: DifferenceGroup, pairs: readonly RunPair[]): Promise<Finding>;
}

type Located = Pick<FindingParts, 'difference' | 'culprits' | 'violation' | 'trace'>;

export function createLocator(
  placement: PlacedPatch,
  all: readonly Situation[],
  session: Session,
  tell: (finding: Finding) => void,
): Locator {
  const located = new Map<string, Promise<Located>>();
  const keyOf = ({ status, invariant }: DifferenceGroup): string => `${status} ${invariant}`;

  const locateOnce = (group: DifferenceGroup): Promise<Located> => {
    const known = located.get(keyOf(group));
    if (known !== undefined) return known;
    const started = locate(group, placement, session);
    located.set(keyOf(group), started);
    return started;
  };
  const finding = (group: DifferenceGroup, parts: Located, pairs: readonly RunPair[]): Finding => {
    const { difference } = parts;
    const scenario = all.find((situation) => situation.scenario.id === difference.scenario)?.scenario;
    const pair = pairs.find(({ scenario: id, vm }) => id === difference.scenario && vm === difference.vm);
    const page = allInvariants.find(({ id }) => id === group.invariant);
    return makeFinding({
      ...parts,
      group,
      placement,
      assumption: scenario?.assumption ?? null,
      message: messageOf(group, difference, page?.title ?? group.invariant, scenario, placement),
      unknowns: (pair?.[sideOf(group.status)].unknowns ?? []).map(({ what }) => what),
    });
  };

  return {
    early(group, pair) {
      if (located.has(keyOf(group))) return;
      // A failure here shows again, and is handled, when the finding is finished.
      locateOnce(group).then(
        (parts) => tell(finding(group, parts, [pair])),
        () => {},
      );
    },
    finish: async (group, pairs) => {
      const first = await locateOnce(group);
      return finding(group, (await toldShorter(first, group, placement, session)) ?? first, pairs);
    },
  };
}

/** How much longer than another one a run must be for that to be shown instead. */
const MUCH_LONGER = 2;
/** Steps of a run without preemptions that are as hard to read as one preemption. */
const PER_PREEMPTION = 200;

const effort = ({ schedule, preemptions }: Violation): number => schedule.length + preemptions * PER_PREEMPTION;

/** The same lines with a much shorter run, where another situation has come to one since; null where none has. */
async function toldShorter(
  { difference, culprits, violation }: Located,
  { all, status }: DifferenceGroup,
  placement: PlacedPatch,
  session: Session,
): Promise<Located | null> {
  const other = all.reduce((a, b) => (effort(b.violation) < effort(a.violation) ? b : a), difference);
  // A run that the set-up alone ends has nothing to show.
  const isShort = other.violation.schedule.length > 0 && effort(other.violation) * MUCH_LONGER < effort(violation);
  if (!isShort || session.stopped) return null;
  try {
    return { difference: other, culprits, ...(await played(other, placement.texts[sideOf(status)], session)) };
  } catch {
    return null;
  }
}

/** Culprits by delta debugging, then the shortest schedule and its trace. */
async function locate(group: DifferenceGroup, placement: PlacedPatch, session: Session): Promise<Located> {
  const { best, status } = group;
  const side = placement.texts[sideOf(status)];
  const culprits = status === 'present' ? [] : await culpritsOf(best, placement, session);
  try {
    return { difference: best, culprits, ...(await played(best, side, session)) };
  } catch (error) {
    // The run broke the rule all the same: a finding without its interleaving is worth more than none.
    return { difference: best, culprits, violation: best.violation, trace: [notReplayed(error)] };
  }
}

/** The shortest schedule of a violation, and its trace. Errors: it cannot be played again. */
async function played(
  { scenario, vm, violation: found }: Difference,
  texts: Overrides,
  session: Session,
): Promise<Pick<Located, 'violation' | 'trace'>> {
  const violation = await session.minimise(texts, scenario, vm, found);
  const { steps } = await session.replay(texts, scenario, vm, formatSchedule(violation.schedule));
  return { violation, trace: steps };
}

/** What stands where the steps would. */
function notReplayed(error: unknown): TraceStep {
  const why = error instanceof Error ? error.message : String(error);
  const action = `the interleaving could not be played again: ${why}`;
  return { thread: 'machine', place: null, action, changes: [], violations: [], state: {} };
}

/** Which WARN it is that fires: its function and, in a file of the patch, its line. */
function warnedAt({ status, violation: { invariant, place } }: Difference, placement: PlacedPatch): string {
  if (invariant !== 'kernel-warning' || place === null) return '';
  const line = placement.texts[sideOf(status)][place.file]?.split('\n')[place.line - 1]?.trim() ?? '';
  return ` in ${place.function}()${/WARN|BUG/.test(line) ? `, ${line.replace(/;$/, '')}` : ''}`;
}

function messageOf(
  group: DifferenceGroup,
  difference: Difference,
  title: string,
  scenario: Scenario | undefined,
  placement: PlacedPatch,
): string {
  const vms = [...new Set(group.all.map(({ vm }) => vm))].join(', ');
  const rule = `the rule "${title}" on ${vms}`;
  const said = `${difference.violation.message.replace(/\.$/, '')}${warnedAt(difference, placement)}`;
  const assumption = scenario?.assumption ?? null;
  const supposing = assumption === null ? '' : `, supposing that ${assumption.replace(/\.$/, '')}`;
  const where = `(in "${scenario?.title ?? difference.scenario}"${supposing})`;
  switch (group.status) {
    case 'introduced':
      return `breaks ${rule}: ${said} ${where}. The code before the patch does not.`;
    case 'fixed':
      return `no longer breaks ${rule}. Before the patch: ${said} ${where}.`;
    case 'present':
      return `breaks ${rule}, before the patch as after it: ${said} ${where}.`;
  }
}

/**
 * For an introduced violation: the smallest part of the patch that, applied to the pre-image, shows
 * it. For a fix: the smallest part that, taken out of the post-image, brings it back.
 */
async function culpritsOf(best: Difference, placement: PlacedPatch, session: Session): Promise<readonly Edit[]> {
  const everything = placement.edits.map(({ id }) => id);
  const bounds = { preemptions: best.violation.preemptions };
  const violates = async (subset: readonly Edit[]): Promise<boolean> => {
    if (session.stopped) return false;
    const ids = new Set(subset.map(({ id }) => id));
    const kept = everything.filter((id) => (best.status === 'fixed' ? !ids.has(id) : ids.has(id)));
    const result = await session.runSoon(placement.apply(kept), best.scenario, best.vm, bounds);
    return result.violations.some(({ invariant }) => invariant === best.invariant);
  };
  return minimalEdits(placement.edits, violates);
}

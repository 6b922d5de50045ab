/**
 * Which scenarios a patch can matter to. A scenario is relevant when one of its runs enters a
 * function that the patch changes, or whose code comes out otherwise because of it (a macro, a
 * structure, a constant).
 * It knows names of functions and runs, not how either came about.
 */

import type { Scenario } from '../../model/explore/types';
import { VM_TYPES, type VmType } from '../../model/machine/types';

export interface Situation {
  readonly scenario: Scenario;
  readonly vm: VmType;
}

export interface Wanted {
  /** Null: all. */
  readonly vm: readonly VmType[] | null;
  readonly scenario: readonly string[] | null;
}

/** Every scenario on every VM type it is defined for, within what the reviewer asked for. */
export function situations(scenarios: readonly Scenario[], wanted: Wanted): Situation[] {
  const list: Situation[] = [];
  for (const scenario of scenarios) {
    if (wanted.scenario !== null && !wanted.scenario.includes(scenario.id)) continue;
    for (const vm of VM_TYPES) {
      if (!scenario.vm.includes(vm)) continue;
      if (wanted.vm !== null && !wanted.vm.includes(vm)) continue;
      list.push({ scenario, vm });
    }
  }
  return list;
}

/** What a patch changes, by name. */
export interface Changed {
  /** Functions of the image with a changed line, on either side. */
  readonly functions: ReadonlySet<string>;
  /** Functions whose compiled code differs, most of all those that use what changed at file scope. */
  readonly affected: ReadonlySet<string>;
  /** The contents of an object at file scope differ: any function may read it. */
  readonly fileScope: boolean;
  /** Identifiers on the changed lines. */
  readonly words: ReadonlySet<string>;
}

/**
 * Is a situation worth a full run? `entered` are the functions that a first run without preemptions
 * entered. A scenario with an assumption supposes something that today's callers don't do, so it
 * runs only for a patch that changes, or newly calls, one of the functions that it is about; or when
 * the reviewer asked for it by name.
 */
export function isRelevant(
  situation: Situation,
  changed: Changed,
  entered: ReadonlySet<string>,
  asked: boolean,
): boolean {
  if (asked) return true;
  if (!isEligible(situation, changed)) return false;
  if (changed.fileScope) return true;
  for (const name of changed.functions) if (entered.has(name)) return true;
  for (const name of changed.affected) if (entered.has(name)) return true;
  return false;
}

/** Whether what a scenario supposes, if anything, has to do with the change. */
export function isEligible({ scenario }: Situation, changed: Changed): boolean {
  return scenario.assumption === null || about(scenario, changed);
}

/** Whether a run entered anything that the patch changes, or whose code comes out otherwise. */
export function entersChanged(run: { readonly functions: readonly string[] }, changed: Changed): boolean {
  return changed.fileScope || run.functions.some((name) => changed.functions.has(name) || changed.affected.has(name));
}

/** The functions that a scenario's assumption names, as `name()` in its text. */
export function assumedFunctions(scenario: Scenario): readonly string[] {
  return [...(scenario.assumption ?? '').matchAll(/\b([a-z_][a-z0-9_]*)\(\)/gi)].map((match) => match[1] ?? '');
}

function about(scenario: Scenario, changed: Changed): boolean {
  return assumedFunctions(scenario).some((name) => changed.functions.has(name) || changed.words.has(name));
}

/** How many words of a scenario's vocabulary the patch changes, or has on a changed line. */
export function affinity({ scenario }: Situation, changed: Changed): number {
  return scenario.words.filter((word) => changed.functions.has(word) || changed.words.has(word)).length;
}

/**
 * The situations with a single thread come first, since what breaks without a race shows there soonest; then those
 * whose vocabulary speaks of what changed; otherwise the order stays.
 */
export function byAffinity(all: readonly Situation[], changed: Changed): Situation[] {
  const rank = (situation: Situation): number =>
    situation.scenario.threads.length === 1 ? Number.POSITIVE_INFINITY : affinity(situation, changed);
  return [...all].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}

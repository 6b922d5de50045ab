/**
 * What complete runs of unmodified code come to: how many states and transitions each scenario has, and which
 * functions of KVM no scenario enters. `census.json` is written by `npm run census` and held against every run of
 * the reference and of the kernel releases by their tests.
 */

import census from './census.json';

/** The preemption bound of the runs that were counted. */
export const CENSUS_PREEMPTIONS = 2;

export interface Count {
  readonly states: number;
  readonly transitions: number;
}

interface Census {
  /** Per kernel (`reference`, `7.3.4`) and situation (`S01 tdx`): states, transitions. */
  readonly runs: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  /** Per kernel: functions of its own KVM that were compiled and that no run entered. */
  readonly notEntered: Readonly<Record<string, readonly string[]>>;
  /** Per kernel: those that a run entered. */
  readonly entered: Readonly<Record<string, readonly string[]>>;
}

const { runs, entered, notEntered } = census as Census;

/** The kernels that were counted, `reference` among them. */
export const countedKernels: readonly string[] = Object.keys(runs);

/** What a complete run of the unmodified kernel has; null for a kernel or a situation that was not counted. */
export function countOf(kernel: string, scenario: string, vm: string): Count | null {
  const [states, transitions] = runs[kernel]?.[`${scenario} ${vm}`] ?? [];
  return states === undefined || transitions === undefined ? null : { states, transitions };
}

const everEntered = new Set(Object.values(entered).flat());

/** Functions of KVM that were compiled from some release, and that no scenario entered in any. */
export const neverEntered: ReadonlySet<string> = new Set(
  Object.values(notEntered)
    .flat()
    .filter((name) => !everEntered.has(name)),
);

/** The releases of the kernel that this was learned from. */
export const kernelsOfCensus: readonly string[] = Object.keys(notEntered);

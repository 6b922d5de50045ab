/**
 * Simulates one scenario, with or without a patch: the schedule that was asked for, else the first
 * violation, else a run without preemptions. It is what the trace view and `simulate` show.
 */

import { formatSchedule, type MemoryOrder, parseSchedule } from '../../model/explore/index';
import type { TraceStep } from '../../model/explore/types';
import type { VmType } from '../../model/machine/types';
import { scenarios } from '../../model/scenarios/index';
import { DEFAULT_BOUNDS, type Overrides, type Runner } from './jobs';
import type { PlacedPatch } from './placed';
import type { InPlace, TreeChoice } from './series';
import { openSession } from './session';

export interface SimulateOptions {
  readonly scenario: string;
  readonly vm: VmType;
  readonly schedule?: string | null;
  readonly side?: 'pre' | 'post';
  /** Show this invariant's violation rather than the first. */
  readonly invariant?: string | null;
  readonly preemptions?: number;
  /** Default `sc`. A schedule is replayed under the order in which it was found. */
  readonly memoryOrder?: MemoryOrder;
  readonly budgetSeconds?: number;
  readonly signal?: AbortSignal | null;
  /** Which patch of the input, from 1, on top of those before it; null for the first. */
  readonly patch?: number | null;
  /** Where the kernel's own code may be found; null for the reference. */
  readonly source?: TreeChoice | null;
}

export interface SimulationTrace {
  readonly scenario: string;
  readonly title: string;
  readonly vm: VmType;
  readonly side: 'pre' | 'post';
  readonly memoryOrder: MemoryOrder;
  readonly schedule: string;
  readonly threads: readonly string[];
  readonly steps: readonly (TraceStep & { readonly patchLine: number | null })[];
  readonly violations: readonly { readonly invariant: string; readonly message: string; readonly step: number }[];
  readonly assumption: string | null;
  readonly summary: string;
}

/** Errors: an unknown scenario, one that the VM type has not, a schedule that cannot be read; one sentence each. */
export async function simulateTexts(
  place: (InPlace & { readonly chosen?: string | null }) | null,
  options: SimulateOptions,
  runner: Runner,
): Promise<SimulationTrace> {
  const scenario = scenarios.find(({ id }) => id === options.scenario);
  if (scenario === undefined) throw new Error(`there is no scenario ${options.scenario}: see "list scenarios"`);
  if (!scenario.vm.includes(options.vm)) {
    throw new Error(`${scenario.id} is not defined for ${options.vm}; it is for ${scenario.vm.join(', ')}`);
  }
  if (place?.lacks.includes(options.vm)) throw new Error(`this kernel has no ${options.vm}`);
  const side = options.side ?? 'post';
  const memoryOrder = options.memoryOrder ?? 'sc';
  const placement = place?.patch ?? null;
  const overrides: Overrides = placement?.texts[side] ?? {};
  const session = openSession({
    runner,
    bounds: { ...DEFAULT_BOUNDS, preemptions: options.preemptions ?? DEFAULT_BOUNDS.preemptions },
    budget: (options.budgetSeconds ?? 60) * 1000,
    invariants: null,
    signal: options.signal ?? null,
    tree: place?.tree ?? null,
    memoryOrder,
  });
  try {
    let schedule = options.schedule ?? null;
    let summary = `the schedule that was given, ${side} side`;
    // Which patch of several this is comes first, then what the placing said.
    const about = [...(place?.chosen ? [place.chosen] : []), ...(place?.notes.slice(0, 1) ?? [])];
    if (schedule !== null) {
      parseSchedule(schedule);
    } else {
      const run = await session.run(overrides, scenario.id, options.vm);
      const wanted = run.violations.find(({ invariant }) => invariant === options.invariant) ?? run.violations[0];
      const shown = wanted === undefined ? null : await session.minimise(overrides, scenario.id, options.vm, wanted);
      schedule = shown === null ? '' : formatSchedule(shown.schedule);
      const extent = run.complete
        ? `complete at ${run.preemptions} preemptions`
        : `incomplete: ${run.incomplete ?? 'stopped'}`;
      summary =
        shown === null
          ? `no violation in ${run.states} states (${extent}); shown is the run without preemptions`
          : `${shown.invariant}: ${shown.message} (${run.states} states, ${extent})`;
    }
    const replay = await session.replay(overrides, scenario.id, options.vm, schedule);
    return {
      scenario: scenario.id,
      title: scenario.title,
      vm: options.vm,
      side,
      memoryOrder,
      schedule: replay.schedule,
      threads: replay.threads,
      steps: replay.steps.map((step) => ({ ...step, patchLine: patchLineOf(step, placement, side) })),
      violations: replay.steps.flatMap((step, index) =>
        step.violations.map((text) => {
          const [invariant = '', ...message] = text.split(': ');
          return { invariant, message: message.join(': '), step: index };
        }),
      ),
      assumption: scenario.assumption,
      summary: [summary, ...about].join('; '),
    };
  } finally {
    session.close();
  }
}

function patchLineOf(step: TraceStep, placement: PlacedPatch | null, side: 'pre' | 'post'): number | null {
  if (placement === null || step.place === null) return null;
  return placement.patchSpanOf(side, step.place)?.line ?? null;
}

/**
 * The explorer's public face, with the real machine under it: run a scenario, replay a schedule,
 * make one shorter, print and read schedules.
 */

import type { Memory } from '../execute/memory';
import type { Program } from '../execute/program';
import type { MemoryOrder } from '../execute/store-buffers';
import type { Invariant } from '../invariants/types';
import { Machine } from '../machine/machine';
import type { VmType } from '../machine/types';
import { shorten } from './minimise';
import { traceOf } from './replay';
import { explore } from './run';
import { straightRun } from './straight';
import type { Action, Bounds, Cancel, RunResult, Scenario, TraceStep, Violation } from './types';

export type { MemoryOrder } from '../execute/store-buffers';
export { formatSchedule, parseSchedule } from './schedule';

export interface ExploreOptions {
  /** Those that don't apply to the VM type are left out. */
  readonly invariants: readonly Invariant[];
  readonly cancel?: Cancel;
  /** Default `sc`. A schedule means what it says only under the order in which it was found. */
  readonly memoryOrder?: MemoryOrder;
}

const createMachine = (vm: VmType, memory: Memory, program: Program) => new Machine(vm, memory, program);

/**
 * Explore a scenario for one VM type. The result depends on the arguments alone, unless it was
 * cancelled, which it says. Errors: a program that can't be linked, more threads than there are CPUs.
 */
export function run(
  program: Program,
  scenario: Scenario,
  vm: VmType,
  bounds: Bounds,
  options: ExploreOptions,
): RunResult {
  return explore(program, scenario, vm, bounds, { ...options, createMachine });
}

/** The trace of a schedule. Errors: the first step of the schedule that can't happen, in a sentence. */
export function replay(
  program: Program,
  scenario: Scenario,
  vm: VmType,
  schedule: readonly Action[],
  options: Pick<ExploreOptions, 'invariants' | 'memoryOrder'>,
): TraceStep[] {
  return traceOf(program, scenario, vm, schedule, { ...options, createMachine });
}

/** The same violation with the fewest context switches, then the fewest actions, that could be found. */
export function minimise(
  program: Program,
  scenario: Scenario,
  vm: VmType,
  violation: Violation,
  options: Pick<ExploreOptions, 'invariants' | 'memoryOrder' | 'cancel'>,
): Violation {
  return shorten(program, scenario, vm, violation, { ...options, createMachine });
}

/** The schedule in which each thread goes on until it must wait or ends: what is shown where nothing broke. */
export function straight(program: Program, scenario: Scenario, vm: VmType): Action[] {
  return straightRun(program, scenario, vm, { createMachine });
}

/**
 * The plain run of a scenario: each thread goes on until it must wait or ends, in order. It is what a
 * reader is shown where nothing broke. It explores nothing.
 */

import type { Program } from '../execute/program';
import type { VmType } from '../machine/types';
import type { RunOptions } from './run';
import { SILENT, Simulation } from './simulation';
import type { Action, Scenario } from './types';

/** Transitions of one thread in a row after which it is taken to spin, and of the whole run. */
const MOST_IN_A_ROW = 2000;
const MOST = 20_000;

/** The schedule, without injected faults. Empty when the set-up does not end. */
export function straightRun(
  program: Program,
  scenario: Scenario,
  vm: VmType,
  options: Pick<RunOptions, 'createMachine'>,
): Action[] {
  const sim = new Simulation(program, scenario, vm, { ...options, invariants: [], observer: SILENT });
  const schedule: Action[] = [];
  if (!sim.setUp()) return schedule;
  let last = 0;
  let inARow = 0;
  while (schedule.length < MOST) {
    const next = nextThread(sim, last, inARow >= MOST_IN_A_ROW);
    if (next < 0) break;
    inARow = next === last ? inARow + 1 : 0;
    last = next;
    schedule.push({ thread: next, choice: 0 });
    if (sim.step(next, 0) === 'cut') break;
  }
  return schedule;
}

/** The thread that ran last, unless it can't or has run too long; else the next one that can; -1: nobody. */
function nextThread(sim: Simulation, last: number, spins: boolean): number {
  const count = sim.threads.length;
  for (let i = spins ? 1 : 0; i < count; i++) {
    const t = (last + i) % count;
    if (sim.choices(t) !== null) return t;
  }
  return spins && sim.choices(last) !== null ? last : -1;
}

/**
 * Playing a schedule: strictly, as a replay must, or leniently, as minimising does, where an action
 * that can't happen is left out. It starts from the simulation's present state.
 */

import { BUFFER_OF, type Simulation, type StepEnd } from './simulation';
import type { Action } from './types';

/** Why an action of a schedule can't happen now; null when it can. */
function refusal(sim: Simulation, action: Action): string | null {
  const thread = action.thread % BUFFER_OF;
  if (thread >= sim.threads.length) {
    return `there is no thread ${thread} (there are ${sim.threads.length}, numbered from 0)`;
  }
  const name = sim.threads[thread]!.name;
  const choices = sim.choices(action.thread);
  if (action.thread >= BUFFER_OF) {
    if (choices !== null && action.choice < choices.length) return null;
    const which = action.choice === 0 ? 'no store' : `no ${action.choice + 1} stores that may leave`;
    return `${name}'s store buffer holds ${which}`;
  }
  if (choices === null) return `${name} can't run: it ${sim.stacks[action.thread] ? 'waits' : 'has ended'}`;
  if (action.choice >= choices.length) return `${name} has no choice ${action.choice} there`;
  return null;
}

/**
 * Play a whole schedule; it ends early when its path is cut. `after` sees each action that happened.
 * Errors: the first action that can't happen.
 */
export function playStrictly(
  sim: Simulation,
  schedule: readonly Action[],
  before: (action: Action, index: number) => void,
  after: (action: Action, index: number, end: StepEnd) => void,
): void {
  for (let i = 0; i < schedule.length; i++) {
    const action = schedule[i]!;
    const why = refusal(sim, action);
    if (why !== null) throw new Error(`the schedule doesn't fit, at step ${i + 1}: ${why}`);
    before(action, i);
    const end = sim.step(action.thread, action.choice, action.steps ?? 0);
    if (end !== 'cut') sim.checkState();
    after(action, i, end);
    if (end === 'cut') return;
  }
}

/** What came of a lenient play: the actions that happened up to the one that `until` accepted, or null. */
export interface Played {
  readonly schedule: readonly Action[];
  readonly preemptions: number;
}

/** Play leniently until `done` says so after an action. */
export function playUntil(sim: Simulation, schedule: readonly Action[], done: () => boolean): Played | null {
  const played: Action[] = [];
  let preemptions = 0;
  let last = -1;
  for (const action of schedule) {
    if (refusal(sim, action) !== null) continue;
    if (action.thread < BUFFER_OF) {
      if (last >= 0 && last !== action.thread && sim.choices(last) !== null) preemptions++;
      if (action.choice !== 0 && sim.choices(action.thread)?.[action.choice]?.delays) preemptions++;
      last = action.thread;
    }
    played.push(action);
    const end = sim.step(action.thread, action.choice, action.steps ?? 0);
    if (end !== 'cut') sim.checkState();
    if (done()) return { schedule: played, preemptions };
    if (end === 'cut') return null;
  }
  return null;
}

/**
 * Schedules: which thread ran when, in a form that needs no knowledge of how it was found, and its
 * text. `0*12 1*3 0:1 0+37 w0`: thread 0 for twelve transitions, thread 1 for three, thread 0 with
 * choice 1, thread 0 for 37 steps, stopping between two plain accesses; a store leaves thread 0's buffer.
 */

import { unpackAction } from './search';
import { BUFFER_OF, type Simulation, type StepEnd } from './simulation';
import type { Action, ScheduleText } from './types';

/** Transitions in a schedule that is read; a longer one was not printed by this program. */
const MAX_ACTIONS = 1_000_000;
const MAX_TEXT = 1_000_000;

export function formatSchedule(schedule: readonly Action[]): ScheduleText {
  const parts: string[] = [];
  for (let i = 0; i < schedule.length; ) {
    const word = formatAction(schedule[i]!);
    let n = 1;
    while (i + n < schedule.length && formatAction(schedule[i + n]!) === word) n++;
    parts.push(n === 1 ? word : `${word}*${n}`);
    i += n;
  }
  return parts.join(' ');
}

function formatAction(a: Action): string {
  const who = a.thread >= BUFFER_OF ? `w${a.thread - BUFFER_OF}` : `${a.thread}`;
  return `${who}${a.choice === 0 ? '' : `:${a.choice}`}${a.steps === undefined ? '' : `+${a.steps}`}`;
}

/** Read a printed schedule. Errors: one sentence that names the word that is no action. */
export function parseSchedule(text: ScheduleText): Action[] {
  if (text.length > MAX_TEXT) throw new Error('the schedule is too long');
  const schedule: Action[] = [];
  for (const word of text.split(/\s+/)) {
    if (word === '') continue;
    const m = /^(w?)(\d{1,2})(?::(\d{1,4}))?(?:\+(\d{1,9}))?(?:\*(\d{1,7}))?$/.exec(word);
    const shown = word.length > 40 ? `${word.slice(0, 40)}...` : word;
    if (m === null)
      throw new Error(
        `'${shown}' is no step of a schedule: expected thread[:choice][+steps][*count] or wthread[:choice]`,
      );
    const count = m[5] === undefined ? 1 : Number(m[5]);
    const steps = m[4] === undefined ? undefined : Number(m[4]);
    const ofBuffer = m[1] === 'w';
    if (count === 0 || steps === 0 || Number(m[2]) >= BUFFER_OF || (ofBuffer && steps !== undefined))
      throw new Error(`'${shown}' is no step of a schedule`);
    if (schedule.length + count > MAX_ACTIONS) throw new Error('the schedule is too long');
    const action: Action = {
      thread: Number(m[2]) + (ofBuffer ? BUFFER_OF : 0),
      choice: Number(m[3] ?? 0),
      ...(steps === undefined ? {} : { steps }),
    };
    for (let i = 0; i < count; i++) schedule.push(action);
  }
  return schedule;
}

/**
 * A search's own path as a schedule. The simulation stands at the beginning. The search's transitions
 * end where its race detection says; those of a schedule end at every marked access and builtin, and
 * where a thread was switched away from elsewhere its steps are counted, so that replaying needs no
 * knowledge of races. `preemptions` counts switches away from threads that could go on, and stores
 * that stay in a buffer. `fits` is false where a thread of the path can't run when its turn comes: what was learned
 * about races since has ended its transitions elsewhere, and the schedule goes as far as that.
 */
export function toSchedule(
  sim: Simulation,
  path: readonly number[],
): { readonly schedule: Action[]; readonly preemptions: number; readonly fits: boolean } {
  const schedule: Action[] = [];
  let preemptions = 0;
  let faults = 0;
  let previous = -1;
  for (let i = 0; i < path.length; ) {
    const { thread, choice } = unpackAction(path[i]!);
    if (thread >= BUFFER_OF) {
      asSearched(sim, path[i++]!);
      for (const one of sim.left) schedule.push({ thread, choice: one });
      continue;
    }
    if (sim.choices(thread) === null) return { schedule, preemptions, fits: false };
    if (previous >= 0 && previous !== thread && sim.choices(previous) !== null) preemptions++;
    if (choice !== 0 && sim.choices(thread)?.[choice]?.delays) preemptions++;
    previous = thread;
    // The thread's transitions up to the next switch or choice, as the search ran them ...
    const mark = sim.memory.mark();
    const before = sim.stacks[thread]!;
    const stepsBefore = sim.executor.steps;
    let end: StepEnd = 'point';
    let waits = false;
    do {
      faults += faultsOf(sim, path[i]!);
      sim.executor.faultsLeft = sim.scenario.faults - faults;
      end = asSearched(sim, path[i]!);
      i++;
      waits = end !== 'cut' && path[i] === thread && sim.choices(thread) === null;
    } while (end !== 'cut' && path[i] === thread && !waits);
    const steps = sim.executor.steps - stepsBefore;
    sim.memory.undo(mark);
    sim.stacks[thread] = before;
    // ... and again in a schedule's own.
    playFinely(sim, thread, choice, end === 'cut' ? Number.POSITIVE_INFINITY : steps, schedule);
    if (waits) return { schedule, preemptions, fits: false };
    if (end === 'cut') break;
  }
  return { schedule, preemptions, fits: true };
}

function faultsOf(sim: Simulation, word: number): number {
  const { thread, choice } = unpackAction(word);
  return choice === 0 ? 0 : (sim.choices(thread)?.[choice]?.faults ?? 0);
}

/** One transition that ends where those of the search end. */
function asSearched(sim: Simulation, word: number): StepEnd {
  const { thread, choice } = unpackAction(word);
  const { log } = sim.executor;
  log.on = sim.byRaces;
  const end = sim.step(thread, choice);
  log.on = false;
  sim.executor.faultsLeft = Number.POSITIVE_INFINITY;
  return end;
}

/** Run so many steps (or to the path's end) in transitions of a schedule, and append them to it. */
function playFinely(sim: Simulation, thread: number, choice: number, steps: number, schedule: Action[]): void {
  let left = steps;
  for (let c = choice; left > 0 && schedule.length < MAX_ACTIONS; c = 0) {
    const before = sim.executor.steps;
    const end = sim.step(thread, c, Number.isFinite(left) ? left : 0);
    const took = sim.executor.steps - before;
    left -= took;
    schedule.push(
      end !== 'point' || endsHere(sim, thread) ? { thread, choice: c } : { thread, choice: c, steps: took },
    );
    if (end === 'cut' || (end === 'ended' && !Number.isFinite(left))) return;
  }
}

/** Does the thread stand where a transition of a schedule ends by itself? */
function endsHere(sim: Simulation, thread: number): boolean {
  const node = sim.stacks[thread]!;
  if (node === null || node.fn.points[node.pc] !== 0) return true;
  const at = sim.executor.builtinAt(node);
  if (at === null) return false;
  const choices = sim.choices(thread);
  return at.builtin.point || choices === null || choices.length > 1;
}

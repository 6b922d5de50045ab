/**
 * Making a schedule readable: fewest context switches first, then fewest actions, always checked by
 * playing it. It changes only the order and the number of actions, never the program.
 */

import type { Program } from '../execute/program';
import type { VmType } from '../machine/types';
import { type Played, playUntil } from './play';
import type { RunOptions } from './run';
import { type Observer, Simulation } from './simulation';
import type { Action, Scenario, Violation } from './types';

/** Plays after which a violation is returned as short as it got. */
const MAX_PLAYS = 600;

type PlayOptions = Pick<RunOptions, 'createMachine' | 'invariants' | 'memoryOrder' | 'cancel'>;

type Segment = readonly Action[];

/**
 * A schedule that shows the same violation with at most as many switches; as short as it got when `cancel` says so.
 * Deadlocks and livelocks are returned as they are.
 */
export function shorten(
  program: Program,
  scenario: Scenario,
  vm: VmType,
  violation: Violation,
  options: PlayOptions,
): Violation {
  if (violation.invariant === 'deadlock' || violation.invariant === 'livelock') return violation;
  const player = createPlayer(program, scenario, vm, violation, options);
  if (player === null) return violation;
  const best = shortest(violation.schedule, player.play);
  player.release();
  return best === null ? violation : { ...violation, schedule: best.schedule, preemptions: best.preemptions };
}

type Play = (schedule: readonly Action[]) => Played | null;

function shortest(schedule: readonly Action[], play: Play): Played | null {
  let best = play(schedule);
  if (best === null) return null;
  for (let improved = true; improved; ) {
    improved = false;
    for (const candidate of candidates(best.schedule)) {
      const played = play(candidate);
      if (played !== null && isBetter(played, best)) {
        best = played;
        improved = true;
        break;
      }
    }
  }
  return best;
}

/** Plays a schedule up to the violation from the end of set-up; null when it doesn't show it. Null itself when set-up fails. */
function createPlayer(
  program: Program,
  scenario: Scenario,
  vm: VmType,
  violation: Violation,
  options: PlayOptions,
): { readonly play: Play; release(): void } | null {
  let hit = false;
  const observer: Observer = {
    violation: (invariant, _, stack) => {
      if (invariant === violation.invariant && samePlace(stack[0] ?? null, violation)) hit = true;
    },
    unknown: () => {},
    witness: () => {},
    fact: () => {},
  };
  const invariants = options.invariants.filter((i) => i.vm.includes(vm));
  const made = new Simulation(program, scenario, vm, { ...options, invariants, observer });
  if (!made.setUp()) return null;
  const start = [...made.stacks];
  const mark = made.memory.mark();
  let plays = 0;
  const play: Play = (schedule) => {
    if (plays++ >= MAX_PLAYS || options.cancel?.cancelled === true) return null;
    made.memory.undo(mark);
    made.memory.clearDirty();
    start.forEach((node, t) => {
      made.stacks[t] = node;
    });
    hit = false;
    return playUntil(made, schedule, () => hit);
  };
  return { play, release: () => made.release() };
}

/** The violation must stay at its line: another place is another story. */
function samePlace(place: Violation['place'], violation: Violation): boolean {
  return place?.file === violation.place?.file && place?.line === violation.place?.line;
}

function segmentsOf(schedule: readonly Action[]): Segment[] {
  const segments: Action[][] = [];
  for (const action of schedule) {
    const last = segments[segments.length - 1];
    if (last !== undefined && last[0]!.thread === action.thread) last.push(action);
    else segments.push([action]);
  }
  return segments;
}

function isBetter(a: Played, b: Played): boolean {
  const switches = segmentsOf(a.schedule).length - segmentsOf(b.schedule).length;
  if (switches !== 0) return switches < 0;
  if (a.preemptions !== b.preemptions) return a.preemptions < b.preemptions;
  return a.schedule.length < b.schedule.length;
}

/** Schedules to try instead, the most promising first. */
function* candidates(schedule: readonly Action[]): Generator<readonly Action[]> {
  const segments = segmentsOf(schedule);
  // Of one thread alone every action leads to the next, and the violation ends the last.
  if (segments.length === 1) return;
  for (let i = segments.length - 1; i >= 0; i--) yield joined(segments.filter((_, j) => j !== i));
  for (let i = 1; i + 1 < segments.length; i++) {
    yield joined(moved(segments, i, i + 1));
    yield joined(moved(segments, i, i - 1));
  }
  for (let i = 0; i < segments.length; i++) {
    const length = segments[i]!.length;
    for (let keep = length >> 1; keep < length; keep += Math.max(1, (length - keep) >> 1)) {
      yield joined(segments.map((s, j) => (j === i ? s.slice(0, keep) : s)));
    }
  }
}

function moved(segments: readonly Segment[], from: number, to: number): Segment[] {
  const order = [...segments];
  const [segment] = order.splice(from, 1);
  order.splice(to, 0, segment!);
  return order;
}

/** One schedule again. A stop in mid-way that the same thread follows at once is no stop: its next action covers both. */
function joined(segments: readonly Segment[]): Action[] {
  const flat = segments.flat();
  const out: Action[] = [];
  let choice: number | null = null;
  flat.forEach((action, i) => {
    const whole = choice === null ? action : { ...action, choice };
    choice = null;
    const next = flat[i + 1];
    if (action.steps !== undefined && next?.thread === action.thread && next.choice === 0) choice = whole.choice;
    else out.push(whole);
  });
  return out;
}

/**
 * The search: every interleaving of a simulation's threads up to a preemption bound, each state
 * once. States are reached in order of preemptions, depth first among those with as many; what a
 * preemption leads to waits for its turn. It knows no C and no machine, only which thread can run.
 *
 * A switch away from a thread that could go on is a preemption. One away from a thread that came back
 * to a state of its own run is not: it spins, and fairness would take it off the CPU.
 */

import type { StackNode } from '../execute/frames';
import { type Cycle, StateGraph } from './cycles';
import { BUFFER_OF, type Simulation } from './simulation';
import { NOBODY, type StateStore } from './state-store';
import type { Bounds, Cancel } from './types';
import { WordList } from './word-table';

/** Why a search ended. `races` asks for a restart with more scheduling points. */
export type SearchEnd = 'complete' | 'races' | 'cancelled' | 'states' | 'transitions' | 'steps' | 'bytes';

/** What the search reports on its way. */
export interface SearchListener {
  /** Thread `t` is about to run from `entry`. */
  before(entry: number, t: number, choice: number): void;
  /** A state was reached for the first time; the simulation stands in it. */
  state(): void;
  /** Nobody can run, and these threads wait for something that will not come. */
  deadlock(entry: number, waiting: readonly number[]): void;
  /** Thread `t` alone can run, and it runs in a circle. */
  livelock(entry: number, t: number): void;
  /** The same with several threads, who go round from an entry's state and back to it; those reached soonest first. */
  livelockOfMany(entry: number, cycle: Cycle): void;
  /** Polled now and then: true when there are new scheduling points. */
  racesFound(): boolean;
  /** Asked after each level: true when higher ones are of no interest. */
  isEnough(): boolean;
}

/**
 * Which threads may be tried from an entry: `all` that the bound lets go on, or all but the last one; and with
 * `DELAYED` only stores of theirs that stay in a store buffer.
 */
const ALL = 0;
const OTHERS = 1;
const DELAYED = 2;

/** A place in the depth-first search; one object per depth, used again and again. */
interface Place {
  entry: number;
  /** Its actions to try, packed, are `moves[next]` up to `moves[end]`. */
  next: number;
  end: number;
  memoryMark: number;
  storeMark: number;
  /** The only thread that can run, with a single way to do so; else -1. */
  alone: number;
  /** Thread that runs from here now. */
  mover: number;
  /** The only move is a thread's beginning. */
  forced: boolean;
}

/** An action in one word: thread and choice. */
export function packAction(thread: number, choice: number): number {
  return (choice << 5) | thread;
}

export function unpackAction(word: number): { thread: number; choice: number } {
  return { thread: word & 31, choice: word >>> 5 };
}

export class Search {
  readonly store: StateStore;
  /** Preemptions of the states now being reached. */
  level = 0;
  /** The highest level that was explored to its end, -1 for none. */
  completed = -1;
  transitions = 0;
  private readonly unbounded: boolean;
  private levels: { entries: WordList; modes: WordList }[] = [];
  private onPath = new Uint8Array(1024);
  /** The path: the first `depth` count. */
  private readonly places: Place[] = [];
  private depth = 0;
  private readonly moves = new WordList();
  private freed = new Set<number>();
  /** True until every thread has come to its first scheduling point; those moves cost no preemption. */
  private beginning = true;
  /** Who could move where, and where to; for livelocks of several threads. */
  private readonly graph = new StateGraph();
  private ended: SearchEnd | null = null;

  constructor(
    private readonly sim: Simulation,
    private readonly bounds: Bounds,
    private readonly cancel: Cancel,
    private readonly listener: SearchListener,
    /** Transitions of earlier explorations, which count against the budget. */
    private readonly spent: number,
    store: StateStore,
  ) {
    this.store = store;
    this.unbounded = !Number.isFinite(bounds.preemptions);
  }

  /** Explore from the present state, which is the beginning. */
  run(): SearchEnd {
    const state = this.store.intern(this.sim.stacks);
    this.push(this.store.enter(state, NOBODY, 0, -1, 0), ALL, 0);
    const last = this.unbounded ? 0 : this.bounds.preemptions;
    for (this.level = 0; this.level <= last; this.level++) {
      if (!this.runLevel()) return this.ended as SearchEnd;
      this.completed = this.unbounded ? Number.POSITIVE_INFINITY : this.level;
      if (this.listener.racesFound()) return 'races';
      this.reportCycles();
      if (this.listener.isEnough()) break;
      if (this.levels[this.level + 1] === undefined) {
        // Nothing waits: higher bounds would reach nothing new.
        this.completed = Math.max(this.completed, last);
        break;
      }
    }
    return 'complete';
  }

  private push(entry: number, mode: number, level: number): void {
    const queue = (this.levels[level] ??= { entries: new WordList(), modes: new WordList() });
    queue.entries.push(entry);
    queue.modes.push(mode);
  }

  /** Work off a level's queue, which may grow meanwhile. False when the search ended. */
  private runLevel(): boolean {
    const queue = this.levels[this.level];
    if (queue === undefined) return true;
    for (let i = 0; i < queue.entries.length; i++) {
      const entry = queue.entries.at(i);
      this.store.restore(entry, this.sim.stacks);
      this.sim.memory.mark();
      this.open(entry, queue.modes.at(i));
      while (this.depth > 0) if (!this.advance()) return false;
    }
    delete this.levels[this.level];
    return true;
  }

  /** Start on an entry, in whose state the simulation stands. */
  private open(entry: number, mode: number): void {
    const { sim, store } = this;
    const apart = this.beginning ? sim.threads.findIndex((_, t) => sim.standsApart(t)) : -1;
    if (apart >= 0) {
      this.openFor(entry, apart);
      return;
    }
    this.beginning = false;
    const faultsLeft = sim.scenario.faults - store.faults(entry);
    const last = store.last(entry);
    const place = this.openPlace(entry);
    let able = 0;
    let movers = 0;
    let free = 0;
    let others = false;
    let only = -1;
    let delays = false;
    const stays = !this.unbounded && (mode & OTHERS) === 0 && last !== NOBODY;
    for (let t = 0; t < sim.threads.length; t++) {
      const choices = sim.choices(t);
      if (choices === null) continue;
      able++;
      movers |= 1 << t;
      only = t;
      if (t !== last) others = true;
      const wanted = stays ? t === last : (mode & OTHERS) === 0 || t !== last;
      for (let c = 0; c < choices.length; c++) {
        if (choices[c]!.faults > faultsLeft) continue;
        if (choices[c]!.faults === 0) free++;
        if (!wanted) continue;
        if (this.isFor(mode, choices[c]!.delays)) this.moves.push(packAction(t, c));
        else delays = true;
      }
    }
    if (this.level < this.bounds.preemptions) {
      if (stays && others && mode === ALL) this.push(entry, OTHERS, this.level + 1);
      if (delays && (mode & DELAYED) === 0) this.push(entry, mode | DELAYED, this.level + 1);
    }
    const stores = sim.someStoreWaits;
    if (mode === ALL) this.graph.setAble(store.stateOf(entry), movers);
    if (stores && mode === ALL) this.addStores(entry);
    if (able === 0 && !stores) this.reportWaiting(entry);
    place.end = this.moves.length;
    place.alone = able === 1 && free === 1 && !stores ? only : -1;
  }

  /** Is a choice to be tried in this mode? To leave a store in its buffer costs what a preemption costs. */
  private isFor(mode: number, delays: true | undefined): boolean {
    return this.unbounded || (delays === true) === ((mode & DELAYED) !== 0);
  }

  /** A store that waits may reach memory at any time, and nobody pays for it. */
  private addStores(entry: number): void {
    const { sim } = this;
    for (let t = BUFFER_OF; t < BUFFER_OF + sim.threads.length; t++) {
      const count = sim.choices(t)?.length ?? 0;
      if (count > 0) this.graph.setAble(this.store.stateOf(entry), 1 << t);
      for (let c = 0; c < count; c++) this.moves.push(packAction(t, c));
    }
  }

  /** The next place of the path, without moves. */
  private openPlace(entry: number): Place {
    const place = (this.places[this.depth++] ??= newPlace());
    place.entry = entry;
    place.next = this.moves.length;
    place.end = place.next;
    place.memoryMark = this.sim.memory.mark();
    place.storeMark = this.store.mark();
    place.alone = -1;
    place.mover = -1;
    place.forced = false;
    this.setOnPath(entry, 1);
    return place;
  }

  /** Leave the topmost place. */
  private closePlace(): void {
    this.depth--;
    this.setOnPath(this.places[this.depth]!.entry, 0);
    // Moves below this place's own belong to the places under it.
    this.moves.length = this.depth > 0 ? this.places[this.depth - 1]!.end : 0;
  }

  /** Only thread `t` is tried: it begins, which no other thread can notice. */
  private openFor(entry: number, t: number): void {
    const place = this.openPlace(entry);
    this.moves.push(packAction(t, 0));
    place.end = this.moves.length;
    place.forced = true;
  }

  private reportWaiting(entry: number): void {
    const { sim } = this;
    const waiting: number[] = [];
    for (let t = 0; t < sim.threads.length; t++) {
      const node = sim.stacks[t]!;
      if (node !== null && !sim.executor.builtinAt(node)?.builtin.idle) waiting.push(t);
    }
    if (waiting.length > 0) this.listener.deadlock(entry, waiting);
  }

  /** Try the next action of the topmost place, or leave it. False when the search ended. */
  private advance(): boolean {
    const place = this.places[this.depth - 1]!;
    if (place.next >= place.end) {
      this.closePlace();
      this.back();
      return true;
    }
    if (this.overBudget()) return false;
    const move = this.moves.at(place.next++);
    const t = move & 31;
    place.mover = t;
    const before = this.sim.stacks[t] ?? null;
    this.transitions++;
    this.listener.before(place.entry, t, move >>> 5);
    const spentFaults = this.store.faults(place.entry) + this.faultsOf(t, move >>> 5);
    this.sim.executor.faultsLeft = this.sim.scenario.faults - spentFaults;
    const end = this.sim.step(t, move >>> 5);
    if (end !== 'cut' && this.arrive(place, t, move, spentFaults)) return true;
    this.undo(place, t, before);
    if (end === 'cut' && place.forced) {
      // That thread's path ends at once. The others still have theirs.
      this.beginning = false;
      this.closePlace();
      this.open(place.entry, ALL);
    }
    return true;
  }

  private faultsOf(t: number, choice: number): number {
    return choice === 0 ? 0 : (this.sim.choices(t)?.[choice]?.faults ?? 0);
  }

  /** The state after a transition: true when it is new and the search goes on from it. */
  private arrive(place: Place, t: number, move: number, faults: number): boolean {
    const { store, sim } = this;
    const state = store.intern(sim.stacks);
    if (!store.known) {
      this.listener.state();
    }
    // a store that reaches memory takes nobody off the CPU
    const last = t >= BUFFER_OF ? store.last(place.entry) : this.lastAfter(t);
    const entry = store.enter(state, last, faults, place.entry, move);
    if (faults === store.faults(place.entry)) this.graph.add(store.stateOf(place.entry), state, move);
    if (store.known) {
      if (this.onPath[entry] === 1) this.circle(entry, t);
      return false;
    }
    this.open(entry, ALL);
    return true;
  }

  private lastAfter(t: number): number {
    return this.unbounded || this.beginning || this.sim.choices(t) === null ? NOBODY : t;
  }

  /** Thread `t` came back to a state of this very path. */
  private circle(entry: number, t: number): void {
    let alone = true;
    let mine = true;
    let i = this.depth - 1;
    for (; i >= 0 && mine; i--) {
      const place = this.places[i]!;
      if (place.mover !== t) mine = false;
      if (place.alone !== t) alone = false;
      if (place.entry === entry) break;
    }
    if (!mine || i < 0) return;
    const from = this.places[this.depth - 1]!.entry;
    if (alone) this.listener.livelock(from, t);
    else if (!this.unbounded && !this.freed.has(entry)) {
      this.freed.add(entry);
      this.push(entry, OTHERS, this.level);
    }
  }

  /** What several threads do together without end shows only once all that follows a state is known. */
  private reportCycles(): void {
    const { store } = this;
    const found = this.graph
      .fairCycles()
      .filter(({ movers }) => movers.length > 1)
      .map((cycle) => ({ cycle, entry: store.entryOf(cycle.state) }))
      .sort((a, b) => store.depth(a.entry) - store.depth(b.entry) || a.entry - b.entry);
    for (const { cycle, entry } of found) this.listener.livelockOfMany(entry, cycle);
  }

  /** The topmost place's child is done: make its state the present one again. */
  private back(): void {
    if (this.depth === 0) return;
    const place = this.places[this.depth - 1]!;
    this.undo(place, place.mover, this.stackBefore(place));
  }

  private undo(place: Place, t: number, before: StackNode | null): void {
    this.sim.memory.undo(place.memoryMark);
    this.sim.memory.clearDirty();
    this.store.undo(place.storeMark);
    if (t < BUFFER_OF) this.sim.stacks[t] = before;
  }

  private stackBefore(place: Place): StackNode | null {
    return place.mover >= BUFFER_OF ? null : this.store.stackOf(place.entry, place.mover);
  }

  private setOnPath(entry: number, value: 0 | 1): void {
    if (entry >= this.onPath.length) {
      const bigger = new Uint8Array(Math.max(entry + 1, this.onPath.length * 2));
      bigger.set(this.onPath);
      this.onPath = bigger;
    }
    this.onPath[entry] = value;
  }

  private overBudget(): boolean {
    const { bounds, transitions } = this;
    if (this.cancel.cancelled) this.ended = 'cancelled';
    else if (this.store.stateCount >= bounds.states) this.ended = 'states';
    else if (this.spent + transitions >= bounds.transitions) this.ended = 'transitions';
    else if (this.sim.executor.steps >= bounds.steps) this.ended = 'steps';
    else if ((transitions & 255) === 0 && this.bytes() >= bounds.bytes) this.ended = 'bytes';
    else if (this.isTimeToLook() && this.listener.racesFound()) this.ended = 'races';
    else return false;
    return true;
  }

  /** At every power of two, and now and then. */
  private isTimeToLook(): boolean {
    const { transitions } = this;
    return (transitions & 8191) === 0 || (transitions >= 1024 && (transitions & (transitions - 1)) === 0);
  }

  private bytes(): number {
    return (
      this.store.bytes + this.graph.bytes + this.sim.memory.journalBytes + this.places.length * 120 + this.moves.bytes
    );
  }
}

function newPlace(): Place {
  return { entry: 0, next: 0, end: 0, memoryMark: 0, storeMark: 0, alone: -1, mover: -1, forced: false };
}

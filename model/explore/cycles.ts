/**
 * Livelocks of several threads: sets of states that a fair schedule never leaves and in which no thread comes to its
 * end. The search tells which state led to which, and who could run; nothing here knows what states are.
 *
 * Fair is strongly fair, as the kernel's queued locks are: who can run again and again does run, and a choice that is
 * offered again and again is taken. So a thread that spins until another, who could run, lets it go is no livelock; nor
 * is a loop that a different choice would leave. Moves that spend a fault are not counted: faults are bounded.
 */

import { WordList } from './word-table';

/** What goes round: `walk` leads from `state` back to it, with at least one move of every one of `movers`. */
export interface Cycle {
  readonly state: number;
  /** Packed actions. */
  readonly walk: readonly number[];
  /** Threads and store buffers that move, ascending. */
  readonly movers: readonly number[];
}

/** Low bits of a packed action: its thread or store buffer. */
const MOVER = 31;

export class StateGraph {
  private readonly from = new WordList();
  private readonly to = new WordList();
  private readonly moves = new WordList();
  /** Per state, the set of who could move there. */
  private readonly able = new WordList();

  get bytes(): number {
    return this.from.bytes + this.to.bytes + this.moves.bytes + this.able.bytes;
  }

  /** In this state these can move: a set of bits, by thread or store buffer. */
  setAble(state: number, movers: number): void {
    while (this.able.length <= state) this.able.push(0);
    this.able.set(state, this.able.at(state) | movers);
  }

  /** A move, which cost no fault, led from one state to another. */
  add(from: number, to: number, move: number): void {
    this.from.push(from);
    this.to.push(to);
    this.moves.push(move);
  }

  /** Fair cycles: one for each set of states that a fair schedule need not leave. */
  fairCycles(): Cycle[] {
    const states = this.able.length;
    const edges = new Edges(states, this.from, this.to, this.moves);
    const work = edges.components(Int32Array.from({ length: states }, (_, i) => i));
    const cycles: Cycle[] = [];
    for (let part = work.pop(); part !== undefined; part = work.pop()) {
      const inside = new Set(part);
      if (edges.dropUnfairChoices(part, inside)) {
        work.push(...edges.components(part));
        continue;
      }
      const movers = edges.moversIn(part, inside);
      const served = part.filter((s) => (this.able.at(s) & ~movers) === 0);
      if (served.length === part.length) cycles.push(walkThrough(edges, part, inside, movers));
      else work.push(...edges.components(served));
    }
    return cycles;
  }
}

const OUTSIDE = 0;
const NEW = 1;

/** The moves by the state that they leave. */
class Edges {
  readonly first: Int32Array;
  readonly to: Int32Array;
  readonly moves: Int32Array;
  /** 0 for a move that no longer counts. */
  readonly alive: Uint8Array;
  /** `OUTSIDE`, `NEW`, or when the state was visited. */
  readonly order: Int32Array;
  readonly low: Int32Array;
  readonly next: Int32Array;

  constructor(states: number, from: WordList, to: WordList, moves: WordList) {
    this.first = new Int32Array(states + 1);
    for (let e = 0; e < from.length; e++) this.first[from.at(e) + 1]!++;
    for (let s = 0; s < states; s++) this.first[s + 1]! += this.first[s]!;
    this.order = new Int32Array(states);
    this.low = new Int32Array(states);
    this.next = new Int32Array(states);
    const next = this.first.slice();
    this.to = new Int32Array(from.length);
    this.moves = new Int32Array(from.length);
    this.alive = new Uint8Array(from.length).fill(1);
    for (let e = 0; e < from.length; e++) {
      const at = next[from.at(e)]!++;
      this.to[at] = to.at(e);
      this.moves[at] = moves.at(e);
    }
  }

  moversIn(part: Int32Array, inside: ReadonlySet<number>): number {
    let movers = 0;
    this.each(part, (e) => {
      if (inside.has(this.to[e]!)) movers |= 1 << (this.moves[e]! & MOVER);
    });
    return movers;
  }

  /** Where one choice of a mover leads out, its other choices there don't keep it in. True when some were dropped. */
  dropUnfairChoices(part: Int32Array, inside: ReadonlySet<number>): boolean {
    let dropped = false;
    for (const s of part) {
      let leaving = 0;
      this.each([s], (e) => {
        if (!inside.has(this.to[e]!)) leaving |= 1 << (this.moves[e]! & MOVER);
      });
      if (leaving === 0) continue;
      this.each([s], (e) => {
        if ((leaving & (1 << (this.moves[e]! & MOVER))) === 0 || !inside.has(this.to[e]!)) return;
        this.alive[e] = 0;
        dropped = true;
      });
    }
    return dropped;
  }

  /** The strongly connected components among some states that have a way round (Tarjan's algorithm, without recursion). */
  components(states: Int32Array): Int32Array[] {
    const { first, to, alive, order, low, next } = this;
    for (const s of states) order[s] = NEW;
    const found: Int32Array[] = [];
    const stack: number[] = [];
    const path: number[] = [];
    let visits = NEW;
    const enter = (s: number): void => {
      order[s] = low[s] = ++visits;
      next[s] = first[s]!;
      stack.push(s);
      path.push(s);
    };
    for (const root of states) {
      if (order[root] !== NEW) continue;
      enter(root);
      for (let s = root; path.length > 0; s = path[path.length - 1]!) {
        const e = next[s]!;
        if (e < first[s + 1]!) {
          next[s] = e + 1;
          const t = to[e]!;
          if (alive[e] === 0 || order[t] === OUTSIDE) continue;
          if (order[t] === NEW) enter(t);
          else low[s] = Math.min(low[s]!, order[t]!);
          continue;
        }
        path.pop();
        const below = path[path.length - 1];
        if (below !== undefined) low[below] = Math.min(low[below]!, low[s]!);
        if (low[s] !== order[s]) continue;
        const part = stack.splice(stack.lastIndexOf(s));
        for (const t of part) order[t] = OUTSIDE;
        if (part.length > 1 || this.leadsTo(s, s)) found.push(Int32Array.from(part));
      }
    }
    return found;
  }

  private leadsTo(from: number, to: number): boolean {
    for (let e = this.first[from]!; e < this.first[from + 1]!; e++) {
      if (this.alive[e] === 1 && this.to[e] === to) return true;
    }
    return false;
  }

  each(part: Int32Array | readonly number[], visit: (edge: number) => void): void {
    for (const s of part) {
      for (let e = this.first[s]!; e < this.first[s + 1]!; e++) if (this.alive[e] === 1) visit(e);
    }
  }
}

/** A closed walk within a component, with a move of each mover: the shortest way to one after the other, and back. */
function walkThrough(edges: Edges, part: Int32Array, inside: ReadonlySet<number>, movers: number): Cycle {
  const state = part.reduce((a, b) => Math.min(a, b));
  const walk: number[] = [];
  let at = state;
  let left = movers;
  while (left !== 0) {
    const wanted = left;
    const way = shortestWay(edges, inside, at, (e) => (wanted & (1 << (edges.moves[e]! & MOVER))) !== 0);
    for (const e of way) {
      walk.push(edges.moves[e]!);
      left &= ~(1 << (edges.moves[e]! & MOVER));
      at = edges.to[e]!;
    }
  }
  if (at !== state)
    for (const e of shortestWay(edges, inside, at, (f) => edges.to[f] === state)) walk.push(edges.moves[e]!);
  const list: number[] = [];
  for (let m = 0; m <= MOVER; m++) if ((movers & (1 << m)) !== 0) list.push(m);
  return { state, walk, movers: list };
}

/** The fewest moves from a state of a component whose last one is as wanted. There is such a way. */
function shortestWay(
  edges: Edges,
  inside: ReadonlySet<number>,
  start: number,
  isLast: (edge: number) => boolean,
): number[] {
  const cameBy = new Map<number, { readonly edge: number; readonly before: number }>();
  const queue = [start];
  for (let i = 0; i < queue.length; i++) {
    const s = queue[i]!;
    let last = -1;
    edges.each([s], (e) => {
      const to = edges.to[e]!;
      if (last >= 0 || !inside.has(to)) return;
      if (isLast(e)) last = e;
      else if (to !== start && !cameBy.has(to)) {
        cameBy.set(to, { edge: e, before: s });
        queue.push(to);
      }
    });
    if (last < 0) continue;
    const way = [last];
    for (let at = s; at !== start; at = cameBy.get(at)!.before) way.push(cameBy.get(at)!.edge);
    return way.reverse();
  }
  throw new Error('a component whose states do not reach one another');
}

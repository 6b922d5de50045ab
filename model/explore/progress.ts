/**
 * How far threads have come, coarsely, and where they can still go: the innermost of the outermost few
 * frames of a stack is a place, and the transitions seen so far lead from place to place. What is
 * seen counts from the next `close` on. It knows nothing of what threads touch.
 */

import type { StackNode } from '../execute/frames';

/** Frames, from the outermost, that tell places apart. */
const FRAMES = 9;
/** Places per thread; those that come later share the last. */
export const PLACES = 256;
/** Words of a set of places. */
export const PLACE_WORDS = PLACES / 32;

interface ThreadPlaces {
  /** Place by the place of the frames below, function and step. */
  readonly byKey: Map<string, number>;
  /** Per place, the set of places to which a transition led from it. */
  readonly next: Int32Array;
  /** Per place, the set of places that can follow it, itself included; of places known since the last `close`. */
  reachable: Int32Array;
  /** Places that `reachable` covers. */
  closed: number;
}

const EVERYWHERE = new Int32Array(PLACE_WORDS).fill(-1);

export class Progress {
  private readonly threads: ThreadPlaces[] = [];
  /** Place of each stack that was asked for, by its id. */
  private readonly known = new Map<number, number>();

  /** The place of a thread that stands there; 0 is the empty stack. */
  placeOf(thread: number, node: StackNode | null): number {
    if (node === null) return 0;
    const id = node.id * 16 + thread;
    let place = this.known.get(id);
    if (place === undefined) {
      place = this.find(thread, node);
      this.known.set(id, place);
    }
    return place;
  }

  /** A transition of the thread led from one place to another: true when that was not foreseen. */
  went(thread: number, from: number, to: number): boolean {
    const t = this.of(thread);
    const word = from * PLACE_WORDS + (to >>> 5);
    const bit = 1 << (to & 31);
    if ((t.next[word]! & bit) !== 0) return false;
    t.next[word]! |= bit;
    return from >= t.closed || (t.reachable[word]! & bit) === 0;
  }

  /** Places where the thread may still come, of which word `i` is `[at + i]`; all, from a place that is new. */
  future(thread: number, place: number): { readonly set: Int32Array; readonly at: number } {
    const t = this.of(thread);
    return place < t.closed ? { set: t.reachable, at: place * PLACE_WORDS } : { set: EVERYWHERE, at: 0 };
  }

  /** Transitions seen so far count from now on. */
  close(): void {
    for (const t of this.threads) {
      if (t === undefined) continue;
      t.closed = Math.min(t.byKey.size + 1, PLACES);
      t.reachable = closure(t.next, t.closed);
    }
  }

  private of(thread: number): ThreadPlaces {
    const sets = PLACES * PLACE_WORDS;
    return (this.threads[thread] ??= {
      byKey: new Map(),
      next: new Int32Array(sets),
      reachable: new Int32Array(sets),
      closed: 0,
    });
  }

  private find(thread: number, node: StackNode): number {
    const frames: StackNode[] = [];
    for (let n: StackNode | null = node; n !== null; n = n.below) frames.push(n);
    let key = '';
    for (let i = frames.length - 1; i >= 0 && i >= frames.length - FRAMES; i--) {
      key += `${frames[i]!.fn.index}:${frames[i]!.pc} `;
    }
    const { byKey } = this.of(thread);
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const place = Math.min(byKey.size + 1, PLACES - 1);
    byKey.set(key, place);
    return place;
  }
}

/** Reflexive and transitive closure of the first `count` places. */
function closure(next: Int32Array, count: number): Int32Array {
  const reach = next.slice();
  for (let p = 0; p < count; p++) reach[p * PLACE_WORDS + (p >>> 5)]! |= 1 << (p & 31);
  for (let via = 0; via < count; via++) {
    for (let p = 0; p < count; p++) {
      if ((reach[p * PLACE_WORDS + (via >>> 5)]! & (1 << (via & 31))) === 0) continue;
      for (let i = 0; i < PLACE_WORDS; i++) reach[p * PLACE_WORDS + i]! |= reach[via * PLACE_WORDS + i]!;
    }
  }
  return reach;
}

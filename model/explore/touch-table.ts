/**
 * Which thread touched each racy word at which places of its progress, reading or writing. It answers
 * whether somebody else may still touch a word in a way that conflicts, and remembers what it denied,
 * so that its answers can be held against what is learned later.
 */

import { PLACE_WORDS, type Progress } from './progress';

const THREADS = 16;
const PER_THREAD = 2 * PLACE_WORDS;
const STRIDE = THREADS * PER_THREAD;

/** A thread other than the running one, and the places where it may still come. */
export interface OtherThread {
  readonly thread: number;
  /** Where it stands. */
  readonly place: number;
  readonly set: Int32Array;
  readonly at: number;
}

export class TouchTable {
  /** Per word, thread, and reading or writing: the places from which the thread touched the word. */
  private data = new Int32Array(STRIDE * 64);
  /** Likewise the places of the thread at which an access by another was held to be free of conflict. */
  private denied = new Int32Array(STRIDE * 64);
  private count = 0;

  /** A number for one more word. */
  add(): number {
    if ((this.count + 1) * STRIDE > this.data.length) {
      this.data = doubled(this.data);
      this.denied = doubled(this.denied);
    }
    return this.count++;
  }

  get bytes(): number {
    return this.data.length * 8;
  }

  /** True when that is new. */
  note(word: number, thread: number, place: number, write: boolean): boolean {
    const at = word * STRIDE + thread * PER_THREAD + (write ? PLACE_WORDS : 0) + (place >>> 5);
    const bit = 1 << (place & 31);
    if ((this.data[at]! & bit) !== 0) return false;
    this.data[at]! |= bit;
    return true;
  }

  /** May one of the others still write the word, or, when this is a write, touch it? */
  conflicts(word: number, write: boolean, others: readonly OtherThread[]): boolean {
    const { data } = this;
    for (const { thread, set, at } of others) {
      const from = word * STRIDE + thread * PER_THREAD;
      for (let i = 0; i < PLACE_WORDS; i++) {
        const touched = write ? data[from + i]! | data[from + PLACE_WORDS + i]! : data[from + PLACE_WORDS + i]!;
        if ((touched & set[at + i]!) !== 0) return true;
      }
    }
    for (const { thread, place } of others) {
      const from = word * STRIDE + thread * PER_THREAD + (write ? PLACE_WORDS : 0);
      this.denied[from + (place >>> 5)]! |= 1 << (place & 31);
    }
    return false;
  }

  /** Would each answer so far be the same again? */
  stands(progress: Progress): boolean {
    for (let word = 0; word < this.count; word++) {
      for (let thread = 0; thread < THREADS; thread++) {
        if (!this.standsFor(progress, word, thread, false) || !this.standsFor(progress, word, thread, true))
          return false;
      }
    }
    return true;
  }

  private standsFor(progress: Progress, word: number, thread: number, write: boolean): boolean {
    const from = word * STRIDE + thread * PER_THREAD + (write ? PLACE_WORDS : 0);
    for (let i = 0; i < PLACE_WORDS; i++) {
      for (let bits = this.denied[from + i]!; bits !== 0; bits &= bits - 1) {
        const place = i * 32 + 31 - Math.clz32(bits & -bits);
        if (this.touchesFrom(progress, word, thread, place, write)) return false;
      }
    }
    return true;
  }

  private touchesFrom(progress: Progress, word: number, thread: number, place: number, write: boolean): boolean {
    const { set, at } = progress.future(thread, place);
    const from = word * STRIDE + thread * PER_THREAD;
    for (let i = 0; i < PLACE_WORDS; i++) {
      const touched = this.data[from + PLACE_WORDS + i]! | (write ? this.data[from + i]! : 0);
      if ((touched & set[at + i]!) !== 0) return true;
    }
    return false;
  }

  /** Forget what was denied: a new exploration begins. */
  forgetAnswers(): void {
    this.denied.fill(0);
  }
}

function doubled(a: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const b = new Int32Array(a.length * 2);
  b.set(a);
  return b;
}

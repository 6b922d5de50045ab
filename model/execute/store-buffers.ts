/**
 * Store buffers: stores that their thread has made and memory has not seen yet, one queue per thread, in
 * journaled memory like all state (M2). A queue says what may leave it next; when something does, is the
 * explorer's choice. It knows x86 (stores of a CPU reach memory in order, a load takes the newest store of
 * its own CPU) and the compiler, which may sink a plain store below another up to the next barrier. It knows
 * no builtins, no lock and no race.
 */

import { LIFE, type Memory } from './memory';
import type { Access } from './program';
import { STORE_BUFFERS, stackOf } from './regions';

/** `sc`: every store is in memory at once. `x86`: a store may wait in its CPU's buffer. */
export type MemoryOrder = 'sc' | 'x86';

/** Stores that a buffer holds. One more, and all that are in it have left. */
export const CAPACITY = 6;

const THREADS = 16;
/** Words of an entry, and of a buffer: two blocks, the first words of which are its own. */
const ENTRY = 5;
const STRIDE = 128;
const HEAD = 8;

/*
 * First word: number of entries, and (from bit 8) how many of them have left before a later store may.
 * Entry: address; size, `once` (bit 4) and the number of entries before it that it waits for (from bit 8);
 * value, two words; where it stands in the program.
 */
const ONCE = 16;

/** A store that waits. */
export interface Pending {
  readonly addr: number;
  /** Bytes. */
  readonly size: number;
  /** Unsigned. */
  readonly value: bigint;
  /** Its place in the program, as its owner numbers them. */
  readonly origin: number;
}

export class StoreBuffers {
  /** Told before a store of a thread reaches memory. */
  onLeave: (thread: number, store: Pending) => void = () => {};

  constructor(private readonly memory: Memory) {
    this.begin();
  }

  /** Nothing waits; to be called again after the memory was reset. */
  begin(): void {
    this.memory.setLife(STORE_BUFFERS.start, THREADS * STRIDE, LIFE.live);
  }

  /** Stores of the thread that wait. */
  count(thread: number): number {
    return this.memory.u32(headOf(thread)) & 0xff;
  }

  isFull(thread: number): boolean {
    return this.count(thread) === CAPACITY;
  }

  /** Of whoever has stores that wait. */
  get someWait(): boolean {
    for (let thread = 0; thread < THREADS; thread++) if (this.count(thread) > 0) return true;
    return false;
  }

  /** Stores made so far leave before any that follow: a barrier to the compiler. */
  fence(thread: number): void {
    const count = this.count(thread);
    if (count > 0) this.memory.setU32(headOf(thread), count | (count << 8));
  }

  /** Must a store of the thread wait, since one before it does? What only the thread itself sees never waits. */
  mustWait(thread: number, addr: number, size: number, access: Access): boolean {
    const head = this.memory.u32(headOf(thread));
    const count = head & 0xff;
    if (count === 0 || isOwnStack(thread, addr)) return false;
    if (head >>> 8 > 0 || access === 'release') return true;
    for (let i = 0; i < count; i++) {
      if (access !== 'plain' && this.isOnce(thread, i)) return true;
      if (this.overlaps(thread, i, addr, size)) return true;
    }
    return false;
  }

  /** Could the thread's store wait, if that is wanted? */
  mayWait(thread: number, addr: number): boolean {
    return !this.isFull(thread) && !isOwnStack(thread, addr);
  }

  /** A store that waits from now on, in a buffer that is not full. */
  add(thread: number, store: Pending, access: Access): void {
    const head = this.memory.u32(headOf(thread));
    const count = head & 0xff;
    const after = access === 'release' ? count : head >>> 8;
    const at = entryOf(thread, count);
    this.memory.setU32(at, store.addr);
    this.memory.setU32(at + 4, store.size | (access === 'plain' ? 0 : ONCE) | (after << 8));
    this.memory.setU32(at + 8, Number(store.value & 0xffffffffn));
    this.memory.setU32(at + 12, Number((store.value >> 32n) & 0xffffffffn));
    this.memory.setU32(at + 16, store.origin);
    this.memory.setU32(headOf(thread), (head & ~0xff) | (count + 1));
  }

  /** The thread's stores that could leave next, by their places in the buffer, oldest first. */
  ready(thread: number): number[] {
    const places: number[] = [];
    for (let i = 0, count = this.count(thread); i < count; i++) if (this.mayLeave(thread, i)) places.push(i);
    return places;
  }

  pending(thread: number, place: number): Pending {
    const at = entryOf(thread, place);
    const value = BigInt(this.memory.u32(at + 8)) | (BigInt(this.memory.u32(at + 12)) << 32n);
    const size = this.memory.u32(at + 4) & 15;
    return { addr: this.memory.u32(at), size, value, origin: this.memory.u32(at + 16) };
  }

  /** The store at a place, which may leave, reaches memory. */
  leave(thread: number, place: number): void {
    const store = this.pending(thread, place);
    this.remove(thread, place);
    this.onLeave(thread, store);
    this.write(store);
  }

  /** All of the thread's stores reach memory, in the order in which they were made. */
  drain(thread: number): void {
    while (this.count(thread) > 0) this.leave(thread, 0);
  }

  /** All stores of all threads reach memory. */
  drainAll(): void {
    for (let thread = 0; thread < THREADS; thread++) this.drain(thread);
  }

  /** What a load of the thread finds in its own buffer: the newest store that covers it. Null: memory has it. */
  forward(thread: number, addr: number, size: number): bigint | null {
    const place = this.newest(thread, addr, size);
    if (place < 0) return null;
    const store = this.pending(thread, place);
    return BigInt.asUintN(size * 8, store.value >> BigInt((addr - store.addr) * 8));
  }

  /** Is the newest of the thread's own stores that a load meets only a part of it? It reaches memory first. */
  splits(thread: number, addr: number, size: number): boolean {
    const place = this.newest(thread, addr, size);
    if (place < 0) return false;
    const store = this.pending(thread, place);
    return addr < store.addr || addr + size > store.addr + store.size;
  }

  private newest(thread: number, addr: number, size: number): number {
    let i = this.count(thread) - 1;
    while (i >= 0 && !this.overlaps(thread, i, addr, size)) i--;
    return i;
  }

  /** Does a store to any of these bytes wait, of a thread other than this one? */
  othersWait(thread: number, addr: number, size: number): boolean {
    for (let other = 0; other < THREADS; other++) {
      if (other === thread) continue;
      for (let i = 0, count = this.count(other); i < count; i++) if (this.overlaps(other, i, addr, size)) return true;
    }
    return false;
  }

  /** Does one of the thread's own wait? */
  ownWaits(thread: number, addr: number, size: number): boolean {
    for (let i = 0, count = this.count(thread); i < count; i++) if (this.overlaps(thread, i, addr, size)) return true;
    return false;
  }

  /** Memory as it will be once all stores have left. Nobody is told, and the buffers stay as they are: to be undone. */
  foresee(): void {
    const { onWatch, onBad } = this.memory;
    this.memory.onWatch = () => {};
    this.memory.onBad = () => {};
    for (let thread = 0; thread < THREADS; thread++) {
      for (let i = 0, count = this.count(thread); i < count; i++) this.write(this.pending(thread, i));
    }
    this.memory.onWatch = onWatch;
    this.memory.onBad = onBad;
  }

  private write({ addr, size, value }: Pending): void {
    if (size === 8) this.memory.setU64(addr, value);
    else if (size === 4) this.memory.setU32(addr, Number(value));
    else if (size === 2) this.memory.setU16(addr, Number(value));
    else this.memory.setU8(addr, Number(value));
  }

  private isOnce(thread: number, place: number): boolean {
    return (this.memory.u32(entryOf(thread, place) + 4) & ONCE) !== 0;
  }

  private overlaps(thread: number, place: number, addr: number, size: number): boolean {
    const at = entryOf(thread, place);
    const from = this.memory.u32(at);
    return from < addr + size && addr < from + (this.memory.u32(at + 4) & 15);
  }

  private mayLeave(thread: number, place: number): boolean {
    const meta = this.memory.u32(entryOf(thread, place) + 4);
    if (meta >>> 8 > 0) return false;
    const addr = this.memory.u32(entryOf(thread, place));
    for (let i = 0; i < place; i++) {
      if ((meta & ONCE) !== 0 && this.isOnce(thread, i)) return false;
      if (this.overlaps(thread, i, addr, meta & 15)) return false;
    }
    return true;
  }

  /** Take an entry out; those behind it move up, and wait for one less where they waited for it. */
  private remove(thread: number, place: number): void {
    const { memory } = this;
    const head = memory.u32(headOf(thread));
    const count = (head & 0xff) - 1;
    for (let i = place; i < count; i++) {
      const [to, from] = [entryOf(thread, i), entryOf(thread, i + 1)];
      for (let word = 0; word < ENTRY; word++) memory.setU32(to + word * 4, memory.u32(from + word * 4));
    }
    memory.zero(entryOf(thread, count), ENTRY * 4);
    for (let i = 0; i < count; i++) {
      const at = entryOf(thread, i) + 4;
      const meta = memory.u32(at);
      if (meta >>> 8 > place) memory.setU32(at, meta - 0x100);
    }
    const fence = head >>> 8 > place ? (head >>> 8) - 1 : head >>> 8;
    memory.setU32(headOf(thread), count | (fence << 8));
  }
}

const headOf = (thread: number): number => STORE_BUFFERS.start + thread * STRIDE;
const entryOf = (thread: number, place: number): number => headOf(thread) + HEAD + place * ENTRY * 4;

function isOwnStack(thread: number, addr: number): boolean {
  const { start, end } = stackOf(thread);
  return addr >= start && addr < end;
}

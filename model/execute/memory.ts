/**
 * The simulated memory: one flat buffer with a journal, a life per 64-byte block and a list of the
 * blocks that changed. It knows addresses and bytes, not what lies there: no C types, no machine, no
 * threads.
 */

import type { Scalar, Value } from './program';
import { scalarIn, sizeOf } from './values';

/** Simulated kernel virtual address of the buffer's first byte; `__pa(v)` is `v - BASE`. */
export const BASE = 0x10000000;

/** Bytes per block: the unit of life, of dirty tracking and of interning. */
export const BLOCK = 64;

export const LIFE = { unmapped: 0, live: 1, freed: 2, watched: 3 } as const;
export type Life = (typeof LIFE)[keyof typeof LIFE];

/** What was wrong with an access: `null` is the first page, `wild` outside the buffer, the others a block's life. */
export type BadKind = 'null' | 'wild' | 'unmapped' | 'freed';

/** A 32-bit word that differs from what it was at a mark. Values are unsigned. */
export interface ChangedWord {
  readonly addr: number;
  readonly old: number;
  readonly value: number;
}

/** Something that blocks can be read from. */
export interface BlockImage {
  /** Write a block's identity (life and watches, then 16 words) to `out` at `at`. */
  readBlock(block: number, out: Int32Array, at: number): void;
}

/** Words of a block's identity. */
export const BLOCK_WORDS = 17;

/*
 * A block's `meta`: bits 0-1 life, bit 2 dirty, bits 8-15 one per watched 8-byte granule, bits 16-20
 * its holder. Life 1 has no watch bits: an aligned access to such a block is the fast path.
 */
const WATCHES = 0xff00;
const HOLDER_SHIFT = 16;
const LIFE_MASK = 3;
const DIRTY = 4;
const LIVE = 1;
const TWO32 = 4294967296;

const scratch = new ArrayBuffer(8);
const scratchWords = new Int32Array(scratch);
const scratchBig = new BigUint64Array(scratch);

export class Memory implements BlockImage {
  /** Bytes. */
  readonly size: number;
  /** Called for an access to memory that isn't live. When it returns, a load yields 0 and a store does nothing. */
  onBad: (addr: number, kind: BadKind, write: boolean, size: number) => void = refuse;
  /** Called after an access that touches a watched granule. Values are unsigned and of `size` bytes; a load has old == value. */
  onWatch: (addr: number, size: number, write: boolean, old: bigint, value: bigint) => void = ignore;

  private readonly bytes: Uint8Array;
  private readonly halves: Uint16Array;
  private readonly words: Int32Array;
  private readonly bigs: BigUint64Array;
  private readonly view: DataView;
  private readonly meta: Uint32Array;

  /** Journal: word index, or ~block for a change of `meta`; and the old contents. */
  private journalAt = new Int32Array(1 << 12);
  private journalOld = new Int32Array(1 << 12);
  private journalLength = 0;
  private recording = false;

  private dirty = new Int32Array(1 << 8);
  private dirtyLength = 0;

  constructor(size = 7 << 20) {
    if (size <= 0 || size % 4096 !== 0 || size > 1 << 28) throw new RangeError(`memory size ${size}`);
    this.size = size;
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.halves = new Uint16Array(buffer);
    this.words = new Int32Array(buffer);
    this.bigs = new BigUint64Array(buffer);
    this.view = new DataView(buffer);
    this.meta = new Uint32Array(size / BLOCK);
  }

  /** As a new one: all of it unmapped and zero, nothing recorded, nobody told. */
  reset(): void {
    this.words.fill(0);
    this.meta.fill(0);
    this.journalLength = 0;
    this.recording = false;
    this.dirtyLength = 0;
    this.onBad = refuse;
    this.onWatch = ignore;
  }

  // ---- loads ----

  u8(addr: number): number {
    const off = addr - BASE;
    if (off >= 0 && off < this.size && (this.meta[off >>> 6]! & LIFE_MASK) === LIVE) return this.bytes[off]!;
    return Number(this.slowLoad(addr, 1));
  }

  i8(addr: number): number {
    return (this.u8(addr) << 24) >> 24;
  }

  u16(addr: number): number {
    const off = addr - BASE;
    if (off >= 0 && off < this.size && (off & 1) === 0 && (this.meta[off >>> 6]! & LIFE_MASK) === LIVE) {
      return this.halves[off >>> 1]!;
    }
    return Number(this.slowLoad(addr, 2));
  }

  i16(addr: number): number {
    return (this.u16(addr) << 16) >> 16;
  }

  i32(addr: number): number {
    const off = addr - BASE;
    if (off >= 0 && off < this.size && (off & 3) === 0 && (this.meta[off >>> 6]! & LIFE_MASK) === LIVE) {
      return this.words[off >>> 2]!;
    }
    return Number(this.slowLoad(addr, 4)) | 0;
  }

  u32(addr: number): number {
    return this.i32(addr) >>> 0;
  }

  u64(addr: number): bigint {
    const off = addr - BASE;
    if (off >= 0 && off < this.size && (off & 7) === 0 && (this.meta[off >>> 6]! & LIFE_MASK) === LIVE) {
      return this.bigs[off >>> 3]!;
    }
    return this.slowLoad(addr, 8);
  }

  i64(addr: number): bigint {
    return BigInt.asIntN(64, this.u64(addr));
  }

  /** A pointer: 64 bits read as a signed number (exact below 2^53, which covers addresses and error pointers). */
  ptr(addr: number): number {
    const off = addr - BASE;
    if (off >= 0 && off < this.size && (off & 7) === 0 && (this.meta[off >>> 6]! & LIFE_MASK) === LIVE) {
      const w = off >>> 2;
      return this.words[w + 1]! * TWO32 + (this.words[w]! >>> 0);
    }
    return Number(BigInt.asIntN(64, this.slowLoad(addr, 8)));
  }

  load(t: Scalar, addr: number): Value {
    switch (t) {
      case 'i8':
        return this.i8(addr);
      case 'u8':
        return this.u8(addr);
      case 'i16':
        return this.i16(addr);
      case 'u16':
        return this.u16(addr);
      case 'i32':
        return this.i32(addr);
      case 'u32':
        return this.u32(addr);
      case 'i64':
        return this.i64(addr);
      case 'u64':
        return this.u64(addr);
      case 'ptr':
        return this.ptr(addr);
    }
  }

  // ---- stores; values may have either sign, they are cut to the width ----

  setU8(addr: number, value: number): void {
    const off = addr - BASE;
    if (off >= 0 && off < this.size && (this.meta[off >>> 6]! & LIFE_MASK) === LIVE) {
      const shift = (off & 3) << 3;
      const w = off >>> 2;
      this.put(w, (this.words[w]! & ~(0xff << shift)) | ((value & 0xff) << shift));
    } else this.slowStore(addr, 1, BigInt(value & 0xff));
  }

  setU16(addr: number, value: number): void {
    const off = addr - BASE;
    if (off >= 0 && off < this.size && (off & 1) === 0 && (this.meta[off >>> 6]! & LIFE_MASK) === LIVE) {
      const shift = (off & 2) << 3;
      const w = off >>> 2;
      this.put(w, (this.words[w]! & ~(0xffff << shift)) | ((value & 0xffff) << shift));
    } else this.slowStore(addr, 2, BigInt(value & 0xffff));
  }

  setU32(addr: number, value: number): void {
    const off = addr - BASE;
    if (off >= 0 && off < this.size && (off & 3) === 0 && (this.meta[off >>> 6]! & LIFE_MASK) === LIVE) {
      this.put(off >>> 2, value | 0);
    } else this.slowStore(addr, 4, BigInt(value >>> 0));
  }

  setU64(addr: number, value: bigint): void {
    const off = addr - BASE;
    if (off >= 0 && off < this.size && (off & 7) === 0 && (this.meta[off >>> 6]! & LIFE_MASK) === LIVE) {
      scratchBig[0] = value;
      const w = off >>> 2;
      this.put(w, scratchWords[0]!);
      this.put(w + 1, scratchWords[1]!);
    } else this.slowStore(addr, 8, BigInt.asUintN(64, value));
  }

  setPtr(addr: number, value: number): void {
    const off = addr - BASE;
    if (off >= 0 && off < this.size && (off & 7) === 0 && (this.meta[off >>> 6]! & LIFE_MASK) === LIVE) {
      const w = off >>> 2;
      this.put(w, value | 0);
      this.put(w + 1, Math.floor(value / TWO32) | 0);
    } else this.slowStore(addr, 8, BigInt.asUintN(64, BigInt(value)));
  }

  store(t: Scalar, addr: number, value: Value): void {
    if (t === 'i64' || t === 'u64') this.setU64(addr, value as bigint);
    else if (t === 'ptr') this.setPtr(addr, value as number);
    else if (t === 'i32' || t === 'u32') this.setU32(addr, value as number);
    else if (t === 'i16' || t === 'u16') this.setU16(addr, value as number);
    else this.setU8(addr, value as number);
  }

  /** Zero `size` bytes; each word is an access like any other. */
  zero(addr: number, size: number): void {
    let at = addr;
    const end = addr + size;
    while (at < end && ((at - BASE) & 7) !== 0) this.setU8(at++, 0);
    for (; at + 8 <= end; at += 8) this.setPtr(at, 0);
    while (at < end) this.setU8(at++, 0);
  }

  /** Copy `size` bytes between ranges that don't overlap unless they are equal. */
  copy(to: number, from: number, size: number): void {
    let done = 0;
    if (((to | from) & 7) === 0) for (; done + 8 <= size; done += 8) this.setU64(to + done, this.u64(from + done));
    for (; done < size; done++) this.setU8(to + done, this.u8(from + done));
  }

  // ---- looking without being seen ----

  /** What lies there, whatever the block's life and watches; undefined outside the buffer. */
  peek(t: Scalar, addr: number): Value | undefined {
    const off = addr - BASE;
    const size = sizeOf(t);
    return off >= 0 && off + size <= this.size ? scalarIn(this.view, t, off) : undefined;
  }

  // ---- life and watches ----

  /** Life of the block that holds `addr`; unmapped outside the buffer. */
  life(addr: number): Life {
    const off = addr - BASE;
    return off >= 0 && off < this.size ? ((this.meta[off >>> 6]! & LIFE_MASK) as Life) : LIFE.unmapped;
  }

  /**
   * Set the life of every block that the range touches. What isn't live any more is zeroed and loses
   * its watches. `holder`: who alone knows of the range so far, from 1; 0 for nobody in particular.
   */
  setLife(addr: number, size: number, life: 0 | 1 | 2, holder = 0): void {
    const first = this.blockAt(addr);
    const last = this.blockAt(addr + Math.max(size, 1) - 1);
    for (let b = first; b <= last; b++) {
      if (life !== LIFE.live) for (let w = b << 4; w < (b + 1) << 4; w++) this.put(w, 0);
      this.setMeta(b, life | (holder << HOLDER_SHIFT));
    }
  }

  /** Who alone knows of the block that holds `addr`, which lies in the buffer; 0 for nobody. */
  holder(addr: number): number {
    return this.meta[(addr - BASE) >>> 6]! >>> HOLDER_SHIFT;
  }

  /** From now on the block that holds `addr` has no holder. */
  share(addr: number): void {
    const b = (addr - BASE) >>> 6;
    this.setMeta(b, this.meta[b]! & ~DIRTY & ((1 << HOLDER_SHIFT) - 1));
  }

  /** Is the granule that holds `addr` watched? */
  watches(addr: number): boolean {
    const off = addr - BASE;
    return off >= 0 && off < this.size && this.isWatched(off, 1);
  }

  /** Watch a range of live memory, at a grain of 8 bytes. */
  watch(addr: number, size: number): void {
    this.eachGranule(addr, size, (m, bit) => (m & ~LIFE_MASK) | LIFE.watched | bit);
  }

  unwatch(addr: number, size: number): void {
    this.eachGranule(addr, size, (m, bit) =>
      (m & WATCHES & ~bit) === 0 ? (m & ~WATCHES & ~LIFE_MASK) | LIFE.live : m & ~bit,
    );
  }

  private eachGranule(addr: number, size: number, change: (meta: number, bit: number) => number): void {
    for (let off = (addr - BASE) & ~7; off < addr - BASE + size; off += 8) {
      const b = this.blockAt(BASE + off);
      if ((this.meta[b]! & LIVE) === 0) throw new RangeError(`watch on memory that is not live: ${addr.toString(16)}`);
      this.setMeta(b, change(this.meta[b]! & ~DIRTY, 0x100 << ((off >>> 3) & 7)));
    }
  }

  private blockAt(addr: number): number {
    const off = addr - BASE;
    if (!(off >= 0 && off < this.size)) throw new RangeError(`address outside the memory: ${addr}`);
    return off >>> 6;
  }

  // ---- journal ----

  /** A place to go back to. Nothing is journaled before the first mark. */
  mark(): number {
    this.recording = true;
    return this.journalLength;
  }

  /** Go back to a mark. Blocks that this changes are not listed as dirty: the caller knows where it returns to. */
  undo(mark: number): void {
    const { words, meta, journalAt, journalOld } = this;
    for (let i = this.journalLength - 1; i >= mark; i--) {
      const at = journalAt[i]!;
      if (at >= 0) words[at] = journalOld[i]!;
      else meta[~at] = journalOld[i]! | (meta[~at]! & DIRTY);
    }
    this.journalLength = mark;
  }

  /** Drop the journal: what happened so far is the new past. Marks are void; recording stops until the next mark. */
  forget(): void {
    this.journalLength = 0;
    this.recording = false;
  }

  /** Bytes that the journal holds. */
  get journalBytes(): number {
    return this.journalLength * 8;
  }

  /** Every word whose value now differs from what it was at the mark, in order of address. */
  changedWords(mark: number): ChangedWord[] {
    const first = new Map<number, number>();
    for (let i = mark; i < this.journalLength; i++) {
      const at = this.journalAt[i]!;
      if (at >= 0 && !first.has(at)) first.set(at, this.journalOld[i]!);
    }
    return [...first]
      .filter(([at, old]) => this.words[at] !== old)
      .sort((a, b) => a[0] - b[0])
      .map(([at, old]) => ({ addr: BASE + at * 4, old: old >>> 0, value: this.words[at]! >>> 0 }));
  }

  // ---- blocks, for the state store ----

  /** Blocks written since the last `clearDirty`, in no particular order; only the first `dirtyCount` count. */
  get dirtyBlocks(): Int32Array {
    return this.dirty;
  }

  get dirtyCount(): number {
    return this.dirtyLength;
  }

  clearDirty(): void {
    for (let i = 0; i < this.dirtyLength; i++) this.meta[this.dirty[i]!]! &= ~DIRTY;
    this.dirtyLength = 0;
  }

  /** Append a block's identity (life and watches, then 16 words) to `out` at `at`: 17 words. */
  readBlock(block: number, out: Int32Array, at: number): void {
    out[at] = this.meta[block]! & ~DIRTY;
    const from = block << 4;
    for (let i = 0; i < 16; i++) out[at + 1 + i] = this.words[from + i]!;
  }

  /** Put a block back as `readBlock` gave it, past journal, life and watches. */
  writeBlock(block: number, from: Int32Array, at: number): void {
    this.meta[block] = from[at]! | (this.meta[block]! & DIRTY);
    const to = block << 4;
    for (let i = 0; i < 16; i++) this.words[to + i] = from[at + 1 + i]!;
  }

  // ---- inside ----

  private put(w: number, value: number): void {
    const old = this.words[w]!;
    if (old === value) return;
    if ((this.meta[w >>> 4]! & DIRTY) === 0) this.touch(w >>> 4);
    if (this.recording) this.record(w, old);
    this.words[w] = value;
  }

  private touch(block: number): void {
    this.meta[block]! |= DIRTY;
    if (this.dirtyLength === this.dirty.length) this.dirty = grown(this.dirty);
    this.dirty[this.dirtyLength++] = block;
  }

  private record(at: number, old: number): void {
    const n = this.journalLength;
    if (n === this.journalAt.length) {
      this.journalAt = grown(this.journalAt);
      this.journalOld = grown(this.journalOld);
    }
    this.journalAt[n] = at;
    this.journalOld[n] = old;
    this.journalLength = n + 1;
  }

  private setMeta(block: number, value: number): void {
    const old = this.meta[block]! & ~DIRTY;
    if (old === value) return;
    if ((this.meta[block]! & DIRTY) === 0) this.touch(block);
    if (this.recording) this.record(~block, old);
    this.meta[block] = value | DIRTY;
  }

  /** Life of each block that the access touches, reported when bad. True when all are live. */
  private check(addr: number, size: number, write: boolean): boolean {
    const off = addr - BASE;
    let kind: BadKind | null = null;
    if (!(off >= 0 && off + size <= this.size)) kind = addr >= 0 && addr < 4096 ? 'null' : 'wild';
    else {
      for (let b = off >>> 6; b <= (off + size - 1) >>> 6; b++) {
        const life = this.meta[b]! & LIFE_MASK;
        if ((life & LIVE) === 0) kind = life === LIFE.freed ? 'freed' : 'unmapped';
      }
    }
    if (kind === null) return true;
    this.onBad(addr, kind, write, size);
    return false;
  }

  private isWatched(off: number, size: number): boolean {
    for (let o = off & ~7; o < off + size; o += 8) {
      if ((this.meta[o >>> 6]! & (0x100 << ((o >>> 3) & 7))) !== 0) return true;
    }
    return false;
  }

  private bytesAt(off: number, size: number): bigint {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[off + i]!);
    return value;
  }

  private slowLoad(addr: number, size: number): bigint {
    if (!this.check(addr, size, false)) return 0n;
    const value = this.bytesAt(addr - BASE, size);
    if (this.isWatched(addr - BASE, size)) this.onWatch(addr, size, false, value, value);
    return value;
  }

  private slowStore(addr: number, size: number, value: bigint): void {
    if (!this.check(addr, size, true)) return;
    const off = addr - BASE;
    const old = this.bytesAt(off, size);
    for (let i = 0, rest = value; i < size; i++, rest >>= 8n) {
      const at = off + i;
      const shift = (at & 3) << 3;
      this.put(at >>> 2, (this.words[at >>> 2]! & ~(0xff << shift)) | (Number(rest & 0xffn) << shift));
    }
    if (this.isWatched(off, size)) this.onWatch(addr, size, true, old, value);
  }
}

function grown(a: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const b = new Int32Array(a.length * 2);
  b.set(a);
  return b;
}

function refuse(addr: number, kind: BadKind): void {
  throw new Error(`${kind} access at 0x${addr.toString(16)}`);
}

function ignore(): void {}

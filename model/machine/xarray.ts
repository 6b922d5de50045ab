/**
 * xarrays of small indexes. A range stored with xa_store_range is one entry with many indexes, so an
 * iteration meets it once, as in the kernel. The array registered as the VM's memory attributes emits
 * attribute events. It doesn't know what values mean otherwise.
 */

import { AT, GFNS, STRIDE, XARRAYS } from './layout';
import type { Machine } from './machine';
import { registered } from './registry';

/** KVM_MEMORY_ATTRIBUTE_PRIVATE, of the kernel's user-space interface. */
const ATTRIBUTE_PRIVATE = 1n << 3n;

/** Words of an array: bit set of "goes on from the index below" (GFNS bits), then the entries, 64 bits each. */
const arrayAt = (id: number): number => AT.xarrays + (id - 1) * STRIDE.xarray * 4;
const entryAt = (id: number, index: number): number => arrayAt(id) + 32 * 4 + index * 8;
const siblingAt = (id: number, index: number): number => arrayAt(id) + (index >>> 5) * 4;

/** From here on an array's number is that of the pointers that follow it in C, which stand for its entries. */
const PLAIN = 2 ** 31;

/** A page cache: C keeps its folios in plain memory behind the array, and whoever asks the array finds them. */
export function xaOfPointers(m: Machine, xa: number, count: number): void {
  m.memory.setU32(xa, PLAIN + count);
}

const pointersOf = (m: Machine, xa: number): number => {
  const count = m.memory.u32(xa) - PLAIN;
  return count > 0 && count <= GFNS ? count : 0;
};

function readPointer(m: Machine, xa: number, index: number): number {
  const addr = xa + 8 + index * 8;
  m.host.touched?.({ addr, size: 8, write: false });
  return m.memory.ptr(addr);
}

/** The array's number lies in its C object; 0 until something is stored. */
function idOf(m: Machine, xa: number): number {
  const id = m.memory.u32(xa);
  if (id <= XARRAYS) return id;
  if (pointersOf(m, xa) > 0) m.unknown('a store to the xarray of a page cache');
  return m.stop('memory-safety', 'an xarray is overwritten');
}

function createId(m: Machine, xa: number): number {
  const old = idOf(m, xa);
  if (old !== 0) return old;
  const id = m.memory.u32(AT.xarrayCount) + 1;
  if (id > XARRAYS) return m.unknown('more xarrays than the machine can hold');
  m.memory.setU32(AT.xarrayCount, id);
  m.memory.setU32(xa, id);
  return id;
}

function checkIndex(m: Machine, index: bigint): number {
  return index < BigInt(GFNS) ? Number(index) : m.unknown(`xarray index ${index} is beyond the machine's ${GFNS}`);
}

/** What xa_reserve() leaves: readers find nothing, and a store needs no memory. The kernel's XA_ZERO_ENTRY. */
const RESERVED = (257 << 2) | 2;

const stored = (m: Machine, id: number, index: number): number => (id === 0 ? 0 : m.memory.ptr(entryAt(id, index)));

function read(m: Machine, id: number, index: number): number {
  const entry = stored(m, id, index);
  return entry === RESERVED ? 0 : entry;
}

const isSibling = (m: Machine, id: number, index: number): boolean =>
  ((m.memory.u32(siblingAt(id, index)) >>> (index & 31)) & 1) !== 0;

function setSibling(m: Machine, id: number, index: number, on: boolean): void {
  const word = m.memory.u32(siblingAt(id, index));
  const bit = 1 << (index & 31);
  m.memory.setU32(siblingAt(id, index), on ? word | bit : word & ~bit);
}

const isPrivate = (entry: number): boolean => ((BigInt(entry) >> 1n) & ATTRIBUTE_PRIVATE) !== 0n;

export function xaLoad(m: Machine, xa: number, index: bigint): number {
  const pointers = pointersOf(m, xa);
  if (pointers > 0) return index < BigInt(pointers) ? readPointer(m, xa, Number(index)) : 0;
  const id = idOf(m, xa);
  const entry = index < BigInt(GFNS) ? read(m, id, Number(index)) : 0;
  if (xa === registered(m, 'attributes')) {
    m.emit({ type: 'attribute-read', thread: m.threadId(), gfn: Number(index), isPrivate: isPrivate(entry) });
  }
  return entry;
}

/** Store (0 erases); returns what was there. */
export function xaStore(m: Machine, xa: number, index: bigint, entry: number): number {
  const id = createId(m, xa);
  const i = checkIndex(m, index);
  const old = read(m, id, i);
  setSibling(m, id, i, false);
  if (i + 1 < GFNS) setSibling(m, id, i + 1, false);
  m.memory.setPtr(entryAt(id, i), entry);
  if (xa === registered(m, 'attributes')) {
    const change = { gfn: i, wasPrivate: isPrivate(old), isPrivate: isPrivate(entry) };
    m.emit({ type: 'attribute-store', thread: m.threadId(), ...change });
  }
  return old;
}

/** Is there a place for the index: an entry, or a reservation? */
export const xaHasNode = (m: Machine, xa: number, index: bigint): boolean =>
  stored(m, idOf(m, xa), checkIndex(m, index)) !== 0;

/** A store to this index will not fail. */
export function xaReserve(m: Machine, xa: number, index: bigint): void {
  const id = createId(m, xa);
  const i = checkIndex(m, index);
  if (stored(m, id, i) === 0) m.memory.setPtr(entryAt(id, i), RESERVED);
}

/** One entry for all of first..last (0 erases them). */
export function xaStoreRange(m: Machine, xa: number, first: bigint, last: bigint, entry: number): void {
  if (last < first) return;
  checkIndex(m, last);
  for (let i = first; i <= last; i++) xaStore(m, xa, i, entry);
  if (entry === 0) return;
  const id = idOf(m, xa);
  for (let i = first + 1n; i <= last; i++) setSibling(m, id, Number(i), true);
}

/** The first present index in from..max, or undefined. `after`: skip the rest of the entry that holds `from`. */
export function xaFind(m: Machine, xa: number, from: bigint, max: bigint, after: boolean): number | undefined {
  const pointers = pointersOf(m, xa);
  if (pointers > 0) {
    for (let i = from + (after ? 1n : 0n); i <= max && i < BigInt(pointers); i++) {
      if (readPointer(m, xa, Number(i)) !== 0) return Number(i);
    }
    return undefined;
  }
  const id = idOf(m, xa);
  if (id === 0 || from >= BigInt(GFNS)) return undefined;
  const last = max < BigInt(GFNS) ? Number(max) : GFNS - 1;
  let i = Number(from);
  if (after) for (i++; i <= last && isSibling(m, id, i); i++);
  for (; i <= last; i++) if (read(m, id, i) !== 0) return i;
  return undefined;
}

/** Look without an event: for invariants and traces. */
export function xaPeek(m: Machine, xa: number, index: number): number {
  const id = (m.memory.peek('u32', xa) as number | undefined) ?? 0;
  return id > 0 && id <= XARRAYS && index < GFNS ? read(m, id, index) : 0;
}

/** Is the gfn private by the VM's memory attributes? False without attributes. */
export function attributeIsPrivate(m: Machine, gfn: number): boolean {
  const xa = registered(m, 'attributes');
  return xa !== 0 && isPrivate(xaPeek(m, xa, gfn));
}

/**
 * The history that invariants need beside the machine's state: who froze an entry, whether a fault
 * compared its kind since its snapshot. It lies in the machine's ghost cells, so that undo and state
 * comparison cover it. Cells are cleared as soon as they say nothing any more, to keep states few.
 */

import { PAGE_COUNT, THREADS } from '../machine/layout';
import type { Machine } from '../machine/machine';

/** Name under which the machine keeps the cells of all invariants. */
const CELLS = 'invariants';
let used = 0;

/** Reserve cells of 32 bits; the order of calls at module load is fixed, so places are too. */
function reserve(cells: number): number {
  const first = used;
  used += cells;
  return first;
}

const PLACES = {
  /** Per thread: FLAG bits. */
  flags: reserve(THREADS),
  /** Per thread: gfn + 1 of the entry that it froze, with the level in bits 16 and up. */
  frozenEntry: reserve(THREADS),
  /** Per thread: the frozen entry's old value, low and high half. */
  frozenOldLow: reserve(THREADS),
  frozenOldHigh: reserve(THREADS),
  /** Per thread: how often the removal that it is at has met BUSY. */
  busy: reserve(THREADS),
  /** Per thread: gfn + 1 whose attribute a fault compared after its snapshot. */
  compared: reserve(THREADS),
  /** Per thread: invalidations that it opened and hasn't closed. */
  openInvalidations: reserve(THREADS),
  /** Per thread: address of the memslot that it binds to a guest_memfd before its metadata are there. */
  halfSlot: reserve(THREADS),
  /** Per thread: gfn + 1 of the access to an MMIO entry that it handles. */
  mmio: reserve(THREADS),
  /** Per thread: bits of the gfns that its guest asked to be private, or shared, and that were not since. */
  askedPrivate: reserve(THREADS),
  askedShared: reserve(THREADS),
  /** Per thread: the range that kvm_zap_gfn_range() zaps, first gfn and end in 16 bits each. */
  zapped: reserve(THREADS),
  /** Per address space: bits of the gfns whose dirty pages user space logs, and of those written since and in no log that it has. */
  logged: reserve(2),
  unreported: reserve(2),
  /** Bits of the whole VM. */
  vm: reserve(1),
  /** Per address space: address of the active memslots. */
  activeSlots: reserve(2),
  /** Address of the memslots whose bindings were looked at, and that of the table of the first mirror root. */
  boundSlots: reserve(1),
  mirrorRoot: reserve(1),
  /** Per page: bit set of tables that were linked once. */
  linked: reserve(Math.ceil(PAGE_COUNT / 32)),
} as const;

export type GhostName = keyof typeof PLACES;

/** Machines that know of the cells: a fact about the machine, not about a state of it. */
const declared = new WeakSet<Machine>();

export function ghost(m: Machine, name: GhostName, index = 0): number {
  if (!declared.has(m)) {
    m.ghost.declare(CELLS, used);
    declared.add(m);
  }
  return m.ghost.get(CELLS, PLACES[name] + index);
}

export function setGhost(m: Machine, name: GhostName, value: number, index = 0): void {
  if (ghost(m, name, index) !== value) m.ghost.set(CELLS, value >>> 0, PLACES[name] + index);
}

/** Bits of a thread's flags. */
export const FLAG = {
  /** The fault has read mmu_invalidate_seq: its snapshot. */
  snapshot: 1,
  /** mmu_invalidate_seq was read since mmu_lock was taken. */
  recheck: 2,
  /** mmu_invalidate_seq was written since mmu_lock was taken. */
  seqBumped: 4,
  /** A removal from the S-EPT failed in this section of mmu_lock. */
  removalFailed: 8,
  /** Installing into the S-EPT failed: the frozen entry must get its old value back. */
  rollBack: 16,
  /** The thread runs an mmu_notifier callback. */
  notifier: 32,
  /** vCPUs were kicked since the last BUSY: none may enter until the retry. */
  kicked: 64,
  /** Installing met BUSY in this section of mmu_lock. */
  installBusy: 128,
  /** The thread posted the death of the VM and has kicked everybody. */
  wroteDead: 256,
  /** The thread runs the mmu_notifier's release: the VMM is gone, and with it all who run vCPUs. */
  exits: 512,
} as const;

export const flag = (m: Machine, thread: number, bit: number): boolean => (ghost(m, 'flags', thread) & bit) !== 0;

export function setFlag(m: Machine, thread: number, bit: number, on: boolean): void {
  const word = ghost(m, 'flags', thread);
  setGhost(m, 'flags', on ? word | bit : word & ~bit, thread);
}

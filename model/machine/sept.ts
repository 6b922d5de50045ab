/**
 * The secure EPT: one entry per gfn and level with its state, page, entry lock and host-priority bit
 * (domain.md 1.7.2). The root table lies in the TD's own pages, so the entries of the root level have
 * no parent. It knows states, not the calls that change them.
 */

import { nameAt } from './enum';
import { roots } from './kvm-view';
import { AT, GFNS, LEVELS, STRIDE } from './layout';
import type { Machine } from './machine';
import { lifecycleOf, tdWord } from './tdx-td';

export const SEPT_STATES = [
  'FREE',
  'BLOCKED',
  'PENDING',
  'PENDING_BLOCKED',
  'MAPPED',
  'NL_MAPPED',
  'NL_BLOCKED',
] as const;
export type SeptState = (typeof SEPT_STATES)[number];

export interface SeptEntry {
  readonly gfn: number;
  /** Level of the entry: 1 maps 4 KiB. */
  readonly level: number;
  readonly state: SeptState;
  /** The mapped page, or the table below; 0 when FREE. */
  readonly pfn: number;
  /** vCPU that holds the entry lock, or -1. */
  readonly lockedBy: number;
  readonly hostPriority: boolean;
}

/** Entries of 4 KiB pages that one entry of `level` covers. */
export const coverage = (m: Machine, level: number): number => 1 << (m.levelBits * (level - 1));

const entryAt = (m: Machine, gfn: number, level: number): number => {
  const index = Math.floor(gfn / coverage(m, level));
  return AT.sept + ((level - 1) * GFNS + index) * STRIDE.sept * 4;
};

/** Are gfn and level within the machine's bounds? */
export const septCovers = (m: Machine, gfn: number, level: number): boolean =>
  gfn >= 0 && gfn < GFNS && level >= 1 && level <= LEVELS && gfn % coverage(m, level) === 0;

export function septEntry(m: Machine, gfn: number, level: number): SeptEntry {
  const at = entryAt(m, gfn, level);
  const word = m.memory.u32(at);
  return {
    gfn,
    level,
    state: nameAt(SEPT_STATES, word & 0xff),
    pfn: m.memory.u32(at + 4),
    lockedBy: ((word >>> 8) & 0xff) - 1,
    hostPriority: (word & 0x10000) !== 0,
  };
}

/** Change state and page; lock and host priority stay. */
export function setSeptState(m: Machine, gfn: number, level: number, state: SeptState, pfn: number): void {
  const at = entryAt(m, gfn, level);
  const old = septEntry(m, gfn, level);
  m.memory.setU32(at, (m.memory.u32(at) & ~0xff) | SEPT_STATES.indexOf(state));
  m.memory.setU32(at + 4, pfn);
  m.emit({ type: 'sept', thread: m.threadId(), gfn, level, old: old.state, state, pfn: pfn || old.pfn });
}

/** The guest (a vCPU) takes the entry lock for an ACCEPT. */
export function lockEntry(m: Machine, gfn: number, level: number, vcpu: number): void {
  const at = entryAt(m, gfn, level);
  m.memory.setU32(at, (m.memory.u32(at) & ~0xff00) | ((vcpu + 1) << 8));
}

export function unlockEntry(m: Machine, gfn: number, level: number): void {
  const at = entryAt(m, gfn, level);
  m.memory.setU32(at, m.memory.u32(at) & ~0xff00);
}

export function setHostPriority(m: Machine, gfn: number, level: number, on: boolean): void {
  const at = entryAt(m, gfn, level);
  const word = m.memory.u32(at);
  m.memory.setU32(at, on ? word | 0x10000 : word & ~0x10000);
}

/**
 * Levels of the TD's tree. The root table is the TD's own, from its creation; KVM's mirror root, which
 * must look like it, tells its level where set-up hasn't.
 */
export function tdRootLevel(m: Machine): number {
  const set = tdWord(m, 'rootLevel');
  return set !== 0 ? set : (roots(m).find((root) => root.kind === 'mirror')?.level ?? 0);
}

/** Are all tables above the entry there and not blocked? */
export function walkReaches(m: Machine, gfn: number, level: number): boolean {
  for (let l = level + 1; l <= tdRootLevel(m); l++) {
    if (septEntry(m, gfn, l).state !== 'NL_MAPPED') return false;
  }
  return true;
}

/** The first entry of the table below a non-leaf entry that isn't FREE, or undefined. */
export function busyChild(m: Machine, gfn: number, level: number): SeptEntry | undefined {
  const start = Math.floor(gfn / coverage(m, level)) * coverage(m, level);
  for (let g = start; g < start + coverage(m, level) && g < GFNS; g += coverage(m, level - 1)) {
    const child = septEntry(m, g, level - 1);
    if (child.state !== 'FREE') return child;
  }
  return undefined;
}

/** Leaf that the guest's walk ends in: its entry, or the entry that stopped the walk. */
export function septWalk(m: Machine, gfn: number): SeptEntry {
  for (let level = tdRootLevel(m); level > 1; level--) {
    const base = Math.floor(gfn / coverage(m, level)) * coverage(m, level);
    const entry = septEntry(m, base, level);
    if (entry.state !== 'NL_MAPPED') return entry;
  }
  return septEntry(m, gfn, 1);
}

const isFree = (m: Machine, gfn: number, level: number): boolean => (m.memory.u32(entryAt(m, gfn, level)) & 0xff) === 0;

/** Every entry that isn't FREE, highest level first. */
export function septEntries(m: Machine): SeptEntry[] {
  if (lifecycleOf(m) === 'NONE') return [];
  const entries: SeptEntry[] = [];
  for (let level = LEVELS; level >= 1; level--) {
    const step = coverage(m, level);
    for (let gfn = 0; gfn < GFNS; gfn += step) {
      if (!isFree(m, gfn, level)) entries.push(septEntry(m, gfn, level));
    }
  }
  return entries;
}

const LEAF_STATES: ReadonlySet<SeptState> = new Set(['BLOCKED', 'PENDING', 'PENDING_BLOCKED', 'MAPPED']);

/** Leaves: entries that hold a page of the guest, blocked ones included. */
export const septLeaves = (m: Machine): SeptEntry[] => septEntries(m).filter((e) => LEAF_STATES.has(e.state));

/** State numbers that the module reports to the host with an error. */
export function reportedState(state: SeptState): number {
  if (state === 'NL_MAPPED') return 4;
  return state === 'NL_BLOCKED' ? 1 : SEPT_STATES.indexOf(state);
}

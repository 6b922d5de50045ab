/**
 * The TD as the TDX module sees it: life cycle, operation state, epoch with its two reference counts,
 * and the physical address metadata (PAMT). The rules are those of domain.md 1.7.1, 1.7.4 and 1.7.5,
 * from the TDX module's source. It knows no SEAMCALL and no KVM.
 */

import { nameAt } from './enum';
import { AT, FIRST_PFN, STRIDE } from './layout';
import type { Machine } from './machine';
import { hasPage } from './pages';

export const LIFECYCLES = ['NONE', 'HKID_ASSIGNED', 'KEYS_CONFIGURED', 'BLOCKED', 'TEARDOWN'] as const;
export type Lifecycle = (typeof LIFECYCLES)[number];
export const OP_STATES = ['UNINITIALIZED', 'INITIALIZED', 'RUNNABLE'] as const;
export type OpState = (typeof OP_STATES)[number];

/** Page types of the PAMT. NDA: not assigned to the module. */
export const PAMT_TYPES = ['NDA', 'REG', 'EPT', 'TDR', 'TDCX', 'TDVPR'] as const;
export type PamtType = (typeof PAMT_TYPES)[number];

const FIELDS = {
  lifecycle: 0,
  opState: 1,
  epoch: 2,
  refcount: 3,
  hkid: 5,
  children: 6,
  /** vCPU + 1 that holds the SEPT tree lock exclusively between two steps of a zero-step entry. */
  septLock: 7,
  rootLevel: 8,
  /** Mask of vCPUs associated with a CPU: entered and not flushed since. */
  associated: 9,
  cacheWritten: 10,
} as const;

const at = (field: keyof typeof FIELDS, index = 0): number => AT.td + (FIELDS[field] + index) * 4;

export const lifecycleOf = (m: Machine): Lifecycle => nameAt(LIFECYCLES, m.memory.u32(at('lifecycle')));
export const setLifecycle = (m: Machine, s: Lifecycle): void => m.memory.setU32(at('lifecycle'), LIFECYCLES.indexOf(s));
export const opStateOf = (m: Machine): OpState => nameAt(OP_STATES, m.memory.u32(at('opState')));
export const setOpState = (m: Machine, s: OpState): void => m.memory.setU32(at('opState'), OP_STATES.indexOf(s));

/** A small number of the TD's record. */
export const tdWord = (m: Machine, field: Exclude<keyof typeof FIELDS, 'refcount'>): number => m.memory.u32(at(field));
export const setTdWord = (m: Machine, field: Exclude<keyof typeof FIELDS, 'refcount'>, value: number): void =>
  m.memory.setU32(at(field), value);

export const epochOf = (m: Machine): number => m.memory.u32(at('epoch'));
/** vCPUs that run in an epoch of this parity. */
export const epochRefcount = (m: Machine, epoch: number): number => m.memory.u32(at('refcount', epoch & 1));

/** A vCPU enters in the current epoch, which is returned. */
export function enterEpoch(m: Machine): number {
  const epoch = epochOf(m);
  m.memory.setU32(at('refcount', epoch & 1), epochRefcount(m, epoch) + 1);
  return epoch;
}

export function leaveEpoch(m: Machine, epoch: number): void {
  m.memory.setU32(at('refcount', epoch & 1), epochRefcount(m, epoch) - 1);
}

/** TDH.MEM.TRACK: the next epoch, unless somebody still runs in the one before the current. */
export function advanceEpoch(m: Machine): boolean {
  const epoch = epochOf(m);
  if (epochRefcount(m, epoch + 1) !== 0) return false;
  m.memory.setU32(at('epoch'), epoch + 1);
  return true;
}

/** Has everything that could be cached at `bepoch` been flushed? */
export function isTracked(m: Machine, bepoch: number): boolean {
  const epoch = epochOf(m);
  if (bepoch === epoch - 1) return epochRefcount(m, bepoch) === 0;
  return bepoch < epoch - 1;
}

const pamtAt = (pfn: number): number => AT.pamt + (pfn - FIRST_PFN) * STRIDE.pamt * 4;

/** Who the module thinks owns the page; a page outside the pool is never the module's. */
export function pamtType(m: Machine, pfn: number): PamtType {
  return hasPage(pfn) ? nameAt(PAMT_TYPES, m.memory.u32(pamtAt(pfn)) & 0xff) : 'NDA';
}

/** The gfn for which a REG page was added (or the first one that an EPT page covers). */
export const pamtGfn = (m: Machine, pfn: number): number => (hasPage(pfn) ? m.memory.u32(pamtAt(pfn)) >>> 8 : 0);

export function setPamt(m: Machine, pfn: number, type: PamtType, gfn = 0): void {
  const was = pamtType(m, pfn);
  if (was === 'NDA' && type !== 'NDA') setTdWord(m, 'children', tdWord(m, 'children') + 1);
  if (was !== 'NDA' && type === 'NDA') setTdWord(m, 'children', tdWord(m, 'children') - 1);
  m.memory.setU32(pamtAt(pfn), PAMT_TYPES.indexOf(type) | (gfn << 8));
  m.memory.setU32(pamtAt(pfn) + 4, 0);
}

/** Epoch at which the range that the page backs was blocked. */
export const bepochOf = (m: Machine, pfn: number): number => (hasPage(pfn) ? m.memory.u32(pamtAt(pfn) + 4) : 0);
export const setBepoch = (m: Machine, pfn: number, epoch: number): void => m.memory.setU32(pamtAt(pfn) + 4, epoch);

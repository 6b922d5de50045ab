/**
 * The TDH.MEM.* calls of the TDX module, each atomic: preconditions in the module's order, effect,
 * status (domain.md 1.7.3, from the module's source and its interface specification). Locks are
 * try-locks; what holds one across steps is a vCPU in the guest (TDR), an ACCEPT in progress (entry)
 * and a zero-step entry (SEPT tree, epoch). Callers and their expectations are unknown here.
 */

import type { Machine } from './machine';
import { CONTENT, contentOf, hasPage, setContent, setOwner } from './pages';
import {
  busyChild,
  type SeptEntry,
  type SeptState,
  septCovers,
  septEntry,
  setHostPriority,
  setSeptState,
  tdRootLevel,
  walkReaches,
} from './sept';
import { OPERAND, TDX } from './tdx-status';
import {
  advanceEpoch,
  bepochOf,
  epochOf,
  isTracked,
  lifecycleOf,
  type OpState,
  opStateOf,
  pamtType,
  setBepoch,
  setOpState,
  setPamt,
  setTdWord,
  tdWord,
} from './tdx-td';
import { vcpusInGuest } from './vcpus';

export const BUSY_TDR = TDX.OPERAND_BUSY | OPERAND.TDR;
export const BUSY_SEPT = TDX.OPERAND_BUSY | OPERAND.SEPT;
export const BUSY_EPOCH = TDX.OPERAND_BUSY | OPERAND.TD_EPOCH;
export const BUSY_ENTRY = TDX.OPERAND_BUSY | OPERAND.RCX;

/** The TD must be keyed and in one of these states. */
function checkTd(m: Machine, states: readonly OpState[]): bigint {
  if (lifecycleOf(m) !== 'KEYS_CONFIGURED') return TDX.LIFECYCLE_STATE_INCORRECT;
  return states.includes(opStateOf(m)) ? TDX.SUCCESS : TDX.OP_STATE_INCORRECT;
}

const ALIVE: readonly OpState[] = ['INITIALIZED', 'RUNNABLE'];

/** The TDR taken exclusively: nobody may be in the guest, since VP.ENTER shares it until the exit. */
const tdrBusy = (m: Machine): boolean => vcpusInGuest(m).length > 0 || tdWord(m, 'septLock') !== 0;

/** Take tree and entry locks, walk down to the entry. A busy entry remembers that the host has priority. */
function locate(m: Machine, gfn: number, level: number): bigint {
  if (!septCovers(m, gfn, level)) return TDX.OPERAND_INVALID | OPERAND.RCX;
  if (tdWord(m, 'septLock') !== 0) return BUSY_SEPT;
  if (!walkReaches(m, gfn, level)) return TDX.EPT_WALK_FAILED | OPERAND.RCX;
  if (septEntry(m, gfn, level).lockedBy >= 0) {
    setHostPriority(m, gfn, level, true);
    return BUSY_ENTRY;
  }
  setHostPriority(m, gfn, level, false);
  return TDX.SUCCESS;
}

function freePage(m: Machine, pfn: number): bigint {
  return hasPage(pfn) && pamtType(m, pfn) === 'NDA' ? TDX.SUCCESS : TDX.PAGE_METADATA_INCORRECT;
}

/** TDH.MEM.SEPT.ADD: give the TD a table below the entry. */
export function septAdd(m: Machine, gfn: number, level: number, pfn: number): bigint {
  const bad = checkTd(m, ALIVE) || locate(m, gfn, level) || freePage(m, pfn);
  if (bad) return bad;
  if (level < 2 || septEntry(m, gfn, level).state !== 'FREE') return TDX.EPT_ENTRY_STATE_INCORRECT | OPERAND.RCX;
  setTdWord(m, 'rootLevel', tdRootLevel(m));
  setPamt(m, pfn, 'EPT', gfn);
  setOwner(m, pfn, 'sept');
  setSeptState(m, gfn, level, 'NL_MAPPED', pfn);
  return TDX.SUCCESS;
}

/** TDH.MEM.PAGE.ADD: a measured page before finalisation, copied from `source`. Takes the TDR exclusively. */
export function pageAdd(m: Machine, gfn: number, pfn: number, source: number): bigint {
  const td = checkTd(m, ['INITIALIZED']);
  if (td) return td;
  if (tdrBusy(m)) return BUSY_TDR;
  const bad = locate(m, gfn, 1) || freePage(m, pfn);
  if (bad) return bad;
  if (septEntry(m, gfn, 1).state !== 'FREE') return TDX.EPT_ENTRY_STATE_INCORRECT | OPERAND.RCX;
  setPamt(m, pfn, 'REG', gfn);
  setContent(m, pfn, hasPage(source) ? contentOf(m, source) : CONTENT.source);
  setSeptState(m, gfn, 1, 'MAPPED', pfn);
  return TDX.SUCCESS;
}

/** TDH.MEM.PAGE.AUG: a page that the guest must accept. */
export function pageAug(m: Machine, gfn: number, level: number, pfn: number): bigint {
  const bad = checkTd(m, ALIVE) || locate(m, gfn, level) || freePage(m, pfn);
  if (bad) return bad;
  if (level !== 1) return m.unknown('TDH.MEM.PAGE.AUG of a huge page');
  if (septEntry(m, gfn, level).state !== 'FREE') return TDX.EPT_ENTRY_STATE_INCORRECT | OPERAND.RCX;
  setPamt(m, pfn, 'REG', gfn);
  setContent(m, pfn, CONTENT.ciphertext);
  setSeptState(m, gfn, level, 'PENDING', pfn);
  return TDX.SUCCESS;
}

const BLOCKED: Partial<Record<SeptState, SeptState>> = {
  MAPPED: 'BLOCKED',
  PENDING: 'PENDING_BLOCKED',
  NL_MAPPED: 'NL_BLOCKED',
};
const UNBLOCKED: Partial<Record<SeptState, SeptState>> = {
  BLOCKED: 'MAPPED',
  PENDING_BLOCKED: 'PENDING',
  NL_BLOCKED: 'NL_MAPPED',
};

/** TDH.MEM.RANGE.BLOCK: no new translations; remembers in which epoch. */
export function rangeBlock(m: Machine, gfn: number, level: number): bigint {
  const bad = checkTd(m, ALIVE) || locate(m, gfn, level);
  if (bad) return bad;
  const entry = septEntry(m, gfn, level);
  if (UNBLOCKED[entry.state]) return TDX.GPA_RANGE_ALREADY_BLOCKED | OPERAND.RCX;
  const blocked = BLOCKED[entry.state];
  if (!blocked) return TDX.EPT_ENTRY_STATE_INCORRECT | OPERAND.RCX;
  setBepoch(m, entry.pfn, epochOf(m));
  setSeptState(m, gfn, level, blocked, entry.pfn);
  return TDX.SUCCESS;
}

/** TDH.MEM.RANGE.UNBLOCK. */
export function rangeUnblock(m: Machine, gfn: number, level: number): bigint {
  const bad = checkTd(m, ALIVE) || locate(m, gfn, level);
  if (bad) return bad;
  const entry = septEntry(m, gfn, level);
  const unblocked = UNBLOCKED[entry.state];
  if (!unblocked) return TDX.GPA_RANGE_NOT_BLOCKED | OPERAND.RCX;
  if (!isTracked(m, bepochOf(m, entry.pfn))) return TDX.TLB_TRACKING_NOT_DONE | OPERAND.RCX;
  setSeptState(m, gfn, level, unblocked, entry.pfn);
  return TDX.SUCCESS;
}

/** TDH.MEM.TRACK: start the next epoch. */
export function memTrack(m: Machine): bigint {
  const bad = checkTd(m, ALIVE);
  if (bad) return bad;
  if (tdWord(m, 'septLock') !== 0) return BUSY_EPOCH;
  return advanceEpoch(m) ? TDX.SUCCESS : TDX.PREVIOUS_TLB_EPOCH_BUSY;
}

/** TDH.MEM.PAGE.REMOVE: the page leaves the TD, its contents are lost. */
export function pageRemove(m: Machine, gfn: number, level: number): bigint {
  const bad = checkTd(m, ALIVE) || locate(m, gfn, level);
  if (bad) return bad;
  const entry = septEntry(m, gfn, level);
  const refused = refuseRemoval(m, entry);
  if (refused) return refused;
  setPamt(m, entry.pfn, 'NDA');
  setContent(m, entry.pfn, CONTENT.ciphertext);
  setSeptState(m, gfn, level, 'FREE', 0);
  return TDX.SUCCESS;
}

function refuseRemoval(m: Machine, entry: SeptEntry): bigint {
  if (entry.state === 'FREE' || entry.state === 'NL_MAPPED' || entry.state === 'NL_BLOCKED') {
    return TDX.EPT_ENTRY_STATE_INCORRECT | OPERAND.RCX;
  }
  if (opStateOf(m) !== 'RUNNABLE') return TDX.SUCCESS;
  if (!UNBLOCKED[entry.state]) return TDX.GPA_RANGE_NOT_BLOCKED | OPERAND.RCX;
  return isTracked(m, bepochOf(m, entry.pfn)) ? TDX.SUCCESS : TDX.TLB_TRACKING_NOT_DONE | OPERAND.RCX;
}

/** TDH.MEM.SEPT.REMOVE: take an empty, blocked, tracked table away. */
export function septRemove(m: Machine, gfn: number, level: number): bigint {
  const bad = checkTd(m, ALIVE) || locate(m, gfn, level);
  if (bad) return bad;
  const entry = septEntry(m, gfn, level);
  if (entry.state === 'NL_MAPPED') return TDX.GPA_RANGE_NOT_BLOCKED | OPERAND.RCX;
  if (entry.state !== 'NL_BLOCKED') return TDX.EPT_ENTRY_STATE_INCORRECT | OPERAND.RCX;
  if (!isTracked(m, bepochOf(m, entry.pfn))) return TDX.TLB_TRACKING_NOT_DONE | OPERAND.RCX;
  if (busyChild(m, gfn, level)) return TDX.EPT_PAGE_NOT_FREE | OPERAND.RCX;
  setPamt(m, entry.pfn, 'NDA');
  setOwner(m, entry.pfn, 'kernel');
  setSeptState(m, gfn, level, 'FREE', 0);
  return TDX.SUCCESS;
}

/** TDH.MR.EXTEND: measure a page that was added. Takes the TDR exclusively. */
export function mrExtend(m: Machine, gfn: number): bigint {
  const td = checkTd(m, ['INITIALIZED']);
  if (td) return td;
  if (tdrBusy(m)) return BUSY_TDR;
  const bad = locate(m, gfn, 1);
  if (bad) return bad;
  return septEntry(m, gfn, 1).state === 'MAPPED' ? TDX.SUCCESS : TDX.EPT_ENTRY_STATE_INCORRECT | OPERAND.RCX;
}

/** TDH.MR.FINALIZE: from now on the TD can run, and pages can only be augmented. */
export function mrFinalize(m: Machine): bigint {
  const td = checkTd(m, ['INITIALIZED']);
  if (td) return td;
  if (tdrBusy(m)) return BUSY_TDR;
  setOpState(m, 'RUNNABLE');
  return TDX.SUCCESS;
}

/** TDH.PHYMEM.PAGE.WBINVD: write back what the caches hold of a page that is not the module's any more. */
export function pageWbinvd(m: Machine, pfn: number): bigint {
  return freePage(m, pfn);
}

/**
 * Building and tearing down a TD in the TDX module: creation, keys, control pages, vCPU flush, key
 * release and page reclaim (domain.md 1.7.1 and the last rows of 1.7.3). It knows no private memory.
 */

import type { Machine } from './machine';
import { hasPage, setOwner } from './pages';
import { OPERAND, TDX } from './tdx-status';
import {
  lifecycleOf,
  opStateOf,
  type PamtType,
  pamtType,
  setLifecycle,
  setOpState,
  setPamt,
  setTdWord,
  tdWord,
} from './tdx-td';
import { tlbFlush } from './tlb';
import { vcpusInGuest, vcpuWord } from './vcpus';

/** Pages of the TD in the PAMT, its root page not counted. */
const associatedPages = (m: Machine, tdrPfn: number): number =>
  tdWord(m, 'children') - (pamtType(m, tdrPfn) === 'TDR' ? 1 : 0);

function control(m: Machine, pfn: number, type: PamtType): bigint {
  if (!hasPage(pfn) || pamtType(m, pfn) !== 'NDA') return TDX.PAGE_METADATA_INCORRECT;
  setPamt(m, pfn, type);
  setOwner(m, pfn, 'td');
  return TDX.SUCCESS;
}

/** TDH.MNG.CREATE: `tdr` becomes the TD's root page. */
export function mngCreate(m: Machine, tdr: number, hkid: number): bigint {
  const bad = control(m, tdr, 'TDR');
  if (bad) return bad;
  setTdWord(m, 'hkid', hkid);
  setLifecycle(m, 'HKID_ASSIGNED');
  return TDX.SUCCESS;
}

/** TDH.MNG.KEY.CONFIG (on every package; one here). */
export function keyConfig(m: Machine): bigint {
  if (lifecycleOf(m) !== 'HKID_ASSIGNED') return TDX.LIFECYCLE_STATE_INCORRECT;
  setLifecycle(m, 'KEYS_CONFIGURED');
  return TDX.SUCCESS;
}

const keyed = (m: Machine): bigint =>
  lifecycleOf(m) === 'KEYS_CONFIGURED' ? TDX.SUCCESS : TDX.LIFECYCLE_STATE_INCORRECT;

/** TDH.MNG.ADDCX, TDH.VP.CREATE and TDH.VP.ADDCX: a control page of the TD or of a vCPU. */
export const addControlPage = (m: Machine, pfn: number, type: PamtType): bigint => keyed(m) || control(m, pfn, type);

/** TDH.MNG.INIT: parameters are set, epoch 1 begins. */
export function mngInit(m: Machine): bigint {
  const bad = keyed(m);
  if (bad) return bad;
  if (opStateOf(m) !== 'UNINITIALIZED') return TDX.OP_STATE_INCORRECT;
  setOpState(m, 'INITIALIZED');
  setTdWord(m, 'epoch', 1);
  return TDX.SUCCESS;
}

/** TDH.VP.INIT takes the TDR exclusively in some versions of the module. */
export function vpInit(m: Machine): bigint {
  const bad = keyed(m);
  if (bad) return bad;
  return vcpusInGuest(m).length > 0 ? TDX.OPERAND_BUSY | OPERAND.TDR : TDX.SUCCESS;
}

/** TDH.VP.FLUSH: the vCPU leaves its CPU, with all that the CPU caches of it. */
export function vpFlush(m: Machine, vcpu: number): bigint {
  if (vcpuWord(m, vcpu, 'inGuest') !== 0) return TDX.OPERAND_BUSY | OPERAND.TDVPR;
  const associated = tdWord(m, 'associated');
  if (((associated >>> vcpu) & 1) === 0) return TDX.VCPU_NOT_ASSOCIATED;
  setTdWord(m, 'associated', associated & ~(1 << vcpu));
  tlbFlush(m, vcpu, true);
  return TDX.SUCCESS;
}

/** TDH.MNG.VPFLUSHDONE: no vCPU can run any more. */
export function vpFlushDone(m: Machine): bigint {
  const bad = keyed(m);
  if (bad) return bad;
  if (vcpusInGuest(m).length > 0) return TDX.OPERAND_BUSY | OPERAND.TDR;
  if (tdWord(m, 'associated') !== 0) return TDX.FLUSHVP_NOT_DONE;
  setLifecycle(m, 'BLOCKED');
  return TDX.SUCCESS;
}

/** TDH.PHYMEM.CACHE.WB. */
export function cacheWb(m: Machine): bigint {
  setTdWord(m, 'cacheWritten', 1);
  return TDX.SUCCESS;
}

/** TDH.MNG.KEY.FREEID: the key is gone, pages can be reclaimed. */
export function keyFreeid(m: Machine): bigint {
  if (lifecycleOf(m) !== 'BLOCKED') return TDX.LIFECYCLE_STATE_INCORRECT;
  if (tdWord(m, 'cacheWritten') === 0) return TDX.WBCACHE_NOT_COMPLETE;
  setLifecycle(m, 'TEARDOWN');
  return TDX.SUCCESS;
}

/** TDH.PHYMEM.PAGE.RECLAIM: the root page last. */
export function pageReclaim(m: Machine, pfn: number): bigint {
  if (lifecycleOf(m) !== 'TEARDOWN') return TDX.LIFECYCLE_STATE_INCORRECT;
  const type = pamtType(m, pfn);
  if (type === 'NDA') return TDX.PAGE_METADATA_INCORRECT;
  if (type === 'TDR' && associatedPages(m, pfn) > 0) return TDX.ASSOCIATED_PAGES_EXIST;
  setPamt(m, pfn, 'NDA');
  if (type !== 'REG') setOwner(m, pfn, 'kernel');
  return TDX.SUCCESS;
}

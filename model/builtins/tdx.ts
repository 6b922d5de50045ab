/**
 * SEAMCALLs by the names and arguments of the kernel's wrappers. Each is atomic at its point. Where a
 * vCPU could hold a lock that the call needs, BUSY is an injected choice beside the real ones. A
 * status that KVM treats as a bug is reported as `seamcall-refused`.
 */

import { objectSize } from '../machine/heap';
import { PAGE_SHIFT } from '../machine/layout';
import type { Machine } from '../machine/machine';
import { hex, pfnOfPage } from '../machine/pages';
import { REFUSED, register, registered } from '../machine/registry';
import { reportedState, septCovers, septEntry } from '../machine/sept';
import {
  addControlPage,
  cacheWb,
  keyConfig,
  keyFreeid,
  mngCreate,
  mngInit,
  pageReclaim,
  vpFlush,
  vpFlushDone,
  vpInit,
} from '../machine/tdx-lifecycle';
import {
  BUSY_ENTRY,
  BUSY_EPOCH,
  BUSY_SEPT,
  BUSY_TDR,
  memTrack,
  mrExtend,
  mrFinalize,
  pageAdd,
  pageAug,
  pageRemove,
  pageWbinvd,
  rangeBlock,
  rangeUnblock,
  septAdd,
  septRemove,
} from '../machine/tdx-memory';
import { isBusy, OPERAND, statusText, TDX } from '../machine/tdx-status';
import { opStateOf, PAMT_TYPES, pamtGfn, pamtType } from '../machine/tdx-td';
import type { Builtin, Choice } from '../machine/types';
import { registeredVcpus, someGuestRuns, vcpuWord } from '../machine/vcpus';
import { big, type Call, define, num, ONE_WAY } from './define';

/** What a SEAMCALL is about, for its event and its trace. */
interface About {
  readonly gfn?: number;
  readonly level?: number;
  readonly pfn?: number;
}

interface Seamcall {
  /** `TDH.MEM.PAGE.AUG`. */
  readonly name: string;
  readonly run: (c: Call) => bigint;
  readonly about?: (c: Call) => About;
  /** BUSY status to inject while some guest runs; none by default. */
  readonly busy?: bigint;
  /** Argument numbers of ext_err1 and ext_err2. */
  readonly errors?: readonly [number, number];
  /** The module may refuse it for a reason that the model doesn't know, where set-up allows that. */
  readonly refusable?: boolean;
  /** Statuses beside SUCCESS and BUSY that KVM handles. */
  readonly handled?: readonly bigint[];
}

const gfnOf = (c: Call, i: number): number => Number(big(c, i) >> BigInt(PAGE_SHIFT));

function seamcall(wrapper: string, s: Seamcall): Builtin {
  return define(wrapper, {
    point: true,
    ...((s.busy !== undefined || s.refusable) && { choices: (c) => waysOf(c.m, s) }),
    run: (c) => finish(c, s, outcome(c, s)),
    describe: (c, result) => `${s.name}${aboutText(s.about?.(c) ?? {})}: ${statusText(BigInt(result ?? 0))}`,
  });
}

const BUSY: Choice = { label: 'BUSY', faults: 1 };
const REFUSAL: Choice = { label: 'refused', faults: 1 };

/**
 * Another CPU holds a lock of the module for a moment: a guest that runs can be its reason, or, while the
 * TD is built, another SEAMCALL on it (both: `__machine_noise`).
 */
const maybeBusy = (m: Machine): boolean => opStateOf(m) !== 'UNINITIALIZED' && someGuestRuns(m);

/** The ways that a SEAMCALL can go beside what the state of the TD says. */
function waysOf(m: Machine, s: Seamcall): readonly Choice[] {
  const busy = s.busy !== undefined && maybeBusy(m);
  const refused = s.refusable && registered(m, 'refusals') !== 0 && registered(m, 'refused') === REFUSED.no;
  return busy || refused ? [...ONE_WAY, ...(busy ? [BUSY] : []), ...(refused ? [REFUSAL] : [])] : ONE_WAY;
}

/** The status: that of the way chosen. */
function outcome(c: Call, s: Seamcall): bigint {
  const way = waysOf(c.m, s)[c.choice];
  if (way === BUSY && s.busy !== undefined) return s.busy;
  if (way !== REFUSAL) return s.run(c);
  register(c.m, 'refused', REFUSED.pending);
  return TDX.OPERAND_INVALID | OPERAND.RCX;
}

function finish(c: Call, s: Seamcall, status: bigint): bigint {
  const about = s.about?.(c) ?? {};
  const expected =
    status === TDX.SUCCESS ||
    isBusy(status) ||
    (s.handled ?? []).includes(status) ||
    registered(c.m, 'refused') !== REFUSED.no;
  const { gfn = -1, level = 0, pfn = 0 } = about;
  c.m.emit({ type: 'seamcall', thread: c.thread.id, name: s.name, gfn, level, pfn, status, expected });
  if (s.errors) reportEntry(c, s.errors, about);
  if (!expected) {
    c.m.violate('seamcall-refused', `${s.name}${aboutText(about)} is refused: ${statusText(status)}`);
  }
  return status;
}

/** ext_err1 gets the entry, ext_err2 its level and state, as the module reports them. */
function reportEntry(c: Call, [entryArg, stateArg]: readonly [number, number], about: About): void {
  const { gfn, level = 1 } = about;
  const entry = gfn !== undefined && septCovers(c.m, gfn, level) ? septEntry(c.m, gfn, level) : undefined;
  const state = entry ? (level - 1) | (reportedState(entry.state) << 8) : 0;
  if (num(c, entryArg) !== 0) c.m.memory.setU64(num(c, entryArg), BigInt(entry?.pfn ?? 0) << BigInt(PAGE_SHIFT));
  if (num(c, stateArg) !== 0) c.m.memory.setU64(num(c, stateArg), BigInt(state));
}

function aboutText({ gfn, level, pfn }: About): string {
  const parts: string[] = [];
  if (gfn !== undefined) parts.push(`gfn ${gfn}`);
  if (level !== undefined && level > 1) parts.push(`level ${level}`);
  if (pfn !== undefined) parts.push(`pfn ${hex(pfn)}`);
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

/** tdh_mem_*(td, gpa, level, ext_err1, ext_err2). */
function rangeCall(wrapper: string, name: string, run: (m: Machine, gfn: number, level: number) => bigint): Builtin {
  return seamcall(wrapper, {
    name,
    busy: name === 'TDH.MEM.RANGE.BLOCK' || name === 'TDH.MEM.RANGE.UNBLOCK' ? BUSY_SEPT : BUSY_ENTRY,
    refusable: true,
    errors: [3, 4],
    about: (c) => ({ gfn: gfnOf(c, 1), level: num(c, 2) }),
    run: (c) => run(c.m, gfnOf(c, 1), num(c, 2)),
  });
}

const memoryCalls: readonly Builtin[] = [
  seamcall('tdh_mem_sept_add', {
    name: 'TDH.MEM.SEPT.ADD',
    busy: BUSY_SEPT,
    errors: [4, 5],
    about: (c) => ({ gfn: gfnOf(c, 1), level: num(c, 2), pfn: pfnOfPage(c.m, num(c, 3)) }),
    run: (c) => septAdd(c.m, gfnOf(c, 1), num(c, 2), pfnOfPage(c.m, num(c, 3))),
  }),
  seamcall('tdh_mem_page_add', {
    name: 'TDH.MEM.PAGE.ADD',
    busy: BUSY_TDR,
    errors: [4, 5],
    about: (c) => ({ gfn: gfnOf(c, 1), level: 1, pfn: num(c, 2) }),
    run: (c) => pageAdd(c.m, gfnOf(c, 1), num(c, 2), pfnOfPage(c.m, num(c, 3))),
  }),
  seamcall('tdh_mem_page_aug', {
    name: 'TDH.MEM.PAGE.AUG',
    busy: BUSY_SEPT,
    errors: [4, 5],
    about: (c) => ({ gfn: gfnOf(c, 1), level: num(c, 2), pfn: num(c, 3) }),
    run: (c) => pageAug(c.m, gfnOf(c, 1), num(c, 2), num(c, 3)),
  }),
  rangeCall('tdh_mem_range_block', 'TDH.MEM.RANGE.BLOCK', rangeBlock),
  rangeCall('tdh_mem_range_unblock', 'TDH.MEM.RANGE.UNBLOCK', rangeUnblock),
  rangeCall('tdh_mem_page_remove', 'TDH.MEM.PAGE.REMOVE', pageRemove),
  rangeCall('tdh_mem_sept_remove', 'TDH.MEM.SEPT.REMOVE', septRemove),
  seamcall('tdh_mem_track', { name: 'TDH.MEM.TRACK', busy: BUSY_EPOCH, run: (c) => memTrack(c.m) }),
  seamcall('tdh_mr_extend', {
    name: 'TDH.MR.EXTEND',
    errors: [2, 3],
    about: (c) => ({ gfn: gfnOf(c, 1), level: 1 }),
    run: (c) => mrExtend(c.m, gfnOf(c, 1)),
  }),
  seamcall('tdh_mr_finalize', { name: 'TDH.MR.FINALIZE', run: (c) => mrFinalize(c.m) }),
  seamcall('tdh_phymem_page_wbinvd_hkid', {
    name: 'TDH.PHYMEM.PAGE.WBINVD',
    refusable: true,
    about: (c) => ({ pfn: num(c, 1) }),
    run: (c) => pageWbinvd(c.m, num(c, 1)),
  }),
];

/** struct tdx_td and struct tdx_vp, fields in which the wrappers find pages. */
function pageField(c: Call, struct: string, object: number, field: string): number {
  const page = c.m.kvm.number(struct, object, field);
  return page === undefined ? c.m.unknown(`${struct} has no field ${field}`) : pfnOfPage(c.m, page);
}

/** The vCPU in whose allocation a `struct tdx_vp` lies. */
function vcpuOfVp(c: Call): number {
  const vp = num(c, 0);
  for (const vcpu of registeredVcpus(c.m)) {
    const start = vcpuWord(c.m, vcpu, 'address');
    if (vp >= start && vp < start + Math.max(1, objectSize(c.m, start))) return vcpu;
  }
  return c.m.unknown('a TDH.VP call on a vCPU that __machine_vcpu() has not registered');
}

const lifecycleCalls: readonly Builtin[] = [
  seamcall('tdh_mng_create', {
    name: 'TDH.MNG.CREATE',
    run: (c) => {
      register(c.m, 'td', num(c, 0));
      return mngCreate(c.m, pageField(c, 'struct tdx_td', num(c, 0), 'tdr_page'), num(c, 1));
    },
  }),
  seamcall('tdh_mng_key_config', { name: 'TDH.MNG.KEY.CONFIG', run: (c) => keyConfig(c.m) }),
  seamcall('tdh_mng_addcx', {
    name: 'TDH.MNG.ADDCX',
    run: (c) => addControlPage(c.m, pfnOfPage(c.m, num(c, 1)), 'TDCX'),
  }),
  seamcall('tdh_mng_init', { name: 'TDH.MNG.INIT', run: (c) => mngInit(c.m) }),
  seamcall('tdh_vp_create', {
    name: 'TDH.VP.CREATE',
    run: (c) => addControlPage(c.m, pageField(c, 'struct tdx_vp', num(c, 1), 'tdvpr_page'), 'TDVPR'),
  }),
  seamcall('tdh_vp_addcx', {
    name: 'TDH.VP.ADDCX',
    run: (c) => addControlPage(c.m, pfnOfPage(c.m, num(c, 1)), 'TDCX'),
  }),
  seamcall('tdh_vp_init', { name: 'TDH.VP.INIT', run: (c) => vpInit(c.m) }),
  seamcall('tdh_vp_flush', {
    name: 'TDH.VP.FLUSH',
    handled: [TDX.VCPU_NOT_ASSOCIATED],
    run: (c) => vpFlush(c.m, vcpuOfVp(c)),
  }),
  seamcall('tdh_mng_vpflushdone', { name: 'TDH.MNG.VPFLUSHDONE', run: (c) => vpFlushDone(c.m) }),
  seamcall('tdh_phymem_cache_wb', { name: 'TDH.PHYMEM.CACHE.WB', run: (c) => cacheWb(c.m) }),
  seamcall('tdh_mng_key_freeid', { name: 'TDH.MNG.KEY.FREEID', run: (c) => keyFreeid(c.m) }),
  seamcall('tdh_phymem_page_reclaim', {
    name: 'TDH.PHYMEM.PAGE.RECLAIM',
    about: (c) => ({ pfn: pfnOfPage(c.m, num(c, 0)) }),
    run: (c) => {
      const pfn = pfnOfPage(c.m, num(c, 0));
      const results = [PAMT_TYPES.indexOf(pamtType(c.m, pfn)), pamtGfn(c.m, pfn), 0];
      results.forEach((value, i) => {
        if (num(c, i + 1) !== 0) c.m.memory.setU64(num(c, i + 1), BigInt(value));
      });
      return pageReclaim(c.m, pfn);
    },
  }),
  seamcall('tdh_phymem_page_wbinvd_tdr', { name: 'TDH.PHYMEM.PAGE.WBINVD (TDR)', run: () => TDX.SUCCESS }),
];

export const tdxBuiltins: readonly Builtin[] = [
  ...memoryCalls,
  ...lifecycleCalls,
  // Clears the page past the caches on CPUs with an erratum: contents only.
  define('tdx_quirk_reset_paddr', { run: () => undefined }),
];

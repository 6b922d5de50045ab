/**
 * The guest: entering and leaving it, its accesses through TLB and tables, and its acceptance of
 * pages. TDH.VP.ENTER's epoch rule and locks are domain.md 1.7.4 and 1.7.5. What KVM does about an
 * exit is unknown here.
 */

import { ACCESS_BIT, type AccessKind, type Fault, GUEST, type Translation, type Walk } from './access';
import { inGuest, ipiPending, irqsOff, setInGuest } from './cpus';
import { guestFindsPending, guestGivesUp, guestReads, guestWrites, setAccepted } from './guest-data';
import { GFNS, PAGE_SHIFT, pfnToVirt, virtToPfn } from './layout';
import type { Machine } from './machine';
import { C_BIT_GFN, checkRmp, isNx, isReserved, isSvm, nptFault, validatePage } from './npt';
import { CONTENT, hasPage, setContent } from './pages';
import { isVmsa, makeVmsa, vmsaUser } from './rmp';
import { lockEntry, septEntry, septWalk, setSeptState, unlockEntry } from './sept';
import { isExecutable, isLeaf, isMisconfigured, isWalkable, isWritable, permissionBits, sptePfn } from './spte';
import { OPERAND, TDX } from './tdx-status';
import { enterEpoch, epochOf, leaveEpoch, lifecycleOf, opStateOf, setTdWord, tdWord } from './tdx-td';
import { tlbDrop, tlbFill, tlbFlush, tlbLookup } from './tlb';
import { setExit, setVcpuWord, vcpuWord } from './vcpus';
import { attributeIsPrivate } from './xarray';

export { type AccessKind, GUEST } from './access';

/** TDX ABI: extended exit qualification, type. */
const EXT_ACCEPT = 1;
const EXT_PENDING = 6;

// ---- entry and exit ----

/** VM entry. See machine.h for the results. */
export function enterBegin(m: Machine, vcpu: number): bigint {
  const thread = m.threadId();
  if (vcpuWord(m, vcpu, 'inGuest') !== 0) return m.stop('kernel-bug', 'a vCPU that is in the guest is entered again');
  if (!irqsOff(m, thread)) m.violate('lock-rule', 'the guest is entered with interrupts on');
  if (ipiPending(m, thread)) return GUEST.EXTERNAL_INTERRUPT;
  if (m.vm === 'snp' && !vmsaUsable(m, vcpu)) return GUEST.INVALID;
  if (m.vm !== 'tdx') return enterDone(m, vcpu);
  if (lifecycleOf(m) !== 'KEYS_CONFIGURED') return TDX.LIFECYCLE_STATE_INCORRECT;
  if (opStateOf(m) !== 'RUNNABLE') return TDX.OP_STATE_INCORRECT;
  if (tdWord(m, 'septLock') !== 0 && vcpuWord(m, vcpu, 'zeroStep') !== 0) return TDX.OPERAND_BUSY | OPERAND.SEPT;
  if (vcpuWord(m, vcpu, 'zeroStep') === 0) return enterTd(m, vcpu);
  setVcpuWord(m, vcpu, 'entering', 1);
  setTdWord(m, 'septLock', vcpu + 1);
  return GUEST.CONTINUE;
}

/** VMRUN of an SNP guest looks up the page with the vCPU's registers; one page serves one vCPU at a time. */
function vmsaUsable(m: Machine, vcpu: number): boolean {
  const pfn = vcpuWord(m, vcpu, 'vmsa');
  m.emit({ type: 'vmrun', thread: m.threadId(), vcpu, vmsa: pfn });
  return isVmsa(m, pfn, vcpuWord(m, vcpu, 'asid')) && vmsaUser(m, pfn) === undefined;
}

/** The zero-step entry has looked at the logged page: go in, or report that it is still unmapped. */
export function enterEnd(m: Machine, vcpu: number): bigint {
  setVcpuWord(m, vcpu, 'entering', 0);
  setTdWord(m, 'septLock', 0);
  const gfn = vcpuWord(m, vcpu, 'faulted') - 1;
  if (gfn >= 0 && septWalk(m, gfn).state !== 'MAPPED' && septWalk(m, gfn).state !== 'PENDING') {
    setExit(m, vcpu, BigInt(gfn) << BigInt(PAGE_SHIFT), ACCESS_BIT.write, 0);
    return GUEST.EPT_VIOLATION;
  }
  setVcpuWord(m, vcpu, 'zeroStep', 0);
  return enterTd(m, vcpu);
}

function enterTd(m: Machine, vcpu: number): bigint {
  if (vcpuWord(m, vcpu, 'epoch') !== epochOf(m)) tlbFlush(m, vcpu, true);
  setVcpuWord(m, vcpu, 'epoch', enterEpoch(m));
  setTdWord(m, 'associated', tdWord(m, 'associated') | (1 << vcpu));
  return enterDone(m, vcpu);
}

function enterDone(m: Machine, vcpu: number): bigint {
  const thread = m.threadId();
  setVcpuWord(m, vcpu, 'inGuest', 1);
  setVcpuWord(m, vcpu, 'thread', thread);
  setInGuest(m, thread, true);
  m.emit({ type: 'enter', thread, vcpu });
  return GUEST.DONE;
}

export function exitGuest(m: Machine, vcpu: number): void {
  if (vcpuWord(m, vcpu, 'inGuest') === 0) m.stop('kernel-bug', 'a vCPU exits that is not in the guest');
  if (m.vm === 'tdx') leaveEpoch(m, vcpuWord(m, vcpu, 'epoch'));
  setVcpuWord(m, vcpu, 'inGuest', 0);
  setInGuest(m, m.threadId(), false);
  m.emit({ type: 'exit', thread: m.threadId(), vcpu });
}

/** A pending interrupt that the guest must leave for. */
export const isInterrupted = (m: Machine, thread = m.threadId()): boolean =>
  inGuest(m, thread) && ipiPending(m, thread);

// ---- accesses ----

/** An address of the guest. */
interface GuestAddress {
  /** The frame without shared bit and C-bit. */
  readonly gfn: number;
  /** The S-EPT translates it. */
  readonly secure: boolean;
  /** The frame as the direct tables index it. */
  readonly full: number;
  /** SNP: with the C-bit. */
  readonly encrypted: boolean;
}

/** One access of the guest; see machine.h. */
export function access(m: Machine, vcpu: number, gpa: bigint, kind: AccessKind): bigint {
  if (vcpuWord(m, vcpu, 'inGuest') === 0) return m.stop('kernel-bug', 'the guest runs outside the guest');
  if (isInterrupted(m)) return GUEST.EXTERNAL_INTERRUPT;
  const to = splitGpa(m, gpa);
  const { gfn, secure } = to;
  const isPrivate = kindOf(m, to);
  const walk = translate(m, vcpu, to, kind);
  const done = { thread: m.threadId(), vcpu, gfn, isPrivate, write: kind === 'write' };
  if ('fault' in walk) {
    const exits = walk.fault !== GUEST.VE && walk.fault !== GUEST.VC;
    if (exits) setExit(m, vcpu, plainGpa(to), walk.qualification, walk.extended);
    if (exits && secure) setVcpuWord(m, vcpu, 'faulted', gfn + 1);
    if (walk.fault === GUEST.VC) guestFindsPending(m, gfn);
    m.emit({ type: 'guest-access', ...done, outcome: exits ? 'exit' : 've', pfn: 0 });
    return walk.fault;
  }
  if (secure) setVcpuWord(m, vcpu, 'faulted', 0);
  m.emit({ type: 'guest-access', ...done, outcome: 'done', pfn: walk.pfn });
  if (kind === 'write') guestWrites(m, gfn, walk.pfn, isPrivate);
  else if (isPrivate) guestReads(m, gfn, walk.pfn);
  return GUEST.DONE;
}

/** Where the memory lies that an access of the guest's has just led to. */
export function pageOf(m: Machine, vcpu: number, gpa: bigint): number {
  const walk = translate(m, vcpu, splitGpa(m, gpa), 'read');
  return 'fault' in walk ? m.stop('kernel-bug', 'the guest uses a page that it has not accessed') : pfnToVirt(walk.pfn);
}

/** Does the guest mean its private memory? TDs and SNP guests say so in the address, others leave it to KVM. */
function kindOf(m: Machine, { gfn, secure, encrypted }: GuestAddress): boolean {
  if (m.vm === 'tdx') return secure;
  return m.vm === 'snp' ? encrypted : attributeIsPrivate(m, gfn);
}

function splitGpa(m: Machine, gpa: bigint): GuestAddress {
  const frame = Number(gpa >> BigInt(PAGE_SHIFT));
  const encrypted = m.vm === 'snp' && Math.floor(frame / C_BIT_GFN) % 2 === 1;
  const full = encrypted ? frame - C_BIT_GFN : frame;
  const shared = m.sharedGfnBit();
  const hasShared = shared !== 0 && Math.floor(full / shared) % 2 === 1;
  const gfn = hasShared ? full - shared : full;
  if (gfn >= GFNS) return m.unknown(`a guest access to gfn ${gfn}, beyond the machine's ${GFNS}`);
  return { gfn, secure: m.vm === 'tdx' && !hasShared, full, encrypted };
}

/** The address as an exit reports it: without the C-bit. */
const plainGpa = ({ full }: GuestAddress): bigint => BigInt(full) << BigInt(PAGE_SHIFT);

function translate(m: Machine, vcpu: number, to: GuestAddress, kind: AccessKind): Walk {
  const { gfn, secure, encrypted } = to;
  const root = secure ? 0 : vcpuWord(m, vcpu, 'rootPfn');
  const isPrivate = secure || encrypted;
  const hit = tlbLookup(m, vcpu, isPrivate, gfn);
  if (hit && hit.root === root && allows(hit, kind)) return hit;
  if (hit && hit.root === root) tlbDrop(m, hit);
  const walk = secure ? walkSecure(m, gfn) : walkAllowed(m, vcpu, to, kind);
  if ('fault' in walk) return walk;
  tlbFill(m, { vcpu, gfn, isPrivate, root, ...walk });
  return walk;
}

const allows = (found: Pick<Translation, 'writable' | 'executable'>, kind: AccessKind): boolean =>
  kind === 'write' ? found.writable : kind === 'exec' ? found.executable : true;

function walkAllowed(m: Machine, vcpu: number, to: GuestAddress, kind: AccessKind): Walk {
  const walk = walkDirect(m, vcpu, to, kind);
  return m.vm === 'snp' && !('fault' in walk) ? checkRmp(m, vcpu, walk, { ...to, kind }) : walk;
}

function walkSecure(m: Machine, gfn: number): Walk {
  const entry = septWalk(m, gfn);
  if (entry.state === 'MAPPED' && entry.level === 1) {
    return { pfn: entry.pfn, writable: true, executable: true, level: 1, table: 0 };
  }
  if (entry.state === 'PENDING') {
    guestFindsPending(m, gfn);
    if (m.pendingVe()) return { fault: GUEST.VE, qualification: 0, extended: 0 };
    return { fault: GUEST.EPT_VIOLATION, qualification: ACCESS_BIT.write, extended: EXT_PENDING };
  }
  return { fault: GUEST.EPT_VIOLATION, qualification: ACCESS_BIT.write, extended: 0 };
}

/** A walk of the direct tables; `level` of the leaf that it found. */
function walkDirect(
  m: Machine,
  vcpu: number,
  { full, encrypted }: GuestAddress,
  kind: AccessKind,
): Fault | (Translation & { level: number }) {
  const root = vcpuWord(m, vcpu, 'rootPfn');
  if (root === 0) return m.stop('kernel-bug', 'the guest runs without page tables');
  const bits = m.levelBits;
  let table = pfnToVirt(root);
  for (let level = vcpuWord(m, vcpu, 'rootLevel'); level >= 1; level--) {
    const index = Math.floor(full / 2 ** (bits * (level - 1))) % (1 << bits);
    m.host.touched?.({ addr: table + index * 8, size: 8, write: false });
    const spte = m.memory.u64(table + index * 8);
    if (isSvm(m.vm) && isReserved(spte)) return nptFault(kind, { present: true, reserved: true, encrypted });
    if (!isSvm(m.vm) && isMisconfigured(spte)) return { fault: GUEST.EPT_MISCONFIG, qualification: 0, extended: 0 };
    const rights = { writable: isWritable(spte), executable: isSvm(m.vm) ? !isNx(spte) : isExecutable(spte) };
    const refused = !isWalkable(spte) || !allows(rights, kind);
    if (refused && isSvm(m.vm)) return nptFault(kind, { present: isWalkable(spte), encrypted });
    if (refused) return refuseDirect(m, spte, kind);
    if (isLeaf(spte, level)) {
      const inside = full % 2 ** (bits * (level - 1));
      return { pfn: sptePfn(spte) + inside, ...rights, level, table: virtToPfn(table) };
    }
    if (!hasPage(sptePfn(spte))) return m.stop('memory-safety', 'the CPU walks a page table that is no memory');
    table = pfnToVirt(sptePfn(spte));
  }
  return m.stop('kernel-bug', 'the CPU walks a page table without end');
}

/** A TD's shared memory without suppress-#VE: the guest gets the fault itself (that is how KVM marks its MMIO). */
function refuseDirect(m: Machine, spte: bigint, kind: AccessKind): Fault {
  if (m.vm === 'tdx' && !isWalkable(spte) && spte >> 63n === 0n)
    return { fault: GUEST.VE, qualification: 0, extended: 0 };
  return { fault: GUEST.EPT_VIOLATION, qualification: ACCESS_BIT[kind] | permissionBits(spte), extended: 0 };
}

// ---- acceptance ----

/** TDG.MEM.PAGE.ACCEPT, first half: find the entry and lock it. */
export function acceptBegin(m: Machine, vcpu: number, gpa: bigint): bigint {
  if (isInterrupted(m)) return GUEST.EXTERNAL_INTERRUPT;
  if (m.vm === 'snp') return validate(m, vcpu, gpa, true);
  if (m.vm !== 'tdx') return GUEST.DONE;
  const { gfn, secure } = splitGpa(m, gpa);
  if (!secure) return m.stop('kernel-bug', 'the guest accepts shared memory');
  const entry = septWalk(m, gfn);
  if (entry.state === 'FREE' || entry.state.endsWith('BLOCKED')) {
    setExit(m, vcpu, gpa, ACCESS_BIT.write, EXT_ACCEPT);
    setVcpuWord(m, vcpu, 'faulted', gfn + 1);
    return GUEST.EPT_VIOLATION;
  }
  if (entry.lockedBy >= 0 || entry.hostPriority) return GUEST.ACCEPT_BUSY;
  if (entry.state === 'MAPPED') {
    setAccepted(m, gfn);
    return GUEST.ALREADY_ACCEPTED;
  }
  lockEntry(m, gfn, 1, vcpu);
  setVcpuWord(m, vcpu, 'accepting', gfn + 1);
  return GUEST.CONTINUE;
}

/** Second half: the page is zeroed and the guest's; the entry is free again. */
export function acceptEnd(m: Machine, vcpu: number): bigint {
  const gfn = vcpuWord(m, vcpu, 'accepting') - 1;
  if (gfn < 0) return m.stop('kernel-bug', 'an ACCEPT ends that has not begun');
  const entry = septEntry(m, gfn, 1);
  guestFindsPending(m, gfn);
  setContent(m, entry.pfn, CONTENT.zero);
  unlockEntry(m, gfn, 1);
  setSeptState(m, gfn, 1, 'MAPPED', entry.pfn);
  setVcpuWord(m, vcpu, 'accepting', 0);
  setVcpuWord(m, vcpu, 'faulted', 0);
  setAccepted(m, gfn);
  return GUEST.DONE;
}

/**
 * PVALIDATE of one page of an SNP guest: DONE, ALREADY_ACCEPTED where nothing changed (the carry flag), or
 * the exit that it causes. The guest that takes its word back gives its data up.
 */
export function validate(m: Machine, vcpu: number, gpa: bigint, on: boolean): bigint {
  if (isInterrupted(m)) return GUEST.EXTERNAL_INTERRUPT;
  if (m.vm !== 'snp') return GUEST.DONE;
  const to = splitGpa(m, gpa);
  if (!to.encrypted) return m.stop('kernel-bug', 'the guest validates shared memory');
  const walk = walkDirect(m, vcpu, to, 'write');
  const result = 'fault' in walk ? walk : validatePage(m, vcpu, walk.pfn, to.gfn, on);
  if (typeof result !== 'bigint') {
    setExit(m, vcpu, plainGpa(to), result.qualification, result.extended);
    return result.fault;
  }
  if (on) setAccepted(m, to.gfn);
  else guestGivesUp(m, to.gfn);
  return result;
}

/** RMPADJUST of a page of an SNP guest that is mapped and validated: it holds a vCPU's registers from now on. */
export function adjustVmsa(m: Machine, vcpu: number, gpa: bigint): bigint {
  const to = splitGpa(m, gpa);
  const walk = walkAllowed(m, vcpu, to, 'write');
  if ('fault' in walk) {
    setExit(m, vcpu, plainGpa(to), walk.qualification, walk.extended);
    return walk.fault;
  }
  makeVmsa(m, walk.pfn);
  return GUEST.DONE;
}

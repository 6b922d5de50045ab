/**
 * SNP's reverse map table (RMP): for each page who owns it and at which guest address, and the
 * instructions and firmware commands that change it (domain.md 1.8; AMD's manual, volume 3: RMPUPDATE,
 * PSMASH, PVALIDATE; SNP firmware ABI: SNP_LAUNCH_UPDATE, SNP_PAGE_RECLAIM). Each is atomic. What KVM
 * makes of a failure is unknown here, and so is the direct map, which is always of 4 KiB pages.
 */

import { AT, FIRST_PFN, STRIDE } from './layout';
import type { Machine } from './machine';
import { hasPage, hex } from './pages';
import { registered } from './registry';
import { coverage } from './sept';
import { registeredVcpus, vcpuWord } from './vcpus';

export interface RmpEntry {
  /** Owned by a guest or by the firmware; the host must not write it. */
  readonly assigned: boolean;
  /** Part of a 2 MiB entry. */
  readonly huge: boolean;
  /** Not to be changed by RMPUPDATE and not to be used by the guest: a page on its way through the firmware. */
  readonly immutable: boolean;
  /** Accepted by the guest (PVALIDATE) or measured by the firmware. */
  readonly validated: boolean;
  /** Holds a vCPU's register state. */
  readonly vmsa: boolean;
  readonly asid: number;
  /** Guest frame; of a page within a 2 MiB entry its own. */
  readonly gfn: number;
}

/** Results of RMPUPDATE and PSMASH, as the hardware numbers them. */
export const RMP = { SUCCESS: 0, FAIL_INPUT: 1, FAIL_PERMISSION: 2, FAIL_INUSE: 3, FAIL_OVERLAP: 4 } as const;
const RESULTS = ['SUCCESS', 'FAIL_INPUT', 'FAIL_PERMISSION', 'FAIL_INUSE', 'FAIL_OVERLAP'] as const;
export const rmpResult = (result: number): string => RESULTS[result] ?? `result ${result}`;

/** Results of PVALIDATE; NO_UPDATE stands for the carry flag and is the kernel's number for it. */
export const PVALIDATE = { SUCCESS: 0, FAIL_INPUT: 1, FAIL_SIZEMISMATCH: 6, NO_UPDATE: 255 } as const;

const ASSIGNED = 1;
const HUGE = 2;
const IMMUTABLE = 4;
const VALIDATED = 8;
const VMSA = 16;
const ASID_SHIFT = 8;

const at = (pfn: number): number => AT.rmp + (pfn - FIRST_PFN) * STRIDE.rmp * 4;
const flagsOf = (m: Machine, pfn: number): number => (hasPage(pfn) ? m.memory.u32(at(pfn)) : 0);

/** 4 KiB pages in a 2 MiB one: the machine's tables have as few entries as the program's. */
export const hugePages = (m: Machine): number => coverage(m, 2);
const headOf = (m: Machine, pfn: number): number => pfn - (pfn % hugePages(m));

/** The entry that counts for a page: that of the 2 MiB page around it, if there is one, tells the size. */
export function rmpEntry(m: Machine, pfn: number): RmpEntry {
  const flags = flagsOf(m, pfn);
  return {
    assigned: (flags & ASSIGNED) !== 0,
    huge: (flagsOf(m, headOf(m, pfn)) & HUGE) !== 0,
    immutable: (flags & IMMUTABLE) !== 0,
    validated: (flags & VALIDATED) !== 0,
    vmsa: (flags & VMSA) !== 0,
    asid: flags >>> ASID_SHIFT,
    gfn: hasPage(pfn) ? m.memory.u32(at(pfn) + 4) : 0,
  };
}

export const isAssigned = (m: Machine, pfn: number): boolean => (flagsOf(m, pfn) & ASSIGNED) !== 0;

/** `assigned to gfn 3 (asid 1), validated`, `unassigned`. */
export function rmpText(entry: RmpEntry): string {
  if (!entry.assigned) return 'unassigned';
  const words = [`assigned to gfn ${entry.gfn} (asid ${entry.asid})`];
  for (const word of ['huge', 'immutable', 'validated', 'vmsa'] as const) if (entry[word]) words.push(word);
  return words.join(', ');
}

function put(m: Machine, pfn: number, flags: number, gfn: number, byHost = false): void {
  const old = rmpEntry(m, pfn);
  m.memory.setU32(at(pfn), flags);
  m.memory.setU32(at(pfn) + 4, gfn);
  const entry = rmpEntry(m, pfn);
  const [before, state] = [rmpText(old), rmpText(entry)];
  if (before === state) return;
  const owners = { wasAssigned: old.assigned, assigned: entry.assigned };
  const revoked = byHost && entry.assigned && old.validated && !old.immutable;
  const gfnNow = entry.assigned ? entry.gfn : old.gfn;
  m.emit({ type: 'rmp', thread: m.threadId(), pfn, gfn: gfnNow, ...owners, revoked, old: before, state });
}

/** A vCPU that runs with this page as its VMSA: the hardware holds the entry. */
export const vmsaUser = (m: Machine, pfn: number): number | undefined =>
  registeredVcpus(m).find((vcpu) => vcpuWord(m, vcpu, 'inGuest') !== 0 && vcpuWord(m, vcpu, 'vmsa') === pfn);

export interface RmpState {
  readonly assigned: boolean;
  readonly huge: boolean;
  readonly immutable: boolean;
  readonly asid: number;
  readonly gfn: number;
}

/** Pages that an entry of this size at pfn covers. */
function pagesOf(m: Machine, pfn: number, huge: boolean): number[] {
  return Array.from({ length: huge ? hugePages(m) : 1 }, (_, i) => pfn + i);
}

/**
 * RMPUPDATE: the host gives a page to a guest or takes it back. Whatever the guest or the firmware said of
 * it (validated, VMSA) is gone. A 4 KiB page within a 2 MiB entry, or the other way round, is an overlap.
 */
export function rmpUpdate(m: Machine, pfn: number, state: RmpState): number {
  const pages = pagesOf(m, pfn, state.huge);
  if (state.huge && (headOf(m, pfn) !== pfn || state.gfn % hugePages(m) !== 0)) return RMP.FAIL_INPUT;
  if (!pages.every(hasPage)) return RMP.FAIL_INPUT;
  const entries = pages.map((page) => rmpEntry(m, page));
  if (entries.some(({ assigned, huge }) => assigned && huge !== state.huge)) return RMP.FAIL_OVERLAP;
  if (entries.some(({ immutable }) => immutable)) return RMP.FAIL_PERMISSION;
  if (pages.some((page) => vmsaUser(m, page) !== undefined)) return RMP.FAIL_INUSE;
  const flags = ASSIGNED | (state.immutable ? IMMUTABLE : 0) | (state.asid << ASID_SHIFT);
  pages.forEach((page, i) => {
    if (!state.assigned) put(m, page, 0, 0, true);
    else put(m, page, flags | (state.huge && i === 0 ? HUGE : 0), state.gfn + i, true);
  });
  return RMP.SUCCESS;
}

/** PSMASH: a 2 MiB entry becomes entries of 4 KiB that say the same. */
export function psmash(m: Machine, pfn: number): number {
  if (!hasPage(pfn) || headOf(m, pfn) !== pfn) return RMP.FAIL_INPUT;
  const entry = rmpEntry(m, pfn);
  if (!entry.assigned || !entry.huge) return RMP.FAIL_INPUT;
  if (entry.immutable) return RMP.FAIL_PERMISSION;
  if (pagesOf(m, pfn, true).some((page) => vmsaUser(m, page) !== undefined)) return RMP.FAIL_INUSE;
  put(m, pfn, flagsOf(m, pfn) & ~HUGE, entry.gfn);
  return RMP.SUCCESS;
}

/** How the RMP ends an access of the guest: `rmp` and `size` are #NPFs, `unvalidated` is a #VC in the guest. */
export type RmpFault = 'rmp' | 'size' | 'unvalidated';

/**
 * May a guest with this ASID use the page at gfn, mapped by an entry of `level`? C-bit clear: the page has to
 * be the host's. C-bit set: it has to be the guest's at this address, of the size of the mapping.
 */
export function rmpRefuses(
  m: Machine,
  access: { pfn: number; gfn: number; level: number; encrypted: boolean; asid: number },
): RmpFault | undefined {
  const entry = rmpEntry(m, access.pfn);
  if (!access.encrypted) return entry.assigned ? 'rmp' : undefined;
  if (!entry.assigned || entry.immutable || entry.asid !== access.asid || entry.gfn !== access.gfn) return 'rmp';
  if (entry.huge !== access.level > 1) return 'size';
  return entry.validated ? undefined : 'unvalidated';
}

/**
 * PVALIDATE by the guest (VMPL 0), once its address is translated: the page's entry takes the guest's word.
 * A fault comes first where the entry is not the guest's, or is larger than what is to be validated.
 */
export function pvalidate(
  m: Machine,
  access: { pfn: number; gfn: number; level: number; asid: number; huge: boolean; validate: boolean },
): number | RmpFault {
  const { pfn, huge } = access;
  if (huge && headOf(m, access.gfn) !== access.gfn) return PVALIDATE.FAIL_INPUT;
  const level = rmpEntry(m, pfn).huge ? 2 : 1;
  const fault = rmpRefuses(m, { ...access, level, encrypted: true });
  if (fault === 'rmp') return fault;
  if (huge && level === 1) return PVALIDATE.FAIL_SIZEMISMATCH;
  if (!huge && level === 2) return 'size';
  const pages = pagesOf(m, pfn, huge);
  if (pages.every((page) => rmpEntry(m, page).validated === access.validate)) return PVALIDATE.NO_UPDATE;
  for (const page of pages) {
    const flags = access.validate ? flagsOf(m, page) | VALIDATED : flagsOf(m, page) & ~VALIDATED;
    put(m, page, flags, rmpEntry(m, page).gfn);
  }
  return PVALIDATE.SUCCESS;
}

/**
 * SNP_LAUNCH_UPDATE of one page: measured, from then on the guest's and validated. False: the firmware
 * refuses a page that is not assigned and immutable for this guest, and all once the launch is over.
 */
export function launchUpdate(m: Machine, pfn: number, asid: number, vmsa: boolean): boolean {
  const entry = rmpEntry(m, pfn);
  if (registered(m, 'launched') !== 0) return false;
  if (!entry.assigned || !entry.immutable || entry.huge || entry.asid !== asid) return false;
  put(m, pfn, (flagsOf(m, pfn) & ~IMMUTABLE) | VALIDATED | (vmsa ? VMSA : 0), entry.gfn);
  return true;
}

/** SNP_PAGE_RECLAIM: the firmware lets go of a page, which RMPUPDATE may then change. False: it does not hold it. */
export function pageReclaim(m: Machine, pfn: number): boolean {
  const entry = rmpEntry(m, pfn);
  if (!entry.assigned || !entry.immutable) return false;
  put(m, pfn, flagsOf(m, pfn) & ~IMMUTABLE, entry.gfn);
  return true;
}

/** RMPADJUST by the guest: the page becomes the register state of a vCPU of its own making. */
export function makeVmsa(m: Machine, pfn: number): void {
  put(m, pfn, flagsOf(m, pfn) | VMSA, rmpEntry(m, pfn).gfn);
}

/** VMRUN: does the page hold the register state of a vCPU of the guest with this ASID? */
export function isVmsa(m: Machine, pfn: number, asid: number): boolean {
  const entry = rmpEntry(m, pfn);
  return entry.assigned && entry.vmsa && entry.validated && entry.asid === asid;
}

/** The kernel writes a page through its own mapping. The RMP faults where it is assigned, which no kernel survives. */
export function hostWrites(m: Machine, pfn: number): void {
  if (!isAssigned(m, pfn)) return;
  const entry = rmpText(rmpEntry(m, pfn));
  m.stop('kernel-bug', `the host writes page ${hex(pfn)}, ${entry}: #PF with the RMP bit`);
}

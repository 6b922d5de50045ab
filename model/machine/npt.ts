/**
 * AMD's nested paging: the error code of a nested page fault, and for SNP guests the RMP's say in each
 * translation and PVALIDATE (domain.md 1.8; AMD's manual, volume 2, nested paging and SNP). Private is
 * what the guest reaches with the C-bit set; there is one table for both kinds.
 */

import { ACCESS_BIT, type AccessKind, type Fault, GUEST, type Translation, type Walk } from './access';
import type { Machine } from './machine';
import { PVALIDATE, pvalidate, type RmpFault, rmpRefuses } from './rmp';
import type { VmType } from './types';
import { vcpuWord } from './vcpus';

/** Do guests of this type run on SVM? */
export const isSvm = (vm: VmType): boolean => vm === 'sev' || vm === 'sev-es' || vm === 'snp';

/** The C-bit of a guest physical address, as a frame number. machine.h has it as GUEST_C_BIT. */
export const C_BIT_GFN = 2 ** 35;

/* Error code of an #NPF: low half. Walks of the guest are user accesses. */
const PRESENT = 1;
const USER = 4;
const RESERVED = 8;
const RMP_FAULT = 2 ** 31;
const CODE: Record<AccessKind, number> = { read: 0, write: 2, exec: 16 };
/* High half: final translation, encrypted, size mismatch. */
const FINAL = 1;
const ENCRYPTED = 4;
const SIZE_MISMATCH = 8;

/** KVM marks MMIO by a present entry with a reserved bit (the highest below 52). */
export const isReserved = (spte: bigint): boolean => (spte & 1n) !== 0n && ((spte >> 51n) & 1n) !== 0n;

/** No code is fetched through it. */
export const isNx = (spte: bigint): boolean => spte >> 63n !== 0n;

export function nptFault(
  kind: AccessKind,
  why: { present: boolean; reserved?: boolean; encrypted: boolean; rmp?: RmpFault },
): Fault {
  const low = (why.present ? PRESENT : 0) | (why.reserved ? RESERVED : 0) | USER | CODE[kind];
  const high = FINAL | (why.encrypted ? ENCRYPTED : 0) | (why.rmp === 'size' ? SIZE_MISMATCH : 0);
  return { fault: GUEST.NPF, qualification: low + (why.rmp ? RMP_FAULT : 0), extended: high };
}

/** A page that tables map: does the RMP let this guest use it so? */
export function checkRmp(
  m: Machine,
  vcpu: number,
  found: Translation,
  access: { gfn: number; encrypted: boolean; kind: AccessKind },
): Walk {
  const { gfn, encrypted, kind } = access;
  const asid = vcpuWord(m, vcpu, 'asid');
  const rmp = rmpRefuses(m, { pfn: found.pfn, gfn, level: found.level, encrypted, asid });
  if (rmp === undefined) return found;
  if (rmp === 'unvalidated') return { fault: GUEST.VC, qualification: ACCESS_BIT[kind], extended: 0 };
  return nptFault(kind, { present: true, encrypted, rmp });
}

/** PVALIDATE of a 4 KiB page that tables map: a result of machine.h, or the fault that it ends in. */
export function validatePage(m: Machine, vcpu: number, pfn: number, gfn: number, validate: boolean): bigint | Fault {
  const asid = vcpuWord(m, vcpu, 'asid');
  const result = pvalidate(m, { pfn, gfn, level: 1, asid, huge: false, validate });
  if (typeof result === 'string') return nptFault('write', { present: true, encrypted: true, rmp: result });
  return result === PVALIDATE.NO_UPDATE ? GUEST.ALREADY_ACCEPTED : GUEST.DONE;
}

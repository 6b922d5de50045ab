/**
 * TLBs: per vCPU one of the direct tables (tagged with the root that it was filled from) and one of
 * private memory: a TD's, or an SNP guest's with the C-bit. A cached translation stays usable until something drops it, whatever happens
 * to the tables.
 */

import { AT, GFNS, STRIDE } from './layout';
import type { Machine } from './machine';
import { registeredVcpus } from './vcpus';

export interface TlbEntry {
  readonly vcpu: number;
  readonly gfn: number;
  readonly pfn: number;
  readonly isPrivate: boolean;
  readonly writable: boolean;
  /** pfn of the root table that the entry belongs to; 0 for private entries of a TD. */
  readonly root: number;
}

/* Bit 31 valid, bit 30 writable, bits 15-29 the root's pfn, bits 0-14 the page's. */
const PFN_BITS = 15;
const PFN_MASK = (1 << PFN_BITS) - 1;

const at = (vcpu: number, isPrivate: boolean, gfn: number): number =>
  AT.tlbs + ((vcpu * 2 + (isPrivate ? 1 : 0)) * STRIDE.tlb + gfn) * 4;

/** The cached translation of a gfn (without shared bit), or undefined. */
export function tlbLookup(m: Machine, vcpu: number, isPrivate: boolean, gfn: number): TlbEntry | undefined {
  if (gfn >= GFNS) return undefined;
  const word = m.memory.u32(at(vcpu, isPrivate, gfn));
  if (word >>> 31 === 0) return undefined;
  const root = (word >>> PFN_BITS) & PFN_MASK;
  return { vcpu, gfn, isPrivate, pfn: word & PFN_MASK, writable: (word & 0x40000000) !== 0, root };
}

export function tlbFill(m: Machine, entry: TlbEntry): void {
  if (entry.pfn > PFN_MASK || entry.root > PFN_MASK) m.unknown(`pfn ${entry.pfn} is beyond the TLB's tags`);
  const word = (0x80000000 | (entry.writable ? 0x40000000 : 0) | (entry.root << PFN_BITS) | entry.pfn) >>> 0;
  m.memory.setU32(at(entry.vcpu, entry.isPrivate, entry.gfn), word);
  const { vcpu, gfn, pfn, isPrivate } = entry;
  m.emit({ type: 'tlb-fill', thread: m.threadId(), vcpu, gfn, pfn, isPrivate });
}

export function tlbFlush(m: Machine, vcpu: number, isPrivate: boolean): void {
  for (let gfn = 0; gfn < GFNS; gfn++) m.memory.setU32(at(vcpu, isPrivate, gfn), 0);
  m.emit({ type: 'tlb-flush', thread: m.threadId(), vcpu });
}

/** Drop one entry (the CPU does so itself when an access through it faults). */
export function tlbDrop(m: Machine, vcpu: number, isPrivate: boolean, gfn: number): void {
  m.memory.setU32(at(vcpu, isPrivate, gfn), 0);
}

const ONE = [false];
const BOTH = [false, true];

/** Every cached translation of every vCPU. */
export function tlbEntries(m: Machine): TlbEntry[] {
  const entries: TlbEntry[] = [];
  for (const vcpu of registeredVcpus(m)) {
    for (const isPrivate of m.vm === 'tdx' || m.vm === 'snp' ? BOTH : ONE) {
      for (let gfn = 0; gfn < GFNS; gfn++) {
        const entry = tlbLookup(m, vcpu, isPrivate, gfn);
        if (entry) entries.push(entry);
      }
    }
  }
  return entries;
}

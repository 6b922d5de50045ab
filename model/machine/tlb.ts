/**
 * TLBs: per vCPU one of the direct tables (tagged with the root that it was filled from) and one of
 * private memory: a TD's, or an SNP guest's with the C-bit. A cached translation stays usable until
 * something drops it, whatever happens to the tables.
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
  readonly executable: boolean;
  /** pfn of the root table that the entry belongs to; 0 for private entries of a TD. */
  readonly root: number;
  /** Level of the leaf: above 1 the entry is one of those that stand for a huge page. */
  readonly level: number;
  /** pfn of the table that held the leaf; 0 for private entries of a TD. */
  readonly table: number;
}

/* First word: bit 31 valid, bit 30 writable, bits 15-29 the root's pfn, bits 0-14 the page's. */
/* Second word: bits 16-18 the level, bit 15 executable, bits 0-14 the table's pfn. */
const PFN_BITS = 15;
const PFN_MASK = (1 << PFN_BITS) - 1;

const at = (vcpu: number, isPrivate: boolean, gfn: number): number =>
  AT.tlbs + ((vcpu * 2 + (isPrivate ? 1 : 0)) * STRIDE.tlb + 2 * gfn) * 4;

/** The cached translation of a gfn (without shared bit), or undefined. */
export function tlbLookup(m: Machine, vcpu: number, isPrivate: boolean, gfn: number): TlbEntry | undefined {
  if (gfn >= GFNS) return undefined;
  const word = m.memory.u32(at(vcpu, isPrivate, gfn));
  if (word >>> 31 === 0) return undefined;
  const how = m.memory.u32(at(vcpu, isPrivate, gfn) + 4);
  return {
    vcpu,
    gfn,
    isPrivate,
    pfn: word & PFN_MASK,
    writable: (word & 0x40000000) !== 0,
    executable: (how & (1 << PFN_BITS)) !== 0,
    root: (word >>> PFN_BITS) & PFN_MASK,
    level: how >>> (PFN_BITS + 1),
    table: how & PFN_MASK,
  };
}

/**
 * Cache a translation. One of a huge page covers all its gfns: the others that are not cached otherwise
 * get entries too. (Not for SNP, where the RMP has a say in each of them.)
 */
export function tlbFill(m: Machine, entry: TlbEntry): void {
  fill(m, entry);
  if (m.vm === 'snp') return;
  for (const gfn of gfnsBeside(m, entry)) {
    if (m.memory.u32(at(entry.vcpu, entry.isPrivate, gfn)) >>> 31 === 0)
      fill(m, { ...entry, gfn, pfn: entry.pfn + gfn - entry.gfn });
  }
}

function fill(m: Machine, entry: TlbEntry): void {
  const { vcpu, gfn, pfn, isPrivate, root, level, table } = entry;
  if (Math.max(pfn, root, table) > PFN_MASK) m.unknown(`pfn ${pfn} is beyond the TLB's tags`);
  const word = (0x80000000 | (entry.writable ? 0x40000000 : 0) | (root << PFN_BITS) | pfn) >>> 0;
  m.memory.setU32(at(vcpu, isPrivate, gfn), word);
  const executable = entry.executable ? 1 << PFN_BITS : 0;
  m.memory.setU32(at(vcpu, isPrivate, gfn) + 4, (level << (PFN_BITS + 1)) | executable | table);
  m.emit({ type: 'tlb-fill', thread: m.threadId(), vcpu, gfn, pfn, isPrivate });
}

/** The other gfns of the huge page that an entry stands for. */
function gfnsBeside(m: Machine, { gfn, level }: TlbEntry): number[] {
  const count = 1 << (m.levelBits * (level - 1));
  const first = gfn - (gfn % count);
  return Array.from({ length: count }, (_, i) => first + i).filter((other) => other !== gfn && other < GFNS);
}

export function tlbFlush(m: Machine, vcpu: number, isPrivate: boolean): void {
  for (let gfn = 0; gfn < GFNS; gfn++) clear(m, vcpu, isPrivate, gfn);
  m.emit({ type: 'tlb-flush', thread: m.threadId(), vcpu });
}

/** Drop what translates one gfn (the CPU does so itself when an access through it faults): a huge page as a whole. */
export function tlbDrop(m: Machine, { vcpu, isPrivate, gfn }: TlbEntry): void {
  const entry = tlbLookup(m, vcpu, isPrivate, gfn);
  if (!entry) return;
  for (const other of gfnsBeside(m, entry)) {
    const beside = tlbLookup(m, vcpu, isPrivate, other);
    if (beside && beside.level === entry.level && beside.root === entry.root) clear(m, vcpu, isPrivate, other);
  }
  clear(m, vcpu, isPrivate, gfn);
}

function clear(m: Machine, vcpu: number, isPrivate: boolean, gfn: number): void {
  const place = at(vcpu, isPrivate, gfn);
  if (m.memory.u32(place) === 0) return;
  m.memory.setU32(place, 0);
  m.memory.setU32(place + 4, 0);
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

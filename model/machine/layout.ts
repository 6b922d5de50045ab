/**
 * Where the machine's own records lie: arrays of 32-bit words over the machine's region of memory.
 * It fixes addresses and strides only; each part of the machine gives the words their meaning.
 */

import { BASE } from '../execute/memory';
import { MACHINE, PAGES } from '../execute/regions';

/** Threads have ids 0..15 (regions.ts: 14 of scenarios, `rcu`, set-up). */
export const THREADS = 16;
export const VCPUS = 4;
/** Frame numbers that the records cover, without the shared bit: guest memory is this small. */
export const GFNS = 64;
/** Levels of a page table that the records cover: 1 (4 KiB) to 5. */
export const LEVELS = 5;
export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 1 << PAGE_SHIFT;
export const PAGE_COUNT = (PAGES.end - PAGES.start) >> PAGE_SHIFT;
export const FIRST_PFN = (PAGES.start - BASE) >> PAGE_SHIFT;

/** Bytes of `struct page` in the prelude. */
export const STRUCT_PAGE = 64;
export const HELD_LOCKS = 16;
export const SRCU_SLOTS = 3;
export const CALLBACKS = 32;
export const XARRAYS = 16;
export const GHOST_CELLS = 512;
export const NAMES = 24;

/** Words per record. */
export const STRIDE = {
  page: 2,
  pamt: 2,
  rmp: 2,
  cpu: 8,
  held: 2 * HELD_LOCKS,
  rcu: 16,
  callback: 4,
  xarray: 32 + 2 * GFNS,
  sept: 2,
  vcpu: 16,
  tlb: 2 * GFNS,
  gfn: 4,
} as const;

let next = MACHINE.start;

function place(words: number): number {
  const at = next;
  next += (words * 4 + 63) & ~63;
  if (next > MACHINE.end) throw new RangeError('the machine region is too small');
  return at;
}

/** Base addresses. `place` starts each on a block of its own, so that unrelated changes intern apart. */
export const AT = {
  vmemmap: place((PAGE_COUNT * STRUCT_PAGE) / 4),
  /** Per pfn: owner, content. */
  pages: place(PAGE_COUNT * STRIDE.page),
  /** Per pfn: type and gfn, BEPOCH. */
  pamt: place(PAGE_COUNT * STRIDE.pamt),
  /** Per pfn: flags and ASID, gfn. */
  rmp: place(PAGE_COUNT * STRIDE.rmp),
  /** Per arena (thread), per 64-byte block: length of the object that starts there, in blocks (16 bits). */
  heap: place((16 * (2 << 20)) / 64 / 8),
  cpus: place(THREADS * STRIDE.cpu),
  held: place(THREADS * STRIDE.held),
  rcu: place(THREADS * STRIDE.rcu),
  callbackCount: place(1),
  callbacks: place(CALLBACKS * STRIDE.callback),
  xarrayCount: place(1),
  xarrays: place(XARRAYS * STRIDE.xarray),
  /** Registered C objects: kvm, attribute array, struct tdx_td, noise, pending #VE. */
  vm: place(16),
  td: place(16),
  sept: place(LEVELS * GFNS * STRIDE.sept),
  vcpus: place(VCPUS * STRIDE.vcpu),
  /** Two per vCPU: [shared or only, private]. Per gfn: the translation, how it was found. */
  tlbs: place(VCPUS * 2 * STRIDE.tlb),
  /** Per gfn: what the guest last wrote, open requests to destroy. */
  gfns: place(GFNS * STRIDE.gfn),
  names: place(NAMES * 2),
  ghost: place(GHOST_CELLS),
} as const;

/** Bytes from the start of the machine's region that the records use. */
export const MACHINE_BYTES = next - MACHINE.start;

export const pfnToVirt = (pfn: number): number => BASE + pfn * PAGE_SIZE;
export const virtToPfn = (addr: number): number => Math.floor((addr - BASE) / PAGE_SIZE);

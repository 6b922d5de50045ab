/**
 * Where things lie in the simulated memory: the regions of model/README.md as address ranges. It
 * says only who may place things where; the linker, the frames and the machine do the placing.
 */

import { BASE } from './memory';

export interface Region {
  /** First address. */
  readonly start: number;
  /** One past the last address. */
  readonly end: number;
}

/** Smallest memory into which the regions fit, and the default. */
export const MEMORY_SIZE = 7 << 20;

const MIB = 1 << 20;
const region = (from: number, to: number): Region => ({ start: BASE + from, end: BASE + to });

export const GLOBALS = region(0, MIB);
const STACKS = region(MIB, MIB + MIB / 2);
/** Stores on their way to memory, where a run models that (store-buffers.ts). */
export const STORE_BUFFERS = region(MIB + MIB / 2, 2 * MIB);
const HEAP = region(2 * MIB, 4 * MIB);
/** The machine's own records. */
export const MACHINE = region(4 * MIB, 5 * MIB);
/**
 * Pages with a `struct page`: 512 of them, handed out lowest first. Half of them lie below the one place
 * that is aligned as a huge page has to be.
 */
export const PAGES = region(5 * MIB, 7 * MIB);

/** Thread ids: scenario threads are 0..13. */
export const MAX_THREADS = 14;
export const RCU_THREAD = 14;
export const SETUP_THREAD = 15;

const STACK_SIZE = (MIB / 2) >> 4;
const ARENA_SIZE = 64 << 10;

/** Frame memory of a thread; grows upwards. */
export function stackOf(thread: number): Region {
  const start = STACKS.start + thread * STACK_SIZE;
  return { start, end: start + STACK_SIZE };
}

/** Heap arena of a thread. The set-up, which builds the VM, has the lion's share. */
export function arenaOf(thread: number): Region {
  const start = HEAP.start + thread * ARENA_SIZE;
  return { start, end: thread === SETUP_THREAD ? HEAP.end : start + ARENA_SIZE };
}

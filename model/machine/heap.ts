/**
 * The kernel's object allocator: one arena per thread, so that the order in which threads allocate
 * doesn't tell states apart; lowest address that fits, zeroed. A block that nobody has lies on either side
 * of an object, so that who reads past its end, or before it, reads no other. It knows sizes, not types.
 */

import { BLOCK, LIFE } from '../execute/memory';
import { arenaOf, SETUP_THREAD } from '../execute/regions';
import { AT } from './layout';
import type { Machine } from './machine';
import { hex } from './pages';

const HEAP_START = arenaOf(0).start;

/** Address of the 16-bit length record of the block that holds `addr`. */
const lengthAt = (addr: number): number => AT.heap + ((addr - HEAP_START) / BLOCK) * 2;

/** An object of `size` bytes for this thread, or 0 when its arena is full. */
export function allocate(m: Machine, thread: number, size: number): number {
  const arena = arenaOf(thread);
  const blocks = Math.max(1, Math.ceil(size / BLOCK));
  if (blocks > 0xffff) return 0;
  let run = 0;
  for (let addr = arena.start; addr < arena.end; addr += BLOCK) {
    const length = m.memory.u16(lengthAt(addr));
    if (length > 0) {
      addr += (length - 1) * BLOCK;
      run = -1;
    } else if (++run === blocks + 1) {
      const start = addr - blocks * BLOCK;
      m.memory.setLife(start, blocks * BLOCK, LIFE.live, thread === SETUP_THREAD ? 0 : thread + 1);
      m.memory.setU16(lengthAt(start), blocks);
      return start;
    }
  }
  return 0;
}

/** Free an object. NULL is fine; anything but the start of a live object ends the path. */
export function release(m: Machine, addr: number): void {
  if (addr === 0) return;
  const inHeap = addr >= HEAP_START && addr < arenaOf(15).end && (addr - HEAP_START) % BLOCK === 0;
  const length = inHeap ? m.memory.u16(lengthAt(addr)) : 0;
  if (length === 0) {
    const freed = m.memory.life(addr) === LIFE.freed;
    return void m.stop('memory-safety', freed ? `${hex(addr)} is freed twice` : `${hex(addr)} is freed but no object`);
  }
  m.memory.setLife(addr, length * BLOCK, LIFE.freed);
  m.memory.setU16(lengthAt(addr), 0);
}

/** Bytes of the live object that starts at `addr`, 0 when none does. */
export function objectSize(m: Machine, addr: number): number {
  if (addr < HEAP_START || addr >= arenaOf(15).end || (addr - HEAP_START) % BLOCK !== 0) return 0;
  return m.memory.u16(lengthAt(addr)) * BLOCK;
}

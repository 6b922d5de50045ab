/**
 * Locks. The state is in the lock's own 64-bit word (low half: readers; high half: the writer's thread
 * + 1); who holds what, in order of acquisition, is in a table per thread. It doesn't know what a lock
 * protects.
 */

import { irqsOff, mustNotBlock } from './cpus';
import { nameAt } from './enum';
import { AT, HELD_LOCKS, STRIDE } from './layout';
import type { Machine } from './machine';
import { rcuNesting } from './rcu';

/** Kinds whose waiters sleep, and kinds whose waiters spin: nobody may sleep while holding one of those. */
export const LOCK_KINDS = ['mutex', 'rwsem', 'spinlock', 'rwlock', 'folio'] as const;
export type LockKind = (typeof LOCK_KINDS)[number];
export type LockMode = 'read' | 'write';

export interface HeldLock {
  readonly lock: number;
  readonly mode: LockMode;
  readonly kind: LockKind;
}

const SLEEPS: ReadonlySet<LockKind> = new Set(['mutex', 'rwsem', 'folio']);

const heldAt = (thread: number, slot: number): number => AT.held + (thread * STRIDE.held + slot * 2) * 4;

/** Locks that the thread holds, in order of acquisition. */
export function heldLocks(m: Machine, thread: number): HeldLock[] {
  const held: HeldLock[] = [];
  for (let slot = 0; slot < HELD_LOCKS; slot++) {
    const lock = m.memory.u32(heldAt(thread, slot));
    if (lock === 0) break;
    const word = m.memory.u32(heldAt(thread, slot) + 4);
    held.push({ lock, mode: word & 0x100 ? 'write' : 'read', kind: nameAt(LOCK_KINDS, word & 0xff) });
  }
  return held;
}

export function findHeld(m: Machine, thread: number, lock: number): HeldLock | undefined {
  return heldLocks(m, thread).find((h) => h.lock === lock);
}

const readers = (m: Machine, lock: number): number => m.memory.u32(lock);
/** Thread that holds the lock for writing (or, a mutex, at all), or -1. */
export const writerOf = (m: Machine, lock: number): number => m.memory.u32(lock + 4) - 1;

/** Could the thread go on now? True for one that holds the lock already: `acquire` then reports it. */
export function canAcquire(m: Machine, thread: number, lock: number, mode: LockMode): boolean {
  const free = writerOf(m, lock) < 0 && (mode === 'read' || readers(m, lock) === 0);
  return free || findHeld(m, thread, lock) !== undefined;
}

/** Take the lock; `canAcquire` holds. Taking it twice deadlocks a real kernel, so that ends the path. */
export function acquire(m: Machine, thread: number, lock: number, kind: LockKind, mode: LockMode): void {
  const name = m.nameOfLock(lock);
  if (findHeld(m, thread, lock)) m.stop('lock-rule', `${name} is taken by a thread that holds it already`);
  if (SLEEPS.has(kind)) mightSleep(m, thread, `taking ${name}`);
  take(m, thread, lock, kind, mode);
}

/** Take the lock without waiting. */
export function tryAcquire(m: Machine, thread: number, lock: number, kind: LockKind, mode: LockMode): boolean {
  if (writerOf(m, lock) >= 0 || (mode === 'write' && readers(m, lock) > 0)) return false;
  take(m, thread, lock, kind, mode);
  return true;
}

function take(m: Machine, thread: number, lock: number, kind: LockKind, mode: LockMode): void {
  const slot = heldLocks(m, thread).length;
  if (slot >= HELD_LOCKS) m.unknown('more locks held than the machine can list');
  if (mode === 'write') m.memory.setU32(lock + 4, thread + 1);
  else m.memory.setU32(lock, readers(m, lock) + 1);
  m.memory.setU32(heldAt(thread, slot), lock);
  m.memory.setU32(heldAt(thread, slot) + 4, LOCK_KINDS.indexOf(kind) | (mode === 'write' ? 0x100 : 0));
  m.emit({ type: 'lock', thread, lock, name: m.nameOfLock(lock), mode });
}

/** Drop the lock. Dropping one that the thread doesn't hold in this mode is reported and changes nothing. */
export function drop(m: Machine, thread: number, lock: number, mode: LockMode): void {
  const name = m.nameOfLock(lock);
  const held = heldLocks(m, thread);
  const slot = held.findIndex((h) => h.lock === lock);
  const found = held[slot];
  if (!found) {
    m.violate('lock-rule', `${name} is unlocked by a thread that doesn't hold it`);
    return;
  }
  if (found.mode !== mode) {
    m.violate('lock-rule', `${name} is held for ${found.mode} and unlocked for ${mode}`);
    return;
  }
  if (mode === 'write') m.memory.setU32(lock + 4, 0);
  else m.memory.setU32(lock, readers(m, lock) - 1);
  for (let i = slot; i < held.length; i++) copySlot(m, thread, i + 1, i);
  m.onUnlock(lock);
  m.emit({ type: 'unlock', thread, lock, name, mode });
}

function copySlot(m: Machine, thread: number, from: number, to: number): void {
  const last = from >= HELD_LOCKS;
  m.memory.setU32(heldAt(thread, to), last ? 0 : m.memory.u32(heldAt(thread, from)));
  m.memory.setU32(heldAt(thread, to) + 4, last ? 0 : m.memory.u32(heldAt(thread, from) + 4));
}

/** Somebody else waits for, or would have to wait for, a lock that is held: needed by lock-break tests only. */
export function isHeld(m: Machine, lock: number): boolean {
  return readers(m, lock) > 0 || writerOf(m, lock) >= 0;
}

export function isHeldByOthers(m: Machine, lock: number, thread: number): boolean {
  const own = findHeld(m, thread, lock);
  return readers(m, lock) > (own?.mode === 'read' ? 1 : 0) || (writerOf(m, lock) >= 0 && own?.mode !== 'write');
}

/** Why the thread must not sleep now, or null. */
export function atomicContext(m: Machine, thread: number): string | null {
  const spinning = heldLocks(m, thread).find((h) => !SLEEPS.has(h.kind));
  if (spinning) return `${m.nameOfLock(spinning.lock)} is held`;
  if (rcuNesting(m, thread) > 0) return 'an RCU read section is open';
  if (irqsOff(m, thread)) return 'interrupts are off';
  if (mustNotBlock(m, thread)) return 'the notifier must not block';
  return null;
}

/** The thread does something that may sleep. */
export function mightSleep(m: Machine, thread: number, what: string): void {
  const why = atomicContext(m, thread);
  if (why !== null) m.violate('lock-rule', `${what} may sleep, but ${why}`);
}

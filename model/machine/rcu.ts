/**
 * RCU and SRCU: read sections counted per thread, grace periods as sets of threads that were inside
 * when the wait began, and the callbacks of call_rcu. A thread leaves every such set when it leaves
 * its outermost section, so that no counter grows.
 */

import { AT, CALLBACKS, SRCU_SLOTS, STRIDE, THREADS } from './layout';
import type { Machine } from './machine';

/*
 * Words of a thread: RCU nesting, snapshot of readers it waits for, then per SRCU slot: domain, nesting;
 * last: the domain and the snapshot of readers of the synchronize_srcu it is in.
 */
const at = (thread: number, word: number): number => AT.rcu + (thread * STRIDE.rcu + word) * 4;
const NESTING = 0;
const WAITS_RCU = 1;
const SLOTS = 2;
const SRCU_DOMAIN = SLOTS + 2 * SRCU_SLOTS;
const WAITS_SRCU = SRCU_DOMAIN + 1;

const callbackAt = (i: number): number => AT.callbacks + i * STRIDE.callback * 4;

export const rcuNesting = (m: Machine, thread: number): number => m.memory.u32(at(thread, NESTING));

export function rcuReadLock(m: Machine, thread: number): void {
  m.memory.setU32(at(thread, NESTING), rcuNesting(m, thread) + 1);
}

export function rcuReadUnlock(m: Machine, thread: number): void {
  const nesting = rcuNesting(m, thread);
  if (nesting === 0) {
    m.violate('lock-rule', 'rcu_read_unlock without rcu_read_lock');
    return;
  }
  m.memory.setU32(at(thread, NESTING), nesting - 1);
  if (nesting > 1) return;
  for (let t = 0; t < THREADS; t++) clearBit(m, at(t, WAITS_RCU), thread);
  const count = m.memory.u32(AT.callbackCount);
  for (let i = 0; i < count; i++) clearBit(m, callbackAt(i) + 8, thread);
}

function clearBit(m: Machine, addr: number, bit: number): void {
  const word = m.memory.u32(addr);
  if ((word >>> bit) & 1) m.memory.setU32(addr, word & ~(1 << bit));
}

/** Threads inside an RCU read section, as a mask. */
function rcuReaders(m: Machine): number {
  let mask = 0;
  for (let t = 0; t < THREADS; t++) if (rcuNesting(m, t) > 0) mask |= 1 << t;
  return mask;
}

/** First half of synchronize_rcu: who must leave. */
export function beginRcuWait(m: Machine, thread: number): void {
  m.memory.setU32(at(thread, WAITS_RCU), rcuReaders(m));
}

export const rcuWaitOver = (m: Machine, thread: number): boolean => m.memory.u32(at(thread, WAITS_RCU)) === 0;

function srcuSlot(m: Machine, thread: number, domain: number): number {
  for (let i = 0; i < SRCU_SLOTS; i++) {
    const word = SLOTS + 2 * i;
    if (m.memory.u32(at(thread, word)) === domain) return word;
  }
  return -1;
}

export function srcuNesting(m: Machine, thread: number, domain: number): number {
  const slot = srcuSlot(m, thread, domain);
  return slot < 0 ? 0 : m.memory.u32(at(thread, slot + 1));
}

export function srcuReadLock(m: Machine, thread: number, domain: number): void {
  let slot = srcuSlot(m, thread, domain);
  if (slot < 0) slot = srcuSlot(m, thread, 0);
  if (slot < 0) m.unknown('more SRCU domains than the machine can list');
  m.memory.setU32(at(thread, slot), domain);
  m.memory.setU32(at(thread, slot + 1), m.memory.u32(at(thread, slot + 1)) + 1);
}

export function srcuReadUnlock(m: Machine, thread: number, domain: number): void {
  const slot = srcuSlot(m, thread, domain);
  if (slot < 0) {
    m.violate('lock-rule', 'srcu_read_unlock without srcu_read_lock');
    return;
  }
  const nesting = m.memory.u32(at(thread, slot + 1));
  m.memory.setU32(at(thread, slot + 1), nesting - 1);
  if (nesting > 1) return;
  m.memory.setU32(at(thread, slot), 0);
  for (let t = 0; t < THREADS; t++) {
    if (m.memory.u32(at(t, SRCU_DOMAIN)) === domain) clearBit(m, at(t, WAITS_SRCU), thread);
  }
}

/** First half of synchronize_srcu. A thread inside the domain itself waits for itself, for ever. */
export function beginSrcuWait(m: Machine, thread: number, domain: number): void {
  let mask = 0;
  for (let t = 0; t < THREADS; t++) if (srcuNesting(m, t, domain) > 0) mask |= 1 << t;
  m.memory.setU32(at(thread, SRCU_DOMAIN), domain);
  m.memory.setU32(at(thread, WAITS_SRCU), mask);
}

export const srcuWaitOver = (m: Machine, thread: number): boolean => m.memory.u32(at(thread, WAITS_SRCU)) === 0;

export function endSrcuWait(m: Machine, thread: number): void {
  m.memory.setU32(at(thread, SRCU_DOMAIN), 0);
}

/** Queue a callback that may run once everybody who is inside now has left. */
export function callRcu(m: Machine, head: number, func: number): void {
  const count = m.memory.u32(AT.callbackCount);
  if (count >= CALLBACKS) m.unknown('more RCU callbacks than the machine can list');
  for (let i = 0; i < count; i++) {
    if (m.memory.u32(callbackAt(i)) === head) m.stop('memory-safety', 'call_rcu twice on one object');
  }
  m.memory.setU32(callbackAt(count), head);
  m.memory.setU32(callbackAt(count) + 4, func);
  m.memory.setU32(callbackAt(count) + 8, rcuReaders(m));
  m.memory.setU32(AT.callbackCount, count + 1);
}

export const callbackCount = (m: Machine): number => m.memory.u32(AT.callbackCount);

export interface Callback {
  readonly func: number;
  readonly arg: number;
}

/** The oldest callback if its grace period is over. Later ones can't be over before it. */
export function pendingCallback(m: Machine): Callback | null {
  if (m.memory.u32(AT.callbackCount) === 0 || m.memory.u32(callbackAt(0) + 8) !== 0) return null;
  return { arg: m.memory.u32(callbackAt(0)), func: m.memory.u32(callbackAt(0) + 4) };
}

/** Take the pending callback off the queue. */
export function takeCallback(m: Machine): Callback | null {
  const callback = pendingCallback(m);
  if (callback === null) return null;
  const count = m.memory.u32(AT.callbackCount);
  const words = STRIDE.callback;
  for (let w = 0; w < count * words; w++) {
    const from = callbackAt(0) + (w + words) * 4;
    m.memory.setU32(callbackAt(0) + w * 4, w < (count - 1) * words ? m.memory.u32(from) : 0);
  }
  m.memory.setU32(AT.callbackCount, count - 1);
  return callback;
}

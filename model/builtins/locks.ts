/** Locks, lockdep assertions and voluntary rescheduling, by the kernel's names. */

import { mustNotBlock } from '../machine/cpus';
import {
  acquire,
  canAcquire,
  drop,
  findHeld,
  heldLocks,
  isHeld,
  type LockKind,
  type LockMode,
  mightSleep,
  tryAcquire,
} from '../machine/locks';
import { rcuNesting, srcuNesting } from '../machine/rcu';
import type { Builtin, Choice } from '../machine/types';
import { type Call, define, num, ONE_WAY, reads, writes } from './define';

function locker(name: string, kind: LockKind, mode: LockMode): Builtin {
  return define(name, {
    point: true,
    acquires: true,
    touches: mode === 'write' ? writes : reads,
    ready: (c) => canAcquire(c.m, c.thread.id, num(c, 0), mode),
    run: (c) => acquire(c.m, c.thread.id, num(c, 0), kind, mode),
    describe: (c) => `${name}(${c.m.nameOfLock(num(c, 0))})`,
  });
}

function unlocker(name: string, mode: LockMode): Builtin {
  return define(name, {
    run: (c) => drop(c.m, c.thread.id, num(c, 0), mode),
    describe: (c) => `${name}(${c.m.nameOfLock(num(c, 0))})`,
  });
}

function trier(name: string, kind: LockKind, mode: LockMode): Builtin {
  return define(name, {
    point: true,
    acquires: true,
    touches: mode === 'write' ? writes : reads,
    run: (c) => (tryAcquire(c.m, c.thread.id, num(c, 0), kind, mode) ? 1 : 0),
    describe: (c, result) => `${name}(${c.m.nameOfLock(num(c, 0))})${result ? '' : ' fails'}`,
  });
}

/** Contention and the need to reschedule come from outside what is modelled: an injected choice. */
const contended = (): readonly Choice[] => [...ONE_WAY, { label: 'another CPU wants the CPU or the lock', faults: 1 }];

/** cond_resched_rwlock_*: drop the lock for a moment, when somebody wants it. */
function yielder(name: string, mode: LockMode): Builtin {
  return define(name, {
    point: true,
    run: (c) => {
      const lock = num(c, 0);
      if (!requireHeld(c, lock, mode, name)) return;
      if (mustNotBlock(c.m, c.thread.id))
        c.m.violate('lock-rule', `${c.m.nameOfLock(lock)} is dropped to reschedule, but the notifier must not block`);
      c.m.emit({ type: 'yield', thread: c.thread.id, lock: c.m.nameOfLock(lock) });
    },
  });
}

function requireHeld(c: Call, lock: number, mode: LockMode | null, what: string): boolean {
  const held = findHeld(c.m, c.thread.id, lock);
  if (held && (mode === null || held.mode === mode)) return true;
  const how = mode === null ? '' : ` for ${mode}`;
  c.m.violate('lock-rule', `${what}: ${c.m.nameOfLock(lock)} is not held${how}`);
  return false;
}

function assertion(name: string, mode: LockMode | null): Builtin {
  return define(name, { stores: 'none', run: (c) => void requireHeld(c, num(c, 0), mode, name) });
}

/** Every lock of Linux that the model has is a word; any of them may be asked about. */
const isHeldBy = (c: Call): boolean =>
  findHeld(c.m, c.thread.id, num(c, 0)) !== undefined || srcuNesting(c.m, c.thread.id, num(c, 0)) > 0;

const initialiser = (name: string): Builtin =>
  define(name, {
    run: (c) => {
      c.m.memory.setU64(num(c, 0), 0n);
      return 0;
    },
  });

export const lockBuiltins: readonly Builtin[] = [
  ...['mutex_init', 'spin_lock_init', 'rwlock_init', 'init_rwsem', 'init_srcu_struct'].map(initialiser),
  define('cleanup_srcu_struct', { run: () => undefined }),
  locker('mutex_lock', 'mutex', 'write'),
  define('mutex_lock_killable', {
    point: true,
    acquires: true,
    touches: writes,
    ready: (c) => canAcquire(c.m, c.thread.id, num(c, 0), 'write'),
    run: (c) => {
      acquire(c.m, c.thread.id, num(c, 0), 'mutex', 'write');
      return 0;
    },
    describe: (c) => `mutex_lock(${c.m.nameOfLock(num(c, 0))})`,
  }),
  unlocker('mutex_unlock', 'write'),
  trier('mutex_trylock', 'mutex', 'write'),
  define('mutex_is_locked', { point: true, touches: reads, run: (c) => (isHeld(c.m, num(c, 0)) ? 1 : 0) }),
  locker('spin_lock', 'spinlock', 'write'),
  unlocker('spin_unlock', 'write'),
  trier('spin_trylock', 'spinlock', 'write'),
  locker('read_lock', 'rwlock', 'read'),
  unlocker('read_unlock', 'read'),
  locker('write_lock', 'rwlock', 'write'),
  unlocker('write_unlock', 'write'),
  trier('write_trylock', 'rwlock', 'write'),
  trier('read_trylock', 'rwlock', 'read'),
  locker('down_read', 'rwsem', 'read'),
  unlocker('up_read', 'read'),
  locker('down_write', 'rwsem', 'write'),
  unlocker('up_write', 'write'),

  // Where code asks for both, one injected choice is enough.
  define('rwlock_needbreak', { stores: 'none', choices: contended, run: (c) => c.choice }),
  define('need_resched', { stores: 'none', run: () => 0 }),
  define('cond_resched', { stores: 'compiler', run: (c) => mightSleep(c.m, c.thread.id, 'cond_resched()') }),
  define('might_sleep', { stores: 'compiler', run: (c) => mightSleep(c.m, c.thread.id, 'might_sleep()') }),
  define('msleep', { point: true, run: (c) => mightSleep(c.m, c.thread.id, 'msleep()') }),
  define('usleep_range', { point: true, run: (c) => mightSleep(c.m, c.thread.id, 'usleep_range()') }),
  yielder('__rwlock_yield_read', 'read'),
  yielder('__rwlock_yield_write', 'write'),

  assertion('lockdep_assert_held', null),
  assertion('lockdep_assert_held_read', 'read'),
  assertion('lockdep_assert_held_write', 'write'),
  define('lockdep_assert_not_held', {
    stores: 'none',
    run: (c) => {
      const held = findHeld(c.m, c.thread.id, num(c, 0));
      if (held) c.m.violate('lock-rule', `lockdep_assert_not_held: ${c.m.nameOfLock(held.lock)} is held`);
    },
  }),
  define('lockdep_assert_once', {
    stores: 'none',
    run: (c) => {
      if (num(c, 0) === 0) c.m.violate('lock-rule', 'a lockdep assertion fails');
    },
  }),
  define('lockdep_is_held', { stores: 'none', run: (c) => (isHeldBy(c) ? 1 : 0) }),
  define('lockdep_is_held_read', {
    stores: 'none',
    run: (c) => (findHeld(c.m, c.thread.id, num(c, 0))?.mode === 'read' ? 1 : 0),
  }),
  define('lockdep_is_held_write', {
    stores: 'none',
    run: (c) => (findHeld(c.m, c.thread.id, num(c, 0))?.mode === 'write' ? 1 : 0),
  }),
  define('srcu_read_lock_held', { stores: 'none', run: (c) => (srcuNesting(c.m, c.thread.id, num(c, 0)) > 0 ? 1 : 0) }),
  define('rcu_read_lock_held', { stores: 'none', run: (c) => (rcuNesting(c.m, c.thread.id) > 0 ? 1 : 0) }),
  define('in_atomic', {
    stores: 'none',
    run: (c) => (heldLocks(c.m, c.thread.id).some((h) => h.kind.endsWith('lock')) ? 1 : 0),
  }),
];

/** RCU, SRCU and call_rcu. A wait is two builtins, since what waits must not write (prelude.h joins them). */

import { mightSleep } from '../machine/locks';
import {
  beginRcuWait,
  beginSrcuWait,
  callbackCount,
  callRcu,
  endSrcuWait,
  rcuNesting,
  rcuReadLock,
  rcuReadUnlock,
  rcuWaitOver,
  srcuReadLock,
  srcuReadUnlock,
  srcuWaitOver,
} from '../machine/rcu';
import type { Builtin } from '../machine/types';
import { define, num, reads, touchesNothing, writes } from './define';

export const rcuBuiltins: readonly Builtin[] = [
  define('rcu_read_lock', { stores: 'compiler', run: (c) => rcuReadLock(c.m, c.thread.id) }),
  define('rcu_read_unlock', { stores: 'compiler', run: (c) => rcuReadUnlock(c.m, c.thread.id) }),
  // What RCU protects is looked at: the caller must be in a read-side section (CONFIG_PROVE_RCU).
  define('__rcu_dereferenced', {
    stores: 'none',
    run: (c) => {
      if (rcuNesting(c.m, c.thread.id) > 0) return;
      c.m.violate('lock-rule', 'rcu_dereference() outside of an RCU read-side section');
    },
  }),
  define('__rcu_wait_begin', {
    point: true,
    run: (c) => {
      mightSleep(c.m, c.thread.id, 'synchronize_rcu()');
      beginRcuWait(c.m, c.thread.id);
    },
    describe: () => 'synchronize_rcu() begins',
  }),
  define('__rcu_wait_end', {
    stores: 'all',
    point: true,
    touches: touchesNothing,
    ready: (c) => rcuWaitOver(c.m, c.thread.id),
    run: () => undefined,
    describe: () => 'synchronize_rcu() is over',
  }),
  define('srcu_read_lock', {
    stores: 'compiler',
    point: true,
    acquires: true,
    touches: reads,
    run: (c) => {
      srcuReadLock(c.m, c.thread.id, num(c, 0));
      return 0;
    },
    describe: (c) => `srcu_read_lock(${c.m.nameOfLock(num(c, 0))})`,
  }),
  define('srcu_read_unlock', {
    stores: 'compiler',
    point: true,
    touches: touchesNothing,
    run: (c) => srcuReadUnlock(c.m, c.thread.id, num(c, 0)),
    describe: (c) => `srcu_read_unlock(${c.m.nameOfLock(num(c, 0))})`,
  }),
  define('__srcu_wait_begin', {
    point: true,
    touches: writes,
    run: (c) => {
      mightSleep(c.m, c.thread.id, 'synchronize_srcu()');
      beginSrcuWait(c.m, c.thread.id, num(c, 0));
    },
    describe: (c) => `synchronize_srcu(${c.m.nameOfLock(num(c, 0))}) begins`,
  }),
  define('__srcu_wait_end', {
    stores: 'all',
    point: true,
    touches: touchesNothing,
    ready: (c) => srcuWaitOver(c.m, c.thread.id),
    run: (c) => endSrcuWait(c.m, c.thread.id),
    describe: (c) => `synchronize_srcu(${c.m.nameOfLock(num(c, 0))}) is over`,
  }),
  define('rcu_barrier', {
    stores: 'all',
    point: true,
    ready: (c) => callbackCount(c.m) === 0,
    run: (c) => mightSleep(c.m, c.thread.id, 'rcu_barrier()'),
  }),
  define('call_rcu', { run: (c) => callRcu(c.m, num(c, 0), num(c, 1)) }),
];

/** WARN, BUG and barriers. KVM_BUG_ON() is a WARN, and a function of C that the machine watches. */

import { warned } from '../machine/complaints';
import type { Builtin, StoreOrder } from '../machine/types';
import { define } from './define';

/** Nothing else notices a barrier; on x86 all but the full ones bind the compiler only. */
const barrier = (name: string, stores: StoreOrder): Builtin => define(name, { stores, run: () => undefined });

const barriers: readonly Builtin[] = [
  barrier('smp_rmb', 'compiler'),
  barrier('smp_wmb', 'compiler'),
  barrier('smp_mb', 'own'),
  barrier('barrier', 'compiler'),
  barrier('smp_mb__after_srcu_read_unlock', 'own'),
  barrier('smp_mb__before_atomic', 'compiler'),
  barrier('smp_mb__after_atomic', 'compiler'),
];

/** Names of what does nothing but order memory. */
export const BARRIERS: ReadonlySet<string> = new Set(barriers.map(({ name }) => name));

export const oracleBuiltins: readonly Builtin[] = [
  define('__warn', { stores: 'none', run: (c) => warned(c.m) }),
  define('__bug', { run: (c) => c.m.stop('kernel-bug', 'BUG()') }),
  define('__lock_rule', { stores: 'none', run: (c) => c.m.violate('lock-rule', 'a lockdep assertion fails') }),
  ...barriers,
  barrier('cpu_relax', 'compiler'),
];

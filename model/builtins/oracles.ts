/** WARN, BUG and barriers. KVM_BUG_ON() is a WARN, and a function of C that the machine watches. */

import { warned } from '../machine/complaints';
import type { Builtin } from '../machine/types';
import { define } from './define';

const barrier = (name: string): Builtin => define(name, { run: () => undefined });

export const oracleBuiltins: readonly Builtin[] = [
  define('__warn', { run: (c) => warned(c.m) }),
  define('__bug', { run: (c) => c.m.stop('kernel-bug', 'BUG()') }),
  define('__lock_rule', { run: (c) => c.m.violate('lock-rule', 'a lockdep assertion fails') }),
  // Only sequential consistency is explored, so that barriers order nothing.
  barrier('smp_rmb'),
  barrier('smp_wmb'),
  barrier('smp_mb'),
  barrier('barrier'),
  barrier('smp_mb__after_srcu_read_unlock'),
  barrier('smp_mb__before_atomic'),
  barrier('smp_mb__after_atomic'),
  barrier('cpu_relax'),
];

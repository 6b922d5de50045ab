/** WARN, BUG, KVM_BUG_ON and barriers. */

import type { Builtin } from '../machine/types';
import { define } from './define';

const barrier = (name: string): Builtin => define(name, { run: () => undefined });

export const oracleBuiltins: readonly Builtin[] = [
  define('__warn', { run: (c) => c.m.violate('kernel-warning', 'a WARN fires') }),
  define('__bug', { run: (c) => c.m.stop('kernel-bug', 'BUG()') }),
  define('__kvm_bug', { run: (c) => c.m.violate('kernel-bug', 'a KVM_BUG_ON fires: the VM is dead') }),
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

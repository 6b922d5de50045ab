/** WARN, BUG, KVM_BUG_ON and barriers. */

import type { Machine } from '../machine/machine';
import { REFUSED, register, registered } from '../machine/registry';
import type { Builtin, OracleId } from '../machine/types';
import { define } from './define';

/**
 * An assertion of the kernel fails. The first one after a SEAMCALL that was made to fail is how KVM gives
 * the VM up for it: that is right.
 */
function complain(m: Machine, oracle: OracleId, message: string): void {
  if (registered(m, 'refused') === REFUSED.pending) register(m, 'refused', REFUSED.answered);
  else m.violate(oracle, message);
}

const barrier = (name: string): Builtin => define(name, { run: () => undefined });

export const oracleBuiltins: readonly Builtin[] = [
  define('__warn', { run: (c) => complain(c.m, 'kernel-warning', 'a WARN fires') }),
  define('__bug', { run: (c) => c.m.stop('kernel-bug', 'BUG()') }),
  define('__kvm_bug', { run: (c) => complain(c.m, 'kernel-bug', 'a KVM_BUG_ON fires: the VM is dead') }),
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

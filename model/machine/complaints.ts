/** How KVM itself says that something is wrong, and when it is right to: a WARN, and a VM that it gives up. */

import type { Machine } from './machine';
import { REFUSED, register, registered } from './registry';

/** Every form of KVM_BUG_ON() ends here. */
const GIVES_UP = 'kvm_vm_bugged';

/**
 * A WARN fires. The first one after a SEAMCALL that was made to fail is how KVM begins to give the VM up
 * for it: that is right.
 */
export function warned(m: Machine): void {
  switch (registered(m, 'refused')) {
    case REFUSED.pending:
      register(m, 'refused', REFUSED.answering);
      return;
    case REFUSED.answering:
      register(m, 'refused', REFUSED.answered);
  }
  m.violate('kernel-warning', 'a WARN fires');
}

/** A watched function of C is entered. The caller of the one that gives a VM up is who says that it must. */
export function entered(m: Machine, name: string): void {
  if (name !== GIVES_UP || m.kvm.vmField('vm_bugged')) return;
  if (registered(m, 'refused') === REFUSED.answering) register(m, 'refused', REFUSED.answered);
  else m.violate('kernel-bug', 'a KVM_BUG_ON fires: the VM is dead', 1);
}

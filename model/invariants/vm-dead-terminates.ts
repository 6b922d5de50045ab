/** A dead VM runs no more. */

import { VM_TYPES } from '../machine/types';
import { FLAG, flag, ghost, setFlag, setGhost } from './ghost';
import type { Invariant } from './types';

const EVERYBODY_KNOWS = 1;

export const invariant: Invariant = {
  id: 'vm-dead-terminates',
  title: 'A dead VM runs no more',
  statement: 'Once the VM was marked dead and every vCPU was told, no vCPU enters the guest.',
  why: 'A VM whose state is known to be broken would go on.',
  source: 'virt/kvm/kvm_main.c, kvm_vm_dead(); commit 8cd280282d12',
  example: 'Consume KVM_REQ_VM_DEAD with kvm_check_request().',
  vm: [...VM_TYPES],
  kind: 'liveness',
  onEvent(m, event) {
    if (event.type === 'vm-dead') {
      setFlag(m, event.thread, FLAG.wroteDead, true);
    } else if (
      event.type === 'return' &&
      event.name === 'kvm_make_all_cpus_request' &&
      flag(m, event.thread, FLAG.wroteDead)
    ) {
      setFlag(m, event.thread, FLAG.wroteDead, false);
      setGhost(m, 'vm', ghost(m, 'vm') | EVERYBODY_KNOWS);
      m.host.witness('vm-dead-terminates');
    } else if (event.type === 'enter' && (ghost(m, 'vm') & EVERYBODY_KNOWS) !== 0) {
      m.violate('vm-dead-terminates', `vCPU ${event.vcpu} enters the guest of a dead VM`);
    }
  },
};

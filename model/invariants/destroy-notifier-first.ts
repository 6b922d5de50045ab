/** Roots are freed when nobody can come to walk them. */

import { VM_TYPES } from '../machine/types';
import { ghost, setGhost } from './ghost';
import { isLive } from './observe';
import type { Invariant } from './types';

const ID = 'destroy-notifier-first';
/** Bits of the VM: KVM's MMU is taken down, or has been. */
const MMU_GONE = 2;

/**
 * How the rest of the kernel comes to walk the tables of a VM that it holds no reference to; and the call
 * that stops the worker which does.
 */
const TOO_LATE: ReadonlySet<string> = new Set([
  'kvm_mmu_notifier_invalidate_range_start',
  'kvm_mmu_notifier_release',
  'kvm_arch_flush_shadow_all',
  'kvm_mmu_pre_destroy_vm',
]);

export const invariant: Invariant = {
  id: ID,
  title: 'Roots are freed when nobody can come to walk them',
  statement:
    'Once kvm_mmu_uninit_vm() has begun, no MMU notifier calls into the VM, and no worker is left: the notifier is unregistered and the NX recovery worker stopped before.',
  why: 'The notifier, or the worker, walks roots that are being freed.',
  source: 'virt/kvm/kvm_main.c, kvm_destroy_vm(); arch/x86/kvm/mmu/mmu.c, kvm_mmu_uninit_vm()',
  example: 'Call mmu_notifier_unregister() after kvm_arch_destroy_vm().',
  vm: [...VM_TYPES],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'call') return;
    if (event.name === 'kvm_mmu_uninit_vm') {
      m.host.witness(ID);
      setGhost(m, 'vm', ghost(m, 'vm') | MMU_GONE);
    } else if (TOO_LATE.has(event.name) && !isLive(m) && (ghost(m, 'vm') & MMU_GONE) !== 0) {
      m.violate(ID, `${event.name}() comes when the MMU of the VM is gone`);
    }
  },
};

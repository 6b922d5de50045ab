/** S60: a TD is made final while its image is being added. */

import type { Scenario } from '../explore/types';

export const scenario: Scenario = {
  id: 'S60',
  name: 'finalize-beside-build',
  title: 'A TD is made final while its image is being added',
  description:
    'One thread of user space adds a page to the initial image of a TD, another makes the TD final. Whoever comes second finds the other done: the page is part of the image and measured, or it is refused.',
  vm: ['tdx'],
  source: 'commit 15945e9ec195; arch/x86/kvm/vmx/tdx.c, tdx_vm_ioctl() and tdx_vcpu_unlocked_ioctl()',
  assumption: null,
  driver: 's60.c',
  setup: 's60_setup',
  threads: [
    { name: 'build', entry: 's60_build', args: [] },
    { name: 'vmm', entry: 's60_vmm', args: [] },
  ],
  invariants: ['mirror-sept-in-sync'],
  words: ['tdx_vm_state_guard', 'KVM_TDX_INIT_MEM_REGION', 'KVM_TDX_FINALIZE_VM', 'tdx_acquire_vm_state_locks'],
  faults: 0,
  mutations: [{ title: 'Build and finalization take different locks', breaks: ['kernel-bug'] }],
};

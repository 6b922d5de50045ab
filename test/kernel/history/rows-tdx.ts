/** Rows 34 to 55: mirror roots, and TDX. */

import { TDP_MMU, TDX } from '../places';
import { type HistoryRow, seeded } from './row';

const VM = ['tdx'];

export const tdxRows: readonly HistoryRow[] = [
  {
    row: 34,
    subject: 'KVM: x86/mmu: Zap invalid roots with mmu_lock held for write at uninit',
    commit: '35be969d1ef2',
    bug: {
      id: 'h34-uninit-zaps-shared',
      title: 'KVM: x86/mmu: Zap roots with mmu_lock held for read on destruction, too',
      wrong: 'Page tables of the mirror are removed by the atomic path, which is for callers that may fail.',
      scenario: 'S19',
      file: TDP_MMU,
      function: 'kvm_mmu_uninit_tdp_mmu',
      changes: [
        {
          find: 'kvm_tdp_mmu_zap_invalidated_roots(kvm, false);',
          replace: 'kvm_tdp_mmu_zap_invalidated_roots(kvm, true);',
        },
      ],
      breaks: ['private-remove-exclusive', 'hkid-release-order', 'lock-rule', 'kernel-warning', 'kernel-bug'],
      vm: VM,
    },
  },
  {
    row: 35,
    subject: "KVM: x86/tdp_mmu: Don't zap valid mirror roots in kvm_tdp_mmu_zap_all()",
    commit: 'df4af9f89cd8',
    bug: seeded('b41-zap-all-takes-the-mirror'),
  },
  {
    row: 36,
    subject: 'KVM: x86/tdp_mmu: Take root types for kvm_tdp_mmu_invalidate_all_roots()',
    commit: 'a89ecbb56bc7',
    bug: seeded('b22-fast-zap-all-roots'),
  },
  {
    row: 37,
    subject: 'KVM: x86/tdp_mmu: Propagate attr_filter to MMU notifier callbacks',
    commit: 'de1bf9048870',
    bug: {
      id: 'h37-filter-ignored',
      title: 'KVM: x86/mmu: Unmap gfn ranges in all roots',
      wrong: 'Memory management of the host takes private memory away, and a hole in it shared memory.',
      scenario: 'S36',
      file: TDP_MMU,
      function: 'kvm_tdp_mmu_unmap_gfn_range',
      changes: [
        {
          find: 'types = kvm_gfn_range_filter_to_root_types(kvm, range->attr_filter) | KVM_INVALID_ROOTS;',
          replace: 'types = KVM_ALL_ROOTS;',
        },
      ],
      breaks: [
        'filter-selects-right-roots',
        'notifier-shared-only',
        'td-zap-only-requested',
        'accepted-data-preserved',
      ],
      vm: VM,
    },
  },
  {
    row: 38,
    subject: 'KVM: x86/tdp_mmu: Propagate building mirror page tables',
    commit: '77ac7079e66d',
    bug: seeded('b05-no-freeze'),
  },
  {
    row: 39,
    subject: 'KVM: x86/tdp_mmu: Propagate tearing down mirror page tables',
    commit: '94faba8999b9',
    bug: {
      id: 'h39-external-table-not-freed',
      title: 'KVM: x86/mmu: Leave external page tables to whoever allocated them',
      wrong: 'The S-EPT pages of a page table are not taken back when it is removed.',
      scenario: 'S19',
      file: TDP_MMU,
      function: 'handle_removed_pt',
      changes: [{ find: 'if (is_mirror_sp(sp)) kvm_x86_call(free_external_spt)(kvm, sp);', replace: '' }],
      breaks: ['td-nonleaf-immortal', 'hkid-release-order', 'kernel-warning', 'seamcall-refused'],
      vm: VM,
    },
  },
  {
    row: 40,
    subject: 'KVM: x86/mmu: Prevent aliased memslot GFNs',
    commit: '2c3412e99973',
    bug: {
      id: 'h40-no-gfn-is-an-alias',
      title: 'KVM: x86/mmu: Drop the alias checks, gfns are bounded by the max gfn',
      wrong: 'A memslot can lie above the shared bit, where a second gfn names the same page.',
      scenario: 'S35',
      file: 'arch/x86/kvm/mmu.h',
      function: 'kvm_is_gfn_alias',
      changes: [{ find: 'return gfn & kvm_gfn_direct_bits(kvm);', replace: 'return false;' }],
      breaks: ['pfn-one-private-owner', 'kernel-warning', 'kernel-bug'],
      vm: VM,
    },
  },
  {
    row: 41,
    subject: 'KVM: x86/mmu: Implement memslot deletion for TDX',
    commit: 'f68aa5fe64cc (queue)',
    bug: seeded('b03-slot-delete-fast-zap-all-types'),
  },
  {
    row: 42,
    subject: 'KVM: TDX: Kick off vCPUs when SEAMCALL is busy during TD page removal',
    commit: '4b2abc49712b',
    bug: {
      id: 'h42-removal-not-retried',
      title: 'KVM: TDX: Run SEAMCALLs that remove S-EPT entries once',
      wrong: 'BUSY from a vCPU that is in the guest or enters it kills the VM.',
      scenario: 'S10',
      file: TDX,
      function: 'tdh_do_no_vcpus',
      changes: [
        {
          find: `if (unlikely(tdx_operand_busy(__err))) { WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, true);
            kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE); __err = tdh_func(args);
            WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, false); } __err;`,
          replace: '__err;',
        },
        { find: 'struct kvm_tdx *__kvm_tdx = to_kvm_tdx(kvm);', replace: '' },
      ],
      breaks: ['busy-handled-in-place', 'no-entry-during-zap-retry', 'kernel-bug', 'seamcall-refused'],
      vm: VM,
    },
  },
  {
    row: 43,
    subject: 'KVM: TDX: Retry locally in TDX EPT violation handler on RET_PF_RETRY',
    commit: 'b0327bb2e7e0',
    why: 'Each retry then is an entry of the guest. What it costs is the zero-step mitigation after six faults at one instruction, more than the preemptions of a run make; that mitigation alone breaks no rule.',
  },
  {
    row: 44,
    subject: 'KVM: TDX: Detect unexpected SEPT violations due to pending SPTEs',
    commit: 'e6a85781f783',
    bug: seeded('b122-access-before-accept-retried'),
  },
  {
    row: 45,
    subject: 'KVM: TDX: Handle SEPT zap error due to page add error in premap',
    commit: '(queue)',
    why: 'Row 46 took the premapping away whose failure this handled; no release here has it.',
  },
  {
    row: 46,
    subject: 'KVM: TDX: ADD pages to the TD image while populating mirror EPT entries',
    commit: '(series of October 2025)',
    why: 'What it replaced, a premap of the mirror with the pages added in a second phase, was a design of its own: it cannot be brought back by an edit.',
  },
  {
    row: 47,
    subject: 'KVM: TDX: Assert that mmu_lock is held for write when removing S-EPT entries',
    commit: '2ff14116982c',
    why: 'It adds an assertion that holds; without it the same code runs.',
  },
  {
    row: 48,
    subject: 'KVM: TDX: Add macro to retry SEAMCALLs when forcing vCPUs out of guest',
    commit: '3d626ce5a8cc',
    bug: {
      id: 'h48-retry-without-flag',
      title: 'KVM: TDX: Rely on the kick alone when retrying a SEAMCALL',
      wrong: 'Nothing keeps a vCPU that was kicked from entering again before the retry.',
      scenario: 'S10',
      file: TDX,
      function: 'tdh_do_no_vcpus',
      changes: [{ find: 'WRITE_ONCE(__kvm_tdx->wait_for_sept_zap, true);', replace: '' }],
      breaks: ['busy-handled-in-place', 'no-entry-during-zap-retry', 'kernel-bug', 'seamcall-refused'],
      vm: VM,
    },
  },
  {
    row: 49,
    subject: 'KVM: TDX: Guard VM state transitions with "all" the locks',
    commit: '15945e9ec195',
    bug: {
      id: 'h49-build-beside-finalization',
      title: 'KVM: TDX: Take kvm->lock for VM-scoped and slots_lock for vCPU-scoped commands',
      wrong: 'The image of a TD grows while the TD is made final.',
      scenario: 'S60',
      file: TDX,
      function: 'tdx_vm_ioctl',
      changes: [
        {
          find: 'CLASS(tdx_vm_state_guard, guard)(kvm); if (IS_ERR(guard)) return PTR_ERR(guard);',
          replace: 'guard(mutex)(&kvm->lock);',
        },
        {
          in: 'tdx_vcpu_unlocked_ioctl',
          find: 'CLASS(tdx_vm_state_guard, guard)(kvm); if (IS_ERR(guard)) return PTR_ERR(guard);',
          replace: 'guard(mutex)(&kvm->slots_lock);',
        },
      ],
      breaks: ['add-before-final-aug-after', 'lock-rule', 'kernel-bug', 'kernel-warning'],
      vm: VM,
    },
  },
  {
    row: 50,
    subject: 'KVM: TDX: Convert INIT_MEM_REGION and INIT_VCPU to "unlocked" ioctl',
    commit: '94428e3ba325',
    why: 'It made room for row 49; with vcpu->mutex held already the locks of row 49 could never be taken, and nothing would be built.',
  },
  {
    row: 51,
    subject: 'KVM: TDX: Bug the VM if extending the initial measurement fails',
    commit: 'ad44aa4c5d3f',
    why: 'It turns an error return into an assertion: with the locks of row 49 TDH.MR.EXTEND does not fail.',
  },
  {
    row: 52,
    subject: 'KVM: TDX: Fix list_add corruption during vcpu_load()',
    commit: '1e3a825c9ec9',
    bug: {
      id: 'h52-freed-vcpu-stays-associated',
      title: 'KVM: TDX: Reclaim the pages of a vCPU whichever CPU it was on',
      wrong: 'A vCPU whose creation failed late is freed while it is on the list of those that a CPU has.',
      file: TDX,
      function: 'tdx_vcpu_free',
      changes: [
        {
          find: `if (vcpu->cpu != -1) { KVM_BUG_ON(tdx->state == VCPU_TD_STATE_INITIALIZED, vcpu->kvm);
            tdx_flush_vp_on_cpu(vcpu); return; }`,
          replace: '',
        },
      ],
      breaks: ['memory-safety', 'hkid-release-order'],
      vm: VM,
    },
  },
  {
    row: 53,
    subject: 'KVM: TDX: Drop superfluous page pinning in S-EPT management',
    commit: '(6.19)',
    why: 'guest_memfd held the pages already: with the extra references the same pages are freed at the same time, but where a removal failed and the VM is dead.',
  },
  {
    row: 54,
    subject: 'KVM: TDX: Drop kvm_x86_ops.link_external_spt(), use .set_external_spte() for all',
    commit: '(spring 2026)',
    why: 'A merger of two hooks that did the same on failure; their mistakes are those of row 38 and of c01.',
  },
  {
    row: 55,
    subject: 'KVM: TDX: Synthesize UNDEFINED exit reason when wait_for_sept_zap',
    commit: '(7.3.3)',
    why: 'An EPT violation that is handled twice finds the page mapped, or maps it early, which breaks no rule; exits with TDVMCALL, which must not be handled twice, are not modelled.',
  },
];

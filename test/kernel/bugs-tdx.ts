/**
 * Seeded bugs of tdx.c: how the S-EPT is filled and emptied, what is done about BUSY, the build of a TD, the
 * local retry of a private fault, teardown. Written from the kernel's source and the domain specification
 * alone.
 */
import type { Bug } from './edit';
import { TDX } from './places';

const VM = ['tdx'];

export const tdxBugs: readonly Bug[] = [
  {
    id: 'b107-block-without-kick',
    title: 'KVM: TDX: Call TDH.MEM.RANGE.BLOCK directly, no vCPU holds the entry',
    wrong: 'BUSY from a vCPU in a TDCALL kills the VM instead of being retried.',
    scenario: 'S10',
    file: TDX,
    function: 'tdx_sept_remove_leaf_spte',
    changes: [
      {
        find: 'tdh_do_no_vcpus(tdh_mem_range_block, kvm, &kvm_tdx->td, gpa, level, &entry, &level_state);',
        replace: 'tdh_mem_range_block(&kvm_tdx->td, gpa, level, &entry,\n\t\t\t\t  &level_state);',
      },
    ],
    breaks: ['busy-handled-in-place', 'kernel-bug', 'seamcall-refused'],
    vm: VM,
  },
  {
    id: 'b108-tracked-before-blocked',
    title: 'KVM: TDX: Extract blocking and tracking of a leaf to a helper',
    wrong: 'The epoch moves before the entry is blocked, so the removal comes without tracking.',
    scenario: 'S12',
    file: TDX,
    function: 'tdx_sept_remove_leaf_spte',
    changes: [
      {
        insertAbove: `
static int tdx_sept_block_and_track(struct kvm *kvm, gpa_t gpa, enum pg_level level)
{
	struct kvm_tdx *kvm_tdx = to_kvm_tdx(kvm);
	u64 err, entry, level_state;

	tdx_track(kvm);

	err = tdh_do_no_vcpus(tdh_mem_range_block, kvm, &kvm_tdx->td, gpa,
			      level, &entry, &level_state);
	if (TDX_BUG_ON_2(err, TDH_MEM_RANGE_BLOCK, entry, level_state, kvm))
		return -EIO;

	return 0;
}`,
      },
      {
        find: `err = tdh_do_no_vcpus(tdh_mem_range_block, kvm, &kvm_tdx->td, gpa, level, &entry, &level_state);
          if (TDX_BUG_ON_2(err, TDH_MEM_RANGE_BLOCK, entry, level_state, kvm)) return -EIO; tdx_track(kvm);`,
        replace: 'if (tdx_sept_block_and_track(kvm, gpa, level))\n\t\treturn -EIO;',
      },
    ],
    breaks: ['block-track-remove-order', 'seamcall-refused', 'kernel-bug'],
    vm: VM,
  },
  {
    id: 'b109-track-does-not-wait',
    title: 'KVM: TDX: Flush the current context of vCPUs after TDH.MEM.TRACK',
    wrong: 'The request does not wait for vCPUs to leave, so the page is removed while they run in the old epoch.',
    scenario: 'S11',
    file: TDX,
    function: 'tdx_track',
    changes: [{ find: 'KVM_REQ_OUTSIDE_GUEST_MODE', replace: 'KVM_REQ_TLB_FLUSH_CURRENT' }],
    breaks: ['track-then-kick-atomic', 'block-track-remove-order', 'seamcall-refused', 'kernel-bug'],
    vm: VM,
  },
  {
    id: 'b110-entry-during-zap',
    title: 'KVM: TDX: Drop the S-EPT zap check from the entry path',
    wrong: 'A vCPU enters while a removal is retried, and makes the retry BUSY.',
    scenario: 'S10',
    file: TDX,
    function: 'tdx_vcpu_run',
    changes: [
      {
        find: `if (unlikely(READ_ONCE(to_kvm_tdx(vcpu->kvm)->wait_for_sept_zap))) {
          vt->exit_reason.full = EXIT_REASON_UNDEFINED; return EXIT_FASTPATH_EXIT_HANDLED; }`,
        replace: '',
      },
    ],
    breaks: ['no-entry-during-zap-retry', 'seamcall-refused', 'kernel-bug'],
    vm: VM,
  },
  {
    id: 'b111-retry-without-kick',
    title: 'KVM: TDX: Keep vCPUs out of the guest by flag alone',
    wrong: 'The vCPU whose TDCALL made the SEAMCALL fail is still in the guest when it is retried.',
    scenario: 'S10',
    file: TDX,
    function: 'tdh_do_no_vcpus',
    changes: [{ find: 'kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);', replace: '' }],
    breaks: ['busy-handled-in-place', 'no-entry-during-zap-retry', 'seamcall-refused', 'kernel-bug'],
    vm: VM,
  },
  {
    id: 'b112-sept-add-busy-is-fatal',
    title: 'KVM: TDX: Treat contention of TDH.MEM.SEPT.ADD as a bug',
    wrong: 'Contention with a vCPU that enters under zero-step mitigation kills the VM.',
    scenario: 'S17',
    file: TDX,
    function: 'tdx_sept_map_nonleaf_spte',
    changes: [{ find: 'if (unlikely(tdx_operand_busy(err))) return -EBUSY;', replace: '' }],
    breaks: ['busy-handled-in-place', 'seamcall-refused', 'kernel-bug'],
    vm: VM,
  },
  {
    id: 'b113-aug-spins-on-busy',
    title: 'KVM: TDX: Retry TDH.MEM.PAGE.AUG in place',
    wrong: 'KVM spins under mmu_lock until a guest lets go of the entry.',
    scenario: 'S17',
    file: TDX,
    function: 'tdx_mem_page_aug',
    changes: [
      {
        find: `err = tdh_mem_page_aug(&kvm_tdx->td, gpa, level, pfn, &entry, &level_state);
          if (unlikely(tdx_operand_busy(err))) return -EBUSY;`,
        replace: `do {
		err = tdh_mem_page_aug(&kvm_tdx->td, gpa, level, pfn, &entry, &level_state);
	} while (unlikely(tdx_operand_busy(err)));`,
      },
    ],
    breaks: ['busy-handled-in-place', 'livelock', 'deadlock'],
    vm: VM,
  },
  {
    id: 'b114-aug-busy-is-success',
    title: 'KVM: TDX: Let the guest fault again if TDH.MEM.PAGE.AUG is contended',
    wrong: 'The mirror has a leaf that the S-EPT lacks.',
    scenario: 'S17',
    file: TDX,
    function: 'tdx_mem_page_aug',
    changes: [{ find: 'return -EBUSY;', replace: 'return 0;' }],
    breaks: ['mirror-sept-in-sync', 'shared-failure-rolls-back', 'fault-progress', 'seamcall-refused', 'kernel-bug'],
    vm: VM,
  },
  {
    id: 'b115-finalize-beside-prefault',
    title: 'KVM: TDX: Take only kvm->lock for VM-scoped commands',
    wrong: 'A vCPU that prefaults during finalization sees that it may, but not yet that the TD runs, and ADDs a page.',
    scenario: 'S18',
    file: TDX,
    function: 'tdx_vm_ioctl',
    changes: [
      {
        find: 'CLASS(tdx_vm_state_guard, guard)(kvm); if (IS_ERR(guard)) return PTR_ERR(guard);',
        replace: 'guard(mutex)(&kvm->lock);',
      },
      {
        in: 'tdx_td_finalize',
        find: 'kvm_tdx->state = TD_STATE_RUNNABLE; smp_wmb(); kvm->arch.pre_fault_allowed = true;',
        replace: 'kvm->arch.pre_fault_allowed = true;\n\tkvm_tdx->state = TD_STATE_RUNNABLE;',
      },
    ],
    breaks: ['add-before-final-aug-after', 'lock-rule', 'kernel-bug', 'kernel-warning'],
    vm: VM,
  },
  {
    id: 'b116-source-page-left-behind',
    title: 'KVM: TDX: Check for errors right after mapping an initial page',
    wrong: 'After a failure the source page stays recorded, and the next attempt finds it and kills the VM.',
    scenario: 'S31',
    file: TDX,
    function: 'tdx_gmem_post_populate',
    changes: [
      {
        find: 'kvm_tdx->page_add_src = NULL; if (ret || !(arg->flags & KVM_TDX_MEASURE_MEMORY_REGION)) return ret;',
        replace: `if (ret)
		return ret;

	kvm_tdx->page_add_src = NULL;

	if (!(arg->flags & KVM_TDX_MEASURE_MEMORY_REGION))
		return 0;`,
      },
    ],
    breaks: ['add-before-final-aug-after', 'kernel-bug'],
    vm: VM,
  },
  {
    id: 'b117-extend-past-the-page',
    title: 'KVM: TDX: Include the last chunk when measuring a page',
    wrong: 'The measurement goes one chunk beyond the page, where nothing has been added yet.',
    scenario: 'S31',
    file: TDX,
    function: 'tdx_gmem_post_populate',
    changes: [{ find: 'i < PAGE_SIZE', replace: 'i <= PAGE_SIZE' }],
    breaks: ['add-before-final-aug-after', 'seamcall-refused', 'kernel-bug'],
    vm: VM,
  },
  {
    id: 'b118-vcpus-flushed-too-late',
    title: 'KVM: TDX: Flush vCPUs right before the caches when a TD is destroyed',
    wrong: 'TDH.MNG.VPFLUSHDONE comes while vCPUs are still associated, so the HKID is never released.',
    scenario: 'S19',
    file: TDX,
    function: 'tdx_mmu_release_hkid',
    changes: [
      { find: 'kvm_for_each_vcpu(j, vcpu, kvm) tdx_flush_vp_on_cpu(vcpu);', replace: '' },
      {
        find: 'for_each_online_cpu(i) {',
        replace: 'kvm_for_each_vcpu(j, vcpu, kvm)\n\t\ttdx_flush_vp_on_cpu(vcpu);\n\n\tfor_each_online_cpu(i) {',
      },
    ],
    breaks: ['hkid-release-order', 'seamcall-refused', 'kernel-bug', 'kernel-warning'],
    vm: VM,
  },
  {
    id: 'b119-written-back-before-removed',
    title: 'KVM: TDX: Write back the caches of a page before removing it',
    wrong: 'The write-back is asked for while the page still belongs to the TD, is refused, and kills the VM.',
    scenario: 'S10',
    file: TDX,
    function: 'tdx_sept_remove_leaf_spte',
    changes: [
      {
        find: `err = tdh_phymem_page_wbinvd_hkid((u16)kvm_tdx->hkid, pfn);
          if (TDX_BUG_ON(err, TDH_PHYMEM_PAGE_WBINVD, kvm)) return -EIO;`,
        replace: '',
      },
      {
        find: 'tdx_track(kvm);',
        replace: `tdx_track(kvm);

	err = tdh_phymem_page_wbinvd_hkid((u16)kvm_tdx->hkid, pfn);
	if (TDX_BUG_ON(err, TDH_PHYMEM_PAGE_WBINVD, kvm))
		return -EIO;`,
      },
    ],
    breaks: ['block-track-remove-order', 'seamcall-refused', 'kernel-bug'],
    vm: VM,
  },
  {
    id: 'b120-local-retry-of-invalid-slot',
    title: 'KVM: TDX: Drop the memslot lookup from the local retry loop',
    wrong: 'The loop holds SRCU and waits for the end of a deletion that waits for SRCU.',
    scenario: 'S14',
    file: TDX,
    function: 'tdx_handle_ept_violation',
    changes: [
      {
        find: `slot = kvm_vcpu_gfn_to_memslot(vcpu, gpa_to_gfn(gpa));
          if (slot && slot->flags & KVM_MEMSLOT_INVALID) break;`,
        replace: '',
      },
      { find: 'struct kvm_memory_slot *slot;', replace: '' },
    ],
    breaks: ['no-srcu-self-deadlock', 'deadlock', 'livelock'],
    vm: VM,
  },
  {
    id: 'b121-local-retry-in-dead-vm',
    title: 'KVM: TDX: Leave the check for a dead VM to vcpu_enter_guest()',
    wrong: 'A fault on a gfn whose S-EPT entry is stuck retries for ever although the VM is dead.',
    scenario: 'S32',
    file: TDX,
    function: 'tdx_handle_ept_violation',
    changes: [{ find: 'if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu)) { ret = -EIO; break; }', replace: '' }],
    breaks: ['vm-dead-terminates', 'livelock', 'fault-progress'],
    vm: VM,
  },
  {
    id: 'b122-access-before-accept-retried',
    title: 'KVM: TDX: Handle faults on pending pages like all others',
    wrong: 'A guest that touches a page before accepting it faults for ever.',
    file: TDX,
    function: 'tdx_handle_ept_violation',
    changes: [
      {
        find: `if (tdx_is_sept_violation_unexpected_pending(vcpu)) {
          pr_warn("Guest access before accepting 0x%llx on vCPU %d\\n", gpa, vcpu->vcpu_id);
          kvm_vm_dead(vcpu->kvm); return -EIO; }`,
        replace: '',
      },
    ],
    breaks: ['fault-progress', 'livelock'],
    vm: VM,
  },
  {
    id: 'b123-pat-quirk-left-enabled',
    title: 'KVM: TDX: Leave quirks to userspace',
    wrong: 'A device with non-coherent DMA makes KVM zap all memory of a TD.',
    scenario: 'S09',
    file: TDX,
    function: 'tdx_vm_init',
    changes: [{ find: 'kvm->arch.disabled_quirks |= KVM_X86_QUIRK_IGNORE_GUEST_PAT;', replace: '' }],
    breaks: ['no-zap-gfn-range-on-td', 'td-zap-only-requested', 'accepted-data-preserved'],
    vm: VM,
  },
  {
    id: 'b124-reclaimed-page-still-recorded',
    title: 'KVM: TDX: Return early when an S-EPT page is leaked on purpose',
    wrong: 'The page table still names its S-EPT page, which was freed, when RCU frees it.',
    scenario: 'S19',
    file: TDX,
    function: 'tdx_sept_free_private_spt',
    changes: [
      { find: 'goto out;', replace: 'return;' },
      { find: 'out: sp->external_spt = NULL;', replace: '' },
    ],
    breaks: ['kernel-warning', 'memory-safety'],
    vm: VM,
  },
];

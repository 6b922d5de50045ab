/** Edits that change no behaviour, of the same trial as the bugs of bugs-trial-two.ts. */
import type { Edit } from './edit';
import { ALL, GMEM, KVM_MAIN, MMU, PRIVATE, TDX } from './places';

export const trialTwoEdits: readonly Edit[] = [
  {
    id: 'e62-off-the-list-first',
    title: 'KVM: guest_memfd: Take a file off the list before it is invalidated',
    file: GMEM,
    function: 'kvm_gmem_release',
    changes: [
      { find: 'list_del(&f->entry);', replace: '' },
      {
        find: 'WRITE_ONCE(slot->gmem.file, NULL);',
        replace: 'WRITE_ONCE(slot->gmem.file, NULL);\n\n\tlist_del(&f->entry);',
      },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e63-stale-single-exit',
    title: 'KVM: x86/mmu: Give is_page_fault_stale() a single exit',
    file: MMU,
    function: 'is_page_fault_stale',
    changes: [
      {
        find: 'struct kvm_mmu_page *sp = root_to_sp(vcpu->arch.mmu->root.hpa);',
        replace: 'struct kvm_mmu_page *sp = root_to_sp(vcpu->arch.mmu->root.hpa);\n\tbool stale;',
      },
      {
        find: 'if (sp && is_obsolete_sp(vcpu->kvm, sp)) return true;',
        replace: 'if (sp)\n\t\tstale = is_obsolete_sp(vcpu->kvm, sp);',
      },
      {
        find: 'if (!sp && kvm_test_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu)) return true;',
        replace: 'else\n\t\tstale = kvm_test_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu);',
      },
      {
        find: 'return fault->slot && mmu_invalidate_retry_gfn(vcpu->kvm, fault->mmu_seq, fault->gfn);',
        replace: `if (!stale && fault->slot)
		stale = mmu_invalidate_retry_gfn(vcpu->kvm, fault->mmu_seq, fault->gfn);

	return stale;`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e64-local-retry-helper',
    title: 'KVM: TDX: Add a helper that says whether to retry locally',
    file: TDX,
    function: 'tdx_handle_ept_violation',
    changes: [
      {
        insertAbove: `
static bool tdx_may_retry_locally(struct kvm_vcpu *vcpu, gpa_t gpa, int *ret)
{
	struct kvm_memory_slot *slot;

	if (kvm_vcpu_has_events(vcpu) || signal_pending(current))
		return false;

	if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu)) {
		*ret = -EIO;
		return false;
	}

	slot = kvm_vcpu_gfn_to_memslot(vcpu, gpa_to_gfn(gpa));
	return !slot || !(slot->flags & KVM_MEMSLOT_INVALID);
}`,
      },
      { find: 'if (kvm_vcpu_has_events(vcpu) || signal_pending(current)) break;', replace: '' },
      { find: 'if (kvm_test_request(KVM_REQ_VM_DEAD, vcpu)) { ret = -EIO; break; }', replace: '' },
      {
        find: `slot = kvm_vcpu_gfn_to_memslot(vcpu, gpa_to_gfn(gpa));
          if (slot && slot->flags & KVM_MEMSLOT_INVALID) break;`,
        replace: '',
      },
      {
        find: `while (1) { struct kvm_memory_slot *slot; ret = __vmx_handle_ept_violation(vcpu, gpa, exit_qual);
          if (ret != RET_PF_RETRY || !local_retry) break; cond_resched(); }`,
        replace: `for (ret = __vmx_handle_ept_violation(vcpu, gpa, exit_qual);
	     ret == RET_PF_RETRY && local_retry &&
	     tdx_may_retry_locally(vcpu, gpa, &ret);
	     ret = __vmx_handle_ept_violation(vcpu, gpa, exit_qual))
		cond_resched();
`,
      },
    ],
    breaks: [],
    vm: ['tdx'],
  },
  {
    id: 'e65-tail-that-is-the-head',
    title: 'KVM: x86/mmu: Drop a redundant check of the head in post attributes',
    file: MMU,
    function: 'kvm_arch_post_set_memory_attributes',
    changes: [
      {
        find: 'if (gfn != range->start || gfn + nr_pages > range->end) {',
        replace: 'if (gfn != range->start) {',
      },
    ],
    breaks: [],
    vm: PRIVATE,
  },
  {
    id: 'e66-finalize-switch',
    title: 'KVM: TDX: Use smp_store_release() to allow prefaults',
    file: TDX,
    function: 'tdx_td_finalize',
    changes: [
      {
        find: `if (tdx_operand_busy(cmd->hw_error)) return -EBUSY;
          if (TDX_BUG_ON(cmd->hw_error, TDH_MR_FINALIZE, kvm)) return -EIO;
          kvm_tdx->state = TD_STATE_RUNNABLE; smp_wmb(); kvm->arch.pre_fault_allowed = true; return 0;`,
        replace: `switch (cmd->hw_error) {
	case 0:
		kvm_tdx->state = TD_STATE_RUNNABLE;
		/* TD_STATE_RUNNABLE must be set before 'pre_fault_allowed' */
		smp_store_release(&kvm->arch.pre_fault_allowed, true);
		return 0;
	default:
		if (tdx_operand_busy(cmd->hw_error))
			return -EBUSY;
		TDX_BUG_ON(cmd->hw_error, TDH_MR_FINALIZE, kvm);
		return -EIO;
	}`,
      },
    ],
    breaks: [],
    vm: ['tdx'],
  },
  {
    id: 'e67-wake-in-both-arms',
    title: 'KVM: Compute whether to wake a memslot update where the count is known',
    file: KVM_MAIN,
    function: 'kvm_mmu_notifier_invalidate_range_end',
    changes: [
      {
        find: `if (!WARN_ON_ONCE(!kvm->mn_active_invalidate_count)) --kvm->mn_active_invalidate_count;
          wake = !kvm->mn_active_invalidate_count;`,
        replace: `if (WARN_ON_ONCE(kvm->mn_active_invalidate_count <= 0))
		wake = true;
	else
		wake = --kvm->mn_active_invalidate_count == 0;`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e68-end-before-flush',
    title: 'KVM: x86/mmu: End the invalidation of a zapped range before its flush',
    file: MMU,
    function: 'kvm_zap_gfn_range',
    changes: [
      { find: 'kvm_mmu_invalidate_end(kvm);', replace: '' },
      {
        find: 'if (flush) kvm_flush_remote_tlbs_range',
        replace:
          '/* Faults wait for mmu_lock anyway. */\n\tkvm_mmu_invalidate_end(kvm);\n\n\tif (flush)\n\t\tkvm_flush_remote_tlbs_range',
      },
    ],
    breaks: [],
    vm: ALL,
  },
];

/**
 * Mutations that SNP's scenarios find: what domain.md names for S06, S22, S23 and S25. Their texts stand in the
 * reference and in kernel 7.3 alike, and each is tried on both.
 */

import { at, edit, type Mutation, mutation } from './mutation';

const NO_VMSA_IN_HOLE = edit('guest_memfd.c', 'kvm_arch_gmem_invalidate_range(kvm, &gfn_range);', '');
const NO_PREPARATION = edit('guest_memfd.c', 'if (kvm_gmem_is_private_mem(file_inode(file), index))', 'if (0)');

export const snp: readonly Mutation[] = [
  mutation(
    'only the first vCPU whose VMSA lies there is told',
    edit(
      'sev.c',
      '		    gpa_to_gfn(gpa) < range->end)\n			kvm_make_request_and_kick(KVM_REQ_VMSA_PAGE_RELOAD, vcpu);\n',
      '		    gpa_to_gfn(gpa) < range->end) {\n			kvm_make_request_and_kick(KVM_REQ_VMSA_PAGE_RELOAD, vcpu);\n			break;\n		}\n',
    ),
    at('S48', 'snp', 'snp-vmsa-tracks-memory', 0),
  ),
  mutation(
    'a reload says where its VMSA lies after mmu_lock is dropped',
    [
      edit('sev.c', '	svm->sev_es.snp_guest_vmsa_gpa = gpa;\n	if (mmu_invalidate', '	if (mmu_invalidate'),
      edit(
        'sev.c',
        '		svm->vmcb->control.vmsa_pa = pfn_to_hpa(pfn);\n	read_unlock(&kvm->mmu_lock);\n',
        '		svm->vmcb->control.vmsa_pa = pfn_to_hpa(pfn);\n	read_unlock(&kvm->mmu_lock);\n	WRITE_ONCE(svm->sev_es.snp_guest_vmsa_gpa, gpa);\n',
      ),
    ],
    at('S23', 'snp', 'snp-vmsa-tracks-memory', 2),
  ),
  mutation(
    'a page that the firmware refused is not taken back',
    edit('sev.c', 'if (ret && !snp_page_reclaim(kvm, pfn) &&\n', 'if (ret &&\n'),
    at('S67', 'snp', 'snp-unassign-before-free', 0),
  ),
  mutation('a page is not assigned at a fault', NO_PREPARATION, at('S06', 'snp', 'snp-assign-before-map', 0)),
  mutation(
    'only a page that is not up to date is assigned',
    edit('guest_memfd.c', 'if (kvm_gmem_is_private_mem(file_inode(file), index))', 'if (!folio_test_uptodate(folio))'),
    at('S06', 'snp', 'snp-assign-before-map', 0),
  ),
  mutation(
    'a failure to assign is ignored',
    edit('sev.c', 'rc = rmp_make_private(pfn_aligned,', 'rc = 0 && rmp_make_private(pfn_aligned,'),
    at('S22', 'snp', 'snp-assign-before-map', 0),
  ),
  mutation(
    'a page is not taken back when it is freed',
    edit('guest_memfd.c', 'kvm_arch_gmem_reclaim(folio_file_pfn(folio, 0), folio_nr_pages(folio));', ''),
    at('S06', 'snp', 'snp-unassign-before-free kernel-bug', 0),
  ),
  mutation(
    'pages of a hole are taken back before they are unmapped',
    edit(
      'guest_memfd.c',
      'kvm_gmem_invalidate_start(inode, start, end);\n\n\ttruncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);',
      'truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);\n\n\tkvm_gmem_invalidate_start(inode, start, end);',
    ),
    at('S22', 'snp', 'snp-unmap-before-rmpchange', 0),
  ),
  mutation(
    'a fault is not checked for staleness',
    edit(
      'mmu.c',
      'static bool is_page_fault_stale(struct kvm_vcpu *vcpu,\n\t\t\t\tstruct kvm_page_fault *fault)\n{',
      'static bool is_page_fault_stale(struct kvm_vcpu *vcpu,\n\t\t\t\tstruct kvm_page_fault *fault)\n{\n\treturn false;',
    ),
    at('S22', 'snp', 'snp-assign-before-map', 1),
  ),
  mutation(
    'the page of a KVM-made VMSA is not taken back',
    edit('sev.c', 'if (kvm_rmp_make_shared(vcpu->kvm, pfn, PG_LEVEL_4K))\n\t\t\tgoto skip_vmsa_free;', '(void)pfn;'),
    at('S19', 'snp', 'snp-unassign-before-free', 0),
  ),
  mutation(
    'prefaults are allowed before the launch is over',
    edit('sev.c', 'kvm->arch.pre_fault_allowed = !kvm->arch.has_private_mem;', 'kvm->arch.pre_fault_allowed = true;'),
    at('S52', 'snp', 'add-before-final-aug-after', 0),
  ),
  mutation(
    'a hole is punched without invalidating VMSAs',
    NO_VMSA_IN_HOLE,
    at('S23', 'snp', 'snp-vmsa-tracks-memory snp-unmap-before-rmpchange snp-unassign-before-free kernel-bug', 0),
  ),
  mutation(
    'a memslot goes without invalidating VMSAs',
    edit('mmu.c', 'kvm_arch_gmem_invalidate_range(kvm, &range);', ''),
    at('S48', 'snp', 'snp-vmsa-tracks-memory snp-unmap-before-rmpchange snp-unassign-before-free kernel-bug', 0),
  ),
  mutation(
    'the reload does not look at the sequence',
    edit('sev.c', 'if (mmu_invalidate_retry_gfn(kvm, mmu_seq, gfn))', 'if (0)'),
    at('S23', 'snp', 'snp-vmsa-tracks-memory', 1),
  ),
  mutation(
    'the kick does not wait',
    edit(
      'kvm_host.h',
      '#define KVM_REQ_VMSA_PAGE_RELOAD \\\n\tKVM_ARCH_REQ_FLAGS(33, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)',
      '#define KVM_REQ_VMSA_PAGE_RELOAD \\\n\tKVM_ARCH_REQ_FLAGS(33, KVM_REQUEST_NO_WAKEUP)',
    ),
    at('S23', 'snp', 'snp-vmsa-tracks-memory', 1),
  ),
  mutation(
    'a vCPU is run without looking at its VMSA',
    edit('sev.c', 'svm->vmcb->control.vmsa_pa = INVALID_PAGE;\n\tWRITE_ONCE', 'WRITE_ONCE'),
    at('S48', 'snp', 'snp-vmsa-tracks-memory', 1),
  ),
  mutation(
    'a page is taken back without splitting its entry',
    edit('sev.c', 'if (!use_2m_update && rmp_level > PG_LEVEL_4K) {', 'if (0) {'),
    at('S25', 'snp', 'snp-unmap-before-rmpchange', 0),
  ),
  mutation(
    'a split does not wait for another CPU at the entry',
    edit('sev.c', '} while (ret == PSMASH_FAIL_INUSE);', '} while (0);'),
    at('S25', 'snp', 'snp-unmap-before-rmpchange kernel-warning', 0),
  ),
  mutation(
    'a fault takes a race for a bug',
    edit(
      'sev.c',
      'ret = snp_rmptable_psmash(pfn);\n\tif (ret) {',
      'ret = snp_rmptable_psmash(pfn);\n\tif (KVM_BUG_ON(ret, kvm)) {',
    ),
    at('S25', 'snp', 'kernel-bug', 1),
  ),
  mutation(
    'page state changes of different kinds are joined',
    edit('sev.c', 'if (entry.operation != entry_start.operation ||\n\t\t    entry.gfn', 'if (entry.gfn'),
    at('S62', 'snp', 'conversion-done-when-told', 0),
  ),
  mutation(
    'a page state change leaves its neighbours out',
    edit('sev.c', 'vcpu->run->hypercall.args[1] = npages;', 'vcpu->run->hypercall.args[1] = 1;'),
    at('S62', 'snp', 'conversion-done-when-told', 0),
  ),
  mutation(
    'page state changes are made the wrong way round',
    edit(
      'sev.c',
      'args[2] = entry_start.operation == VMGEXIT_PSC_OP_PRIVATE\n',
      'args[2] = entry_start.operation != VMGEXIT_PSC_OP_PRIVATE\n',
    ),
    at('S62', 'snp', 'conversion-done-when-told', 0),
  ),
  mutation(
    'page state changes are done before user space has answered',
    edit(
      'sev.c',
      'vcpu->arch.complete_userspace_io = snp_complete_one_psc;\n',
      'vcpu->arch.complete_userspace_io = snp_complete_one_psc;\n\t\t__snp_complete_one_psc(svm);\n',
    ),
    at('S62', 'snp', 'conversion-done-when-told', 0),
  ),
  mutation(
    'the end of a request is not checked',
    edit('sev.c', 'if (sev_es->psc.end_idx >= max_nr_entries) {', 'if (0) {'),
    at('S62', 'snp', 'memory-safety', 1),
  ),
  mutation(
    'x86 does not pass on that a page is freed',
    edit('x86.c', '	kvm_x86_call(gmem_make_shared)(pfn, nr_pages);\n', ''),
    at('S06', 'snp', 'snp-unassign-before-free kernel-bug', 0),
  ),
  mutation(
    'x86 does not pass on that a range is invalidated',
    edit('x86.c', '	kvm_x86_call(gmem_invalidate_range)(kvm, range);\n', ''),
    at('S23', 'snp', 'snp-vmsa-tracks-memory snp-unmap-before-rmpchange', 0),
  ),
];

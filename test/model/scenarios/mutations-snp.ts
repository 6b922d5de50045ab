/**
 * Mutations that SNP's scenarios find: what domain.md names for S06, S22, S23 and S25. Their texts stand in the
 * reference and in kernel 7.3 alike, and each is tried on both.
 */

import { at, edit, type Mutation } from './mutation';

const NO_VMSA_IN_HOLE = edit('guest_memfd.c', 'kvm_arch_gmem_invalidate_range(kvm, &gfn_range);', '');
const NO_PREPARATION = edit('guest_memfd.c', 'if (kvm_gmem_is_private_mem(file_inode(file), index))', 'if (0)');

export const snp: readonly Mutation[] = [
  {
    title: 'only the first vCPU whose VMSA lies there is told',
    edits: [
      edit(
        'sev.c',
        '		    gpa_to_gfn(gpa) < range->end)\n			kvm_make_request_and_kick(KVM_REQ_VMSA_PAGE_RELOAD, vcpu);\n',
        '		    gpa_to_gfn(gpa) < range->end) {\n			kvm_make_request_and_kick(KVM_REQ_VMSA_PAGE_RELOAD, vcpu);\n			break;\n		}\n',
      ),
    ],
    found: [at('S48', 'snp', 'snp-vmsa-tracks-memory', 0)],
  },
  {
    title: 'a reload says where its VMSA lies after mmu_lock is dropped',
    edits: [
      edit('sev.c', '	svm->sev_es.snp_guest_vmsa_gpa = gpa;\n	if (mmu_invalidate', '	if (mmu_invalidate'),
      edit(
        'sev.c',
        '		svm->vmcb->control.vmsa_pa = pfn_to_hpa(pfn);\n	read_unlock(&kvm->mmu_lock);\n',
        '		svm->vmcb->control.vmsa_pa = pfn_to_hpa(pfn);\n	read_unlock(&kvm->mmu_lock);\n	WRITE_ONCE(svm->sev_es.snp_guest_vmsa_gpa, gpa);\n',
      ),
    ],
    found: [at('S23', 'snp', 'snp-vmsa-tracks-memory', 2)],
  },
  {
    title: 'a page that the firmware refused is not taken back',
    edits: [edit('sev.c', 'if (ret && !snp_page_reclaim(kvm, pfn) &&\n', 'if (ret &&\n')],
    found: [at('S67', 'snp', 'snp-unassign-before-free', 0)],
  },
  {
    title: 'a page is not assigned at a fault',
    edits: [NO_PREPARATION],
    found: [at('S06', 'snp', 'snp-assign-before-map', 0)],
  },
  {
    title: 'only a page that is not up to date is assigned',
    edits: [
      edit(
        'guest_memfd.c',
        'if (kvm_gmem_is_private_mem(file_inode(file), index))',
        'if (!folio_test_uptodate(folio))',
      ),
    ],
    found: [at('S06', 'snp', 'snp-assign-before-map', 0)],
  },
  {
    title: 'a failure to assign is ignored',
    edits: [edit('sev.c', 'rc = rmp_make_private(pfn_aligned,', 'rc = 0 && rmp_make_private(pfn_aligned,')],
    found: [at('S22', 'snp', 'snp-assign-before-map', 0)],
  },
  {
    title: 'a page is not taken back when it is freed',
    edits: [edit('guest_memfd.c', 'kvm_arch_gmem_reclaim(folio_file_pfn(folio, 0), folio_nr_pages(folio));', '')],
    found: [at('S06', 'snp', 'snp-unassign-before-free kernel-bug', 0)],
  },
  {
    title: 'pages of a hole are taken back before they are unmapped',
    edits: [
      edit(
        'guest_memfd.c',
        'kvm_gmem_invalidate_start(inode, start, end);\n\n\ttruncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);',
        'truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);\n\n\tkvm_gmem_invalidate_start(inode, start, end);',
      ),
    ],
    found: [at('S22', 'snp', 'snp-unmap-before-rmpchange', 0)],
  },
  {
    title: 'a fault is not checked for staleness',
    edits: [
      edit(
        'mmu.c',
        'static bool is_page_fault_stale(struct kvm_vcpu *vcpu,\n\t\t\t\tstruct kvm_page_fault *fault)\n{',
        'static bool is_page_fault_stale(struct kvm_vcpu *vcpu,\n\t\t\t\tstruct kvm_page_fault *fault)\n{\n\treturn false;',
      ),
    ],
    found: [at('S22', 'snp', 'snp-assign-before-map', 1)],
  },
  {
    title: 'the page of a KVM-made VMSA is not taken back',
    edits: [
      edit('sev.c', 'if (kvm_rmp_make_shared(vcpu->kvm, pfn, PG_LEVEL_4K))\n\t\t\tgoto skip_vmsa_free;', '(void)pfn;'),
    ],
    found: [at('S19', 'snp', 'snp-unassign-before-free', 0)],
  },
  {
    title: 'prefaults are allowed before the launch is over',
    edits: [
      edit('sev.c', 'kvm->arch.pre_fault_allowed = !kvm->arch.has_private_mem;', 'kvm->arch.pre_fault_allowed = true;'),
    ],
    found: [at('S52', 'snp', 'add-before-final-aug-after', 0)],
  },
  {
    title: 'a hole is punched without invalidating VMSAs',
    edits: [NO_VMSA_IN_HOLE],
    found: [
      at('S23', 'snp', 'snp-vmsa-tracks-memory snp-unmap-before-rmpchange snp-unassign-before-free kernel-bug', 0),
    ],
  },
  {
    title: 'a memslot goes without invalidating VMSAs',
    edits: [edit('mmu.c', 'kvm_arch_gmem_invalidate_range(kvm, &range);', '')],
    found: [
      at('S48', 'snp', 'snp-vmsa-tracks-memory snp-unmap-before-rmpchange snp-unassign-before-free kernel-bug', 0),
    ],
  },
  {
    title: 'the reload does not look at the sequence',
    edits: [edit('sev.c', 'if (mmu_invalidate_retry_gfn(kvm, mmu_seq, gfn))', 'if (0)')],
    found: [at('S23', 'snp', 'snp-vmsa-tracks-memory', 1)],
  },
  {
    title: 'the kick does not wait',
    edits: [
      edit(
        'kvm_host.h',
        '#define KVM_REQ_VMSA_PAGE_RELOAD \\\n\tKVM_ARCH_REQ_FLAGS(33, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)',
        '#define KVM_REQ_VMSA_PAGE_RELOAD \\\n\tKVM_ARCH_REQ_FLAGS(33, KVM_REQUEST_NO_WAKEUP)',
      ),
    ],
    found: [at('S23', 'snp', 'snp-vmsa-tracks-memory', 1)],
  },
  {
    title: 'a vCPU is run without looking at its VMSA',
    edits: [edit('sev.c', 'svm->vmcb->control.vmsa_pa = INVALID_PAGE;\n\tWRITE_ONCE', 'WRITE_ONCE')],
    found: [at('S48', 'snp', 'snp-vmsa-tracks-memory', 1)],
  },
  {
    title: 'a page is taken back without splitting its entry',
    edits: [edit('sev.c', 'if (!use_2m_update && rmp_level > PG_LEVEL_4K) {', 'if (0) {')],
    found: [at('S25', 'snp', 'snp-unmap-before-rmpchange', 0)],
  },
  {
    title: 'a split does not wait for another CPU at the entry',
    edits: [edit('sev.c', '} while (ret == PSMASH_FAIL_INUSE);', '} while (0);')],
    found: [at('S25', 'snp', 'snp-unmap-before-rmpchange kernel-warning', 0)],
  },
  {
    title: 'a fault takes a race for a bug',
    edits: [
      edit(
        'sev.c',
        'ret = snp_rmptable_psmash(pfn);\n\tif (ret) {',
        'ret = snp_rmptable_psmash(pfn);\n\tif (KVM_BUG_ON(ret, kvm)) {',
      ),
    ],
    found: [at('S25', 'snp', 'kernel-bug', 1)],
  },
  {
    title: 'page state changes of different kinds are joined',
    edits: [edit('sev.c', 'if (entry.operation != entry_start.operation ||\n\t\t    entry.gfn', 'if (entry.gfn')],
    found: [at('S62', 'snp', 'conversion-done-when-told', 0)],
  },
  {
    title: 'a page state change leaves its neighbours out',
    edits: [edit('sev.c', 'vcpu->run->hypercall.args[1] = npages;', 'vcpu->run->hypercall.args[1] = 1;')],
    found: [at('S62', 'snp', 'conversion-done-when-told', 0)],
  },
  {
    title: 'page state changes are made the wrong way round',
    edits: [
      edit(
        'sev.c',
        'args[2] = entry_start.operation == VMGEXIT_PSC_OP_PRIVATE\n',
        'args[2] = entry_start.operation != VMGEXIT_PSC_OP_PRIVATE\n',
      ),
    ],
    found: [at('S62', 'snp', 'conversion-done-when-told', 0)],
  },
  {
    title: 'page state changes are done before user space has answered',
    edits: [
      edit(
        'sev.c',
        'vcpu->arch.complete_userspace_io = snp_complete_one_psc;\n',
        'vcpu->arch.complete_userspace_io = snp_complete_one_psc;\n\t\t__snp_complete_one_psc(svm);\n',
      ),
    ],
    found: [at('S62', 'snp', 'conversion-done-when-told', 0)],
  },
  {
    title: 'the end of a request is not checked',
    edits: [edit('sev.c', 'if (sev_es->psc.end_idx >= max_nr_entries) {', 'if (0) {')],
    found: [at('S62', 'snp', 'memory-safety', 1)],
  },
];

/** Changes to kernel 7.3 that SNP's scenarios find: what domain.md names for S06, S22, S23 and S25. */

import { describe, expect, it } from 'vitest';
import { broken, explore, summary } from '../../../model/scenarios/reference';
import { isThere, type Kernel, RELEASES } from './kernels';

const SEV = 'arch/x86/kvm/svm/sev.c';
const GMEM = 'virt/kvm/guest_memfd.c';
const MMU = 'arch/x86/kvm/mmu/mmu.c';

/** A text that stands in a file of the tree exactly once, and what to put in its place. */
interface TreeEdit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

interface Mutation {
  readonly title: string;
  readonly edits: readonly TreeEdit[];
  readonly scenario: string;
  /** Ids that must be among what the run finds. */
  readonly breaks: readonly string[];
  readonly preemptions: number;
}

const edit = (file: string, find: string, put: string): TreeEdit => ({ file, find, put });
const at = (scenario: string, preemptions: number, breaks: string) => ({
  scenario,
  preemptions,
  breaks: breaks.split(' '),
});

const NO_VMSA_IN_HOLE = edit(GMEM, 'kvm_arch_gmem_invalidate_range(kvm, &gfn_range);', '');
const NO_PREPARATION = edit(GMEM, 'if (kvm_gmem_is_private_mem(file_inode(file), index))', 'if (0)');

const MUTATIONS: readonly Mutation[] = [
  {
    title: 'a page is not assigned at a fault',
    edits: [NO_PREPARATION],
    ...at('S06', 0, 'snp-assign-before-map'),
  },
  {
    title: 'only a page that is not up to date is assigned',
    edits: [edit(GMEM, 'if (kvm_gmem_is_private_mem(file_inode(file), index))', 'if (!folio_test_uptodate(folio))')],
    ...at('S06', 0, 'snp-assign-before-map'),
  },
  {
    title: 'a failure to assign is ignored',
    edits: [edit(SEV, 'rc = rmp_make_private(pfn_aligned,', 'rc = 0 && rmp_make_private(pfn_aligned,')],
    ...at('S22', 0, 'snp-assign-before-map'),
  },
  {
    title: 'a page is not taken back when it is freed',
    edits: [edit(GMEM, 'kvm_arch_gmem_reclaim(folio_file_pfn(folio, 0), folio_nr_pages(folio));', '')],
    ...at('S06', 0, 'snp-unassign-before-free kernel-bug'),
  },
  {
    title: 'pages of a hole are taken back before they are unmapped',
    edits: [
      edit(
        GMEM,
        'kvm_gmem_invalidate_start(inode, start, end);\n\n\ttruncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);',
        'truncate_inode_pages_range(inode->i_mapping, offset, offset + len - 1);\n\n\tkvm_gmem_invalidate_start(inode, start, end);',
      ),
    ],
    ...at('S22', 0, 'snp-unmap-before-rmpchange'),
  },
  {
    title: 'a fault is not checked for staleness',
    edits: [
      edit(
        MMU,
        'static bool is_page_fault_stale(struct kvm_vcpu *vcpu,\n\t\t\t\tstruct kvm_page_fault *fault)\n{',
        'static bool is_page_fault_stale(struct kvm_vcpu *vcpu,\n\t\t\t\tstruct kvm_page_fault *fault)\n{\n\treturn false;',
      ),
    ],
    ...at('S22', 1, 'snp-assign-before-map'),
  },
  {
    title: 'the page of a KVM-made VMSA is not taken back',
    edits: [
      edit(SEV, 'if (kvm_rmp_make_shared(vcpu->kvm, pfn, PG_LEVEL_4K))\n\t\t\tgoto skip_vmsa_free;', '(void)pfn;'),
    ],
    ...at('S19', 0, 'snp-unassign-before-free'),
  },
  {
    title: 'prefaults are allowed before the launch is over',
    edits: [
      edit(SEV, 'kvm->arch.pre_fault_allowed = !kvm->arch.has_private_mem;', 'kvm->arch.pre_fault_allowed = true;'),
    ],
    ...at('S52', 0, 'add-before-final-aug-after'),
  },
  {
    title: 'a hole is punched without invalidating VMSAs',
    edits: [NO_VMSA_IN_HOLE],
    ...at('S23', 0, 'snp-vmsa-tracks-memory snp-unmap-before-rmpchange snp-unassign-before-free kernel-bug'),
  },
  {
    title: 'a memslot goes without invalidating VMSAs',
    edits: [edit(MMU, 'kvm_arch_gmem_invalidate_range(kvm, &range);', '')],
    ...at('S48', 0, 'snp-vmsa-tracks-memory snp-unmap-before-rmpchange snp-unassign-before-free kernel-bug'),
  },
  {
    title: 'the reload does not look at the sequence',
    edits: [edit(SEV, 'if (mmu_invalidate_retry_gfn(kvm, mmu_seq, gfn))', 'if (0)')],
    ...at('S23', 1, 'snp-vmsa-tracks-memory'),
  },
  {
    title: 'the kick does not wait',
    edits: [
      edit(
        'arch/x86/include/asm/kvm_host.h',
        '#define KVM_REQ_VMSA_PAGE_RELOAD \\\n\tKVM_ARCH_REQ_FLAGS(33, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)',
        '#define KVM_REQ_VMSA_PAGE_RELOAD \\\n\tKVM_ARCH_REQ_FLAGS(33, KVM_REQUEST_NO_WAKEUP)',
      ),
    ],
    ...at('S23', 1, 'snp-vmsa-tracks-memory'),
  },
  {
    title: 'a vCPU is run without looking at its VMSA',
    edits: [edit(SEV, 'svm->vmcb->control.vmsa_pa = INVALID_PAGE;\n\tWRITE_ONCE', 'WRITE_ONCE')],
    ...at('S48', 1, 'snp-vmsa-tracks-memory'),
  },
  {
    title: 'a page is taken back without splitting its entry',
    edits: [edit(SEV, 'if (!use_2m_update && rmp_level > PG_LEVEL_4K) {', 'if (0) {')],
    ...at('S25', 0, 'snp-unmap-before-rmpchange'),
  },
  {
    title: 'a split does not wait for another CPU at the entry',
    edits: [edit(SEV, '} while (ret == PSMASH_FAIL_INUSE);', '} while (0);')],
    ...at('S25', 0, 'snp-unmap-before-rmpchange kernel-warning'),
  },
  {
    title: 'a fault takes a race for a bug',
    edits: [
      edit(
        SEV,
        'ret = snp_rmptable_psmash(pfn);\n\tif (ret) {',
        'ret = snp_rmptable_psmash(pfn);\n\tif (KVM_BUG_ON(ret, kvm)) {',
      ),
    ],
    ...at('S25', 1, 'kernel-bug'),
  },
];

function edited(kernel: Kernel, edits: readonly TreeEdit[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { file, find, put } of edits) {
    const parts = (texts[file] ?? kernel.text(file)).split(find);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${find}`);
    texts[file] = parts.join(put);
  }
  return texts;
}

const newest = RELEASES[0]!;

describe.skipIf(!isThere(newest))('kernel 7.3', () => {
  it.each(MUTATIONS)('$scenario: $title', async ({ edits, scenario, preemptions, breaks }) => {
    const result = explore(await newest.program(edited(newest, edits)), scenario, 'snp', { preemptions });
    expect(broken(result), summary(result)).toEqual(expect.arrayContaining([...breaks]));
  });
});

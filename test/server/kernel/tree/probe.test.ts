import { describe, expect, it } from 'vitest';
import { lacks, probe } from '../../../../server/kernel/tree/environment';
import { isThere, RELEASES } from './kernels';

const MMU = 'arch/x86/kvm/mmu/mmu.c';
const UAPI = 'arch/x86/include/uapi/asm/kvm.h';
const TDX = 'arch/x86/kvm/vmx/tdx.c';
const SEV = 'arch/x86/kvm/svm/sev.c';
const SVM_H = 'arch/x86/kvm/svm/svm.h';
const VM_TYPES = '#define KVM_X86_SW_PROTECTED_VM 1\n#define KVM_X86_TDX_VM 5\n';
const SEV_TYPES = '#define KVM_X86_SEV_VM 2\n#define KVM_X86_SEV_ES_VM 3\n';

/** A tree of these files. */
const tree =
  (files: Readonly<Record<string, string>>) =>
  (path: string): string | null =>
    files[path] ?? null;

describe('what a tree has', () => {
  it('is nothing in an empty tree', () => {
    expect(probe(tree({}))).toEqual({});
    expect(lacks(tree({}))).toEqual(['sw-protected', 'sev', 'sev-es', 'snp', 'tdx']);
  });

  it('is told by the parameters of a function, however they are broken into lines', () => {
    const one = 'static void kvm_recover_nx_huge_pages(struct kvm *kvm)\n{\n}\n';
    const two = 'static void kvm_recover_nx_huge_pages(struct kvm *kvm,\n\t\t\t\t      const enum kvm_mmu_type type)\n';
    expect(probe(tree({ [MMU]: one }))).toEqual({});
    expect(probe(tree({ [MMU]: two }))).toEqual({ TREE_HAS_NX_RECOVERY_BY_MMU_TYPE: '1' });
  });

  it('is told by what a function returns', () => {
    expect(probe(tree({ [MMU]: 'void kvm_mmu_init_vm(struct kvm *kvm)\n' }))).toEqual({});
    expect(probe(tree({ [MMU]: 'int kvm_mmu_init_vm(struct kvm *kvm)\n' }))).toEqual({
      TREE_HAS_FALLIBLE_MMU_INIT: '1',
    });
  });

  it('includes TDX only with its code and its VM type', () => {
    expect(lacks(tree({ [UAPI]: VM_TYPES }))).toContain('tdx');
    expect(lacks(tree({ [UAPI]: '#define KVM_X86_SW_PROTECTED_VM 1\n', [TDX]: '' }))).toContain('tdx');
    expect(lacks(tree({ [UAPI]: VM_TYPES, [TDX]: '' }))).not.toContain('tdx');
    expect(probe(tree({ [TDX]: '' }))).toEqual({ TREE_HAS_TDX: '1' });
  });

  it('includes SEV and SNP only with their code and their VM types', () => {
    expect(lacks(tree({ [UAPI]: VM_TYPES + SEV_TYPES, [TDX]: '', [SEV]: '' }))).toEqual(['snp']);
    expect(lacks(tree({ [UAPI]: VM_TYPES + SEV_TYPES, [TDX]: '' }))).toEqual(['sev', 'sev-es', 'snp']);
    expect(probe(tree({ [SEV]: 'void sev_vm_init(struct kvm *kvm)\n' }))).toEqual({
      TREE_HAS_SEV: '1',
      TREE_HAS_SEV_VM_INIT: '1',
    });
    const header = 'void pre_sev_run(struct vcpu_svm *svm, int cpu);\nvoid sev_init_vmcb(struct vcpu_svm *svm);\n';
    expect(probe(tree({ [SVM_H]: header }))).toEqual({});
  });

  it.skipIf(!RELEASES.every(isThere))('differs between releases in what changed between them', () => {
    const [newest, before, old] = RELEASES.map((kernel) => probe((path) => kernel.text(path) || null));
    const tdx = { TREE_HAS_TDX: '1', TREE_HAS_VCPU_VT: '1', TREE_HAS_GFN_DIRECT_BITS: '1' };
    expect(newest).toMatchObject(tdx);
    expect(before).toMatchObject(tdx);
    expect(Object.keys(old ?? {}).filter((name) => name in tdx)).toEqual([]);
    expect(old).toMatchObject({ TREE_HAS_EPT_EXEC_ONLY: '1' });
    const svm = [newest, before, old].map((found) =>
      Object.keys(found ?? {}).filter((name) => /SEV|VMSA|MAKE/.test(name)),
    );
    const since72 = ['TREE_HAS_RELOAD_VMSA', 'TREE_HAS_SEV_VM_INIT', 'TREE_HAS_SEV_VCPU_CREATE'];
    const refuses = ['TREE_HAS_FALLIBLE_PRE_SEV_RUN', 'TREE_HAS_SEV_INIT_EVENT', 'TREE_HAS_IS_SEV_SNP_GUEST'];
    expect(svm).toEqual([
      ['TREE_HAS_SEV', 'TREE_HAS_GMEM_MAKE_PRIVATE', ...since72, ...refuses],
      ['TREE_HAS_SEV', ...since72, ...refuses],
      ['TREE_HAS_SEV'],
    ]);
  });
});

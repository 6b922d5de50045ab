/**
 * Defects of unmodified kernels that runs of the scenarios show, each settled from the kernel's source. They are
 * reported as already there, never as a patch's doing, and hide nothing but themselves. The tests of unmodified
 * kernels hold this list against the runs in both directions: what it says is broken is, and nothing else.
 */

import type { VmType } from '../machine/types';

/** The text of a file of a kernel, empty where it has none. */
export type KernelText = (path: string) => string;

export interface Defect {
  /** What is wrong, as the subject of a patch would say it. */
  readonly title: string;
  readonly shows: readonly { readonly scenario: string; readonly vm: VmType }[];
  /** Ids of invariants and oracles. */
  readonly breaks: readonly string[];
  /** What happens, one step a line, as `who: what (function)`. */
  readonly interleaving: readonly string[];
  /** Why the runs are right about it. */
  readonly why: string;
  /** Functions of the kernel that bear it out. */
  readonly source: string;
  /** The commit that mends it; null where we know of none. */
  readonly mendedBy: string | null;
  /** The kernels that were run and have it. */
  readonly kernels: readonly string[];
  /** Whether a kernel has it, told from its text. */
  readonly isIn: (text: KernelText) => boolean;
}

const KVM_MAIN = 'virt/kvm/kvm_main.c';
const MMU = 'arch/x86/kvm/mmu/mmu.c';
const TDX = 'arch/x86/kvm/vmx/tdx.c';
const GMEM = 'virt/kvm/guest_memfd.c';
const SEV = 'arch/x86/kvm/svm/sev.c';

export const defects: readonly Defect[] = [
  {
    title: 'A prefault spins inside its SRCU section while the memslot is being deleted',
    shows: [
      { scenario: 'S14', vm: 'sw-protected' },
      { scenario: 'S51', vm: 'sw-protected' },
    ],
    breaks: ['livelock'],
    interleaving: [
      'vmm: publishes the memslot as invalid, waits for readers (kvm_swap_active_memslots)',
      'prefault: sees the invalid memslot, retries without leaving its section (kvm_tdp_map_page)',
    ],
    why: 'The loop ends only when the memslot is gone, and the deletion waits for the section that the loop is in.',
    source: 'kvm_tdp_map_page(), kvm_mmu_faultin_pfn(), kvm_swap_active_memslots()',
    mendedBy: '3ccbf6f47098',
    kernels: ['6.12.95'],
    isIn: (text) => !/fault->prefetch\)\s*return -EAGAIN;/.test(text(MMU)),
  },
  {
    title: 'A memslot is bound to its guest_memfd before it is ready',
    shows: [
      { scenario: 'S24', vm: 'sw-protected' },
      { scenario: 'S24', vm: 'tdx' },
      { scenario: 'S27', vm: 'sw-protected' },
      { scenario: 'S27', vm: 'tdx' },
      { scenario: 'S35', vm: 'tdx' },
    ],
    breaks: ['gmem-binding-safe'],
    interleaving: [
      'vmm: binds the new memslot (kvm_gmem_bind)',
      'punch: finds the binding, unmaps in a memslot that has no metadata (kvm_gmem_invalidate_begin)',
      'vmm: allocates the metadata, or fails and frees the memslot (kvm_arch_prepare_memory_region)',
    ],
    why: 'kvm_set_memory_region() binds first; the punch takes the invalidate lock, which the creation has dropped.',
    source: 'kvm_set_memory_region(), kvm_gmem_bind(), kvm_gmem_punch_hole()',
    mendedBy: '3fe5d2944e5a',
    kernels: ['7.2.13', '6.12.95'],
    isIn: (text) => !/\bkvm_gmem_commit_memory_region\b/.test(text(KVM_MAIN)),
  },
  {
    title: 'The page of a running VMSA is freed while it is still assigned',
    shows: [
      { scenario: 'S23', vm: 'snp' },
      { scenario: 'S48', vm: 'snp' },
    ],
    breaks: [
      'kernel-bug',
      'kernel-warning',
      'snp-unassign-before-free',
      'snp-unmap-before-rmpchange',
      'snp-vmsa-tracks-memory',
    ],
    interleaving: [
      'vcpu1: runs with a VMSA in guest_memfd (sev_es_vcpu_run)',
      'punch: RMPUPDATE fails with INUSE, the page is freed all the same (sev_gmem_invalidate)',
      'host: writes to the page it was given, and takes an RMP fault',
    ],
    why: 'Nothing tells KVM that the page of a VMSA goes, so the vCPU is not made to leave.',
    source: 'sev_gmem_invalidate(), kvm_gmem_free_folio()',
    mendedBy: 'the change that added KVM_REQ_VMSA_PAGE_RELOAD',
    kernels: ['6.12.95'],
    isIn: (text) => text(SEV) !== '' && !/\bsev_gmem_invalidate_range\b/.test(text(SEV)),
  },
  {
    title: 'Making a page shared WARNs when a fault has split its RMP entry',
    shows: [{ scenario: 'S25', vm: 'snp' }],
    breaks: ['kernel-warning'],
    interleaving: [
      'punch: looks the entry up, 2 MiB (sev_gmem_make_shared)',
      'vcpu0: splits it for its own fault (sev_handle_rmp_fault, PSMASH)',
      'punch: PSMASH fails, and WARNs',
    ],
    why: 'It does not look again whether the entry is still large, as sev_handle_rmp_fault() does. It takes folios of 2 MiB, which guest_memfd does not have yet.',
    source: 'sev_gmem_make_shared() or sev_gmem_invalidate(), sev_handle_rmp_fault()',
    mendedBy: null,
    kernels: ['7.3.4', '7.2.13', '6.12.95'],
    isIn: (text) => text(SEV) !== '',
  },
  {
    title: 'A fast zap leaves a TD’s vCPU in the local retry of its fault',
    shows: [{ scenario: 'S55', vm: 'tdx' }],
    breaks: ['livelock'],
    interleaving: [
      'vcpu0: has loaded its roots, takes a private fault (tdx_handle_ept_violation)',
      'vmm: invalidates the direct roots, requests a reload (kvm_mmu_zap_all_fast)',
      'vcpu0: finds the direct root obsolete and retries, and retries (is_page_fault_stale)',
    ],
    why: 'KVM_REQ_MMU_FREE_OBSOLETE_ROOTS is served on entry alone, and is no event of kvm_vcpu_has_events(). An interrupt for the guest or a signal ends it; nothing else does.',
    source: 'tdx_handle_ept_violation(), is_page_fault_stale(), kvm_mmu_reload()',
    mendedBy: null,
    kernels: ['7.3.4', '7.2.13'],
    isIn: (text) =>
      /local_retry/.test(text(TDX)) && !/local_retry[\s\S]*KVM_REQ_MMU_FREE_OBSOLETE_ROOTS/.test(text(TDX)),
  },
  {
    title: 'A hole punch in a TD that is being made final removes a page without tracking',
    shows: [{ scenario: 'S56', vm: 'tdx' }],
    breaks: ['block-track-remove-order', 'kernel-bug', 'seamcall-refused', 'unmap-before-free'],
    interleaving: [
      'punch: blocks the page, skips the track as the TD is not RUNNABLE (tdx_track)',
      'vmm: TDH.MR.FINALIZE (tdx_td_finalize)',
      'punch: TDH.MEM.PAGE.REMOVE is refused, the VM is bugged, the page is freed (tdx_sept_remove_leaf_spte)',
    ],
    why: 'The module wants tracking from MR.FINALIZE on, and KVM sets TD_STATE_RUNNABLE after it. Finalising holds slots_lock and the locks of all vCPUs; a hole punch takes none of these, and finalising does not take mmu_lock.',
    source: 'tdx_track(), tdx_sept_remove_leaf_spte(), tdx_td_finalize(); TDH.MEM.PAGE.REMOVE',
    mendedBy: null,
    kernels: ['7.3.4', '7.2.13'],
    isIn: (text) => /state != TD_STATE_RUNNABLE\)\)\s*return;/.test(text(TDX)),
  },
  {
    title: 'A prefault on a VM that is killed meanwhile WARNs',
    shows: [{ scenario: 'S57', vm: 'tdx' }],
    breaks: ['kernel-warning'],
    interleaving: [
      'prefault: has found the VM alive (kvm_vcpu_ioctl)',
      'vcpu0: the guest touches a page that it has not accepted: kvm_vm_dead()',
      'prefault: kvm_tdp_map_page() returns -EIO, WARN_ON_ONCE(r == 0 || r == -EIO)',
    ],
    why: 'A guest and its user space can bring it about, so it is no bug of KVM that deserves a WARN.',
    source: 'kvm_vcpu_pre_fault_memory(), kvm_tdp_map_page()',
    mendedBy: null,
    kernels: ['7.3.4', '7.2.13'],
    isIn: (text) => text(TDX) !== '' && /WARN_ON_ONCE\(r == 0 \|\| r == -EIO\)/.test(text(KVM_MAIN)),
  },
  {
    title: 'A prefault spins on a root that a fast zap has invalidated',
    shows: [{ scenario: 'S51', vm: 'default' }],
    breaks: ['livelock'],
    interleaving: [
      'prefault: has loaded its roots, takes a fault (kvm_tdp_page_prefault)',
      'vmm: deletes a memslot, invalidates all roots (__kvm_mmu_zap_all_fast_front_half)',
      'prefault: finds its root obsolete and retries, and retries (is_page_fault_stale)',
    ],
    why: 'The roots are loaded before the loop, and KVM_REQ_MMU_FREE_OBSOLETE_ROOTS is served by kvm_mmu_reload() alone. Only a signal ends it.',
    source: 'kvm_tdp_map_page() or kvm_tdp_page_prefault(), kvm_arch_vcpu_pre_fault_memory(), is_page_fault_stale()',
    mendedBy: '355323a4dc94',
    kernels: ['7.3.4', '7.2.13', '6.12.95'],
    isIn: (text) => !/\bkvm_mmu_reload\(vcpu\);[^}]*\bkvm_mmu_do_page_fault\(vcpu, gpa/.test(text(MMU)),
  },
  {
    title: 'A hole punch leaves the shared mappings of a TD’s guest_memfd',
    shows: [{ scenario: 'S58', vm: 'tdx' }],
    breaks: ['unmap-before-free'],
    interleaving: [
      'vmm: makes a guest_memfd that may be mapped, without INIT_SHARED, which a TD must not have (kvm_gmem_create)',
      'vcpu0: touches shared memory, and gets a page of the guest_memfd (__kvm_mmu_faultin_pfn)',
      'vmm: punches a hole: private mappings go, so those in the mirror tree (kvm_gmem_get_invalidate_filter)',
      'vmm: the page is freed, and the shared EPT still maps it (truncate_inode_pages_range)',
    ],
    why: 'Memslots of a guest_memfd that may be mapped take pages for shared faults from it, too, whatever it was made as; the filter goes by INIT_SHARED alone. On a VM with one tree the filter is of no account.',
    source:
      'kvm_gmem_prepare_memory_region() or kvm_gmem_bind(), kvm_memslot_is_gmem_only(), kvm_gmem_get_invalidate_filter(), kvm_gfn_range_filter_to_root_types(); Documentation/virt/kvm/api.rst, KVM_CREATE_GUEST_MEMFD',
    mendedBy: null,
    kernels: ['7.3.4', '7.2.13'],
    isIn: (text) =>
      text(TDX) !== '' &&
      /flags & GUEST_MEMFD_FLAG_INIT_SHARED\)\s*return KVM_FILTER_SHARED;\s*return KVM_FILTER_PRIVATE;/.test(
        text(GMEM),
      ) &&
      /KVM_MEMSLOT_GMEM_ONLY/.test(text(GMEM)),
  },
  {
    title: 'The bindings of a dying guest_memfd change inside an invalidation',
    shows: [
      { scenario: 'S59', vm: 'sw-protected' },
      { scenario: 'S59', vm: 'tdx' },
    ],
    breaks: ['memory-safety'],
    interleaving: [
      'close: drops the last reference to the file, its release is still to come (fput)',
      'mm: finds the memslot among the bindings, for a memory error (kvm_gmem_error_folio)',
      'vmm: takes it from the bindings without the invalidate lock, and frees it (kvm_gmem_unbind)',
      'mm: unmaps in the memslot that is freed (kvm_gmem_invalidate_begin)',
    ],
    why: 'A memory error holds the folio and the invalidate lock, but no file. kvm_gmem_unbind() takes the lock only if it can get the file.',
    source: 'kvm_gmem_unbind(), kvm_gmem_error_folio(), kvm_gmem_release()',
    mendedBy: '1f3359c873db',
    kernels: ['7.2.13', '6.12.95'],
    isIn: (text) => /if \(!file\) \{\s*__kvm_gmem_unbind\(/.test(text(GMEM)),
  },
];

/** The defects that a scenario shows on a VM type. */
export const defectsOf = (scenario: string, vm: VmType): readonly Defect[] =>
  defects.filter(({ shows }) => shows.some((each) => each.scenario === scenario && each.vm === vm));

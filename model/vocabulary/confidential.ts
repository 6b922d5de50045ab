/** Functions of KVM's TDX and SEV code and of the firmware behind them (domain 5.4 and 5.5). */

import { type Term, table } from './types';

const SEPT = table({ kind: 'function', source: 'arch/x86/kvm/vmx/tdx.c' }, [
  [
    'set_external_spte',
    'Hook that carries a change of the mirror into the S-EPT: installs or removes, by old and new value.',
    'S01 S17',
  ],
  ['free_external_spt', 'Hook that releases an S-EPT page; legal only after the key was given back.', 'S19'],
  [
    'link_external_spt|remove_external_spte',
    'Separate hooks for a table and for a removal.',
    'S01 S17',
    { era: 'up to 6.19' },
  ],
  [
    'set_private_spte|zap_private_spte|drop_private_spte|is_private_sp',
    'The hooks of the RFC.',
    'S01 S17',
    { era: 'RFC' },
  ],
  [
    'tdx_sept_set_private_spte|tdx_sept_map_leaf_spte|tdx_sept_map_nonleaf_spte|tdx_mem_page_aug|tdx_mem_page_add',
    'Install an entry of the S-EPT; BUSY is returned so that the fault retries.',
    'S01 S17',
  ],
  ['tdx_sept_remove_leaf_spte', 'Removes a private page: BLOCK, TRACK and kick, REMOVE, write back.', 'S12 S10 S11'],
  ['tdx_sept_free_private_spt', 'Takes an S-EPT page back at teardown, or leaks it.', 'S19'],
  ['tdh_do_no_vcpus', 'Tries a SEAMCALL; on BUSY keeps the vCPUs out and tries exactly once more.', 'S10'],
  ['tdx_track', 'TRACK, then kick: every vCPU leaves the old TLB epoch.', 'S12 S11 S10'],
  [
    'tdx_no_vcpus_enter_start|tdx_no_vcpus_enter_stop',
    'Keep vCPUs out around a retry, up to 6.18.',
    'S10',
    { era: 'up to 6.18' },
  ],
  [
    'tdx_sept_zap_private_spte|tdx_sept_drop_private_spte|tdx_sept_remove_private_spte|tdx_is_sept_zap_err_due_to_premap|nr_premapped',
    'Earlier parts of the removal of a private page.',
    'S12 S10',
    { era: 'up to 6.18' },
  ],
  [
    'tdx_handle_ept_violation|__vmx_handle_ept_violation|tdx_is_sept_violation_unexpected_pending',
    'Entry of a fault of a TD; private faults are retried in a local loop.',
    'S14 S05',
  ],
  ['tdx_vcpu_run|tdx_vcpu_enter_exit', 'Enters the TD unless a removal asked to wait.', 'S10'],
  [
    'tdx_vcpu_load|associated_tdvcpus|tdx_flush_vp|tdx_flush_vp_on_cpu',
    'A vCPU is tied to a CPU by the module and flushed from it.',
    'S19',
    { weight: 1 },
  ],
  [
    'tdx_flush_tlb_all|tdx_flush_tlb_current|ept_sync_global',
    "Flush of the CPU's translations for a TD.",
    'S06',
    { weight: 1 },
  ],
  ['tdx_map_gpa|tdx_complete_vmcall_map_gpa', 'The guest asks for a conversion.', 'S10'],
  ['TDX_BUG_ON|TDX_BUG_ON_2', 'A SEAMCALL failed that must not: the VM is bugged.', 'S32 S12'],
  [
    'tdx_gmem_post_populate|kvm_tdp_mmu_map_private_pfn|tdx_vcpu_init_mem_region|tdx_td_finalize',
    'Building a TD.',
    'S18 S31',
  ],
  [
    'tdx_mmu_release_hkid|tdx_vm_destroy|tdx_vm_init|kvm_arch_pre_destroy_vm|vm_pre_destroy|vm_destroy',
    "Order of a TD's teardown.",
    'S19',
  ],
  [
    'tdx_reclaim_page|__tdx_reclaim_page|tdx_reclaim_control_page|tdx_reclaim_td_control_pages|tdx_guest_keyid_alloc|tdx_guest_keyid_free|tdx_hkid_free',
    'Pages and keys come back at teardown.',
    'S19',
    { weight: 1 },
  ],
  [
    'tdx_quirk_reset_paddr|tdx_clear_page|tdx_quirk_reset_page',
    'Clears a page before the host uses it again, on CPUs with the erratum.',
    'S12',
    { weight: 1 },
  ],
]);

const SEAMCALLS = table({ kind: 'function', source: 'arch/x86/virt/vmx/tdx/tdx.c; TDX module: TDH leaf functions' }, [
  ['tdh_mem_sept_add|TDH.MEM.SEPT.ADD', 'SEAMCALL: adds a table to the S-EPT; its parent must be there.', 'S17'],
  ['tdh_mem_page_add|TDH.MEM.PAGE.ADD', 'SEAMCALL: adds a measured page before the TD is final.', 'S18'],
  [
    'tdh_mem_page_aug|TDH.MEM.PAGE.AUG',
    'SEAMCALL: adds a pending page to a running TD; the guest must accept it.',
    'S17 S01',
  ],
  [
    'tdh_mem_range_block|TDH.MEM.RANGE.BLOCK',
    'SEAMCALL: no new translation of the page from now on; first step of a removal.',
    'S12 S10',
  ],
  ['tdh_mem_track|TDH.MEM.TRACK', 'SEAMCALL: starts a new TLB epoch.', 'S12 S11'],
  ['tdh_mem_page_remove|TDH.MEM.PAGE.REMOVE', 'SEAMCALL: the page leaves the TD; its content is lost.', 'S12 S10'],
  ['tdh_mr_extend|tdh_mr_finalize', 'SEAMCALLs: measure a page, finalise the TD.', 'S18'],
  [
    'tdh_phymem_page_wbinvd_hkid|tdh_phymem_page_reclaim|tdh_phymem_cache_wb|tdh_mng_vpflushdone|tdh_mng_key_freeid|tdh_vp_flush',
    'SEAMCALLs of write-back and teardown.',
    'S19',
    { weight: 1 },
  ],
  [
    'tdh_mem_sept_remove|tdh_mem_range_unblock|tdh_mem_page_promote|tdh_mem_page_demote',
    "SEAMCALLs of the module that KVM 7.3 doesn't use.",
    'S16',
    { weight: 1 },
  ],
  ['TDH.VP.ENTER', 'SEAMCALL: runs the guest; it may return BUSY or a synthetic EPT violation.', 'S10', { weight: 2 }],
  ['TDG.MEM.PAGE.ACCEPT', 'The guest accepts a pending page; its content is zero then.', 'S10 S03'],
]);

const SNP = table({ kind: 'function', source: 'arch/x86/kvm/svm/sev.c, arch/x86/virt/svm/sev.c' }, [
  [
    'rmp_make_private|rmp_make_shared|rmpupdate|psmash|snp_lookup_rmpentry|RMPUPDATE',
    "Changes and lookups of a page's owner in the RMP.",
    'S22 S25',
  ],
  ['struct rmp_state', 'Owner of a physical page: assigned, size, gpa, asid, immutable.', 'S22', { kind: 'type' }],
  [
    'sev_gmem_make_private|sev_gmem_make_shared',
    'SNP: assign the page at a fault, take it back when it is freed.',
    'S22',
  ],
  ['sev_gmem_prepare|sev_gmem_invalidate', 'The same up to 7.2.', 'S22', { era: 'up to 7.2' }],
  [
    'sev_gmem_invalidate_range|__sev_snp_reload_vmsa|sev_snp_ap_creation|snp_guest_vmsa_gpa|snp_pending_vmsa_gpa|vmsa_pa|pre_sev_run',
    'Life of a VMSA that lives in guest memory.',
    'S23',
  ],
  ['sev_handle_rmp_fault|snp_rmptable_psmash', "A fault whose size doesn't fit the RMP entry.", 'S25'],
  ['snp_page_reclaim|snp_leak_pages', 'Takes a page back from the firmware, or leaks it.', 'S22'],
  ['snp_begin_psc|snp_do_psc|snp_begin_psc_msr', 'Page state change that the guest asks for.', 'S22'],
  [
    'sev_launch_update_vmsa|snp_launch_update|snp_launch_finish',
    'Launch of an SEV or SNP guest.',
    'S22',
    { weight: 1 },
  ],
  ['sev_guest_memory_reclaimed', 'Cache write-back for SEV and SEV-ES.', '', { weight: 1 }],
  ['adjust_direct_map|X86_PF_RMP', "The host's direct map and its faults on assigned pages.", 'S22', { weight: 1 }],
]);

export const CONFIDENTIAL_TERMS: readonly Term[] = [...SEPT, ...SEAMCALLS, ...SNP];

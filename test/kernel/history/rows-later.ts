/** Rows 56 to 74: SNP, what the fixes of 2026 were about, and changes that mattered for other reasons. */

import { MMU, TDX } from '../places';
import { type HistoryRow, seeded } from './row';

export const laterRows: readonly HistoryRow[] = [
  {
    row: 56,
    subject: 'KVM: SEV: Forcefully invalidate SNP VMSA if its backing gmem page is zapped',
    commit: '(mail of June 2026)',
    bug: seeded('b131-hole-spares-registers'),
  },
  {
    row: 57,
    subject: 'KVM: SEV: Treat unassigned RMP entry as benign race on PSMASH failure',
    commit: '211606532680 (queue, not in 7.3.4)',
    why: 'In the race KVM prints a warning, zaps once more than it has to, and goes on: what is printed is no behaviour of the MMU.',
  },
  {
    row: 58,
    subject: 'KVM: SEV: Check for invalidation before warning on unassigned RMP entry',
    commit: 'acafcf32c83e (queue, not in 7.3.4)',
    why: 'Only the printed warning differs.',
  },
  {
    row: 59,
    subject: 'KVM: x86: Take SRCU in kvm_zap_gfn_range()',
    commit: 'b59a87c1ba3c (queue)',
    why: 'The memslots are walked for the rmaps of shadow pages only, which the model has not.',
  },
  {
    row: 60,
    subject: 'KVM: x86/mmu: Reload MMU on every page pre-fault attempt/iteration',
    commit: '355323a4dc94 (queue, not in 7.3.4)',
    isFix: true,
    bug: {
      id: 'h60-roots-loaded-once',
      title: 'KVM: x86/mmu: Reload the MMU on every attempt of a prefault',
      wrong: 'A prefault whose root has become obsolete retries on it for ever.',
      scenario: 'S51',
      file: MMU,
      function: 'kvm_tdp_page_prefault',
      changes: [
        {
          find: 'r = kvm_mmu_do_page_fault(vcpu, gpa, error_code, true, NULL, level);',
          replace: `r = kvm_mmu_reload(vcpu);
		if (r)
			return r;

		r = kvm_mmu_do_page_fault(vcpu, gpa, error_code, true, NULL, level);`,
        },
        {
          in: 'kvm_arch_vcpu_pre_fault_memory',
          find: 'r = kvm_mmu_reload(vcpu); if (r) return r;',
          replace: '',
        },
      ],
      breaks: ['fault-progress', 'livelock'],
      vm: ['default'],
    },
  },
  {
    row: 61,
    subject: 'KVM: x86/mmu: Harden "map private PFN" against unexpected root invalidation',
    commit: '698b8c88e159 (queue, not in 7.3.4)',
    why: 'Whoever invalidates roots holds slots_lock, which the caller holds, too: it hardens against what does not happen yet.',
  },
  {
    row: 62,
    subject: 'KVM: x86/mmu: Top-up memory caches when retrying "map private PFN"',
    commit: '6415d9c4ee19 (queue, not in 7.3.4)',
    why: 'A cache that was filled has forty objects, and a retry takes one or two: runs of a few preemptions and faults do not use it up.',
  },
  {
    row: 63,
    subject: 'KVM: x86/mmu: Add sanity check to detect stale page faults in "map private PFN"',
    commit: 'f7a3be227619 (queue, not in 7.3.4)',
    why: 'It adds an assertion that holds; without it the same code runs.',
  },
  {
    row: 64,
    subject: "KVM: Never clear KVM_REQ_VM_DEAD from a vCPU's requests",
    commit: '8cd280282d12 (queue)',
    why: 'It guards against what has no effect yet: every loop that sees the request returns an error, and vm_dead refuses the next ioctl.',
  },
  {
    row: 65,
    subject: 'KVM: x86/mmu: Always guard rmaps with mmu_lock on PREEMPT_RT=y',
    commit: 'df269c8e097f (queue)',
    why: 'rmaps are of the shadow MMU, which the model has not.',
  },
  {
    row: 66,
    subject: 'KVM: x86/mmu: Recover TDP MMU NX huge pages using MMU read lock',
    commit: 'a57750909580',
    bug: seeded('b70-nx-flush-outside-rcu'),
  },
  {
    row: 67,
    subject: 'KVM: x86/mmu: Process only valid TDP MMU roots when aging a gfn range',
    commit: '526e609f0567',
    why: 'Ageing what invalid roots map takes time and breaks no rule.',
  },
  {
    row: 68,
    subject: 'KVM: x86/mmu: WARN and flush if resolving a TDP MMU fault clears MMU-writable',
    commit: '1a175082b190',
    why: 'It adds a warning, and a flush behind it, for what no fault does.',
  },
  {
    row: 69,
    subject: 'KVM: SEV: Do not allow intra-host migration/mirroring of SNP VMs',
    commit: '(stable)',
    why: 'It takes two VMs; the model has one.',
  },
  {
    row: 70,
    subject: "KVM: Don't treat reserved xarray entries as having memory attributes",
    commit: '277d3623d99a',
    why: 'A range with reserved entries counts as one with attributes, by which only a huge page is lost or an attribute stored again: the attribute of a single gfn, by which faults go, was read rightly.',
  },
  {
    row: 71,
    subject: 'KVM: x86: Introduce quirk to control memslot zap behavior',
    commit: 'aa8d1f48d353',
    why: 'The quirk chooses between two right ways; honouring it for TDX is the bug of row 41.',
  },
  {
    row: 72,
    subject: 'TDH.MEM.RANGE.BLOCK was busy and its result ignored (canonical/tdx 213 and 100)',
    commit: '(vendor kernel)',
    bug: {
      id: 'h72-busy-block-ignored',
      title: 'KVM: TDX: Leave it to TDH.MEM.PAGE.REMOVE to find an entry that is not blocked',
      wrong: 'An entry that could not be blocked is tracked and removed as if it were.',
      scenario: 'S10',
      file: TDX,
      function: 'tdx_sept_remove_leaf_spte',
      changes: [
        {
          find: `err = tdh_do_no_vcpus(tdh_mem_range_block, kvm, &kvm_tdx->td, gpa, level, &entry, &level_state);
            if (TDX_BUG_ON_2(err, TDH_MEM_RANGE_BLOCK, entry, level_state, kvm)) return -EIO;`,
          replace: 'tdh_mem_range_block(&kvm_tdx->td, gpa, level, &entry, &level_state);',
        },
      ],
      breaks: ['block-track-remove-order', 'busy-handled-in-place', 'seamcall-refused', 'kernel-bug'],
      vm: ['tdx'],
    },
  },
  {
    row: 73,
    subject: 'KVM: x86/mmu: Split the boundary of a range that is converted (RFC v5, TDX huge pages)',
    commit: '(mail of January 2026)',
    bug: seeded('b28-attributes-unmap-widened'),
  },
  {
    row: 74,
    subject: 'KVM: tdp-mmu: fix lost A/D/W bits from non-atomic SPTE update',
    commit: '4f510c8bb1dd',
    why: 'What is lost is that a page was used or written. The model has no hardware that sets these bits, and KVM marks pages dirty when it maps them writable.',
  },
];

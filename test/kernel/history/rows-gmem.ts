/** Rows 16 to 33: guest_memfd, its bindings and memslots, and faults that meet a memslot on its way out. */

import { GMEM, KVM_MAIN, PRIVATE } from '../places';
import { type HistoryRow, seeded } from './row';

export const gmemRows: readonly HistoryRow[] = [
  {
    row: 16,
    subject: 'KVM: x86: disallow pre-fault for SNP VMs before initialization',
    commit: '5932ca411e53',
    bug: seeded('b136-prefault-during-launch'),
  },
  {
    row: 17,
    subject: 'KVM: guest_memfd: delay folio_mark_uptodate() until after successful preparation',
    commit: 'd04c77d23122',
    bug: {
      id: 'h17-prepared-before-it-is',
      release: '6.12',
      title: 'KVM: guest_memfd: Mark folios as prepared once they are cleared',
      wrong: 'A folio whose preparation failed counts as prepared, and is mapped without being assigned.',
      file: GMEM,
      function: 'kvm_gmem_prepare_folio',
      changes: [
        {
          find: 'r = __kvm_gmem_prepare_folio(kvm, slot, index, folio); if (!r) kvm_gmem_mark_prepared(folio);',
          replace: 'kvm_gmem_mark_prepared(folio);\n\tr = __kvm_gmem_prepare_folio(kvm, slot, index, folio);',
        },
      ],
      breaks: ['snp-assign-before-map'],
      vm: ['snp'],
    },
  },
  {
    row: 18,
    subject: 'KVM: guest_memfd: make kvm_gmem_prepare_folio() operate on a single struct kvm',
    commit: '6dd761d92f66',
    why: 'No ioctl binds one inode to two VMs, so that the list it walked had one file: nothing differs.',
  },
  {
    row: 19,
    subject: 'KVM: guest_memfd: let kvm_gmem_populate() operate only on private gfns',
    commit: 'e4ee54479273',
    bug: seeded('b104-populate-ignores-attributes'),
  },
  {
    row: 20,
    subject: 'KVM: Make KVM_MEM_GUEST_MEMFD mutually exclusive with KVM_MEM_READONLY',
    commit: '39fee313fdd4 (merge)',
    bug: {
      id: 'h20-read-only-guest-memfd',
      title: 'KVM: Allow read-only memslots with guest_memfd',
      wrong: 'Writes to private memory would have to be emulated, which KVM cannot do.',
      scenario: 'S30',
      file: KVM_MAIN,
      function: 'check_memory_region_flags',
      changes: [
        {
          find: 'if (kvm_arch_has_readonly_mem(kvm) && !(mem->flags & KVM_MEM_GUEST_MEMFD))',
          replace: 'if (kvm_arch_has_readonly_mem(kvm))',
        },
      ],
      breaks: ['gmem-slot-restricted'],
      vm: PRIVATE,
    },
  },
  {
    row: 21,
    subject: 'KVM: Disallow toggling KVM_MEM_GUEST_MEMFD on an existing memslot',
    commit: '9935df5333aa',
    bug: {
      id: 'h21-guest-memfd-flag-toggled',
      title: 'KVM: Compare only KVM_MEM_READONLY when a memslot is modified',
      wrong: 'A flags-only update takes the guest_memfd from a memslot, whose binding stays.',
      scenario: 'S30',
      file: KVM_MAIN,
      function: 'kvm_set_memory_region',
      changes: [
        {
          find: '((mem->flags ^ old->flags) & (KVM_MEM_READONLY | KVM_MEM_GUEST_MEMFD))',
          replace: '((mem->flags ^ old->flags) & KVM_MEM_READONLY)',
        },
      ],
      breaks: ['gmem-slot-restricted', 'gmem-binding-safe', 'mapping-has-binding', 'kernel-warning', 'memory-safety'],
      vm: PRIVATE,
    },
  },
  {
    row: 22,
    subject: 'KVM: harden against modifying existing guest_memfd memslots',
    commit: 'af62fe2494da',
    why: 'A warning and an unbind behind the checks of rows 20 and 21: no ioctl comes so far.',
  },
  {
    row: 23,
    subject: 'KVM: guest_memfd: Remove bindings on memslot deletion when gmem is dying',
    commit: 'ae431059e75d',
    bug: seeded('b96-dying-file-stays-bound'),
  },
  {
    row: 24,
    subject: 'KVM: guest_memfd: take the invalidate lock when unbinding a dying file',
    commit: '1f3359c873db (queue)',
    bug: {
      id: 'h24-dying-file-unbound-unlocked',
      title: 'KVM: guest_memfd: Take the invalidate lock only for files that are alive',
      wrong: 'The bindings change between the start and the end of an invalidation, which then never ends.',
      scenario: 'S59',
      file: GMEM,
      function: 'kvm_gmem_unbind',
      changes: [
        {
          find: 'f = file->private_data; filemap_invalidate_lock(file->f_mapping);',
          replace: `f = file->private_data;

	CLASS(gmem_get_file, live)(slot);
	if (live)
		filemap_invalidate_lock(file->f_mapping);`,
        },
        {
          find: 'filemap_invalidate_unlock(file->f_mapping);',
          replace: 'if (live)\n\t\tfilemap_invalidate_unlock(file->f_mapping);',
        },
      ],
      breaks: ['gmem-binding-safe', 'invalidate-balanced', 'memory-safety'],
      vm: PRIVATE,
    },
  },
  {
    row: 25,
    subject: 'KVM: guest_memfd: Establish bindings after memslot is ready',
    commit: '3fe5d2944e5a (queue)',
    bug: {
      id: 'h25-bound-before-ready',
      title: 'KVM: Bind guest_memfd before preparing a memslot',
      wrong: 'A hole punch finds a memslot whose metadata are not there, or that is freed since it was refused.',
      scenario: 'S27',
      file: KVM_MAIN,
      function: 'kvm_set_memslot',
      changes: [
        {
          find: `r = kvm_prepare_memory_region(kvm, old, new, change); if (r) goto err;
            if (change == KVM_MR_CREATE && (new->flags & KVM_MEM_GUEST_MEMFD)) {
              r = kvm_gmem_commit_memory_region(kvm, new);
              if (r) { kvm_arch_free_memslot(kvm, new); kvm_destroy_dirty_bitmap(new); goto err; } }`,
          replace: `if (change == KVM_MR_CREATE && (new->flags & KVM_MEM_GUEST_MEMFD)) {
		r = kvm_gmem_commit_memory_region(kvm, new);
		if (r)
			goto err;
	}

	r = kvm_prepare_memory_region(kvm, old, new, change);
	if (r) {
		if (change == KVM_MR_CREATE && (new->flags & KVM_MEM_GUEST_MEMFD))
			kvm_gmem_unbind(new);
		goto err;
	}`,
        },
      ],
      breaks: ['gmem-binding-safe', 'mapping-has-binding', 'memory-safety'],
      vm: PRIVATE,
    },
  },
  {
    row: 26,
    subject: 'KVM: guest_memfd: Gracefully handle xarray errors when binding a memslot',
    commit: 'e6ecb88711d9 (queue)',
    bug: {
      id: 'h26-binding-half-stored',
      title: 'KVM: guest_memfd: Do not undo a failed store of bindings',
      wrong: 'A memslot that could be stored in part is freed, and a hole punch finds it.',
      scenario: 'S27',
      file: GMEM,
      function: 'kvm_gmem_commit_memory_region',
      changes: [{ find: 'if (r) xa_store_range(&f->bindings, start, end - 1, NULL, GFP_KERNEL);', replace: '' }],
      breaks: ['gmem-binding-safe', 'mapping-has-binding', 'memory-safety'],
      vm: PRIVATE,
    },
  },
  {
    row: 27,
    subject: 'KVM: guest_memfd: Fail with EEXIST on overlapping binding; unsigned offset',
    commit: '06ba195f136a (merge)',
    bug: seeded('b94-overlap-not-refused'),
  },
  {
    row: 28,
    subject: 'KVM: guest_memfd: GUP source pages prior to populating guest memory',
    commit: '2a62345b3052',
    bug: seeded('b103-gup-under-invalidate-lock'),
  },
  {
    row: 29,
    subject: 'KVM: guest_memfd: Remove preparation tracking',
    commit: '9123c5f956b1 (merge)',
    bug: seeded('b134-assigned-when-new'),
  },
  {
    row: 30,
    subject: 'KVM: Return -EAGAIN if userspace deletes/moves memslot during prefault',
    commit: '3ccbf6f47098',
    bug: seeded('b62-prefault-retries-invalid-slot'),
  },
  {
    row: 31,
    subject: 'KVM: TDX: Do not retry locally when the retry is caused by invalid memslot',
    commit: '2bc2694fe20b',
    bug: seeded('b120-local-retry-of-invalid-slot'),
  },
  {
    row: 32,
    subject: 'KVM: x86/mmu: Check for invalid/obsolete root after making MMU pages available',
    commit: '2abd5287f083',
    why: 'direct_page_fault() makes room among shadow pages, which nested guests and VMs without a TDP MMU have; the model has none.',
  },
  {
    row: 33,
    subject: 'KVM: x86/mmu: Drop/zap existing present SPTE even when creating an MMIO SPTE',
    commit: 'aad885e77496',
    why: 'mmu_set_spte() is of the shadow MMU, which the model has not; the TDP MMU takes a present leaf for a spurious fault before it makes an MMIO entry.',
  },
];

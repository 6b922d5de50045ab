/**
 * Seeded bugs of guest_memfd.c: holes, bindings, the life of its files and folios, populate. Written from
 * the kernel's source and the domain specification alone.
 */
import type { Bug } from './edit';
import { GMEM, PRIVATE } from './places';

export const gmemBugs: readonly Bug[] = [
  {
    id: 'b91-hole-one-page-short',
    title: 'KVM: guest_memfd: Hoist the mapping and the last page of a hole',
    wrong: 'The last page of a hole is truncated without being unmapped.',
    scenario: 'S06',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [
      { find: '(offset + len) >> PAGE_SHIFT', replace: '(offset + len - 1) >> PAGE_SHIFT' },
      { find: 'filemap_invalidate_lock(inode->i_mapping)', replace: 'filemap_invalidate_lock(mapping)' },
      { find: 'filemap_invalidate_unlock(inode->i_mapping)', replace: 'filemap_invalidate_unlock(mapping)' },
      {
        find: 'pgoff_t start = offset',
        replace: 'struct address_space *mapping = inode->i_mapping;\n\tpgoff_t start = offset',
      },
    ],
    breaks: ['unmap-before-free', 'td-zap-only-requested', 'invalidate-balanced'],
    vm: PRIVATE,
  },
  {
    id: 'b92-unlocked-before-end',
    title: 'KVM: guest_memfd: Drop the invalidate lock before ending an invalidation',
    wrong: 'A memslot that is unbound in between makes the end find nothing, and the count never returns to zero.',
    scenario: 'S26',
    file: GMEM,
    function: 'kvm_gmem_punch_hole',
    changes: [
      {
        find: 'kvm_gmem_invalidate_end(inode, start, end); filemap_invalidate_unlock(inode->i_mapping);',
        replace: 'filemap_invalidate_unlock(inode->i_mapping);\n\n\tkvm_gmem_invalidate_end(inode, start, end);',
      },
    ],
    breaks: ['invalidate-balanced', 'fault-progress', 'memory-safety', 'livelock'],
    vm: PRIVATE,
  },
  {
    id: 'b93-overlap-leaves-lock-held',
    title: 'KVM: guest_memfd: Return directly if a binding overlaps',
    wrong: 'After a refused binding the invalidate lock stays held, and the next user of the file hangs.',
    scenario: 'S35',
    file: GMEM,
    function: 'kvm_gmem_commit_memory_region',
    changes: [
      {
        find: 'XA_PRESENT)) { filemap_invalidate_unlock(inode->i_mapping); return -EEXIST; }',
        replace: 'XA_PRESENT))\n\t\treturn -EEXIST;',
      },
    ],
    breaks: ['deadlock', 'lock-rule'],
    vm: PRIVATE,
  },
  {
    id: 'b94-overlap-not-refused',
    title: 'KVM: guest_memfd: Let a new binding replace an old one',
    wrong: 'Two memslots are backed by the same pages, so two gfns name one private page.',
    scenario: 'S35',
    file: GMEM,
    function: 'kvm_gmem_commit_memory_region',
    changes: [
      {
        find: `if (!xa_empty(&f->bindings) && xa_find(&f->bindings, &start, end - 1, XA_PRESENT)) {
          filemap_invalidate_unlock(inode->i_mapping); return -EEXIST; }`,
        replace: '',
      },
    ],
    breaks: [
      'pfn-one-private-owner',
      'mapping-has-binding',
      'gmem-binding-safe',
      'seamcall-refused',
      'kernel-bug',
      'kernel-warning',
    ],
    vm: PRIVATE,
  },
  {
    id: 'b95-unbind-one-page-short',
    title: 'KVM: guest_memfd: Name the last bound index when unbinding',
    wrong: 'The last page of a freed memslot stays bound to it.',
    scenario: 'S26',
    file: GMEM,
    function: 'kvm_gmem_unbind',
    changes: [{ find: 'end = start + slot->npages;', replace: 'end = start + slot->npages - 1;' }],
    breaks: ['gmem-binding-safe', 'memory-safety'],
    vm: PRIVATE,
  },
  {
    id: 'b96-dying-file-stays-bound',
    title: 'KVM: guest_memfd: Hold a reference to the file while unbinding',
    wrong: 'A memslot that is deleted while its file is being closed is freed but stays among the bindings.',
    scenario: 'S26',
    file: GMEM,
    function: 'kvm_gmem_unbind',
    changes: [
      { find: 'struct file *file = slot->gmem.file;', replace: 'struct file *file = kvm_gmem_get_file(slot);' },
      {
        find: 'filemap_invalidate_unlock(file->f_mapping);',
        replace: 'filemap_invalidate_unlock(file->f_mapping);\n\n\tfput(file);',
      },
    ],
    breaks: ['gmem-binding-safe', 'memory-safety'],
    vm: PRIVATE,
  },
  {
    id: 'b97-closed-file-stays-in-slots',
    title: 'KVM: guest_memfd: Do not touch memslots when a file is released',
    wrong: 'Memslots keep a pointer to a file that is freed.',
    scenario: 'S26',
    file: GMEM,
    function: 'kvm_gmem_release',
    changes: [
      { find: 'xa_for_each(&f->bindings, index, slot) WRITE_ONCE(slot->gmem.file, NULL);', replace: '' },
      { find: 'struct kvm_memory_slot *slot;', replace: '' },
      { find: 'unsigned long index;', replace: '' },
    ],
    breaks: ['gmem-binding-safe', 'memory-safety'],
    vm: PRIVATE,
  },
  {
    id: 'b98-release-without-slots-lock',
    title: 'KVM: guest_memfd: Protect release with the invalidate lock alone',
    wrong: 'A memslot is deleted and freed while the release of its file works on it, or the other way round.',
    scenario: 'S26',
    file: GMEM,
    function: 'kvm_gmem_release',
    changes: [
      { find: 'mutex_lock(&kvm->slots_lock);', replace: '' },
      { find: 'mutex_unlock(&kvm->slots_lock);', replace: '' },
    ],
    breaks: ['gmem-binding-safe', 'memory-safety', 'lock-rule'],
    vm: PRIVATE,
  },
  {
    id: 'b99-vm-put-under-its-own-lock',
    title: 'KVM: guest_memfd: Put the VM as soon as the file is off the list',
    wrong: 'The last reference to the VM is put while its slots_lock is held, and the lock is then used after free.',
    scenario: 'S19',
    file: GMEM,
    function: 'kvm_gmem_release',
    changes: [
      { find: 'kvm_put_kvm(kvm);', replace: '' },
      { find: 'list_del(&f->entry);', replace: 'list_del(&f->entry);\n\tkvm_put_kvm(kvm);' },
    ],
    breaks: ['memory-safety', 'deadlock', 'lock-rule', 'gmem-binding-safe'],
    vm: PRIVATE,
  },
  {
    id: 'b100-invalidate-filter-inverted',
    title: 'KVM: guest_memfd: Turn the choice of the filter into an expression',
    wrong: 'Holes in private memory unmap shared mappings and leave the private ones.',
    scenario: 'S36',
    file: GMEM,
    function: 'kvm_gmem_get_invalidate_filter',
    changes: [
      {
        find: `if (GMEM_I(inode)->flags & GUEST_MEMFD_FLAG_INIT_SHARED) return KVM_FILTER_SHARED;
          return KVM_FILTER_PRIVATE;`,
        replace: `return GMEM_I(inode)->flags & GUEST_MEMFD_FLAG_INIT_SHARED ?
	       KVM_FILTER_PRIVATE : KVM_FILTER_SHARED;`,
      },
    ],
    breaks: ['unmap-before-free', 'filter-selects-right-roots'],
    vm: ['tdx'],
  },
  {
    id: 'b101-memory-error-never-ends',
    title: 'KVM: guest_memfd: Keep poisoned memory invalidated',
    wrong: 'The invalidation for a memory error is never ended, so every fault in the range retries for ever.',
    scenario: 'S36',
    file: GMEM,
    function: 'kvm_gmem_error_folio',
    changes: [{ find: 'kvm_gmem_invalidate_end(mapping->host, start, end);', replace: '' }],
    breaks: ['invalidate-balanced', 'fault-progress', 'livelock'],
    vm: PRIVATE,
  },
  {
    id: 'b102-folio-put-twice',
    title: 'KVM: guest_memfd: Drop the folio reference on all paths of get_pfn()',
    wrong: 'The reference that goes with the page to the caller is put already, and the caller puts it again.',
    scenario: 'S06',
    file: GMEM,
    function: 'kvm_gmem_get_pfn',
    changes: [
      {
        find: 'if (!r) *page = folio_file_page(folio, index); else folio_put(folio);',
        replace: 'if (!r)\n\t\t*page = folio_file_page(folio, index);\n\n\tfolio_put(folio);',
      },
    ],
    breaks: ['memory-safety', 'unmap-before-free'],
    vm: PRIVATE,
  },
  {
    id: 'b103-gup-under-invalidate-lock',
    title: 'KVM: guest_memfd: Take the invalidate lock once per populate',
    wrong: "User pages are faulted in, under mmap_lock, with the file's invalidate lock held.",
    scenario: 'S31',
    file: GMEM,
    function: 'kvm_gmem_populate',
    changes: [
      {
        find: 'for (i = 0; i < npages; i++) {',
        replace: 'filemap_invalidate_lock(file->f_mapping);\n\n\tfor (i = 0; i < npages; i++) {',
      },
      {
        find: 'return ret && !i ? ret : i;',
        replace: 'filemap_invalidate_unlock(file->f_mapping);\n\n\treturn ret && !i ? ret : i;',
      },
      { in: '__kvm_gmem_populate', find: 'filemap_invalidate_lock(file->f_mapping);', replace: '' },
      {
        in: '__kvm_gmem_populate',
        find: 'if (IS_ERR(folio)) { ret = PTR_ERR(folio); goto out_unlock; }',
        replace: 'if (IS_ERR(folio))\n\t\treturn PTR_ERR(folio);',
      },
      { in: '__kvm_gmem_populate', find: 'out_unlock: filemap_invalidate_unlock(file->f_mapping);', replace: '' },
    ],
    breaks: ['no-lock-cycle', 'deadlock', 'lock-rule'],
    vm: ['tdx'],
  },
  {
    id: 'b104-populate-ignores-attributes',
    title: 'KVM: guest_memfd: Leave the attribute check of populate to userspace',
    wrong: 'Pages of the initial image are mapped as private where the attribute says shared.',
    file: GMEM,
    function: '__kvm_gmem_populate',
    changes: [
      {
        find: `if (!kvm_range_has_memory_attributes(kvm, gfn, gfn + 1, KVM_MEMORY_ATTRIBUTE_PRIVATE,
          KVM_MEMORY_ATTRIBUTE_PRIVATE)) { ret = -EINVAL; goto out_put_folio; }`,
        replace: '',
      },
      { find: 'out_put_folio:', replace: '' },
    ],
    breaks: ['attr-match-at-install', 'pfn-not-private-and-shared'],
    vm: ['tdx'],
  },
  {
    id: 'b105-private-folio-migrated',
    title: 'KVM: guest_memfd: Support migration of folios',
    wrong: 'The host copies and frees a private page that the guest still has mapped.',
    scenario: 'S08',
    file: GMEM,
    function: 'kvm_gmem_migrate_folio',
    changes: [
      { find: 'WARN_ON_ONCE(1); return -EINVAL;', replace: 'return filemap_migrate_folio(mapping, dst, src, mode);' },
    ],
    breaks: ['private-pages-not-migrated', 'unmap-before-free', 'accepted-data-preserved'],
    vm: PRIVATE,
  },
  {
    id: 'b106-host-maps-private-memory',
    title: 'KVM: guest_memfd: Allow user faults on every mmap()able file',
    wrong: 'The host maps pages that the guest uses as private memory.',
    scenario: 'S07',
    file: GMEM,
    function: 'kvm_gmem_fault_user_mapping',
    changes: [{ find: 'if (!kvm_gmem_is_shared_mem(inode, vmf->pgoff)) return VM_FAULT_SIGBUS;', replace: '' }],
    breaks: ['pfn-not-private-and-shared'],
    vm: PRIVATE,
  },
];

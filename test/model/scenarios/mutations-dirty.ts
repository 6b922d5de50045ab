/**
 * Mutations of the log of dirty pages (S66). Their texts stand in the reference and in kernel 7.3 alike, and each
 * is tried on both.
 */

import { at, edit, type Mutation, mutation } from './mutation';

const FIX = '\tif (!try_cmpxchg64(sptep, &old_spte, new_spte))\n\t\treturn false;\n';
const MARK =
  '\n\tif (is_writable_pte(new_spte) && !is_writable_pte(old_spte))\n\t\tmark_page_dirty_in_slot(vcpu->kvm, fault->slot, fault->gfn);\n';
const found = (preemptions = 1) =>
  (['default', 'sw-protected'] as const).map((vm) => at('S66', vm, 'dirty-log-complete', preemptions));

export const dirty: readonly Mutation[] = [
  mutation('a page that is made writable again is not logged', edit('mmu.c', FIX + MARK, FIX), ...found(0)),
  mutation('a page is logged before it is made writable again', edit('mmu.c', FIX + MARK, MARK + FIX), ...found(2)),
  mutation(
    'a page that is mapped as writable is not logged',
    edit('spte.c', '\t\tmark_page_dirty_in_slot(vcpu->kvm, slot, gfn);\n', ''),
    ...found(),
  ),
  mutation(
    'TLBs are not flushed before a log is handed out',
    edit(
      'kvm_main.c',
      '\tif (flush)\n\t\tkvm_flush_remote_tlbs_memslot(kvm, memslot);\n\n\tif (copy_to_user(log->dirty_bitmap',
      '\tif (copy_to_user(log->dirty_bitmap',
    ),
    ...found(),
  ),
  mutation(
    'TLBs are not flushed when logging starts',
    edit('edge/x86_vm.c', '\t\tkvm_flush_remote_tlbs_memslot(kvm, new);\n', ''),
    ...found(),
  ),
  mutation(
    'what was logged is not write-protected again',
    edit(
      'tdp_mmu.c',
      '\t\tif (!(iter.old_spte & dbit))\n\t\t\tcontinue;\n\n\t\titer.old_spte = tdp_mmu_clear_spte_bits',
      '\t\tif (iter.old_spte & dbit)\n\t\t\tcontinue;\n\n\t\titer.old_spte = tdp_mmu_clear_spte_bits',
    ),
    ...found(),
  ),
];

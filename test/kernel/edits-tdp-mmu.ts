/**
 * The first fifteen of the forty edits that change no behaviour (see edits.ts): those of the TDP MMU.
 */
import type { Edit } from './edit';
import { ALL, TDP_MMU } from './places';

export const tdpMmuEdits: readonly Edit[] = [
  {
    id: 'e01-set-spte-atomic-rename-ret',
    title: 'KVM: x86/mmu: Rename "ret" to "r" in tdp_mmu_set_spte_atomic()',
    file: TDP_MMU,
    function: 'tdp_mmu_set_spte_atomic',
    changes: [{ rename: 'ret', to: 'r' }],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e02-set-spte-atomic-mirror-bool',
    title: 'KVM: x86/mmu: Compute "is this a mirror SPTE" once when setting an SPTE',
    file: TDP_MMU,
    function: 'tdp_mmu_set_spte_atomic',
    changes: [
      { find: 'if (is_mirror_sptep(iter->sptep)) ret =', replace: 'if (is_mirror)\n\t\tret =' },
      { find: 'if (is_mirror_sptep(iter->sptep)) {', replace: 'if (is_mirror) {' },
      { find: 'int ret;', replace: 'const bool is_mirror = is_mirror_sptep(iter->sptep);\n\tint ret;' },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e03-set-spte-atomic-one-cmpxchg',
    title: 'KVM: x86/mmu: Pick the temporary SPTE value up front',
    file: TDP_MMU,
    function: 'tdp_mmu_set_spte_atomic',
    changes: [
      {
        find: `if (is_mirror_sptep(iter->sptep)) ret = __tdp_mmu_set_spte_atomic(kvm, iter, FROZEN_SPTE);
          else ret = __tdp_mmu_set_spte_atomic(kvm, iter, new_spte);`,
        replace: 'ret = __tdp_mmu_set_spte_atomic(kvm, iter, tmp_spte);',
      },
      {
        find: 'int ret;',
        replace: 'u64 tmp_spte = is_mirror_sptep(iter->sptep) ? FROZEN_SPTE : new_spte;\n\tint ret;',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e04-changed-spte-join-declaration',
    title: 'KVM: x86/mmu: Initialize "r" where it is declared',
    file: TDP_MMU,
    function: '__handle_changed_spte',
    changes: [{ find: 'int r; r = kvm_x86_call', replace: 'int r = kvm_x86_call' }],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e05-zap-leafs-extract-leaf-test',
    title: 'KVM: x86/mmu: Add a helper to test for a shadow-present leaf SPTE',
    file: TDP_MMU,
    function: 'tdp_mmu_zap_leafs',
    changes: [
      {
        insertAbove: `
static bool tdp_iter_is_present_leaf(const struct tdp_iter *iter)
{
	return is_shadow_present_pte(iter->old_spte) &&
	       is_last_spte(iter->old_spte, iter->level);
}`,
      },
      {
        find: '!is_shadow_present_pte(iter.old_spte) || !is_last_spte(iter.old_spte, iter.level)',
        replace: '!tdp_iter_is_present_leaf(&iter)',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e06-unmap-split-types',
    title: 'KVM: x86/mmu: Add INVALID roots to the set in a statement of its own',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_unmap_gfn_range',
    changes: [
      {
        find: 'range->attr_filter) | KVM_INVALID_ROOTS;',
        replace: 'range->attr_filter);\n\ttypes |= KVM_INVALID_ROOTS;',
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e07-invalidate-roots-continue',
    title: 'KVM: x86/mmu: Skip invalid roots early when invalidating roots',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_invalidate_roots',
    changes: [
      {
        find: `if (!root->role.invalid) {
          root->tdp_mmu_scheduled_root_to_zap = true; root->role.invalid = true; }`,
        replace: `if (root->role.invalid)
			continue;

		root->tdp_mmu_scheduled_root_to_zap = true;
		root->role.invalid = true;`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e08-map-hoist-r',
    title: 'KVM: x86/mmu: Declare "r" at the top of kvm_tdp_mmu_map()',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_map',
    changes: [
      { find: 'int r;', replace: '' },
      { find: 'int ret = RET_PF_RETRY;', replace: 'int ret = RET_PF_RETRY;\n\tint r;' },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e09-map-warn-goal-level',
    title: 'KVM: x86/mmu: WARN if the goal level of a TDP fault is below 4KiB',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_map',
    changes: [
      {
        find: 'KVM_MMU_WARN_ON(!root || root->role.invalid);',
        replace: `KVM_MMU_WARN_ON(!root || root->role.invalid);
	KVM_MMU_WARN_ON(fault->goal_level < PG_LEVEL_4K);`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e10-map-link-first',
    title: 'KVM: x86/mmu: Handle the common "link" case first in kvm_tdp_mmu_map()',
    file: TDP_MMU,
    function: 'kvm_tdp_mmu_map',
    changes: [
      {
        find: `if (is_shadow_present_pte(iter.old_spte)) { KVM_BUG_ON(is_mirror_sptep(iter.sptep), vcpu->kvm);
          r = tdp_mmu_split_huge_page(kvm, &iter, sp, true); } else { r = tdp_mmu_link_sp(kvm, &iter, sp, true); }`,
        replace: `if (!is_shadow_present_pte(iter.old_spte)) {
			r = tdp_mmu_link_sp(kvm, &iter, sp, true);
		} else {
			/* Don't support large page for mirrored roots (TDX) */
			KVM_BUG_ON(is_mirror_sptep(iter.sptep), vcpu->kvm);
			r = tdp_mmu_split_huge_page(kvm, &iter, sp, true);
		}`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e11-target-level-rename-wrprot',
    title: 'KVM: x86/mmu: Spell out "write_protected" when mapping the target level',
    file: TDP_MMU,
    function: 'tdp_mmu_map_handle_target_level',
    changes: [{ rename: 'wrprot', to: 'write_protected' }],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e12-zap-root-invert-shared',
    title: 'KVM: x86/mmu: Test for "shared" instead of "!shared" when zapping a root',
    file: TDP_MMU,
    function: '__tdp_mmu_zap_root',
    changes: [
      {
        find: `if (!shared) tdp_mmu_iter_set_spte(kvm, &iter, SHADOW_NONPRESENT_VALUE);
          else if (tdp_mmu_set_spte_atomic(kvm, &iter, SHADOW_NONPRESENT_VALUE)) goto retry;`,
        replace: `if (shared) {
			if (tdp_mmu_set_spte_atomic(kvm, &iter, SHADOW_NONPRESENT_VALUE))
				goto retry;
		} else {
			tdp_mmu_iter_set_spte(kvm, &iter, SHADOW_NONPRESENT_VALUE);
		}`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e13-move-root-match',
    title: 'KVM: x86/mmu: Move tdp_mmu_root_match() above kvm_tdp_mmu_put_root()',
    file: TDP_MMU,
    function: 'tdp_mmu_root_match',
    changes: [{ moveAbove: 'kvm_tdp_mmu_put_root' }],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e14-removed-pt-while',
    title: 'KVM: x86/mmu: Use a while loop to freeze the children of a removed table',
    file: TDP_MMU,
    function: 'handle_removed_pt',
    changes: [
      {
        find: `for (;;) { old_spte = kvm_tdp_mmu_write_spte_atomic(sptep, FROZEN_SPTE);
          if (!is_frozen_spte(old_spte)) break; cpu_relax(); }`,
        replace: `old_spte = kvm_tdp_mmu_write_spte_atomic(sptep, FROZEN_SPTE);
			while (is_frozen_spte(old_spte)) {
				cpu_relax();
				old_spte = kvm_tdp_mmu_write_spte_atomic(sptep, FROZEN_SPTE);
			}`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
  {
    id: 'e15-filter-shared-first',
    title: 'KVM: x86/mmu: Check for SHARED before PRIVATE in the filter conversion',
    file: 'arch/x86/kvm/mmu/tdp_mmu.h',
    function: 'kvm_gfn_range_filter_to_root_types',
    changes: [
      {
        find: `if (process & KVM_FILTER_PRIVATE) ret |= KVM_MIRROR_ROOTS;
          if (process & KVM_FILTER_SHARED) ret |= KVM_DIRECT_ROOTS;`,
        replace: `if (process & KVM_FILTER_SHARED)
		ret |= KVM_DIRECT_ROOTS;
	if (process & KVM_FILTER_PRIVATE)
		ret |= KVM_MIRROR_ROOTS;`,
      },
    ],
    breaks: [],
    vm: ALL,
  },
];

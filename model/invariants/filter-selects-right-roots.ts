/** An unmap touches the tree that its filter names. */

import type { Value } from '../execute/program';
import { numberField } from '../machine/kvm-view';
import type { Machine } from '../machine/machine';
import { isLive } from './observe';
import type { Invariant } from './types';

const RANGE = 'struct kvm_gfn_range';

const field = (m: Machine, range: Value | undefined, name: string): number | undefined =>
  range === undefined ? undefined : numberField(m, RANGE, Number(range), name);

export const invariant: Invariant = {
  id: 'filter-selects-right-roots',
  title: 'An unmap touches the tree that its filter names',
  statement:
    'For a TD the filter of an unmap is not empty; private memory selects the mirror root and shared memory the direct one, nothing else is zapped, and nothing selected stays mapped.',
  why: 'The wrong half is zapped, or nothing is.',
  source: 'arch/x86/kvm/mmu/tdp_mmu.h, kvm_gfn_range_filter_to_root_types(); commit de1bf9048870',
  example: 'Leave attr_filter out of a new struct kvm_gfn_range, or swap the two cases.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'call' || event.name !== 'kvm_tdp_mmu_unmap_gfn_range' || !isLive(m)) return;
    const filter = field(m, event.args[1], 'attr_filter');
    if (filter === undefined) return;
    m.host.witness('filter-selects-right-roots');
    if (filter === 0)
      m.violate('filter-selects-right-roots', 'an unmap of a TD has an empty filter and reaches nothing');
  },
};

/** The NX worker leaves the mirror alone. */

import { numberField } from '../machine/kvm-view';
import type { Machine } from '../machine/machine';
import { gfnText } from './observe';
import type { Invariant } from './types';

const ID = 'nx-recovery-skips-mirror';
const PAGE = 'struct kvm_mmu_page';

/** What puts a table on the worker's list, and what takes it from there to zap it, by the names of all releases. */
const CALLS: Readonly<Record<string, string>> = {
  track_possible_nx_huge_page: 'goes on the list of tables to zap',
  kvm_tdp_mmu_zap_possible_nx_huge_page: 'is zapped',
  kvm_tdp_mmu_zap_sp: 'is zapped',
};

function check(m: Machine, sp: number, what: string): void {
  if (numberField(m, PAGE, sp, 'role.is_mirror') !== 1) return;
  const gfn = gfnText(numberField(m, PAGE, sp, 'gfn') ?? 0);
  m.violate(ID, `the table of private ${gfn} (level ${numberField(m, PAGE, sp, 'role.level')}) ${what}`);
}

export const invariant: Invariant = {
  id: ID,
  title: 'The NX worker leaves the mirror alone',
  statement:
    'No page table of a mirror root is on the list of tables that NX recovery may zap, nor does the worker zap one.',
  why: 'It zaps under the read lock: pages and tables of the living TD would be taken from the TDX module.',
  source:
    'arch/x86/kvm/vmx/tdx.c, tdx_handle_ept_violation() (private faults are writes, never fetches); arch/x86/kvm/mmu/tdp_mmu.c, kvm_tdp_mmu_map()',
  example: 'Report private violations with FETCH, and put tables on the list whatever level was asked for.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'call') return;
    if (event.name === 'kvm_recover_nx_huge_pages') m.host.witness(ID);
    const what = Object.hasOwn(CALLS, event.name) ? CALLS[event.name] : undefined;
    if (what !== undefined) check(m, Number(event.args[1] ?? 0), what);
  },
};

/** A TD loses private memory only where user space asked for it. */

import { destroyRequested } from '../machine/guest-data';
import { registered } from '../machine/registry';
import { opStateOf } from '../machine/tdx-td';
import { gfnText } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'td-zap-only-requested',
  title: 'A TD loses private memory only where user space asked for it',
  statement:
    'A page that the guest holds (mapped or pending) leaves the S-EPT of a running TD only for a gfn that user space has asked to destroy: converted to shared, hole punched, memslot deleted, file released, memory error.',
  why: 'The content is gone for good, and a guest that meets a pending page where it had data is killed.',
  source: 'seeds 000 and 004; TDX module, TDH.MEM.PAGE.REMOVE',
  example: 'Delete a memslot with kvm_mmu_zap_all_fast(), or widen the unmapped range to a huge page.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'sept' || event.level !== 1) return;
    if (event.state !== 'FREE') return void m.host.witness('td-zap-only-requested');
    if (event.old === 'FREE' || registered(m, 'kvm') === 0 || opStateOf(m) !== 'RUNNABLE') return;
    if (destroyRequested(m, event.gfn)) return;
    m.violate('td-zap-only-requested', `${gfnText(event.gfn)} is taken from the TD, and nobody asked to destroy it`);
  },
};

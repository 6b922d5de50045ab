/** A page is blocked, tracked, and only then removed. */

import { statusText, TDX } from '../machine/tdx-status';
import { callName, gfnText, usableTranslations } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'block-track-remove-order',
  title: 'A page is blocked, tracked, and only then removed',
  statement:
    'TDH.MEM.PAGE.REMOVE on a running TD finds the page blocked, a TRACK after the BLOCK, and every vCPU that was in the guest at the BLOCK gone from it.',
  why: 'The module refuses and the VM is bugged; were the refusal ignored, a vCPU could still write the freed page through its TLB.',
  source: 'TDX module, TLB tracking; arch/x86/kvm/vmx/tdx.c, tdx_sept_remove_leaf_spte()',
  example: 'Drop tdx_track(), or remove before tracking.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'seamcall' || callName(event) !== 'MEM.PAGE.REMOVE') return;
    const code = (event.status >> 32n) << 32n;
    if (event.status === 0n) m.host.witness('block-track-remove-order');
    if (code === TDX.GPA_RANGE_NOT_BLOCKED || code === TDX.TLB_TRACKING_NOT_DONE) {
      m.violate('block-track-remove-order', `${gfnText(event.gfn)} is removed too early: ${statusText(event.status)}`);
    }
    if (event.status !== 0n) return;
    const cached = usableTranslations(m).find(({ isPrivate, gfn }) => isPrivate && gfn === event.gfn);
    if (!cached) return;
    m.violate(
      'block-track-remove-order',
      `${gfnText(event.gfn)} is removed while vCPU ${cached.vcpu} can still use it`,
    );
  },
};

/** Between a TRACK and its kick there is no other TRACK. */

import { TDX } from '../machine/tdx-status';
import { callName } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'track-then-kick-atomic',
  title: 'Between a TRACK and its kick there is no other TRACK',
  statement: 'TDH.MEM.TRACK never meets a vCPU that still runs in the epoch before the current one.',
  why: "KVM doesn't take this status for BUSY: the VM is bugged.",
  source: 'arch/x86/kvm/vmx/tdx.c, tdx_track()',
  example: 'Kick the vCPUs after mmu_lock is dropped, or without waiting.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'seamcall' || callName(event) !== 'MEM.TRACK') return;
    if (event.status === 0n) m.host.witness('track-then-kick-atomic');
    if ((event.status >> 32n) << 32n !== TDX.PREVIOUS_TLB_EPOCH_BUSY) return;
    m.violate('track-then-kick-atomic', 'TDH.MEM.TRACK is issued while a vCPU has not left the epoch before');
  },
};

/** The mirror root of a live TD stays valid. */

import { roots } from '../machine/kvm-view';
import { isLive, isLock } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'fast-zap-spares-mirror',
  title: 'The mirror root of a live TD stays valid',
  statement: 'No root of the mirror tree is invalid while the VM has users.',
  why: 'The private root is part of the TD and cannot change: its content would be lost, or left mapped with nobody to unmap it.',
  source: 'seed 000; arch/x86/kvm/mmu/mmu.c, the front half of kvm_mmu_zap_all_fast(); commit a89ecbb56bc7',
  example: 'Invalidate KVM_VALID_ROOTS or KVM_ALL_ROOTS in the fast zap.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'unlock' || !isLock(m, event, 'mmu_lock') || event.mode !== 'write' || !isLive(m)) return;
    const mirrors = roots(m).filter(({ kind }) => kind === 'mirror');
    if (mirrors.length > 0) m.host.witness('fast-zap-spares-mirror');
    if (mirrors.some(({ valid }) => !valid)) {
      m.violate('fast-zap-spares-mirror', 'the mirror root of a live TD is invalidated');
    }
  },
};

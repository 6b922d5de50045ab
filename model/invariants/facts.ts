/**
 * Things worth telling a reviewer that break no rule: observers with the shape of an invariant that
 * only establish facts. A fact that holds after a patch and not before it becomes a note.
 */

import { registered } from '../machine/registry';
import { isBugged, isLive } from './observe';
import type { Invariant } from './types';

/** Seed 004: KVM_BUG_ON() marks the VM and goes on, so what it guards may still happen. */
const zapAfterBug: Invariant = {
  id: 'fact-zap-after-bug',
  title: 'A private mapping goes although the VM is bugged',
  statement: 'A page leaves the S-EPT of a live TD after KVM_BUG_ON() has marked it.',
  why: 'KVM_BUG_ON() does not return to the caller: without an early return the zap still happens.',
  source: 'seed 004; include/linux/kvm_host.h, KVM_BUG_ON()',
  example: 'KVM_BUG_ON(kvm_gfn_direct_bits(kvm), kvm) in front of a zap, without a return.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'sept' || event.level !== 1 || event.state !== 'FREE' || event.old === 'FREE') return;
    if (registered(m, 'kvm') === 0 || !isBugged(m) || !isLive(m)) return;
    m.host.fact('the zap still happens after KVM_BUG_ON(): private memory of the bugged TD is removed');
  },
};

export const facts: readonly Invariant[] = [zapAfterBug];

/** No vCPU enters between the kick and the retry. */

import { THREADS } from '../machine/layout';
import { isBusy } from '../machine/tdx-status';
import { FLAG, flag, ghost, setFlag } from './ghost';
import { callName, gfnText, isLock, REMOVALS } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'no-entry-during-zap-retry',
  title: 'No vCPU enters between the kick and the retry',
  statement:
    "After a removal met BUSY and the vCPUs were kicked, no vCPU enters the TD before the removal is retried; the retry doesn't meet BUSY again.",
  why: 'The retry would be BUSY a second time, which KVM treats as fatal.',
  source: 'arch/x86/kvm/vmx/tdx.c, wait_for_sept_zap and tdx_vcpu_run()',
  example: "Clear wait_for_sept_zap before the retry, or don't look at it in tdx_vcpu_run().",
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'seamcall' && REMOVALS.has(callName(event))) {
      const kicked = flag(m, event.thread, FLAG.kicked);
      setFlag(m, event.thread, FLAG.kicked, false);
      if (kicked && isBusy(event.status)) {
        m.violate('no-entry-during-zap-retry', `${event.name} for ${gfnText(event.gfn)} is BUSY again after the kick`);
      }
    } else if (event.type === 'return' && event.name === 'kvm_make_all_cpus_request') {
      // The count of BUSY tries is kept by busy-handled-in-place.
      if (ghost(m, 'busy', event.thread) === 0) return;
      m.host.witness('no-entry-during-zap-retry');
      setFlag(m, event.thread, FLAG.kicked, true);
    } else if (event.type === 'unlock' && isLock(m, event, 'mmu_lock')) {
      setFlag(m, event.thread, FLAG.kicked, false);
    } else if (event.type === 'enter') {
      for (let thread = 0; thread < THREADS; thread++) {
        if (!flag(m, thread, FLAG.kicked)) continue;
        m.violate(
          'no-entry-during-zap-retry',
          `vCPU ${event.vcpu} enters the TD between the kick and the retry of a removal`,
        );
        return;
      }
    }
  },
};

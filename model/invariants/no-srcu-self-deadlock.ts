/** No wait inside an SRCU section for what needs it to end. The oracles `deadlock` and `livelock` find it; this is its page. */

import { VM_TYPES } from '../machine/types';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'no-srcu-self-deadlock',
  title: 'No wait inside an SRCU section for what needs it to end',
  statement:
    'No thread loops or sleeps inside a read section of kvm->srcu for something that another thread does only after synchronize_srcu().',
  why: 'The memslot ioctl hangs for ever.',
  source: 'arch/x86/kvm/vmx/tdx.c, tdx_handle_ept_violation(); commits 2bc2694fe20b, 3ccbf6f47098',
  example: 'Remove the bail-out for an invalid memslot from a retry loop.',
  vm: [...VM_TYPES],
  kind: 'liveness',
  onEvent(m, event) {
    if (event.type === 'call' && event.name === 'kvm_swap_active_memslots') m.host.witness('no-srcu-self-deadlock');
  },
};

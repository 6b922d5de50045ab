/** CPUs, interrupts and the kernel's sleep protocol. */

import {
  disableIrqs,
  enableIrqs,
  ipisTaken,
  irqsOff,
  isSleeping,
  sendIpi,
  setMustNotBlock,
  setSleeping,
} from '../machine/cpus';
import { mightSleep } from '../machine/locks';
import { register, registered } from '../machine/registry';
import type { Builtin } from '../machine/types';
import { big, define, flag, num, touchesNothing } from './define';

/** `struct rcuwait`: the waiting thread + 1. */
export const cpuBuiltins: readonly Builtin[] = [
  define('smp_processor_id', { stores: 'none', run: (c) => c.thread.id }),
  define('get_cpu', { stores: 'none', run: (c) => c.thread.id }),
  define('local_irq_disable', { stores: 'compiler', run: (c) => disableIrqs(c.m, c.thread.id) }),
  define('local_irq_enable', {
    stores: 'compiler',
    point: true,
    touches: touchesNothing,
    run: (c) => enableIrqs(c.m, c.thread.id),
  }),
  define('irqs_disabled', { stores: 'none', run: (c) => (irqsOff(c.m, c.thread.id) ? 1 : 0) }),
  define('__ipi_send', {
    point: true,
    run: (c) => {
      if (irqsOff(c.m, c.thread.id))
        c.m.violate('lock-rule', 'an interrupt is sent, and waited for, with interrupts off');
      sendIpi(c.m, big(c, 0));
    },
    describe: (c) => `kick CPUs ${cpuList(big(c, 0))}`,
  }),
  define('__ipi_wait', {
    stores: 'all',
    point: true,
    touches: (c) => (registered(c.m, 'noise') === 0 ? [] : null),
    ready: (c) => ipisTaken(c.m, big(c, 0)),
    run: (c) => {
      if (registered(c.m, 'noise') !== 0) register(c.m, 'otherInGuest', 0);
    },
    describe: (c) => `CPUs ${cpuList(big(c, 0))} have taken the kick`,
  }),

  define('non_block_start', { stores: 'none', run: (c) => setMustNotBlock(c.m, c.thread.id, true) }),
  define('non_block_end', { stores: 'none', run: (c) => setMustNotBlock(c.m, c.thread.id, false) }),

  // Signals and events come from drivers, through fields of their own.
  define('signal_pending', { stores: 'none', run: () => 0 }),
  define('set_current_state', { run: (c) => setSleeping(c.m, c.thread.id, flag(c, 0)) }),
  define('__set_current_state', { stores: 'none', run: (c) => setSleeping(c.m, c.thread.id, flag(c, 0)) }),
  define('schedule', {
    point: true,
    ready: (c) => !isSleeping(c.m, c.thread.id),
    run: (c) => mightSleep(c.m, c.thread.id, 'schedule()'),
    describe: () => 'woken up',
  }),
  define('rcuwait_init', { run: (c) => c.m.memory.setU64(num(c, 0), 0n) }),
  define('prepare_to_rcuwait', { run: (c) => c.m.memory.setU64(num(c, 0), BigInt(c.thread.id + 1)) }),
  define('finish_rcuwait', {
    run: (c) => {
      c.m.memory.setU64(num(c, 0), 0n);
      setSleeping(c.m, c.thread.id, false);
    },
  }),
  define('rcuwait_wake_up', {
    point: true,
    run: (c) => {
      const waiter = Number(c.m.memory.u64(num(c, 0)));
      if (waiter > 0 && waiter <= 16) setSleeping(c.m, waiter - 1, false);
      return waiter > 0 ? 1 : 0;
    },
  }),
];

function cpuList(mask: bigint): string {
  const cpus: number[] = [];
  for (let i = 0; i < 64; i++) if ((mask >> BigInt(i)) & 1n) cpus.push(i);
  return cpus.join(',') || 'none';
}

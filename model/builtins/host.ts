/** Set-up, requests of user space and the rest of the host (machine.h). */

import { requestDestroy, requestDestroyEnd } from '../machine/guest-data';
import { VCPUS } from '../machine/layout';
import type { Machine } from '../machine/machine';
import { cString, giveName } from '../machine/names';
import {
  allocHuge,
  allocPage,
  CONTENT,
  contentOf,
  freePage,
  hasPage,
  hex,
  ownerOf,
  ownerText,
  pfnOfPage,
  putPage,
  setContent,
  setOwner,
  setUserMapped,
} from '../machine/pages';
import { register, registered } from '../machine/registry';
import { hostWrites } from '../machine/rmp';
import { coverage } from '../machine/sept';
import { setLifecycle, setOpState, setTdWord } from '../machine/tdx-td';
import type { Builtin, Choice } from '../machine/types';
import { setVcpuWord } from '../machine/vcpus';
import { watchKvm } from '../machine/watch';
import { big, type Call, define, flag, num, ONE_WAY } from './define';

/** Is private memory encrypted with a key of the guest's own? */
const hasKey = ({ vm }: Machine): boolean => vm !== 'default' && vm !== 'sw-protected';

/** `__fault` may fire once per run; scenarios bound the rest. */
const faultChoices = (c: Call): readonly Choice[] =>
  registered(c.m, 'faultUsed') !== 0 ? ONE_WAY : [...ONE_WAY, { label: cString(c.m, num(c, 0)), faults: 1 }];

function hostAccess(c: Call, pfn: number, write: boolean): void {
  c.m.emit({ type: 'host-access', thread: c.thread.id, pfn, write });
  if (write) hostWrites(c.m, pfn);
  if (write) setContent(c.m, pfn, CONTENT.host);
}

function migrate(c: Call): void {
  const from = pfnOfPage(c.m, num(c, 0));
  const to = num(c, 1) === 0 ? 0 : pfnOfPage(c.m, num(c, 1));
  if (to !== 0) {
    setOwner(c.m, to, 'gmem', num(c, 2));
    hostAccess(c, from, false);
    // What the guest's key has encrypted is noise to the host, and to the guest in another place.
    setContent(c.m, to, hasKey(c.m) ? CONTENT.ciphertext : contentOf(c.m, from));
  }
  c.m.emit({ type: 'migrate', thread: c.thread.id, index: num(c, 2), from, to });
}

const setup: readonly Builtin[] = [
  define('__machine_vm', {
    run: (c) => {
      register(c.m, 'kvm', num(c, 0));
      watchKvm(c.m, num(c, 0));
    },
  }),
  define('__machine_vcpu', {
    run: (c) => {
      const id = num(c, 1);
      if (id < 0 || id >= VCPUS) return void c.m.unknown(`vCPU ${id}: the machine has ${VCPUS}`);
      setVcpuWord(c.m, id, 'address', num(c, 0));
    },
  }),
  define('__machine_attr_array', { run: (c) => register(c.m, 'attributes', num(c, 0)) }),
  define('__machine_td', {
    run: (c) => {
      register(c.m, 'td', num(c, 0));
      setLifecycle(c.m, 'KEYS_CONFIGURED');
      setOpState(c.m, 'INITIALIZED');
      setTdWord(c.m, 'hkid', num(c, 1));
      setTdWord(c.m, 'epoch', 1);
    },
  }),
  define('__machine_noise', {
    run: (c) => {
      register(c.m, 'noise', flag(c, 0) ? 1 : 0);
      register(c.m, 'otherInGuest', flag(c, 0) ? 1 : 0);
    },
  }),
  define('__machine_refusals', { run: (c) => register(c.m, 'refusals', flag(c, 0) ? 1 : 0) }),
  define('__machine_scarce', { run: (c) => register(c.m, 'scarce', flag(c, 0) ? 1 : 0) }),
  define('__machine_pending_ve', { run: (c) => register(c.m, 'pendingVe', flag(c, 0) ? 1 : 0) }),
  define('__machine_name', { run: (c) => giveName(c.m, num(c, 0), num(c, 1)) }),
  define('__trace', { point: true, stores: 'none', run: () => undefined, describe: (c) => cString(c.m, num(c, 0)) }),
];

function dirtyLog(c: Call, phase: 'on' | 'off' | 'told' | 'last', start: number, end: number): void {
  c.m.emit({ type: 'dirty-log', thread: c.m.threadId(), phase, asId: num(c, 0), start, end });
}

function toldDirty(c: Call): void {
  for (let bit = 0; bit < 64; bit++)
    if ((big(c, 2) >> BigInt(bit)) & 1n) dirtyLog(c, 'told', num(c, 1) + bit, num(c, 1) + bit + 1);
}

const requests: readonly Builtin[] = [
  define('__user_logs', {
    stores: 'none',
    run: (c) => dirtyLog(c, num(c, 3) === 0 ? 'off' : 'on', num(c, 1), num(c, 2)),
  }),
  define('__user_told_dirty', { stores: 'none', run: toldDirty }),
  define('__user_has_last_log', { stores: 'none', run: (c) => dirtyLog(c, 'last', num(c, 1), num(c, 2)) }),
  define('__request_destroy', {
    run: (c) => requestDestroy(c.m, num(c, 0), num(c, 1), cString(c.m, num(c, 2))),
    describe: (c) => `user space asks to destroy gfns ${num(c, 0)}-${num(c, 1) - 1}: ${cString(c.m, num(c, 2))}`,
  }),
  define('__request_destroy_end', { run: (c) => requestDestroyEnd(c.m, num(c, 0), num(c, 1)) }),
];

const others: readonly Builtin[] = [
  define('__host_alloc_and_write', {
    point: true,
    run: (c) => {
      const pfn = allocPage(c.m, 'host');
      if (pfn !== 0) hostAccess(c, pfn, true);
      return BigInt(pfn);
    },
    describe: (_c, r) => `another process gets page ${hex(Number(r ?? 0))} and writes it`,
  }),
  define('__host_access', {
    point: true,
    run: (c) => {
      const pfn = num(c, 0);
      if (!hasPage(pfn) || ownerOf(c.m, pfn).kind === 'free') {
        return c.m.violate('memory-safety', `the host touches page ${hex(pfn)}, which is free`);
      }
      hostAccess(c, pfn, flag(c, 1));
    },
    describe: (c) => `the host ${flag(c, 1) ? 'writes' : 'reads'} page ${hex(num(c, 0))}`,
  }),
  define('__host_free', { point: true, run: (c) => freePage(c.m, num(c, 0)) }),
  define('__user_page_alloc', {
    point: true,
    run: (c) => {
      const pfn = allocPage(c.m, 'user') || c.m.unknown('no page is free');
      hostWrites(c.m, pfn);
      return BigInt(pfn);
    },
    describe: (_c, r) => `page ${hex(Number(r ?? 0))} becomes anonymous memory of the VMM`,
  }),
  define('__user_huge_page_alloc', {
    point: true,
    run: (c) => {
      const count = coverage(c.m, 2);
      const pfn = allocHuge(c.m, 'user', count) || c.m.unknown('no huge page is free');
      for (let i = 0; i < count; i++) hostWrites(c.m, pfn + i);
      return BigInt(pfn);
    },
    describe: (_c, r) => `the huge page ${hex(Number(r ?? 0))} becomes anonymous memory of the VMM`,
  }),
  define('__user_page_free', { point: true, run: (c) => putPage(c.m, num(c, 0)) }),
  define('__gmem_page', { run: (c) => setOwner(c.m, pfnOfPage(c.m, num(c, 0)), 'gmem', num(c, 1)) }),
  define('__gmem_truncate', {
    point: true,
    run: (c) => {
      const pfn = pfnOfPage(c.m, num(c, 0));
      c.m.emit({ type: 'gmem-truncate', thread: c.thread.id, index: num(c, 1), pfn });
      const owner = ownerOf(c.m, pfn);
      if (owner.kind !== 'gmem') c.m.violate('kernel-bug', `a truncated page belongs to ${ownerText(owner)}`);
    },
    describe: (c) => `page ${hex(pfnOfPage(c.m, num(c, 0)))} leaves guest_memfd (index ${num(c, 1)})`,
  }),
  define('__user_map', {
    point: true,
    run: (c) => setUserMapped(c.m, pfnOfPage(c.m, num(c, 0)), flag(c, 1)),
    describe: (c) => `user space ${flag(c, 1) ? '' : 'un'}maps page ${hex(pfnOfPage(c.m, num(c, 0)))}`,
  }),
  define('__gmem_migrate', {
    point: true,
    run: migrate,
    describe: (c) =>
      num(c, 1) === 0
        ? `the host wants to move page ${hex(pfnOfPage(c.m, num(c, 0)))}`
        : `the host copies page ${hex(pfnOfPage(c.m, num(c, 0)))} to page ${hex(pfnOfPage(c.m, num(c, 1)))}`,
  }),
  define('__wait_until', {
    point: true,
    ready: (c) => c.m.memory.peek('u64', num(c, 0)) === big(c, 1),
    run: () => undefined,
  }),
  define('__fault', {
    choices: faultChoices,
    run: (c) => {
      if (c.choice === 1) register(c.m, 'faultUsed', 1);
      return c.choice;
    },
    describe: (c, r) => `${cString(c.m, num(c, 0))}${r ? ' (injected)' : ': no'}`,
  }),
];

export const hostBuiltins: readonly Builtin[] = [...setup, ...requests, ...others];

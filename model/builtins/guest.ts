/** The guest and its CPUs as drivers drive them (machine.h). Each is a step of the interleaving. */

import {
  type AccessKind,
  acceptBegin,
  acceptEnd,
  access,
  adjustVmsa,
  enterBegin,
  enterEnd,
  exitGuest,
  GUEST,
  isInterrupted,
  pageOf,
  validate,
} from '../machine/guest';
import { hex } from '../machine/pages';
import { statusText } from '../machine/tdx-status';
import { tlbFlush } from '../machine/tlb';
import type { Builtin } from '../machine/types';
import { exitGpa, setInSmm, setVcpuWord, vcpuOf, vcpuWord } from '../machine/vcpus';
import { big, type Call, define, num } from './define';

const vcpu = (c: Call): number => vcpuOf(c.m, num(c, 0));
const KINDS: readonly AccessKind[] = ['read', 'write', 'exec'];
const kindOf = (c: Call): AccessKind => KINDS[num(c, 2)] ?? c.m.unknown(`a guest access of kind ${num(c, 2)}`);

const RESULTS = new Map<bigint, string>([
  [GUEST.DONE, ''],
  [GUEST.EXTERNAL_INTERRUPT, ': interrupted'],
  [GUEST.EPT_VIOLATION, ': EPT violation'],
  [GUEST.EPT_MISCONFIG, ': EPT misconfiguration'],
  [GUEST.VE, ': #VE'],
  [GUEST.ACCEPT_BUSY, ': busy'],
  [GUEST.ALREADY_ACCEPTED, ': accepted already'],
  [GUEST.VC, ': #VC, not validated'],
  [GUEST.NPF, ': nested page fault'],
  [GUEST.INVALID, ': refused'],
  [GUEST.CONTINUE, ' begins'],
]);
const outcome = (result: unknown): string => {
  const value = BigInt((result as bigint | number | undefined) ?? 0);
  return RESULTS.get(value) ?? `: ${statusText(value)}`;
};
function conversion(c: Call, phase: 'asked' | 'told'): void {
  const thread = c.m.threadId();
  c.m.emit({ type: 'conversion', thread, vcpu: vcpu(c), phase, gfn: num(c, 1), isPrivate: num(c, 2) !== 0 });
}
const at = (c: Call): string => `gpa ${hex(Number(big(c, 1)))}`;

export const guestBuiltins: readonly Builtin[] = [
  define('__guest_load_root', {
    run: (c) => {
      const v = vcpu(c);
      const root = num(c, 1);
      setVcpuWord(c.m, v, 'rootPfn', root <= 0 ? 0 : Math.floor(root / 4096));
      setVcpuWord(c.m, v, 'rootLevel', num(c, 2));
    },
  }),
  define('__guest_flush_tlb', {
    point: true,
    run: (c) => {
      tlbFlush(c.m, vcpu(c), false);
      if (c.m.vm === 'snp') tlbFlush(c.m, vcpu(c), true);
    },
    describe: (c) => `vcpu${vcpu(c)} flushes its TLB`,
  }),
  define('__guest_enter_begin', {
    point: true,
    run: (c) => enterBegin(c.m, vcpu(c)),
    describe: (c, r) => `vcpu${vcpu(c)} enters the guest${outcome(r)}`,
  }),
  define('__guest_enter_end', {
    point: true,
    run: (c) => enterEnd(c.m, vcpu(c)),
    describe: (c, r) => `vcpu${vcpu(c)} ends its zero-step entry${outcome(r)}`,
  }),
  define('__guest_exit', {
    point: true,
    run: (c) => exitGuest(c.m, vcpu(c)),
    describe: (c) => `vcpu${vcpu(c)} leaves the guest`,
  }),
  define('__guest_arm_zero_step', { run: (c) => setVcpuWord(c.m, vcpu(c), 'zeroStep', 1) }),
  define('__guest_access', {
    point: true,
    run: (c) => access(c.m, vcpu(c), big(c, 1), kindOf(c)),
    describe: (c, r) => `guest of vcpu${vcpu(c)}: ${kindOf(c)} ${at(c)}${outcome(r)}`,
  }),
  define('__guest_accept_begin', {
    point: true,
    run: (c) => acceptBegin(c.m, vcpu(c), big(c, 1)),
    describe: (c, r) => `guest of vcpu${vcpu(c)}: ACCEPT ${at(c)}${outcome(r)}`,
  }),
  define('__guest_accept_end', {
    point: true,
    run: (c) => acceptEnd(c.m, vcpu(c)),
    describe: (c, r) => `guest of vcpu${vcpu(c)}: ACCEPT ${at(c)} ends${outcome(r)}`,
  }),
  define('__guest_validate', {
    point: true,
    run: (c) => validate(c.m, vcpu(c), big(c, 1), num(c, 2) !== 0),
    describe: (c, r) => `guest of vcpu${vcpu(c)}: PVALIDATE ${num(c, 2) ? 'on' : 'off'} ${at(c)}${outcome(r)}`,
  }),
  define('__guest_smi', {
    run: (c) => setInSmm(c.m, vcpu(c), true),
    describe: (c) => `guest of vcpu${vcpu(c)}: SMI`,
  }),
  define('__guest_rsm', {
    run: (c) => setInSmm(c.m, vcpu(c), false),
    describe: (c) => `guest of vcpu${vcpu(c)}: RSM`,
  }),
  define('__guest_make_vmsa', {
    point: true,
    run: (c) => adjustVmsa(c.m, vcpu(c), big(c, 1)),
    describe: (c, r) => `guest of vcpu${vcpu(c)}: RMPADJUST ${at(c)} to a VMSA${outcome(r)}`,
  }),
  define('__guest_page', { run: (c) => pageOf(c.m, vcpu(c), big(c, 1)) }),
  define('__guest_asks', { stores: 'none', run: (c) => conversion(c, 'asked') }),
  define('__guest_told', { stores: 'none', run: (c) => conversion(c, 'told') }),
  define('__guest_vmcb', {
    run: (c) => {
      setVcpuWord(c.m, vcpu(c), 'asid', num(c, 1));
      setVcpuWord(c.m, vcpu(c), 'vmsa', Math.floor(num(c, 2) / 4096));
    },
  }),
  define('__guest_idle', {
    point: true,
    idle: true,
    // asked while another thread runs, so by the thread's own id
    ready: (c) => isInterrupted(c.m, c.thread.id),
    run: () => GUEST.EXTERNAL_INTERRUPT,
    describe: (c) => `guest of vcpu${vcpu(c)}: interrupted`,
  }),
  define('__guest_interrupted', { run: (c) => (isInterrupted(c.m) ? 1 : 0) }),
  define('__guest_exit_gpa', { run: (c) => exitGpa(c.m, vcpu(c)) }),
  define('__guest_npf_error_code', {
    run: (c) =>
      (BigInt(vcpuWord(c.m, vcpu(c), 'extQualification')) << 32n) | BigInt(vcpuWord(c.m, vcpu(c), 'exitQualification')),
  }),
  define('__guest_exit_qualification', { run: (c) => BigInt(vcpuWord(c.m, vcpu(c), 'exitQualification')) }),
  define('__guest_ext_exit_qualification', { run: (c) => BigInt(vcpuWord(c.m, vcpu(c), 'extQualification')) }),
];

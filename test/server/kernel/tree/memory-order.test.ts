/** Kernel 7.3 under x86's memory order: as it is, and with barriers taken out. */

import { describe, expect, it } from 'vitest';
import type { VmType } from '../../../../model/machine/types';
import { broken, explore, summary } from '../../../model/scenarios/reference';
import { isThere, type Kernel, RELEASES } from './kernels';

const MAIN = 'virt/kvm/kvm_main.c';
const TDX = 'arch/x86/kvm/vmx/tdx.c';

type Put = readonly [file: string, find: string, put: string];

const NO_BARRIER_AT_END: Put = [MAIN, 'kvm->mmu_invalidate_seq++;\n\tsmp_wmb();\n', 'kvm->mmu_invalidate_seq++;\n'];
const NO_BARRIER_AT_FINALIZE: Put = [
  TDX,
  "/* TD_STATE_RUNNABLE must be set before 'pre_fault_allowed' */\n\tsmp_wmb();\n",
  '',
];
const FINALIZE_BESIDE_VCPUS: Put = [
  TDX,
  'CLASS(tdx_vm_state_guard, guard)(kvm);\n\tif (IS_ERR(guard))\n\t\treturn PTR_ERR(guard);\n\n\tswitch',
  'guard(mutex)(&kvm->lock);\n\n\tswitch',
];

/** The texts with these put in; each must stand there exactly once. */
function overridesOf(kernel: Kernel, puts: readonly Put[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [file, find, put] of puts) {
    const parts = (texts[file] ?? kernel.text(file)).split(find);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${find}`);
    texts[file] = parts.join(put);
  }
  return texts;
}

const CASES: readonly {
  readonly title: string;
  readonly puts: readonly Put[];
  readonly scenario: string;
  readonly vm: VmType;
  readonly breaks: readonly string[];
}[] = [
  { title: 'as it is', puts: [], scenario: 'S13', vm: 'default', breaks: [] },
  { title: 'as it is', puts: [], scenario: 'S34', vm: 'default', breaks: [] },
  { title: 'as it is', puts: [], scenario: 'S39', vm: 'tdx', breaks: [] },
  {
    title: 'an invalidation is over before the sequence says so',
    puts: [NO_BARRIER_AT_END],
    scenario: 'S34',
    vm: 'default',
    breaks: ['end-bumps-seq-first'],
  },
  {
    title: 'prefaults are allowed beside a vCPU, with the barrier',
    puts: [FINALIZE_BESIDE_VCPUS],
    scenario: 'S39',
    vm: 'tdx',
    breaks: [],
  },
  {
    title: 'prefaults are allowed before the TD runs',
    puts: [FINALIZE_BESIDE_VCPUS, NO_BARRIER_AT_FINALIZE],
    scenario: 'S39',
    vm: 'tdx',
    breaks: ['kernel-bug', 'kernel-warning', 'lock-rule'],
  },
];

const kernel = RELEASES.find(({ release }) => release === '7.3')!;

describe.skipIf(!isThere(kernel))('kernel 7.3 under the memory order of x86', () => {
  it.each(CASES)('$title: $scenario on $vm', async ({ puts, scenario, vm, breaks }) => {
    const program = await (puts.length === 0 ? kernel.program() : kernel.program(overridesOf(kernel, puts)));
    const weak = explore(program, scenario, vm, { preemptions: 2 }, 'x86');
    expect(broken(weak), summary(weak)).toEqual(breaks);
    expect(weak.unknowns, summary(weak)).toEqual([]);
    const strong = explore(program, scenario, vm, { preemptions: 2 });
    expect(broken(strong), summary(strong)).toEqual([]);
  });
});

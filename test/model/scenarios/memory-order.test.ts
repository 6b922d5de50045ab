/** Scenarios of the reference under x86's memory order: unmodified, and with barriers taken out. */

import { describe, expect, it } from 'vitest';
import type { VmType } from '../../../model/machine/types';
import { inReference } from '../../../model/scenarios';
import { edit } from './mutation';
import { broken, type Edit, explore, present, programWith, summary } from './reference';

describe.each(inReference())('%s on %s', (id, vm) => {
  it('is clean with one preemption, or one store that waits', async () => {
    const result = explore(await programWith(), id, vm, { preemptions: 1 }, 'x86');
    const text = summary(result);
    // what takes two preemptions does not show with one
    expect(present(id, vm), text).toEqual(expect.arrayContaining(broken(result)));
    expect(result.unknowns, text).toEqual([]);
    expect(result.complete, text).toBe(true);
  });
});

const NO_BARRIER_AT_ENTRY = edit(
  'edge/x86.c',
  '	/* also orders the mode before reads of page tables by the guest */\n	smp_mb__after_srcu_read_unlock();\n',
  '',
);
const NO_BARRIER_AT_END = edit(
  'kvm_main.c',
  '	kvm->mmu_invalidate_seq++;\n	smp_wmb();\n',
  '	kvm->mmu_invalidate_seq++;\n',
);
const NO_BARRIER_AT_FINALIZE = edit(
  'tdx.c',
  '	/* the state first: who sees prefaults allowed must see it */\n	smp_wmb();\n',
  '',
);
/** With all vCPUs locked nobody can look: then the barrier is one too many. */
const FINALIZE_BESIDE_VCPUS = edit(
  'tdx.c',
  '	CLASS(tdx_vm_state_guard, guard)(kvm);\n	if (IS_ERR(guard))\n		return PTR_ERR(guard);\n\n	switch (tdx_cmd->id) {\n	case KVM_TDX_INIT_VM',
  '	guard(mutex)(&kvm->lock);\n\n	switch (tdx_cmd->id) {\n	case KVM_TDX_INIT_VM',
);

interface Removal {
  readonly title: string;
  readonly edits: readonly Edit[];
  readonly scenario: string;
  readonly vm: VmType;
  readonly preemptions: number;
  /** Under x86's order; nothing under sequential consistency. */
  readonly breaks: readonly string[];
}

const at = (scenario: string, vm: VmType, preemptions: number, breaks: string) => ({
  scenario,
  vm,
  preemptions,
  breaks: breaks.split(' ').filter((id) => id !== ''),
});

const REMOVALS: readonly Removal[] = [
  {
    title: 'the mode is stored after the last look at the requests',
    edits: [NO_BARRIER_AT_ENTRY],
    ...at('S13', 'default', 2, 'flush-before-unlock unmap-before-free'),
  },
  {
    title: 'the mode is stored after the last look at the requests, of a VM that is dead by then',
    edits: [NO_BARRIER_AT_ENTRY],
    ...at('S32', 'tdx', 2, 'unmap-before-free vm-dead-terminates'),
  },
  {
    title: 'an invalidation is over before the sequence says so',
    edits: [NO_BARRIER_AT_END],
    ...at('S34', 'default', 1, 'end-bumps-seq-first'),
  },
  {
    title:
      'an invalidation is over before the sequence says so, and a reader without mmu_lock takes a page that is gone',
    edits: [NO_BARRIER_AT_END],
    ...at('S34', 'default', 3, 'end-bumps-seq-first memory-safety'),
  },
  {
    title: 'prefaults are allowed before the TD runs',
    edits: [FINALIZE_BESIDE_VCPUS, NO_BARRIER_AT_FINALIZE],
    ...at('S39', 'tdx', 2, 'kernel-bug lock-rule kernel-warning'),
  },
  {
    title: 'prefaults are allowed beside a vCPU, with the barrier',
    edits: [FINALIZE_BESIDE_VCPUS],
    ...at('S39', 'tdx', 2, ''),
  },
  {
    title: 'prefaults are allowed without the barrier, with all vCPUs locked',
    edits: [NO_BARRIER_AT_FINALIZE],
    ...at('S39', 'tdx', 2, ''),
  },
  {
    title: 'a locked operation follows at once: the barrier before it orders nothing more',
    edits: [edit('kvm_host.h', '	smp_mb();\n	return cmpxchg(', '	return cmpxchg(')],
    ...at('S13', 'default', 2, ''),
  },
];

describe('without a barrier', () => {
  it.each(REMOVALS)('$title: $scenario on $vm', async ({ edits, scenario, vm, preemptions, breaks }) => {
    const program = await programWith(edits);
    const weak = explore(program, scenario, vm, { preemptions }, 'x86');
    expect(broken(weak), summary(weak)).toEqual([...breaks].sort());
    const strong = explore(program, scenario, vm, { preemptions });
    expect(broken(strong), summary(strong)).toEqual([]);
  });
});

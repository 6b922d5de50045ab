/** What KVM complains about is the same finding in both tiers: KVM_BUG_ON() is one event, whatever it expands to. */
import { describe, expect, it } from 'vitest';
import type { Program } from '../../../../model/execute/program';
import { explore, programWith } from '../../../model/scenarios/reference';
import { isThere, RELEASES } from './kernels';

const MMU = 'arch/x86/kvm/mmu/mmu.c';
/** Stands in the fault path of every kernel, and of the reference. */
const PLACE = '\tif (WARN_ON_ONCE(!fault->slot || is_noslot_pfn(fault->pfn)))';

const COMPLAINTS: readonly (readonly [statement: string, expected: readonly string[]])[] = [
  ['KVM_BUG_ON(fault->slot, vcpu->kvm);', ['kernel-bug']],
  ['KVM_BUG(fault->slot, vcpu->kvm, "a slot");', ['kernel-bug']],
  ['if (fault->slot && !vcpu->kvm->vm_bugged)\n\t\tkvm_vm_bugged(vcpu->kvm);', ['kernel-bug']],
  ['WARN_ON_ONCE(fault->slot);', ['kernel-warning']],
  ['WARN_ON_ONCE(fault->slot);\n\tKVM_BUG_ON(fault->slot, vcpu->kvm);', ['kernel-bug', 'kernel-warning']],
];

/** The complaints in the edited function, each once, in an ordinary VM whose slot is deleted. */
function complaints(program: Program): string[] {
  const { violations } = explore(program, 'S02', 'default', { preemptions: 0 });
  const here = violations.filter(({ place }) => place?.function.endsWith('faultin_pfn'));
  return here.map(({ invariant }) => invariant).sort();
}

describe('what KVM complains about in the reference', () => {
  it.each(COMPLAINTS)('%s', async (statement, expected) => {
    const edit = { file: 'mmu.c', find: PLACE, put: `\t${statement}\n${PLACE}` };
    expect(complaints(await programWith([edit]))).toEqual(expected);
  });
});

describe.each(
  RELEASES.map((kernel) => [kernel.release, kernel] as const),
)('what KVM complains about in %s', (_, kernel) => {
  it.skipIf(!isThere(kernel)).each(COMPLAINTS)('%s', async (statement, expected) => {
    const parts = kernel.text(MMU).split(PLACE);
    expect(parts).toHaveLength(2);
    const program = await kernel.program({ [MMU]: parts.join(`\t${statement}\n${PLACE}`) });
    expect(complaints(program)).toEqual(expected);
  });
});

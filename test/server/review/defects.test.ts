/** What the unmodified kernel breaks is told as its own, beside patches that have to do with it. */

import { afterAll, describe, expect, it } from 'vitest';
import { createReviewer } from '../../../server/review/index';
import { patchOf } from './make-patch';

const reviewer = createReviewer({ root: process.cwd(), workerScript: null, jobs: 1 });
afterAll(() => reviewer.close());

async function reviewed(changes: readonly { from: string; to: string }[]) {
  const bytes = patchOf('change tdx.c', [{ file: 'tdx.c', changes }]);
  const options = { vm: ['tdx'] as const, scenario: ['S56'], budgetSeconds: 300 };
  const [review] = await reviewer.review({ name: 'x.patch', bytes }, options);
  if (review === undefined) throw new Error('there is no review');
  const of = (wanted: string) =>
    review.findings.filter(({ status }) => status === wanted).map(({ invariant }) => invariant);
  return { ...review, introduced: of('introduced'), fixed: of('fixed'), present: of('present') };
}

describe('a defect of the kernel', () => {
  it('is no fault of a patch that keeps it, and is told as known', async () => {
    const kick = '	kvm_make_all_cpus_request(kvm, KVM_REQ_OUTSIDE_GUEST_MODE);\n';
    const found = await reviewed([
      { from: '	tdx_track(kvm);\n\n	/* With', to: `	tdx_track(kvm);\n${kick}\n	/* With` },
      // so that the two sides don't run alike: of a scenario in which they do, nothing is told
      {
        from: '	cmd->hw_error = tdh_mr_finalize(&kvm_tdx->td);\n',
        to: '	write_lock(&kvm->mmu_lock);\n	write_unlock(&kvm->mmu_lock);\n	cmd->hw_error = tdh_mr_finalize(&kvm_tdx->td);\n',
      },
    ]);
    expect([found.verdict, found.introduced]).toEqual(['clean', []]);
    expect(found.present).toContain('block-track-remove-order');
    expect(found.findings.every(({ severity }) => severity === 'information')).toBe(true);
    expect(found.notes.join('\n')).toMatch(/a defect of the kernel that is known: .*without tracking \(explain S56\)/);
  });

  it('is fixed by a patch that makes the TD final under mmu_lock', async () => {
    const found = await reviewed([
      {
        from: '	cmd->hw_error = tdh_mr_finalize(&kvm_tdx->td);\n	if (tdx_operand_busy(cmd->hw_error))\n		return -EBUSY;\n',
        to: '	write_lock(&kvm->mmu_lock);\n	cmd->hw_error = tdh_mr_finalize(&kvm_tdx->td);\n	if (!cmd->hw_error)\n		kvm_tdx->state = TD_STATE_RUNNABLE;\n	write_unlock(&kvm->mmu_lock);\n	if (tdx_operand_busy(cmd->hw_error))\n		return -EBUSY;\n',
      },
    ]);
    expect(found.introduced).toEqual([]);
    expect(found.fixed).toContain('block-track-remove-order');
    expect(found.present).toEqual([]);
    expect(found.notes.join('\n')).not.toContain('that is known');
  });
});

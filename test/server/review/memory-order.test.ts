/** A patch that takes a barrier out: what a review finds of it depends on how memory is modelled. */

import { afterAll, describe, expect, it } from 'vitest';
import type { MemoryOrder } from '../../../model/explore/index';
import { createReviewer } from '../../../server/review/index';
import { linesWith, patchOf } from './make-patch';

const reviewer = createReviewer({ root: process.cwd(), workerScript: null, jobs: 1 });
afterAll(() => reviewer.close());

const bytes = patchOf('KVM: Drop a barrier', [
  {
    file: 'kvm_main.c',
    changes: [{ from: '	kvm->mmu_invalidate_seq++;\n	smp_wmb();\n', to: '	kvm->mmu_invalidate_seq++;\n' }],
  },
]);
const input = { name: 'barrier.patch', bytes };

async function reviewed(memoryOrder: MemoryOrder) {
  const options = { scenario: ['S34'], vm: ['default'] as const, memoryOrder, budgetSeconds: 300 };
  const [review] = await reviewer.review(input, options);
  if (review === undefined) throw new Error('there is no review');
  return review;
}

describe('a removed smp_wmb()', () => {
  it('is not found where memory is sequentially consistent, which the review says', async () => {
    const review = await reviewed('sc');
    expect(review.findings).toEqual([]);
    expect(review.runs.memoryOrder).toBe('sc');
    expect(review.replay).toEqual(['barrier.patch']);
    expect(review.notes).toContain(
      'kvm_mmu_invalidate_end() has more or fewer barriers (smp_wmb), which no run could notice: memory is modelled as sequentially consistent; see --memory-order',
    );
  });

  it("is found under x86's order, at its line, and what is printed replays it", async () => {
    const review = await reviewed('x86');
    expect(review).toMatchObject({ verdict: 'findings', replay: ['barrier.patch', '--memory-order', 'x86'] });
    expect(review.runs.memoryOrder).toBe('x86');
    expect(review.notes.join()).not.toContain('barriers');
    const finding = review.findings.find(({ invariant }) => invariant === 'end-bumps-seq-first')!;
    expect(finding).toMatchObject({ status: 'introduced', preemptions: 1 });
    expect([finding.patchLine]).toEqual(linesWith(bytes, 'smp_wmb();'));
    const actions = finding.trace.map(({ action }) => action);
    expect(actions).toContain("store to kvm->mmu_invalidate_seq stays in mm's store buffer");
    const again = { scenario: 'S34', vm: 'default', schedule: finding.schedule, budgetSeconds: 300 } as const;
    const trace = await reviewer.simulate(input, { ...again, memoryOrder: 'x86' });
    expect(trace.memoryOrder).toBe('x86');
    expect(trace.violations.map(({ invariant }) => invariant)).toEqual(['end-bumps-seq-first']);
    await expect(reviewer.simulate(input, again)).rejects.toThrow(/the schedule doesn't fit/);
  });

  it('is shown by a simulation', async () => {
    const wanted = { scenario: 'S34', vm: 'default', preemptions: 1, budgetSeconds: 300 } as const;
    const weak = await reviewer.simulate(input, { ...wanted, memoryOrder: 'x86' });
    expect(weak.summary).toContain('end-bumps-seq-first');
    expect((await reviewer.simulate(input, wanted)).summary).toContain('no violation');
    const before = await reviewer.simulate(input, { ...wanted, side: 'pre', memoryOrder: 'x86' });
    expect(before.summary).toContain('no violation');
  });
});

/** Changes outside of functions: what runs is what they change, wherever it stands. */

import { afterAll, describe, expect, it } from 'vitest';
import type { VmType } from '../../../model/machine/types';
import { createReviewer } from '../../../server/review/index';
import { linesWith, patchOf } from './make-patch';

const reviewer = createReviewer({ root: process.cwd(), workerScript: null, jobs: 1 });
afterAll(() => reviewer.close());

async function reviewed(vm: VmType, file: string, from: string, to: string) {
  const bytes = patchOf('change what others use', [{ file, changes: [{ from, to }] }]);
  const [review] = await reviewer.review({ name: 'x.patch', bytes }, { vm: [vm], preemptions: 0, budgetSeconds: 300 });
  if (review === undefined) throw new Error('there is no review');
  const introduced = review.findings.filter(({ status }) => status === 'introduced');
  return {
    ...review,
    introduced: introduced.map(({ invariant }) => invariant),
    at: introduced.map(({ patchLine }) => patchLine),
    lines: linesWith(bytes, to.trim().split('\n')[0] ?? ''),
  };
}

describe('a change of what functions use', () => {
  it('of a constant of an enum, breaks what they do', async () => {
    const from = 'KVM_FILTER_PRIVATE = BIT(1)';
    const found = await reviewed('tdx', 'kvm_host.h', from, 'KVM_FILTER_PRIVATE = BIT(0)');
    expect([found.verdict, found.runs.complete]).toEqual(['findings', true]);
    expect(found.introduced).toEqual(expect.arrayContaining(['notifier-shared-only', 'td-zap-only-requested']));
    expect(found.lines).toHaveLength(1);
    expect(new Set(found.at)).toEqual(new Set(found.lines));
  });

  it('of the body of a macro, breaks what they do', async () => {
    const from = '	list_for_each_entry(f, &GMEM_I(inode)->gmem_file_list, entry)\n';
    const found = await reviewed('sw-protected', 'guest_memfd.c', from, '	for (f = NULL; f != NULL; f = NULL)\n');
    expect([found.verdict, found.runs.complete]).toEqual(['findings', true]);
    expect(found.introduced).toContain('unmap-before-free');
    expect(found.coverage.executed).toBe(found.coverage.changedLines);
    expect(found.coverage.changedLines).toBeGreaterThan(0);
  });

  it('of the order of the fields of a struct, is run and breaks nothing', async () => {
    const found = await reviewed(
      'sw-protected',
      'kvm_host.h',
      '	gfn_t start;\n	gfn_t end;\n	union',
      '	gfn_t end;\n	gfn_t start;\n	union',
    );
    expect([found.verdict, found.findings, found.runs.complete]).toEqual(['clean', [], true]);
    expect(found.runs.scenarios).toBeGreaterThan(5);
    expect(found.notes.join()).not.toContain('compiles to the same');
  });
});

describe('a change that nothing uses', () => {
  it.each([
    ['a comment', 'guest_memfd.c', '	pgoff_t end = (offset + len)', '	/* behind the last */\n', 'changes no token'],
    [
      'a constant',
      'kvm_host.h',
      '	union kvm_mmu_notifier_arg arg;\n	enum',
      'enum { UNUSED = 3 };\n',
      'the same steps',
    ],
  ])('%s, is clean without a whole run', async (_, file, from, added, why) => {
    const found = await reviewed('sw-protected', file, from, added + from);
    expect([found.verdict, found.findings]).toEqual(['clean', []]);
    expect([found.runs.scenarios, found.coverage.changedLines]).toEqual([0, 0]);
    expect(found.notes.join()).toContain(why);
  });
});

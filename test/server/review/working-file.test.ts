import { expect, it } from 'vitest';
import type { Finding } from '../../../server/review/types';
import { findingInFile, reviewInFile, workingPatch } from '../../../server/review/working-file';

const PATH = 'arch/x86/kvm/mmu/mmu.c';
const BEFORE = 'int a;\nint b;\nint c;\nint d;\nint e;\nint f;\nint g;\n';
const AFTER = BEFORE.replace('int b;', 'int bb;').replace('int f;\n', '');

async function patch() {
  const made = await workingPatch({ path: PATH, before: BEFORE, after: AFTER });
  if (made === null) throw new Error('no difference');
  return { ...made, lineOf: (text: string) => made.diff.split('\n').indexOf(text) + 1 };
}

function finding(patchLine: number, change: Partial<Finding> = {}): Finding {
  return {
    ...{ invariant: 'deadlock', status: 'introduced', severity: 'error', vm: [], scenarios: [], assumption: null },
    ...{ message: 'Stuck.', function: null, file: PATH, line: 1, side: 'post', schedule: '', preemptions: 0 },
    ...{ trace: [], unknowns: [], culprits: [], patchLine, patchColumn: 2, patchEndColumn: 9 },
    ...change,
  };
}

it('has no patch where nothing differs, and one of a new file', async () => {
  expect(await workingPatch({ path: PATH, before: BEFORE, after: BEFORE })).toBeNull();
  const made = await workingPatch({ path: PATH, before: null, after: 'int a;\n' });
  expect(made?.mail.files[0]).toMatchObject({ status: 'added', oldPath: null, newPath: PATH });
});

it("places a finding on the file's own line and column", async () => {
  const made = await patch();
  const culprits = [{ patchLine: made.lineOf('+int bb;'), patchColumn: 2, text: 'int bb;' }];
  expect(findingInFile(finding(made.lineOf('+int bb;'), { culprits }), PATH, made)).toMatchObject({
    message: 'Stuck.',
    ...{ patchLine: 2, patchColumn: 1, patchEndColumn: 8 },
    culprits: [{ patchLine: 2, patchColumn: 1, text: 'int bb;' }],
  });
});

it('places what is due to a line that is gone on the one behind it, and tells the line', async () => {
  const made = await patch();
  const placed = findingInFile(finding(made.lineOf('-int f;')), PATH, made);
  expect(AFTER.split('\n')[placed.patchLine - 1]).toBe('int g;');
  expect(placed.message).toBe('Stuck. The line that makes the difference is gone: int f;');
});

it("links a run's steps to the file after the change, and to the patch's lines before it", async () => {
  const made = await patch();
  const step = { thread: 'vmm', file: PATH, line: 5, patchLine: made.lineOf('+int bb;'), action: 'x', changes: [] };
  const other = { ...step, file: 'virt/kvm/kvm_main.c', patchLine: null };
  const lines = (side: 'pre' | 'post') =>
    findingInFile(finding(1, { side, trace: [step, other] }), PATH, made).trace.map(({ patchLine }) => patchLine);
  expect(lines('post')).toEqual([5, null]);
  expect(lines('pre')).toEqual([2, null]);
});

it("translates a review's coverage", async () => {
  const made = await patch();
  const coverage = {
    ...{ changedLines: 3, nonExecutable: 0, executed: 1 },
    notReached: [{ patchLine: made.lineOf('+int bb;') }],
    notUnderstood: [{ patchLine: made.lineOf('-int f;'), why: 'no idea' }],
  };
  const review = {
    ...({ input: 'x', subject: null, messageId: null, tier: 'tree', kernel: '7.3', verdict: 'incomplete' } as const),
    ...{ findings: [], coverage, notes: [] },
    runs: { scenarios: 1, states: 1, transitions: 1, milliseconds: 1, complete: true, vacuous: [] },
  };
  expect(reviewInFile(review, PATH, made).coverage).toMatchObject({
    notReached: [{ patchLine: 2 }],
    notUnderstood: [{ patchLine: 6, why: 'no idea (the line that is gone: int f;)' }],
  });
});

import { afterAll, describe, expect, it } from 'vitest';
import { createReviewer } from '../../../server/review/index';
import { bugs } from './bugs';
import { harmless } from './harmless';
import { linesWith, patchOf } from './make-patch';

const reviewer = createReviewer({ root: process.cwd(), workerScript: null, jobs: 1 });
afterAll(() => reviewer.close());

describe('bugs in the reference', () => {
  for (const bug of bugs) {
    it(`seed ${bug.seed}: ${bug.title}`, async () => {
      const bytes = patchOf(bug.title, bug.edits);
      const [review] = await reviewer.review(
        { name: 'bug.patch', bytes },
        { scenario: bug.scenario, preemptions: 1, budgetSeconds: 300 },
      );
      const introduced = review?.findings.filter(({ status }) => status === 'introduced') ?? [];
      const found = introduced.find(({ invariant }) => bug.breaks.includes(invariant));
      expect(introduced.map(({ invariant }) => invariant)).toEqual(
        expect.arrayContaining([found?.invariant ?? bug.breaks[0]]),
      );
      expect(review?.verdict).toBe('findings');
      expect(found?.trace.length).toBeGreaterThan(0);
      const lines = bug.at.flatMap((text) => linesWith(bytes, text));
      expect(lines).toContain(found?.patchLine);
      for (const vm of bug.vm ?? []) expect(found?.vm).toContain(vm);
    });
  }
});

describe('changes that change nothing', () => {
  for (const { title, edits } of harmless) {
    it(title, async () => {
      const bytes = patchOf(title, edits);
      const [review] = await reviewer.review({ name: 'harmless.patch', bytes }, { preemptions: 0, budgetSeconds: 300 });
      expect(review?.findings).toEqual([]);
      expect(review?.coverage.notReached).toEqual([]);
      expect(review?.coverage.notUnderstood).toEqual([]);
      expect(review?.coverage.executed).toBe(review?.coverage.changedLines);
      expect(review?.runs.complete).toBe(true);
      expect(review?.verdict).toBe('clean');
    });
  }
});

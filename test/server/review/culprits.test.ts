import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimalEdits } from '../../../server/review/culprits';

describe('minimalEdits', () => {
  it('finds the one edit that matters', async () => {
    const edits = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(await minimalEdits(edits, async (subset) => subset.includes(6))).toEqual([6]);
  });

  it('keeps two edits that only matter together', async () => {
    const edits = [1, 2, 3, 4, 5, 6, 7, 8];
    const both = async (subset: readonly number[]): Promise<boolean> => subset.includes(2) && subset.includes(7);
    expect(await minimalEdits(edits, both)).toEqual([2, 7]);
  });

  it('returns a subset that still violates, and from which no edit can be left out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 4 }), async (needed) => {
        const edits = Array.from({ length: 12 }, (_, index) => index);
        const found = await minimalEdits(edits, async (subset) => needed.every((id) => subset.includes(id)), 1000);
        expect([...found].sort((a, b) => a - b)).toEqual([...needed].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  it('stops after the number of tests it was given and returns what it has', async () => {
    let calls = 0;
    const edits = Array.from({ length: 100 }, (_, index) => index);
    const found = await minimalEdits(
      edits,
      async (subset) => {
        calls++;
        return subset.includes(99);
      },
      5,
    );
    expect(calls).toBe(5);
    expect(found).toContain(99);
  });
});

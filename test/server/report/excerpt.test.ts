import { describe, expect, it } from 'vitest';
import type { ColumnStep } from '../../../server/report/columns';
import { excerpt } from '../../../server/report/excerpt';

const rows = (count: number, broken: readonly number[] = []): ColumnStep[] =>
  Array.from({ length: count }, (_, i) => ({
    thread: 't0',
    text: `step ${i}`,
    under: broken.includes(i) ? ['| x: 0 -> 1', '! some-rule: it broke'] : [],
  }));
const texts = (all: readonly ColumnStep[]) => all.map(({ text }) => text);

describe('the part of a run that a report shows', () => {
  it('is all of a run of ordinary length', () => {
    expect(excerpt(rows(120, [3]))).toEqual(rows(120, [3]));
    expect(excerpt([])).toEqual([]);
  });

  it('is the end of a long one, and what led to each violation', () => {
    const shown = texts(excerpt(rows(2000, [500, 510, 1999])));
    expect(shown[0]).toBe('[480 rows left out; the replay shows them]');
    expect(shown.slice(1, 32)).toEqual(texts(rows(2000).slice(480, 511)));
    expect(shown[32]).toBe('[1448 rows left out; the replay shows them]');
    expect(shown.slice(33)).toEqual(texts(rows(2000).slice(1959)));
  });

  it('begins with the first row where that belongs to a violation', () => {
    const shown = texts(excerpt(rows(200, [2])));
    expect(shown.slice(0, 4)).toEqual(['step 0', 'step 1', 'step 2', '[156 rows left out; the replay shows them]']);
  });
});

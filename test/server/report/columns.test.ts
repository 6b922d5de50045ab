import { describe, expect, it } from 'vitest';
import { interleaving } from '../../../server/report/columns';

describe('interleaving', () => {
  it('gives each thread a column, in order of appearance', () => {
    const steps = [
      { thread: 'vcpu0', text: 'read seq', under: [] },
      { thread: 'vmm', text: 'store attr', under: ['gfn 0: private -> shared'] },
      { thread: 'vcpu0', text: 'map', under: [] },
    ];
    expect(interleaving(steps, 60)).toEqual([
      'vcpu0                        vmm',
      '=====                        ===',
      'read seq',
      '                             store attr',
      '                               gfn 0: private -> shared',
      'map',
    ]);
  });

  it('wraps long steps inside their column', () => {
    const rows = interleaving([{ thread: 'a', text: 'one two three four five six seven', under: [] }], 26);
    expect(rows.slice(2)).toEqual(['one two three four', '  five six seven']);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(26);
  });
});

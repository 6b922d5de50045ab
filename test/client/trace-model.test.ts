import { describe, expect, it } from 'vitest';
import {
  filterRows,
  interleavingText,
  lanesOf,
  placeText,
  type Step,
  shownStep,
  stateRows,
  stepSentence,
  telling,
} from '../../client/trace/model';
import { fakeTrace } from '../server/lsp/fake-reviewer';

const step = (state: Record<string, string>): Step => ({
  thread: 't',
  place: null,
  action: 'a',
  changes: [],
  violations: [],
  state,
  patchLine: null,
});

describe('the state after a step', () => {
  it('marks what the step added, modified and deleted', () => {
    const steps = [step({ a: '1', b: '2', c: '3' }), step({ a: '1', b: '5', d: '4' })];
    expect(stateRows(steps, 1)).toEqual([
      { name: 'a', mark: '', value: '1', before: '' },
      { name: 'b', mark: 'M', value: '5', before: '2' },
      { name: 'c', mark: 'D', value: '', before: '3' },
      { name: 'd', mark: 'A', value: '4', before: '' },
    ]);
  });

  it('has no marks at the first step, which has nothing before it', () => {
    expect(stateRows([step({ a: '1' })], 0)).toEqual([{ name: 'a', mark: '', value: '1', before: '' }]);
  });

  it('sorts numbers in names as numbers', () => {
    expect(stateRows([step({ 'gfn 10': '', 'gfn 2': '' })], 0).map(({ name }) => name)).toEqual(['gfn 2', 'gfn 10']);
  });

  it('is filtered by change and by text, of the value before too', () => {
    const rows = stateRows([step({ a: 'x', b: 'OLD' }), step({ a: 'x', b: 'new' })], 1);
    expect(filterRows(rows, true, '').map(({ name }) => name)).toEqual(['b']);
    expect(filterRows(rows, false, ' old ').map(({ name }) => name)).toEqual(['b']);
    expect(filterRows(rows, false, '').length).toBe(2);
  });
});

describe('a trace', () => {
  const trace = fakeTrace('S02', 'tdx', 'post', 16);

  it('has a lane for every thread that does something, in its own order', () => {
    expect(lanesOf(trace)).toEqual(['vmm', 'host']);
    expect(lanesOf({ threads: [], steps: trace.steps })).toEqual(['vmm', 'host']);
  });

  it('opens at the step that breaks a rule, else at its end', () => {
    expect(telling(trace.steps)).toBe(4);
    expect(telling([step({}), step({})])).toBe(1);
    expect(telling([])).toBe(0);
  });

  it('is walked past steps that change nothing, unless every step is wanted', () => {
    expect(shownStep(trace.steps, 0, 1, false)).toBe(2);
    expect(shownStep(trace.steps, 0, 1, true)).toBe(1);
    expect(shownStep(trace.steps, 2, -1, false)).toBe(0);
    expect(shownStep(trace.steps, 1, 1, false)).toBe(2);
    expect(shownStep(trace.steps, 0, Number.POSITIVE_INFINITY, false)).toBe(4);
    expect(shownStep(trace.steps, 4, Number.NEGATIVE_INFINITY, false)).toBe(0);
    expect(shownStep(trace.steps, 4, 1, false)).toBe(4);
    expect(shownStep([], 0, 1, false)).toBe(0);
  });

  it('is told step by step to who cannot see it', () => {
    expect(stepSentence(trace.steps, 4)).toBe(
      'Step 5 of 5, host: fallocate(PUNCH_HOLE). 1 change. Violation: slot-delete-leaves-nothing: gfn 0 is still mapped.',
    );
  });

  it('names places briefly', () => {
    expect(placeText(trace.steps[0] as Step)).toBe('mmu.h:10');
    expect(placeText(step({}))).toBe('');
  });

  it('copies as columns, one per thread', () => {
    expect(interleavingText(trace)).toBe(
      [
        'vmm                                 host',
        '----------------------------------  ---------------------',
        'write_lock(mmu_lock)',
        'lockdep_assert_held(mmu_lock)',
        'kvm_tdp_mmu_unmap_gfn_range(slot',
        '  0, shared roots only)',
        'write_unlock(mmu_lock)',
        '                                    fallocate(PUNCH_HOLE)',
        '  !! slot-delete-leaves-nothing: gfn 0 is still mapped',
        '',
      ].join('\n'),
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { RunResult, Violation } from '../../../model/explore/types';
import { compareRuns } from '../../../server/review/compare';

function violation(invariant: string, fields: Partial<Violation> = {}): Violation {
  return {
    invariant,
    message: invariant,
    thread: 'vmm',
    place: { file: 'mmu.c', line: 1, function: 'f' },
    stack: [],
    schedule: [{ thread: 0, choice: 0 }],
    preemptions: 0,
    ...fields,
  };
}

function run(violations: readonly Violation[], fields: Partial<RunResult> = {}): RunResult {
  return {
    scenario: 'S02',
    vm: 'tdx',
    preemptions: 2,
    complete: true,
    incomplete: null,
    states: 1,
    transitions: 1,
    steps: 1,
    violations,
    unknowns: [],
    lines: {},
    functions: [],
    vacuous: [],
    facts: [],
    ...fields,
  };
}

const pair = (pre: RunResult, post: RunResult) => [{ scenario: 'S02', vm: 'tdx' as const, pre, post }];
const statuses = (pre: RunResult, post: RunResult) =>
  compareRuns(pair(pre, post)).differences.map(({ status, invariant }) => `${status} ${invariant}`);

describe('compareRuns', () => {
  it('tells introduced, fixed and present apart', () => {
    const pre = run([violation('unmap-before-free'), violation('mapping-has-binding')]);
    const post = run([violation('unmap-before-free'), violation('frozen-is-transient')]);
    expect(statuses(pre, post)).toEqual([
      'present unmap-before-free',
      'introduced frozen-is-transient',
      'fixed mapping-has-binding',
    ]);
  });

  it('tells the same oracle in two functions apart', () => {
    const elsewhere = { place: { file: 'mmu.c', line: 9, function: 'g' } };
    const pre = run([violation('kernel-warning')]);
    const post = run([violation('kernel-warning'), violation('kernel-warning', elsewhere)]);
    expect(statuses(pre, post)).toEqual(['present kernel-warning', 'introduced kernel-warning']);
  });

  it('takes an assertion on a path that was already wrong for a stop, not for a finding', () => {
    const pre = run([violation('td-zap-only-requested')]);
    const post = run([violation('td-zap-only-requested'), violation('kernel-bug')]);
    const comparison = compareRuns(pair(pre, post));
    expect(comparison.differences.map(({ status }) => status)).toEqual(['present']);
    expect(comparison.stops.map(({ invariant }) => invariant)).toEqual(['kernel-bug']);
  });

  it('takes an assertion beside a defect that the kernel is known to have for a finding', () => {
    const pre = run([violation('livelock')]);
    const post = run([violation('kernel-warning')]);
    const [known] = compareRuns([{ scenario: 'S51', vm: 'default', pre, post }]).differences;
    expect(known).toMatchObject({ status: 'introduced', invariant: 'kernel-warning' });
    expect(compareRuns(pair(pre, post)).stops).toHaveLength(1);
  });

  it('does not blame a patch when the run before it stopped short of the preemptions it takes', () => {
    const pre = run([], { complete: false, preemptions: 0 });
    const post = run([violation('unmap-before-free', { preemptions: 1 })]);
    const comparison = compareRuns(pair(pre, post));
    expect(comparison.differences).toEqual([]);
    expect(comparison.undecided.map(({ invariant }) => invariant)).toEqual(['unmap-before-free']);
  });

  it('does not praise a patch whose own run stopped short', () => {
    const pre = run([violation('unmap-before-free', { preemptions: 1 })]);
    const post = run([], { complete: false, preemptions: 0 });
    expect(statuses(pre, post)).toEqual([]);
  });
});

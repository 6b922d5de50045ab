import { describe, expect, it } from 'vitest';
import { textReport } from '../../../server/report/text';
import type { Finding, FindingTraceStep, PatchReview } from '../../../server/review/types';

const step = (action: string, changes: readonly string[] = [], fn: string | null = 'f'): FindingTraceStep => ({
  thread: 'vmm',
  function: fn,
  file: 'mmu.c',
  line: 1,
  patchLine: null,
  action,
  changes,
});

const finding = (invariant: string, trace: readonly FindingTraceStep[]): Finding => ({
  invariant,
  status: 'introduced',
  severity: 'error',
  vm: ['tdx'],
  scenarios: ['S02'],
  assumption: null,
  message: 'it breaks',
  function: 'f',
  file: null,
  line: null,
  side: 'post',
  patchLine: 7,
  patchColumn: 1,
  patchEndColumn: 2,
  culprits: [{ patchLine: 7, patchColumn: 1, kind: 'add', text: 'x = 1;' }],
  schedule: '0*3',
  preemptions: 1,
  trace,
  unknowns: [],
});

const patch = (findings: readonly Finding[]): PatchReview => ({
  input: 'a b.patch',
  subject: null,
  messageId: null,
  tier: 'reference',
  kernel: 'reference',
  verdict: 'findings',
  findings,
  coverage: { changedLines: 2, nonExecutable: 0, executed: 1, notReached: [{ patchLine: 9 }], notUnderstood: [] },
  runs: { scenarios: 1, states: 1, transitions: 2, milliseconds: 1500, complete: true, vacuous: [] },
  notes: ['a note'],
});

const report = (...patches: PatchReview[]) =>
  textReport({ version: 1, tool: { name: 'kvm-mmu-review', version: '0' }, patches });

describe('the text report', () => {
  it('heads steps with their function, and says each change once', () => {
    const trace = [
      step('write_lock(mmu_lock)', ['lock mmu_lock: - -> write by vmm']),
      step('reads mmu_invalidate_seq', ['mmu_invalidate_seq is 1']),
      step('writes mmu_invalidate_seq', ['mmu_invalidate_seq: 1 -> 2'], 'g'),
      step('TDH.MEM.TRACK: SUCCESS', ['td epoch: 1 -> 2', 'violates one: it broke'], 'g'),
    ];
    expect(report(patch([finding('one', trace)]))).toBe(`a b.patch

a b.patch:7: error: it breaks [one]
  introduced in f(); seen in S02 on tdx, with 1 preemption
  lines that make the difference:
    line 7: + x = 1;
  how it happens (after the patch):
    vmm
    ===
    f()
      write_lock(mmu_lock)
      reads mmu_invalidate_seq: 1
    g()
      writes mmu_invalidate_seq: 1 -> 2
      TDH.MEM.TRACK: SUCCESS
        | td epoch: 1 -> 2
        ! one: it broke
  replay: kvm-mmu-review simulate 'a b.patch' --scenario S02 --vm tdx --side post --schedule "0*3"

1 of 2 changed lines executed; not reached: line 9
tier reference: 1 scenario, 1 state, 2 transitions, 1.5 s
note: a note
verdict: findings
`);
  });

  it('shows what guard() does under the function that holds it, and says nothing twice', () => {
    const trace = [
      step('user space asks to destroy gfns 0-0: slot delete', ['asked to destroy gfns 0 to 0: slot delete']),
      step('mutex_lock(slots_lock)', ['lock slots_lock: - -> write by vmm'], 'class_mutex_constructor'),
      step('the VM is dead', ['vm: - -> dead'], null),
    ];
    expect(report(patch([finding('one', trace)]))).toContain(`
    f()
      user space asks to destroy gfns 0-0: slot delete
      mutex_lock(slots_lock)
    the VM is dead
`);
  });

  it('shows a run once when another finding is a part of it', () => {
    const short = [step('a', ['violates one: it broke'])];
    const long = [...short, step('b', ['violates two: it broke too'])];
    const text = report(patch([finding('one', short), finding('two', long)]));
    expect(text).toContain('how it happens: in the run under [two], where it is marked');
    expect(text.match(/! one: it broke/g)).toHaveLength(1);
  });

  it('shows both runs when one does not mark the other finding', () => {
    const text = report(patch([finding('one', [step('a')]), finding('two', [step('a'), step('b')])]));
    expect(text.match(/how it happens \(after/g)).toHaveLength(2);
  });

  it('shows one of two equal runs', () => {
    const trace = [step('a', ['violates one: x', 'violates two: y'])];
    const text = report(patch([finding('one', trace), finding('two', trace)]));
    expect(text.match(/how it happens \(after/g)).toHaveLength(1);
  });

  it('says when stores waited as on x86', () => {
    const { runs, ...rest } = patch([finding('one', [])]);
    const text = report({ ...rest, runs: { ...runs, memoryOrder: 'x86' } });
    expect(text).toContain('with 1 preemption, stores that wait included\n');
    expect(text).toContain('2 transitions, 1.5 s, memory order of x86\n');
    expect(report({ ...rest, runs: { ...runs, memoryOrder: 'sc' } })).toBe(report({ ...rest, runs }));
  });

  it('counts the verdicts of several patches', () => {
    expect(report(patch([]), patch([]))).toMatch(/\n2 patches: 2 with findings\n$/);
  });
});

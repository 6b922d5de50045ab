/**
 * A reviewer without a model, for tests of the language server and of the editor around it. In every
 * patch its first added line introduces a violation; all answers come at once, or when told to.
 */

import {
  type Aborted,
  Aborted as AbortedError,
  type Outline,
  type OutlineHunk,
  type Reviewer,
  WorkerLost,
} from '../../../server/lsp/reviewer';
import type { SimulationTrace } from '../../../server/review/simulate';
import type { Finding, PatchReview } from '../../../server/review/types';

export interface FakeOptions {
  /** Milliseconds of a review; it can be stopped meanwhile. */
  readonly delay?: number;
  /** Kills the calling process where the text has this word. */
  readonly deadly?: string;
}

/** Works in a test as in a worker thread. */
export function createFakeReviewer({ delay = 0, deadly }: FakeOptions = {}): Reviewer {
  return {
    outline: async ({ text }) => fakeOutline(text),
    async review({ name, text }, _options, { signal, onEvent }) {
      if (deadly !== undefined && text.includes(deadly)) process.exit(3);
      if (text.includes('LOSE THE THREAD')) throw new WorkerLost('exit code 3');
      const outline = fakeOutline(text);
      const findings = outline.patches.map(({ hunks }) => fakeFindings(text, hunks));
      onEvent({ kind: 'progress', progress: { text: 'S02 on tdx', done: 1, total: 2 } });
      for (const [patch, found] of findings.entries()) {
        for (const finding of found) onEvent({ kind: 'finding', patch, finding });
      }
      await pause(delay, signal);
      return outline.patches.map((patch, index) => fakeReview(name, patch.subject, patch.hunks, findings[index] ?? []));
    },
    async simulate(input, request, { signal, onEvent }) {
      onEvent({ kind: 'progress', progress: { text: request.scenario, done: 0, total: 1 } });
      await pause(delay, signal);
      const line = input === null ? null : (fakeOutline(input.text).patches[0]?.hunks[0]?.added[0] ?? null);
      return fakeTrace(request.scenario, request.vm, request.side, line);
    },
    close: async () => {},
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new AbortedError('stopped') satisfies Aborted);
    };
    const timer = setTimeout(resolve, milliseconds);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });
}

/** One patch; hunks by their `@@` lines, up to the first line that is none of theirs. */
export function fakeOutline(text: string): Outline {
  const lines = text.split(/\r?\n/);
  const hunks: OutlineHunk[] = [];
  lines.forEach((line, index) => {
    const head = /^@@ -\S+ \+\S+ @@ ?(.*)$/.exec(line);
    if (head === null) return;
    const added: number[] = [];
    const deleted: number[] = [];
    let end = index + 1;
    while (end < lines.length && /^[ +-]/.test(lines[end] ?? '') && !/^-- $/.test(lines[end] ?? '')) {
      if (lines[end]?.startsWith('+')) added.push(end + 1);
      if (lines[end]?.startsWith('-')) deleted.push(end + 1);
      end++;
    }
    const span = { line: index + 1, column: 1, endColumn: line.length + 1 };
    hunks.push({ path: 'arch/x86/kvm/mmu/mmu.c', heading: head[1] ?? '', span, endLine: end, added, deleted });
  });
  const subject = /^Subject: (.*)$/m.exec(text)?.[1] ?? null;
  const stale = lines.findIndex((line) => line.includes('kvm_stale_name'));
  const column = (lines[stale] ?? '').indexOf('kvm_stale_name') + 1;
  const remarks =
    stale < 0
      ? []
      : [
          {
            code: 'changelog-name',
            severity: 'information' as const,
            message: 'kvm_stale_name: named in the changelog, untouched by the diff.',
            span: { line: stale + 1, column, endColumn: column + 'kvm_stale_name'.length },
          },
        ];
  return { patches: [{ subject, line: 1, hunks }], remarks };
}

function fakeFindings(text: string, hunks: readonly OutlineHunk[]): Finding[] {
  const line = hunks.flatMap(({ added }) => added)[0];
  if (line === undefined) return [];
  const content = text.split(/\r?\n/)[line - 1] ?? '';
  const place = { patchLine: line, patchColumn: 2 };
  return [
    {
      ...place,
      invariant: 'slot-delete-leaves-nothing',
      status: 'introduced',
      severity: 'error',
      vm: ['tdx'],
      scenarios: ['S02'],
      assumption: null,
      message: 'The private mapping of gfn 0 outlives its memslot.',
      function: 'kvm_unmap_gfn_range',
      file: null,
      line: null,
      side: 'post',
      patchEndColumn: content.length + 1,
      culprits: [{ ...place, text: content.slice(1) }],
      schedule: '0*4',
      preemptions: 0,
      trace: [
        step('vmm', 'write_lock(mmu_lock)', 10, null, ['mmu_lock: free -> held by vmm']),
        step('vmm', 'lockdep_assert_held(mmu_lock)', 15, null, []),
        step('vmm', 'kvm_unmap_gfn_range(slot 0)', 20, line, ['invalidate_in_progress: 0 -> 1']),
        step('host', 'fallocate(PUNCH_HOLE)', 30, null, ['page 5: allocated -> free']),
      ],
      unknowns: [],
    },
  ];
}

function step(thread: string, action: string, line: number, patchLine: number | null, changes: readonly string[]) {
  return { thread, file: 'model/reference/mmu.h', line, patchLine, action, changes };
}

function fakeReview(
  input: string,
  subject: string | null,
  hunks: readonly OutlineHunk[],
  findings: readonly Finding[],
): PatchReview {
  const added = hunks.flatMap((hunk) => hunk.added);
  return {
    input,
    subject,
    messageId: null,
    tier: 'reference',
    kernel: 'reference',
    verdict: hunks.length === 0 ? 'no-diff' : findings.length > 0 ? 'findings' : 'clean',
    findings,
    coverage: {
      changedLines: added.length,
      nonExecutable: 0,
      executed: Math.min(1, added.length),
      notReached: added.slice(1, 2).map((patchLine) => ({ patchLine })),
      notUnderstood: [],
    },
    runs: { scenarios: 3, states: 12, transitions: 20, milliseconds: 4, complete: true, vacuous: [] },
    notes: ['a note of the review'],
  };
}

/** Five steps of two threads; the state changes at all but the second, and the last breaks the rule. */
export function fakeTrace(
  scenario: string,
  vm: SimulationTrace['vm'],
  side: SimulationTrace['side'],
  patchLine: number | null,
): SimulationTrace {
  const place = (line: number, name: string) => ({ file: 'model/reference/mmu.h', line, function: name });
  return {
    scenario,
    title: 'A memslot is deleted, its page punched out and reused',
    vm,
    side,
    memoryOrder: 'sc',
    schedule: '0*4',
    threads: ['vmm', 'host', 'rcu'],
    steps: [
      {
        thread: 'vmm',
        place: place(10, 'kvm_set_memslot'),
        action: 'write_lock(mmu_lock)',
        changes: ['mmu_lock: free -> held by vmm'],
        violations: [],
        state: { mmu_lock: 'held by vmm', 'mirror[gfn 0]': 'LEAF(pfn 5)', 'page 5': 'gmem' },
        patchLine: null,
      },
      {
        thread: 'vmm',
        place: place(15, 'kvm_set_memslot'),
        action: 'lockdep_assert_held(mmu_lock)',
        changes: [],
        violations: [],
        state: { mmu_lock: 'held by vmm', 'mirror[gfn 0]': 'LEAF(pfn 5)', 'page 5': 'gmem' },
        patchLine: null,
      },
      {
        thread: 'vmm',
        place: place(20, 'kvm_unmap_gfn_range'),
        action: 'kvm_tdp_mmu_unmap_gfn_range(slot 0, shared roots only)',
        changes: ['invalidate_in_progress: 0 -> 1'],
        violations: [],
        state: {
          mmu_lock: 'held by vmm',
          'mirror[gfn 0]': 'LEAF(pfn 5)',
          'page 5': 'gmem',
          invalidate_in_progress: '1',
        },
        patchLine,
      },
      {
        thread: 'vmm',
        place: place(25, 'kvm_set_memslot'),
        action: 'write_unlock(mmu_lock)',
        changes: ['mmu_lock: held by vmm -> free'],
        violations: [],
        state: { mmu_lock: 'free', 'mirror[gfn 0]': 'LEAF(pfn 5)', 'page 5': 'gmem' },
        patchLine: null,
      },
      {
        thread: 'host',
        place: place(30, 'kvm_gmem_punch_hole'),
        action: 'fallocate(PUNCH_HOLE)',
        changes: ['page 5: gmem -> free'],
        violations: ['slot-delete-leaves-nothing: gfn 0 is still mapped'],
        state: { mmu_lock: 'free', 'mirror[gfn 0]': 'LEAF(pfn 5)', 'page 5': 'free' },
        patchLine: null,
      },
    ],
    violations: [{ invariant: 'slot-delete-leaves-nothing', message: 'gfn 0 is still mapped', step: 4 }],
    assumption: null,
    summary: 'slot-delete-leaves-nothing: gfn 0 is still mapped (12 states, complete at 2 preemptions)',
  };
}

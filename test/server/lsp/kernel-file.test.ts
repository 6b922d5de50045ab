/** The language server's own review thread on a file of the real kernel, changed in the editor. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPoolReviewer } from '../../../server/lsp/pool';
import type { Reviewer, ReviewInput, RunEvent } from '../../../server/lsp/reviewer';
import { KERNEL, kernelClone, kernelIsThere } from '../kernel/tree/kernel-clone';
import { git, MMU } from '../kernel/tree/kernel-repository';

const OPTIONS = { vm: ['tdx' as const], preemptions: 0, budgetSeconds: 120, jobs: 2 };

describe.skipIf(!kernelIsThere)('a changed file of the kernel', () => {
  let folder: string;
  let clone: string;
  let reviewer: Reviewer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-kernel-file-'));
    const { buildAll } = await import(pathToFileURL(join(process.cwd(), 'build.mjs')).href);
    await buildAll({ dist: folder, programs: { client: null, cli: null, server: null }, pages: false });
    const data = { root: folder, workerScript: join(folder, 'worker.js') };
    reviewer = createPoolReviewer({ script: join(folder, 'review-worker.js'), data });
    clone = kernelClone();
  }, 60_000);
  afterAll(async () => {
    await reviewer?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has its finding on the line that was changed', async () => {
    const before = readFileSync(join(KERNEL, MMU), 'utf8');
    const start = before.indexOf('void kvm_arch_flush_shadow_memslot');
    const text = `/* One line further down. */\n${before.slice(0, start)}${before
      .slice(start)
      .replace('KVM_FILTER_PRIVATE | KVM_FILTER_SHARED', 'KVM_FILTER_SHARED')}`;
    const changed = text.slice(0, text.indexOf('.attr_filter = KVM_FILTER_SHARED,')).split('\n').length;
    const events: RunEvent[] = [];
    const hooks = { signal: new AbortController().signal, onEvent: (event: RunEvent) => void events.push(event) };
    const input: ReviewInput = {
      ...{ name: 'x', text, file: join(clone, MMU), others: [] },
      tree: { setting: '', folders: [], trusted: true },
    };
    const outline = await reviewer.outline(input, hooks);
    expect(outline.root).toBe(clone);
    expect(outline.patches[0]?.hunks.map(({ added }) => added)).toEqual([[1], [changed]]);
    const reviews = await reviewer.review(input, OPTIONS, hooks);
    expect(reviews.map(({ tier, kernel: version }) => [tier, version])).toEqual([['tree', '7.3.4']]);
    expect([reviews[0]?.coverage.executed, reviews[0]?.notes.length]).toEqual([2, 1]);
    const introduced = reviews[0]?.findings.filter(({ status }) => status === 'introduced') ?? [];
    expect(introduced.map(({ invariant }) => invariant)).toContain('slot-delete-leaves-nothing');
    expect(new Set(introduced.map(({ patchLine }) => patchLine))).toEqual(new Set([changed]));
    const early = events.flatMap((event) => (event.kind === 'finding' ? [event.finding.patchLine] : []));
    expect(new Set(early)).toEqual(new Set([changed]));
    const [first] = introduced;
    if (first === undefined) return;
    const { schedule, side, invariant } = first;
    const wanted = { scenario: first.scenarios[0] ?? '', vm: 'tdx' as const, schedule, side, invariant };
    const trace = await reviewer.simulate(input, { ...wanted, preemptions: 0, budgetSeconds: 60 }, hooks);
    expect(trace.violations.map((each) => each.invariant)).toContain(invariant);
  }, 300_000);

  it('has nothing to review where it is as in HEAD, or in no clone', async () => {
    const hooks = { signal: new AbortController().signal, onEvent: () => {} };
    const text = git(clone, 'show', `HEAD:${MMU}`);
    const tree = { setting: '', folders: [], trusted: true };
    const input = { name: 'x', text: `${text}\n`, file: join(clone, MMU), tree };
    expect((await reviewer.outline(input, hooks)).idle).toBe('this file is as it is in HEAD');
    expect(await reviewer.review(input, OPTIONS, hooks)).toEqual([]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPoolReviewer } from '../../../server/lsp/pool';
import { Aborted, type Reviewer, type RunEvent, type RunHooks, WorkerLost } from '../../../server/lsp/reviewer';
import { PATCH } from './patches';

const OPTIONS = { vm: [], preemptions: 2, budgetSeconds: 60, jobs: 1 };

describe('a reviewer in worker threads', () => {
  let folder: string;
  let reviewer: Reviewer;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kvm-mmu-pool-'));
    const script = path.join(folder, 'worker.js');
    const entryPoints = ['test/server/lsp/fake-worker.ts'];
    await build({ entryPoints, outfile: script, bundle: true, platform: 'node', format: 'cjs', logLevel: 'warning' });
    reviewer = createPoolReviewer({ script, data: null, stopTimeout: 200 });
  });
  afterAll(async () => {
    await reviewer.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const hooks = (onEvent: (event: RunEvent) => void = () => {}): RunHooks & { stop(): void } => {
    const controller = new AbortController();
    return { signal: controller.signal, onEvent, stop: () => controller.abort() };
  };

  it('gives results, and events before them', async () => {
    const events: string[] = [];
    const reviews = await reviewer.review(
      { name: 'a', text: PATCH },
      OPTIONS,
      hooks(({ kind }) => events.push(kind)),
    );
    expect(events).toEqual(['progress', 'finding']);
    expect(reviews).toMatchObject([{ verdict: 'findings', findings: [{ invariant: 'slot-delete-leaves-nothing' }] }]);
  });

  it('stops at once, and works on afterwards', async () => {
    const stopped = hooks(() => stopped.stop());
    const before = Date.now();
    await expect(reviewer.review({ name: 'a', text: PATCH }, OPTIONS, stopped)).rejects.toBeInstanceOf(Aborted);
    expect(Date.now() - before).toBeLessThan(250);
    await expect(reviewer.review({ name: 'a', text: PATCH }, OPTIONS, hooks())).resolves.toHaveLength(1);
  });

  it('does not start what is stopped already', async () => {
    const stopped = hooks();
    stopped.stop();
    await expect(reviewer.outline({ name: 'a', text: PATCH }, stopped)).rejects.toBeInstanceOf(Aborted);
  });

  it('survives the death of a thread, and says that it died', async () => {
    const deadly = reviewer.review({ name: 'a', text: `${PATCH}KILL THE THREAD` }, OPTIONS, hooks());
    await expect(deadly).rejects.toBeInstanceOf(WorkerLost);
    await expect(reviewer.review({ name: 'a', text: PATCH }, OPTIONS, hooks())).resolves.toHaveLength(1);
  });

  it('answers outlines while a review runs', async () => {
    const review = reviewer.review({ name: 'a', text: PATCH }, OPTIONS, hooks());
    const order: string[] = [];
    await Promise.all([
      review.then(() => order.push('review')),
      reviewer.outline({ name: 'a', text: PATCH }, hooks()).then(() => order.push('outline')),
    ]);
    expect(order).toEqual(['outline', 'review']);
  });
});

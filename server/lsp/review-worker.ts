/** Entry of the thread in which the language server's reviews run. It knows no LSP. */

import { availableParallelism } from 'node:os';
import { workerData } from 'node:worker_threads';
import { inScope } from '../kernel/scope';
import { readInput } from '../patch/read';
import { untouchedNames } from '../review/changelog';
import { createReviewer, type Reviewer as Engine } from '../review/index';
import { outlineOf } from './outline';
import type { Reviewer, ReviewInput } from './reviewer';
import { serveReviewer } from './serve';

const { root, workerScript } = workerData as { root: string; workerScript: string };
const encoder = new TextEncoder();

/** The number of threads belongs to an engine's start; another number needs another engine. */
let engine: { jobs: number; reviewer: Engine } | null = null;

async function engineWith(jobs: number): Promise<Engine> {
  if (engine !== null && engine.jobs !== jobs) {
    await engine.reviewer.close();
    engine = null;
  }
  engine ??= { jobs, reviewer: createReviewer({ root, workerScript, jobs }) };
  return engine.reviewer;
}

const bytesOf = ({ name, text }: ReviewInput) => ({ name, bytes: encoder.encode(text) });

const reviewer: Reviewer = {
  async outline(input) {
    return outlineOf(await readInput(bytesOf(input)), { inScope, untouchedNames: namesOutsideDiff });
  },
  async review(input, options, { signal, onEvent }) {
    const { vm, preemptions, budgetSeconds, jobs } = options;
    const started = await engineWith(jobs === 0 ? availableParallelism() : jobs);
    return started.review(bytesOf(input), {
      vm: vm.length === 0 ? null : vm,
      preemptions,
      budgetSeconds,
      signal,
      onProgress: (text, done, total) => onEvent({ kind: 'progress', progress: { text, done, total } }),
      onFinding: (patch, finding) => onEvent({ kind: 'finding', patch, finding }),
    });
  },
  async simulate(input, request, { signal }) {
    const started = await engineWith(1);
    return started.simulate(input === null ? null : bytesOf(input), { ...request, signal });
  },
  async close() {
    await engine?.reviewer.close();
  },
};

/** Against the diff alone; the review adds the text of the functions that it edits. */
function namesOutsideDiff(patch: Parameters<typeof untouchedNames>[0]): ReturnType<typeof untouchedNames> {
  const diff = patch.files.flatMap((file) =>
    file.hunks.flatMap(({ heading, lines }) => [heading, ...lines.map(({ text }) => text)]),
  );
  return untouchedNames(patch, diff.join('\n'));
}

serveReviewer(Promise.resolve(reviewer));

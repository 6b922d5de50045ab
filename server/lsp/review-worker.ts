/** Entry of the thread in which the language server's reviews run. It knows no LSP. */

import { availableParallelism } from 'node:os';
import { workerData } from 'node:worker_threads';
import { inScope } from '../kernel/scope';
import { readInput } from '../patch/read';
import { untouchedNames } from '../review/changelog';
import {
  createReviewer,
  type Reviewer as Engine,
  type ReviewOptions as EngineOptions,
  type SimulateOptions,
  type SimulationTrace,
} from '../review/index';
import { findingInFile, reviewInFile, stepLine } from '../review/working-file';
import { outlineInFile, outlineOf } from './outline';
import type { Outline, Reviewer, ReviewInput, ReviewOptions, RunHooks } from './reviewer';
import { serveReviewer } from './serve';
import { treeForPatch, workingDocument } from './trees';

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

const bytesOf = (name: string, text: string) => ({ name, bytes: encoder.encode(text) });

const PARTS = { inScope, untouchedNames: namesOutsideDiff };

const reviewer: Reviewer = {
  async outline(input) {
    if (input.file !== undefined) return outlineOfFile(input);
    const [read, { root }] = await Promise.all([readInput(bytesOf(input.name, input.text)), treeForPatch(input.tree)]);
    return { ...outlineOf(read, PARTS), root };
  },
  async review(input, options, hooks) {
    const started = await engineWith(options.jobs === 0 ? availableParallelism() : options.jobs);
    return input.file === undefined
      ? reviewPatch(started, input, options, hooks)
      : reviewFile(started, input, options, hooks);
  },
  async simulate(input, request, { signal }) {
    const started = await engineWith(1);
    if (input?.file !== undefined) return simulateFile(started, input, { ...request, signal });
    const { choice } = await treeForPatch(input?.tree);
    const bytes = input === null ? null : bytesOf(input.name, input.text);
    return started.simulate(bytes, { ...request, signal, source: choice });
  },
  async close() {
    await engine?.reviewer.close();
  },
};

function engineOptions(options: ReviewOptions, { signal, onEvent }: RunHooks): EngineOptions {
  const { vm, preemptions, memoryOrder = 'sc', budgetSeconds } = options;
  return {
    vm: vm.length === 0 ? null : vm,
    preemptions,
    memoryOrder,
    budgetSeconds,
    signal,
    onProgress: (text, done, total) => onEvent({ kind: 'progress', progress: { text, done, total } }),
    onFinding: (patch, finding) => onEvent({ kind: 'finding', patch, finding }),
  };
}

async function reviewPatch(started: Engine, input: ReviewInput, options: ReviewOptions, hooks: RunHooks) {
  const { choice, notes } = await treeForPatch(input.tree);
  const wanted = { ...engineOptions(options, hooks), source: choice };
  const reviews = await started.review(bytesOf(input.name, input.text), wanted);
  return reviews.map((review) =>
    review.tier === 'static' ? review : { ...review, notes: [...review.notes, ...notes] },
  );
}

/** The outline of a C file's difference to HEAD, by the file's own lines. */
async function outlineOfFile(input: ReviewInput): Promise<Outline> {
  const document = await workingDocument(input);
  if ('idle' in document) return { patches: [], remarks: [], idle: document.idle };
  const { patch, root } = document;
  const outline = outlineOf({ patches: [patch.mail], problems: [], unusable: null }, PARTS);
  return { ...outlineInFile(outline, patch), root };
}

async function reviewFile(started: Engine, input: ReviewInput, options: ReviewOptions, hooks: RunHooks) {
  const document = await workingDocument(input);
  if ('idle' in document) return [];
  const { patch, path, choice } = document;
  const wanted = engineOptions(options, hooks);
  const reviews = await started.review(bytesOf(path, patch.diff), {
    ...wanted,
    source: choice,
    onFinding: (index, finding) => wanted.onFinding?.(index, findingInFile(finding, path, patch)),
  });
  return reviews.map((review) => reviewInFile(review, path, patch));
}

async function simulateFile(started: Engine, input: ReviewInput, request: SimulateOptions): Promise<SimulationTrace> {
  const document = await workingDocument(input);
  if ('idle' in document) throw new Error(document.idle);
  const { patch, path, choice } = document;
  const trace = await started.simulate(bytesOf(path, patch.diff), { ...request, source: choice });
  const steps = trace.steps.map((step) => {
    const place = { file: step.place?.file ?? null, line: step.place?.line ?? null, patchLine: step.patchLine };
    return { ...step, patchLine: stepLine(place, trace.side, path, patch) };
  });
  return { ...trace, steps };
}

/** Against the diff alone; the review adds the text of the functions that it edits. */
function namesOutsideDiff(patch: Parameters<typeof untouchedNames>[0]): ReturnType<typeof untouchedNames> {
  const diff = patch.files.flatMap((file) =>
    file.hunks.flatMap(({ heading, lines }) => [heading, ...lines.map(({ text }) => text)]),
  );
  return untouchedNames(patch, diff.join('\n'));
}

serveReviewer(Promise.resolve(reviewer));

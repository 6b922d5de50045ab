/**
 * The review: from the bytes of an input to one `PatchReview` per patch in it. This file strings the
 * pipeline together (read, place, run, report back) and decides the verdict; each part stands in a
 * file of its own.
 */

import type { VmType } from '../../model/machine/types';
import { scenarios } from '../../model/scenarios/index';
import { scenariosOf } from '../../model/vocabulary/index';
import { placePatch } from '../kernel/place';
import { loadReference, type Reference } from '../kernel/reference';
import { inScope } from '../kernel/scope';
import { indexSources, type SourceIndex } from '../kernel/source-index';
import { readInput } from '../patch/read';
import type { FileDiff, PatchMail } from '../patch/types';
import { untouchedNames } from './changelog';
import { DEFAULT_BOUNDS, type Runner } from './jobs';
import { type PlacedPatch, placedPatch } from './placed';
import { type PlacedReview, type Progress, reviewPlaced } from './review-placed';
import { createRunner } from './runner';
import { situations } from './select';
import { openSession } from './session';
import { type SimulateOptions, type SimulationTrace, simulateTexts } from './simulate';
import type { Coverage, Finding, PatchReview, Runs, Verdict } from './types';

export type { SimulateOptions, SimulationTrace } from './simulate';

export interface ReviewInput {
  /** Path as given, or `-`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ReviewOptions {
  readonly vm?: readonly VmType[] | null;
  readonly scenario?: readonly string[] | null;
  readonly invariant?: readonly string[] | null;
  readonly preemptions?: number;
  /** Seconds of wall clock per patch. */
  readonly budgetSeconds?: number;
  readonly onProgress?: Progress;
  /** Called for every finding as soon as it is known, before the review of its patch is complete. */
  readonly onFinding?: (patch: number, finding: Finding) => void;
  readonly signal?: AbortSignal | null;
}

export interface Reviewer {
  review(input: ReviewInput, options?: ReviewOptions): Promise<PatchReview[]>;
  simulate(input: ReviewInput | null, options: SimulateOptions): Promise<SimulationTrace>;
  close(): Promise<void>;
}

export interface ReviewerOptions {
  /** Folder that holds `model/reference`. */
  readonly root: string;
  /** The bundled worker; null runs everything in this thread. */
  readonly workerScript: string | null;
  readonly jobs: number;
}

/** Start a reviewer. It keeps its workers until it is closed. */
export function createReviewer(options: ReviewerOptions): Reviewer {
  const runner = createRunner({ ...options });
  const reference = loadReference(options.root);
  return {
    review: async (input, wanted = {}) => reviewInput(input, wanted, await reference, runner),
    simulate: async (input, wanted) => {
      const placed = input === null ? null : await firstPlaced(input, await reference);
      return simulateTexts(placed, wanted, runner);
    },
    close: () => runner.close(),
  };
}

async function reviewInput(
  input: ReviewInput,
  options: ReviewOptions,
  reference: Reference,
  runner: Runner,
): Promise<PatchReview[]> {
  const read = await readInput(input);
  if (read.unusable !== null) {
    return [emptyReview(input.name, 'unusable', [read.unusable])];
  }
  const reviews: PatchReview[] = [];
  let base = reference.files;
  const problems = read.problems.map(({ message, span }) => `line ${span.line}: ${message}`);
  for (const [index, patch] of read.patches.entries()) {
    const started = performance.now();
    const placed = patch.files.length === 0 ? null : place(patch.files, base, reference);
    const review = await reviewPatch(patch, placed, index, options, runner);
    const milliseconds = Math.round(performance.now() - started);
    const cut = read.problems.length > 0 && review.verdict === 'clean';
    reviews.push({
      ...review,
      verdict: cut ? 'incomplete' : review.verdict,
      notes: [...review.notes, ...problems],
      runs: { ...review.runs, milliseconds },
    });
    if (placed !== null) base = new Map([...base, ...Object.entries(placed.texts.post)]);
  }
  if (reviews.length === 0) {
    const clear = problems.length > 0 ? problems : ['the input holds no mail and no diff'];
    return [emptyReview(input.name, 'no-diff', clear)];
  }
  return reviews;
}

/** Text by path. The next patch of a series is placed into what the one before it leaves. */
type Texts = ReadonlyMap<string, string>;

/** Indexing the reference takes longer than placing a patch into it, and most patches share it. */
const indexes = new WeakMap<Texts, SourceIndex>();

function place(files: readonly FileDiff[], texts: Texts, reference: Reference): PlacedPatch {
  const index = indexes.get(texts) ?? indexSources(texts, reference.builtins.values());
  indexes.set(texts, index);
  return placedPatch(placePatch(files, index), 'reference', 'reference');
}

async function reviewPatch(
  patch: PatchMail,
  placed: PlacedPatch | null,
  index: number,
  options: ReviewOptions,
  runner: Runner,
): Promise<PatchReview> {
  const problems = patch.problems.map(({ message, span }) => `line ${span.line}: ${message}`);
  const damaged = patch.problems.some(({ harmless }) => harmless !== true);
  const base = { ...emptyReview(patch.input, 'no-diff', problems), subject: patch.subject, messageId: patch.messageId };
  if (placed === null) {
    // A diff that was there and could not be taken is not the same as no diff.
    if (damaged) return { ...base, verdict: 'unusable' };
    return { ...base, notes: [...aboutNotes(patch), ...problems] };
  }
  const paths = patch.files.map((file) => file.newPath ?? file.oldPath ?? '');
  if (!inScope(paths)) {
    const note = `no file of this patch belongs to the KVM MMU or its neighbours (${paths.join(', ')})`;
    return { ...base, verdict: 'out-of-scope', notes: [note, ...problems] };
  }
  const wanted = { vm: options.vm ?? null, scenario: options.scenario ?? null };
  const session = openSession({
    runner,
    bounds: { ...DEFAULT_BOUNDS, preemptions: options.preemptions ?? DEFAULT_BOUNDS.preemptions },
    budget: (options.budgetSeconds ?? 60) * 1000,
    invariants: options.invariant ?? null,
    signal: options.signal ?? null,
  });
  try {
    const result = await reviewPlaced(
      placed,
      situations(scenarios, wanted),
      wanted.scenario !== null,
      session,
      options.onProgress ?? (() => {}),
      (finding) => options.onFinding?.(index, finding),
    );
    return {
      ...base,
      tier: placed.tier,
      kernel: placed.kernel,
      verdict: verdictOf(result, damaged),
      findings: result.findings,
      coverage: result.coverage,
      runs: { ...result.runs, milliseconds: 0 },
      notes: [...result.notes, ...result.incomplete, ...changelogNotes(patch, placed, result.edited), ...problems],
    };
  } finally {
    session.close();
  }
}

function verdictOf(result: PlacedReview, unusableParts: boolean): Verdict {
  if (result.findings.some(({ status }) => status === 'introduced')) return 'findings';
  const { coverage, runs } = result;
  const missing = coverage.notReached.length + coverage.notUnderstood.length;
  return missing > 0 || !runs.complete || unusableParts || result.incomplete.length > 0 ? 'incomplete' : 'clean';
}

/** A mail without a diff: which scenarios its text is about. */
function aboutNotes(patch: PatchMail): string[] {
  const text = [patch.subject ?? '', ...patch.prose.map((piece) => piece.text)].join('\n');
  return scenariosOf(text).map(({ scenario, words }) => {
    const title = scenarios.find(({ id }) => id === scenario)?.title;
    return `this text is about ${scenario}${title === undefined ? '' : ` (${title})`}: ${words.slice(0, 6).join(', ')}`;
  });
}

function changelogNotes(patch: PatchMail, placed: PlacedPatch, edited: readonly string[]): string[] {
  const touched = placed.changedLines.map(({ text }) => text);
  const shown = patch.files.flatMap(({ hunks }) =>
    hunks.flatMap(({ heading, lines }) => [heading, ...lines.map(({ text }) => text)]),
  );
  const names = untouchedNames(patch, [...touched, ...shown, ...edited].join('\n'));
  if (names.length === 0) return [];
  return [`named in the changelog, untouched by the diff: ${names.map(({ name }) => name).join(', ')}`];
}

async function firstPlaced(input: ReviewInput, reference: Reference): Promise<PlacedPatch> {
  const read = await readInput(input);
  const patch = read.patches.find(({ files }) => files.length > 0);
  if (patch === undefined) throw new Error(`${input.name}: ${read.unusable ?? 'the input holds no diff to simulate'}`);
  return place(patch.files, reference.files, reference);
}

const NO_COVERAGE: Coverage = { changedLines: 0, nonExecutable: 0, executed: 0, notReached: [], notUnderstood: [] };
const NO_RUNS: Runs = { scenarios: 0, states: 0, transitions: 0, milliseconds: 0, complete: true, vacuous: [] };

function emptyReview(input: string, verdict: Verdict, notes: readonly string[]): PatchReview {
  return {
    input,
    subject: null,
    messageId: null,
    tier: 'static',
    kernel: null,
    verdict,
    findings: [],
    coverage: NO_COVERAGE,
    runs: NO_RUNS,
    notes,
  };
}

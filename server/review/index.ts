/**
 * The review: from the bytes of an input to one `PatchReview` per patch in it. This file strings the
 * pipeline together (read, place, run, report back) and decides the verdict; each part stands in a
 * file of its own.
 */

import type { MemoryOrder } from '../../model/explore/index';
import type { VmType } from '../../model/machine/types';
import { scenarios } from '../../model/scenarios/index';
import { scenariosOf } from '../../model/vocabulary/index';
import { loadReference, type Reference } from '../kernel/reference';
import { inScope } from '../kernel/scope';
import { readInput } from '../patch/read';
import type { PatchMail } from '../patch/types';
import { untouchedNames } from './changelog';
import { emptyReview } from './empty-review';
import { DEFAULT_BOUNDS, type Runner } from './jobs';
import type { PlacedPatch } from './placed';
import { type PlacedReview, type Progress, reviewPlaced } from './review-placed';
import { createRunner } from './runner';
import { situations } from './select';
import { type InPlace, openSeries, type Series, type TreeChoice } from './series';
import { openSession } from './session';
import { type SimulateOptions, type SimulationTrace, simulateTexts } from './simulate';
import type { Finding, PatchReview, Verdict } from './types';

export type { TreeChoice } from './series';
export type { SimulateOptions, SimulationTrace } from './simulate';

export interface ReviewInput {
  /** Path as given, or `-`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What `simulate` is given to take the same input; its name if absent. */
  readonly replay?: readonly string[];
}

export interface ReviewOptions {
  readonly vm?: readonly VmType[] | null;
  readonly scenario?: readonly string[] | null;
  readonly invariant?: readonly string[] | null;
  readonly preemptions?: number;
  /** Default `sc`. */
  readonly memoryOrder?: MemoryOrder;
  /** Seconds of wall clock per patch. */
  readonly budgetSeconds?: number;
  readonly onProgress?: Progress;
  /** Called for every finding as soon as it is known, before the review of its patch is complete. */
  readonly onFinding?: (patch: number, finding: Finding) => void;
  readonly signal?: AbortSignal | null;
  /** Where the kernel's own code may be found; null for the reference. */
  readonly source?: TreeChoice | null;
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
      const place = await chosenPlaced(input, wanted.patch ?? null, wanted.source ?? null, await reference);
      return simulateTexts(place, wanted, runner);
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
  const problems = read.problems.map(({ message, span }) => `line ${span.line}: ${message}`);
  const diffs = read.patches.filter(({ files }) => files.length > 0);
  const series = openSeries(reference, options.source ?? null, options.signal ?? null);
  try {
    for (const [index, patch] of read.patches.entries()) {
      const started = performance.now();
      const review = await reviewPatch(patch, index, series, options, runner);
      const milliseconds = Math.round(performance.now() - started);
      const cut = read.problems.length > 0 && review.verdict === 'clean';
      reviews.push({
        ...review,
        replay: replayOf(input, review, diffs.length > 1 ? diffs.indexOf(patch) + 1 : null, options),
        verdict: cut ? 'incomplete' : review.verdict,
        notes: [...review.notes, ...problems],
        runs: { ...review.runs, milliseconds },
      });
    }
  } finally {
    await series.close();
  }
  if (reviews.length === 0) {
    const clear = problems.length > 0 ? problems : ['the input holds no mail and no diff'];
    return [emptyReview(input.name, 'no-diff', clear)];
  }
  return reviews;
}

async function reviewPatch(
  patch: PatchMail,
  index: number,
  series: Series,
  options: ReviewOptions,
  runner: Runner,
): Promise<PatchReview> {
  const problems = patch.problems.map(({ message, span }) => `line ${span.line}: ${message}`);
  const damaged = patch.problems.some(({ harmless }) => harmless !== true);
  const base = { ...emptyReview(patch.input, 'no-diff', problems), subject: patch.subject, messageId: patch.messageId };
  if (patch.files.length === 0) {
    // A diff that was there and could not be taken is not the same as no diff.
    if (damaged) return { ...base, verdict: 'unusable' };
    return { ...base, notes: [...aboutNotes(patch), ...problems] };
  }
  const paths = patch.files.map((file) => file.newPath ?? file.oldPath ?? '');
  if (!inScope(paths)) {
    const note = `no file of this patch belongs to the KVM MMU or its neighbours (${paths.join(', ')})`;
    return { ...base, verdict: 'out-of-scope', notes: [note, ...problems] };
  }
  const place = await series.place(patch);
  const result = await runPlaced(place, index, options, runner);
  const { tier, kernel } = place.patch;
  const complete = verdictOf(result, damaged);
  return {
    ...base,
    tier,
    kernel,
    verdict: complete === 'clean' && place.disappointed ? 'incomplete' : complete,
    findings: result.findings,
    coverage: result.coverage,
    runs: { ...result.runs, milliseconds: 0, memoryOrder: options.memoryOrder ?? 'sc' },
    notes: [
      ...place.notes,
      ...result.notes,
      ...result.incomplete,
      ...changelogNotes(patch, place.patch, result.edited),
      ...problems,
    ],
  };
}

async function runPlaced(
  { patch, tree, lacks }: InPlace,
  index: number,
  options: ReviewOptions,
  runner: Runner,
): Promise<PlacedReview> {
  const wanted = { vm: options.vm ?? null, scenario: options.scenario ?? null };
  const session = openSession({
    runner,
    bounds: { ...DEFAULT_BOUNDS, preemptions: options.preemptions ?? DEFAULT_BOUNDS.preemptions },
    budget: (options.budgetSeconds ?? 60) * 1000,
    invariants: options.invariant ?? null,
    signal: options.signal ?? null,
    tree,
    memoryOrder: options.memoryOrder ?? 'sc',
  });
  try {
    return await reviewPlaced(
      patch,
      situations(scenarios, wanted).filter(({ vm }) => !lacks.includes(vm)),
      wanted.scenario !== null,
      session,
      options.onProgress ?? (() => {}),
      (finding) => options.onFinding?.(index, finding),
    );
  } finally {
    session.close();
  }
}

/** What `simulate` is given to take the same patch (from 1, of several) on the same code. */
function replayOf(
  input: ReviewInput,
  { tier }: PatchReview,
  patch: number | null,
  { source = null, memoryOrder = 'sc' }: ReviewOptions,
): string[] {
  const { name, replay = [name] } = input;
  const needsTree = tier === 'tree' || input.replay !== undefined;
  return [
    ...replay,
    ...(patch === null ? [] : ['--patch', `${patch}`]),
    ...(needsTree ? treeArguments(source) : []),
    ...(memoryOrder === 'sc' ? [] : ['--memory-order', memoryOrder]),
  ];
}

/** The options that name the same tree again. */
function treeArguments(choice: TreeChoice | null): string[] {
  return (['tree', 'git', 'base'] as const).flatMap((name) => {
    const value = choice?.[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
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

/**
 * One patch of the input (from 1; the first where none is asked for) in its place, on top of those before
 * it; without an input, the unmodified code. `chosen` says which of several it is.
 */
async function chosenPlaced(
  input: ReviewInput | null,
  wanted: number | null,
  source: TreeChoice | null,
  reference: Reference,
): Promise<(InPlace & { readonly chosen: string | null }) | null> {
  if (input === null && source === null) return null;
  const read = input === null ? null : await readInput(input);
  const patches = read?.patches.filter(({ files }) => files.length > 0) ?? [];
  if (input !== null && patches.length === 0)
    throw new Error(`${input.name}: ${read?.unusable ?? 'the input holds no diff to simulate'}`);
  const number = wanted ?? 1;
  if (number < 1 || number > Math.max(1, patches.length))
    throw new Error(
      `${input?.name ?? 'the input'} holds ${patches.length} ${patches.length === 1 ? 'patch' : 'patches'}; there is no patch ${number}`,
    );
  const series = openSeries(reference, source, null);
  try {
    for (const before of patches.slice(0, number - 1)) await series.place(before);
    const patch = patches[number - 1];
    const subject = patch?.subject ? ` (${patch.subject})` : '';
    const how = wanted === null ? '; --patch N takes another' : '';
    const chosen = patches.length > 1 ? `patch ${number} of ${patches.length}${subject}${how}` : null;
    return { ...(await series.place(patch ?? { files: [], baseCommit: null })), chosen };
  } finally {
    await series.close();
  }
}

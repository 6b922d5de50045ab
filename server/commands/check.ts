/** `check`: reads the inputs, reviews them one after the other, prints the report, decides the exit code. */

import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { MemoryOrder } from '../../model/explore/index';
import { invariants } from '../../model/invariants/index';
import type { VmType } from '../../model/machine/types';
import { scenarios } from '../../model/scenarios/index';
import { version } from '../../package.json';
import { textReport } from '../report/text';
import { emptyReview } from '../review/empty-review';
import { createReviewer, type Reviewer, type ReviewInput, type TreeChoice } from '../review/index';
import type { PatchReview, Report } from '../review/types';
import { cannot, expand, readBytes } from './inputs';
import { inputsOfRange, type TreeOptions, treeOf } from './trees';
import { type Installation, UsageError } from './usage';

export interface CheckOptions extends TreeOptions {
  readonly vm?: readonly VmType[];
  readonly scenario?: readonly string[];
  readonly invariant?: readonly string[];
  readonly preemptions: number;
  readonly memoryOrder: MemoryOrder;
  readonly budget: number;
  readonly jobs: number;
  readonly format: string;
  readonly output?: string;
  readonly failOn: 'error' | 'warning' | 'never';
}

/** Returns the exit code. Errors: `UsageError`, one sentence. */
export async function runCheck(
  patches: readonly string[],
  options: CheckOptions,
  installation: Installation,
): Promise<number> {
  refuseUnknown(options);
  const { range } = options;
  if (range !== undefined && patches.length > 0)
    throw new UsageError('--range takes its patches from the clone: name no others beside it');
  if (range === undefined && patches.length === 0)
    throw new UsageError('name a patch, a folder or - for standard input, or a --range of commits');
  refuseUnwritable(options.output);
  const source = await treeOf(options);
  const commits = range === undefined ? [] : await inputsOfRange(range, source);
  const reviewer = createReviewer({ ...installation, jobs: options.jobs });
  try {
    const reviews: PatchReview[] = [];
    const wanted = { ...options, source };
    for (const patch of patches) reviews.push(...(await reviewNamed(patch, wanted, reviewer)));
    for (const commit of commits) reviews.push(...(await reviewRead(commit, wanted, reviewer)));
    const report: Report = { version: 1, tool: { name: 'kvm-mmu-review', version }, patches: reviews };
    emit(options.format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : textOf(report, options), options.output);
    return exitCode(reviews, options.failOn);
  } finally {
    await reviewer.close();
  }
}

/** What standard error has said already is not repeated on a terminal. */
function textOf(report: Report, { output }: CheckOptions): string {
  if (output !== undefined) return textReport(report);
  const patches = report.patches.filter(({ verdict }) => verdict !== 'unusable');
  return patches.length === 0 ? '' : textReport({ ...report, patches });
}

/** The options, and the kernel tree that they led to. */
interface Wanted extends CheckOptions {
  readonly source: TreeChoice | null;
}

/** One argument: a file, a folder or `-`. What cannot be read is said, and the rest is reviewed all the same. */
async function reviewNamed(argument: string, options: Wanted, reviewer: Reviewer): Promise<PatchReview[]> {
  const reviews: PatchReview[] = [];
  try {
    for (const name of expand(argument)) reviews.push(...(await reviewOne(name, options, reviewer)));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    reviews.push(unread(argument, error.message));
  }
  return reviews;
}

async function reviewOne(name: string, options: Wanted, reviewer: Reviewer): Promise<PatchReview[]> {
  let input: ReviewInput;
  try {
    input = readBytes(name);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [unread(name, error.message)];
  }
  return reviewRead(input, options, reviewer);
}

async function reviewRead(input: ReviewInput, options: Wanted, reviewer: Reviewer): Promise<PatchReview[]> {
  const { name } = input;
  const reviews = await reviewed(input, options, reviewer);
  show('');
  for (const { verdict, notes } of reviews) {
    if (verdict === 'unusable')
      say(`${name === '-' ? 'standard input' : name}: ${notes[0] ?? 'nothing could be read'}`);
  }
  return reviews;
}

/** A worker that died, of memory for one, costs its input's review and no other's. */
async function reviewed(input: ReviewInput, options: Wanted, reviewer: Reviewer): Promise<PatchReview[]> {
  try {
    return await reviewer.review(input, {
      vm: options.vm ?? null,
      scenario: options.scenario ?? null,
      invariant: options.invariant ?? null,
      preemptions: options.preemptions,
      memoryOrder: options.memoryOrder,
      budgetSeconds: options.budget,
      source: options.source,
      onProgress: (text, done, total) => show(`${input.name}: ${text}, ${done} of ${total}`),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const record = emptyReview(input.name, 'incomplete', [`the review stopped before its end: ${why}`]);
    return [{ ...record, runs: { ...record.runs, complete: false } }];
  }
}

/** One line that is written over, for a person who waits; a file or a pipe gets none of it. */
function show(progress: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${progress.slice(0, (process.stderr.columns || 80) - 1)}`);
}

function say(sentence: string): void {
  process.stderr.write(`kvm-mmu-review: ${sentence}\n`);
}

/** The record of an input that no review ever saw. */
function unread(input: string, why: string): PatchReview {
  say(why);
  return emptyReview(input, 'unusable', [why]);
}

function refuseUnknown(options: CheckOptions): void {
  for (const id of options.scenario ?? []) {
    if (!scenarios.some((scenario) => scenario.id === id))
      throw new UsageError(`there is no scenario ${id}; "list scenarios" names them`);
  }
  for (const id of options.invariant ?? []) {
    if (!invariants.some((invariant) => invariant.id === id)) {
      throw new UsageError(`there is no invariant ${id}; "list invariants" names them`);
    }
  }
}

function emit(text: string, output: string | undefined): void {
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(output, text);
  } catch (error) {
    throw cannot('write', output, error);
  }
}

/** Said before minutes of work, rather than after. */
function refuseUnwritable(output: string | undefined): void {
  if (output === undefined) return;
  try {
    closeSync(openSync(output, 'a'));
  } catch (error) {
    throw cannot('write', output, error);
  }
}

/** Contract of design.md section 7: the first rule that holds. */
export function exitCode(reviews: readonly PatchReview[], failOn: CheckOptions['failOn']): number {
  const failing: readonly string[] = failOn === 'never' ? [] : failOn === 'error' ? ['error'] : ['error', 'warning'];
  if (reviews.some(({ findings }) => findings.some(({ severity }) => failing.includes(severity)))) return 1;
  if (reviews.length > 0 && reviews.every(({ verdict }) => verdict === 'unusable')) return 2;
  return reviews.some(isIncomplete) ? 3 : 0;
}

/** With `--fail-on never` a patch with findings may be incomplete too. */
function isIncomplete({ verdict, runs, coverage }: PatchReview): boolean {
  if (verdict === 'incomplete' || verdict === 'unusable') return true;
  return !runs.complete || coverage.notReached.length > 0 || coverage.notUnderstood.length > 0;
}

/**
 * The proving ground: makes the patch of each case, has it reviewed by the built command line, and says what
 * was found, missed and falsely flagged.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cases, isBug, releaseOf } from '../cases';
import type { Bug, Edit, Release } from '../edit';
import { fetchKernel, haveKernel } from '../fetch.mjs';
import { makePatch } from '../make-patch';
import { REASONS } from '../reasons';
import { attempt, keptAttempt } from './attempt';
import { type Judgement, judge } from './judge';
import { type ProvingOptions, readOptions, USAGE } from './options';
import { type Judged, resultsText, shortfalls, totalsOf, totalsText } from './results';

/** `count` of them, evenly spread, always the same; all of them when there are fewer. */
export function spread<T>(all: readonly T[], count: number): T[] {
  if (count >= all.length) return [...all];
  const step = all.length / count;
  return all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

/** The cases that the options ask for; a sample keeps the proportion of bugs to edits. */
export function chosen({ only, releases, sample }: ProvingOptions): readonly (Bug | Edit)[] {
  const wanted = cases.filter((one) => releases.includes(releaseOf(one)) && (only === null || only.test(one.id)));
  return sample === null ? wanted : spread(wanted, sample);
}

function cliOf(root: string, named: string | null): string {
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  const file = resolve(named ?? join(root, Object.values(bin)[0] ?? ''));
  if (!existsSync(file)) throw new Error(`there is no ${file}: build it first (npm run build)`);
  return file;
}

function progress({ edit, judgement }: Judged, done: number, all: number): string {
  const { result, located, invariants, verdict, milliseconds, remark } = judgement;
  const place = isBug(edit) && invariants.length > 0 ? (located ? ', located' : ', NOT LOCATED') : '';
  const what = [result + place, verdict, invariants.join(' '), remark].filter((part) => part !== '').join('; ');
  return `${`${done}`.padStart(`${all}`.length)}/${all} ${edit.id}: ${what} (${(milliseconds / 1000).toFixed(1)} s)`;
}

/**
 * Most bugs show soon and need no second preemption; the rest of a review of theirs is of no interest here. So
 * a bug gets a part of the time first, with one preemption, and all of it, with two, when that did not show it.
 */
const FIRST = { bound: 1, share: 1 / 3 };
const SECOND = { bound: 2, share: 1 };

const isFound = ({ result }: Judgement): boolean => result === 'found' || result === 'other';

/** Runs all, `jobs` at a time; the results are in the order of the cases. */
async function runAll(wanted: readonly (Bug | Edit)[], options: ProvingOptions, cli: string): Promise<Judged[]> {
  const sources = new Map<Release, string>();
  for (const release of new Set(wanted.map(releaseOf))) {
    sources.set(release, haveKernel(release) ?? fetchKernel(release));
  }
  const folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-review-proving-'));
  const results = new Map<string, Judged>();
  const queue = [...wanted];
  const { tier, budget } = options;
  const keep = options.keep === null ? null : resolve(options.keep);
  const work = async () => {
    for (let edit = queue.shift(); edit !== undefined; edit = queue.shift()) {
      const source = sources.get(releaseOf(edit)) ?? '';
      const mail = makePatch(source, edit);
      const command = { cli, tree: tier === 'tree' ? source : null, folder, keep };
      const tryWith = async (preemptions: number, seconds: number) =>
        judge(edit, mail, await attempt(edit.id, mail, { ...command, preemptions, budget: seconds }), tier);
      const known = options.resume && keep !== null ? keptAttempt(edit.id, mail, keep) : null;
      const kept = known && judge(edit, mail, known, tier);
      const settled = kept !== null && (!isBug(edit) || isFound(kept));
      let judgement = settled
        ? kept
        : await tryWith(FIRST.bound, isBug(edit) ? Math.ceil(budget * FIRST.share) : budget);
      if (isBug(edit) && !isFound(judgement)) judgement = await tryWith(SECOND.bound, budget * SECOND.share);
      const judged = { edit, judgement };
      results.set(edit.id, judged);
      console.log(progress(judged, results.size, wanted.length));
    }
  };
  try {
    await Promise.all(Array.from({ length: options.jobs }, work));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return wanted.flatMap(({ id }) => results.get(id) ?? []);
}

const isUnexplained = ({ edit, judgement }: Judged): boolean =>
  isBug(edit) && !isFound(judgement) && REASONS[edit.id] === undefined;

function listMissed(judged: readonly Judged[]): void {
  for (const { edit, judgement } of judged) {
    if (!isBug(edit) || isFound(judgement)) continue;
    console.log(`${judgement.result}: ${edit.id}: ${judgement.remark || (REASONS[edit.id] ?? 'unexplained')}`);
  }
}

/** Returns the exit code: 1 below the bounds, 2 for arguments or sources that cannot be used. */
export async function main(root: string, args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  try {
    const options = readOptions(args);
    const wanted = chosen(options);
    if (wanted.length === 0) throw new Error('no case matches');
    const judged = await runAll(wanted, options, cliOf(root, options.cli));
    const totals = totalsOf(judged);
    listMissed(judged);
    console.log(totalsText(totals));
    const parts = options.resume ? ' Put together from several runs, of other budgets too.' : '';
    const run = `${options.tier} tier, ${options.releases.join(', ')}, ${options.budget} s per patch.${parts}`;
    if (options.write) writeFileSync(join(root, 'test/kernel/RESULTS.md'), resultsText(judged, REASONS, run));
    const below = shortfalls(totals);
    for (const sentence of below) console.log(`below the bounds: ${sentence}`);
    if (options.gate === 'bounds') return below.length > 0 ? 1 : 0;
    return totals.flagged > 0 || totals.failed > 0 || judged.some(isUnexplained) ? 1 : 0;
  } catch (error) {
    console.error(`test:kernel: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

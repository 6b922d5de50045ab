/**
 * The proving ground: makes the patch of each case, has it reviewed by the built command line, and says what
 * was found, missed and falsely flagged.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cases, isBug, releaseOf } from '../cases';
import { type Bug, type Edit, RELEASES } from '../edit';
import { historyShortfalls, historyText, historyTotals, historyTotalsText } from '../history/results';
import { rows } from '../history/rows';
import { runHistory } from '../history/run';
import { makePatch } from '../make-patch';
import { REASONS } from '../reasons';
import { type Judgement, judge } from './judge';
import { type ProvingOptions, readOptions, USAGE } from './options';
import { type Judged, resultsText, shortfalls, totalsOf, totalsText } from './results';
import { sources } from './sources';
import { type Ground, inParallel, inStages, ONE_STAGE, STAGES } from './stages';

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

const isFound = ({ result }: Judgement): boolean => result === 'found' || result === 'other';

/** Runs all, `jobs` at a time; the results are in the order of the cases. */
async function runAll(wanted: readonly (Bug | Edit)[], options: ProvingOptions, ground: Ground): Promise<Judged[]> {
  const sourceOf = sources(wanted.map(releaseOf));
  const results = new Map<string, Judged>();
  await inParallel(wanted, options.jobs, async (edit) => {
    const source = sourceOf(releaseOf(edit));
    const mail = makePatch(source, edit);
    const judgement = await inStages(
      { id: edit.id, mail, tree: options.tier === 'tree' ? source : null },
      ground,
      isBug(edit) ? STAGES : ONE_STAGE,
      (attempt) => judge(edit, mail, attempt, options.tier),
      (judged) => !isBug(edit) || isFound(judged),
    );
    const judged = { edit, judgement };
    results.set(edit.id, judged);
    console.log(progress(judged, results.size, wanted.length));
  });
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

/** Reviews the cases and tells what is below the bounds. */
async function proveCases(root: string, options: ProvingOptions, ground: Ground): Promise<boolean> {
  const wanted = chosen(options);
  if (wanted.length === 0) throw new Error('no case matches');
  const judged = await runAll(wanted, options, ground);
  const totals = totalsOf(judged);
  listMissed(judged);
  console.log(totalsText(totals));
  if (options.write) writeFileSync(join(root, 'test/kernel/RESULTS.md'), resultsText(judged, REASONS, runOf(options)));
  const below = shortfalls(totals);
  for (const sentence of below) console.log(`below the bounds: ${sentence}`);
  if (options.gate === 'bounds') return below.length === 0;
  return totals.flagged === 0 && totals.failed === 0 && !judged.some(isUnexplained);
}

/** The same of the historical rows. */
async function proveHistory(root: string, options: ProvingOptions, ground: Ground): Promise<boolean> {
  const wanted = rows.filter(({ row }) => options.rows === null || options.rows.includes(row));
  if (wanted.length === 0) throw new Error('there is no such row');
  const judged = await runHistory(wanted, options.jobs, ground);
  const totals = historyTotals(judged);
  console.log(historyTotalsText(totals));
  if (options.write) writeFileSync(join(root, 'test/kernel/HISTORY.md'), historyText(judged, runOf(options)));
  const below = historyShortfalls(totals);
  for (const sentence of below) console.log(`below the bounds: ${sentence}`);
  return below.length === 0;
}

/** How a table was made. */
function runOf({ tier, releases, budget, resume }: ProvingOptions): string {
  const parts = resume ? ' Put together from several runs, of other budgets too.' : '';
  return `${tier} tier, ${releases.join(', ')}, ${budget} s per patch.${parts}`;
}

/** A choice of cases leaves the historical rows out, and the other way round. */
function partsOf({ history, only, sample, tier, releases }: ProvingOptions): { cases: boolean; history: boolean } {
  const all = only === null && sample === null && tier === 'tree' && releases.length === RELEASES.length;
  return { cases: !history, history: history || all };
}

/** Returns the exit code: 1 below the bounds, 2 for arguments or sources that cannot be used. */
export async function main(root: string, args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  let folder: string | null = null;
  try {
    const options = readOptions(args);
    const cli = cliOf(root, options.cli);
    folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-review-proving-'));
    const keep = options.keep === null ? null : resolve(options.keep);
    const ground = { cli, folder, keep, resume: options.resume, budget: options.budget };
    const parts = partsOf(options);
    const casesHold = !parts.cases || (await proveCases(root, options, ground));
    const historyHolds = !parts.history || (await proveHistory(root, options, ground));
    return casesHold && historyHolds ? 0 : 1;
  } catch (error) {
    console.error(`test:kernel: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

/** The command line of the proving ground. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { RELEASES, type Release } from '../edit';

export interface ProvingOptions {
  /** Only cases whose id matches. */
  readonly only: RegExp | null;
  readonly releases: readonly Release[];
  readonly tier: 'reference' | 'tree';
  /** At most so many cases, spread over all; null: all. */
  readonly sample: number | null;
  /** Reviews at a time, each in one process with one thread. */
  readonly jobs: number;
  /** Wall-clock seconds per patch, as `check --budget` takes them. */
  readonly budget: number;
  /** The command line to run instead of the package's own. */
  readonly cli: string | null;
  /** Write RESULTS.md. */
  readonly write: boolean;
  /** What fails: less than the bounds, or only what reasons.ts does not explain. */
  readonly gate: 'bounds' | 'unexplained';
  /** Keep each review's JSON in this folder. */
  readonly keep: string | null;
  /** Judge what an earlier run has kept there, and run only the others. */
  readonly resume: boolean;
  /** Only the historical bugs and fixes. */
  readonly history: boolean;
  /** Only these of their rows; null: all. */
  readonly rows: readonly number[] | null;
}

export const USAGE = `usage: node test/kernel/run.mjs [options]
  Each case runs with one preemption; a bug that is not found so within a third of the time is tried again with two.
  --only REGEX             only cases whose id matches
  --release 7.3,7.2,6.12   kernel releases (tree: all; reference: 7.3)
  --tier tree|reference    with the release's source as --tree, or without (tree)
  --sample N               N cases, a fixed choice spread over all
  --jobs N                 reviews at a time (one per core)
  --budget SECONDS         per patch (60)
  --cli FILE               the built command line (that of package.json)
  --keep DIR               keep each patch and the JSON of its review
  --resume                 take from that folder what an earlier run has kept and that settles
                           its case, and run only the others
  --gate bounds|unexplained
                           what fails: totals below the bounds, or a miss without a reason
                           in reasons.ts (bounds); a false finding always does
  --history                only the historical bugs and their fixes
  --rows 5,13              only these of their rows (implies --history)
  --write                  regenerate test/kernel/RESULTS.md and HISTORY.md
`;

function positive(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a number from 1, not ${text}`);
  return value;
}

function pattern(text: string | undefined): RegExp | null {
  if (text === undefined) return null;
  try {
    return new RegExp(text);
  } catch {
    throw new Error(`--only takes a regular expression, not ${text}`);
  }
}

function rowNumbers(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  return text.split(',').map((number) => positive('rows', number) ?? 0);
}

function releases(text: string | undefined, tier: ProvingOptions['tier']): readonly Release[] {
  if (text === undefined) return tier === 'tree' ? RELEASES : ['7.3'];
  const names = text.split(',');
  const unknown = names.find((name) => !RELEASES.some((release) => release === name));
  if (unknown !== undefined) throw new Error(`--release knows ${RELEASES.join(', ')}, not ${unknown}`);
  return RELEASES.filter((release) => names.includes(release));
}

/** Errors: one sentence about the argument that is wrong. */
export function readOptions(args: readonly string[]): ProvingOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: text,
      release: text,
      tier: text,
      sample: text,
      jobs: text,
      budget: text,
      cli: text,
      keep: text,
      gate: text,
      rows: text,
      history: { type: 'boolean' },
      write: { type: 'boolean' },
      resume: { type: 'boolean' },
    },
  });
  const tier = values.tier ?? 'tree';
  if (tier !== 'tree' && tier !== 'reference') throw new Error(`--tier is tree or reference, not ${tier}`);
  const gate = values.gate ?? 'bounds';
  if (gate !== 'bounds' && gate !== 'unexplained') throw new Error(`--gate is bounds or unexplained, not ${gate}`);
  const options: ProvingOptions = {
    only: pattern(values.only),
    releases: releases(values.release, tier),
    tier,
    sample: positive('sample', values.sample),
    jobs: positive('jobs', values.jobs) ?? availableParallelism(),
    budget: positive('budget', values.budget) ?? 60,
    cli: values.cli ?? null,
    gate,
    keep: values.keep ?? null,
    resume: values.resume ?? false,
    history: values.history ?? values.rows !== undefined,
    rows: rowNumbers(values.rows),
    write: values.write ?? false,
  };
  if (options.history && tier !== 'tree') throw new Error('--history takes the tree tier');
  const named = options.only !== null || options.sample !== null || values.release !== undefined;
  const partial = named || options.rows !== null || tier !== 'tree';
  if (options.write && partial) throw new Error('--write takes all cases, in the tree tier');
  if (options.resume && options.keep === null) throw new Error('--resume needs --keep');
  return options;
}

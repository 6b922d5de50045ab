/** How often a patch is reviewed, and for how long each time, until its review settles what is asked of it. */
import { attempt, keptAttempt } from './attempt';
import type { Attempt } from './judge';

/** Where reviews run. */
export interface Ground {
  /** The command line's JavaScript file. */
  readonly cli: string;
  /** An empty folder for patches and reports. */
  readonly folder: string;
  /** Folder that keeps them; null: none does. */
  readonly keep: string | null;
  /** Take from there what an earlier run has kept, where it settles the question. */
  readonly resume: boolean;
  /** Seconds per review. */
  readonly budget: number;
}

interface Stage {
  /** Preemption bound. */
  readonly bound: number;
  /** Of the budget. */
  readonly share: number;
}

/**
 * Most bugs show soon and need no second preemption; the rest of a review of theirs is of no interest here. So
 * a bug gets a part of the time first, with one preemption, and all of it, with two, when that did not show it.
 */
export const STAGES: readonly Stage[] = [
  { bound: 1, share: 1 / 3 },
  { bound: 2, share: 1 },
];

/** Harmless edits get one review: what none of its runs shows is not looked for longer. */
export const ONE_STAGE: readonly Stage[] = [{ bound: 1, share: 1 }];

/** A patch, and the kernel tree that it is made on; null in the reference tier. */
export interface Subject {
  readonly id: string;
  readonly mail: string;
  readonly tree: string | null;
}

/** The judgement of the first stage that settles it, else that of the last. */
export async function inStages<T>(
  { id, mail, tree }: Subject,
  { cli, folder, keep, resume, budget }: Ground,
  stages: readonly Stage[],
  judgeOf: (attempt: Attempt) => T,
  settles: (judgement: T) => boolean,
): Promise<T> {
  const known = resume && keep !== null ? keptAttempt(id, mail, keep) : null;
  let judgement = known === null ? null : judgeOf(known);
  if (judgement !== null && settles(judgement)) return judgement;
  for (const { bound, share } of stages) {
    const command = { cli, tree, folder, keep, preemptions: bound, budget: Math.ceil(budget * share) };
    judgement = judgeOf(await attempt(id, mail, command));
    if (settles(judgement)) break;
  }
  return judgement as T;
}

/** Does `work` on all items, `jobs` at a time, begun in their order. */
export async function inParallel<T>(
  items: readonly T[],
  jobs: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

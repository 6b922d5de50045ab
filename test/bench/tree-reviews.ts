/**
 * Reviews on a kernel tree in a process of their own, one after the other, as an editor does that keeps
 * its reviewer open. Prints the moments of each as one line of JSON.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createReviewer } from '../../server/review/index';

export interface TreeReviews {
  readonly tree: string;
  /** Patches, in order. */
  readonly files: readonly string[];
  readonly budgetSeconds: number;
}

/** Milliseconds since the process started, or since the patch was given to a reviewer that is open. */
export interface TreeMoments {
  /** The first introduced finding that was executed. */
  readonly finding: number | null;
  readonly verdict: number;
  /** No run was cut off by the budget. */
  readonly complete: boolean;
}

export async function treeReviews({ tree, files, budgetSeconds }: TreeReviews): Promise<void> {
  const reviewer = createReviewer({ root: __dirname, workerScript: join(__dirname, 'worker.js'), jobs: 2 });
  const all: TreeMoments[] = [];
  for (const file of files) {
    const from = all.length === 0 ? 0 : performance.now();
    let finding: number | null = null;
    const [review] = await reviewer.review(
      { name: file, bytes: readFileSync(file) },
      {
        budgetSeconds,
        source: { tree, named: true },
        onFinding: (_, { status }) => {
          if (status === 'introduced') finding ??= performance.now() - from;
        },
      },
    );
    if (review?.tier !== 'tree') throw new Error(`${file} was not reviewed on the tree: ${review?.notes.join('; ')}`);
    all.push({ finding, verdict: performance.now() - from, complete: review.runs.complete });
  }
  await reviewer.close();
  console.log(JSON.stringify(all));
}

/**
 * One review in a fresh process, with the moments a reviewer notices: the first remark that needs no
 * run, the first finding of a run, the verdict. Milliseconds since the process started, as JSON.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readInput } from '../../server/patch/read';
import { createReviewer } from '../../server/review/index';
import { staticRemarks } from '../../server/review/static';

export interface Moments {
  readonly remark: number | null;
  readonly finding: number | null;
  readonly verdict: number;
}

/** Reviews `file` once cold and once warm, and prints both as one line of JSON. */
export async function coldRun(file: string): Promise<void> {
  const input = { name: file, bytes: readFileSync(file) };
  const reviewer = createReviewer({ root: __dirname, workerScript: join(__dirname, 'worker.js'), jobs: 2 });
  const moments = async (from: number): Promise<Moments> => {
    const now = (): number => performance.now() - from;
    const read = await readInput(input);
    const remark = read.patches.flatMap(staticRemarks).length > 0 ? now() : null;
    let finding: number | null = null;
    await reviewer.review(input, {
      onFinding: () => {
        finding ??= now();
      },
    });
    return { remark, finding, verdict: now() };
  };
  const cold = await moments(0);
  const warm = await moments(performance.now());
  await reviewer.close();
  console.log(JSON.stringify({ cold, warm }));
}

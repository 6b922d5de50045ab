/**
 * The benchmarks: what exploration costs per scenario, and how long a reviewer waits. Every figure of
 * ours is printed with the one it is held against and the ratio of the two; baselines that could not
 * be run here are the recorded ones, and are marked as such.
 */

import { patchTimes } from './patches';
import { protocolTimes } from './protocol';
import { scenarioTimes } from './scenarios';
import { treeTimes } from './tree';

async function main(): Promise<void> {
  const child = process.argv.indexOf('--cold');
  if (child > 0) {
    const { coldRun } = await import('./cold');
    await coldRun(process.argv[child + 1] ?? '');
    return;
  }
  const tree = process.argv.indexOf('--tree');
  if (tree > 0) {
    const { treeReviews } = await import('./tree-reviews');
    await treeReviews(JSON.parse(process.argv[tree + 1] ?? ''));
    return;
  }
  const short = process.argv.includes('--short');
  await scenarioTimes(short);
  await patchTimes(short);
  await treeTimes(short);
  if (!short) await protocolTimes();
}

void main();

/** Everything that the proving ground tries: seeded bugs and harmless edits of all releases. */
import { bugs } from './bugs';
import { releaseBugs } from './bugs-releases';
import type { Bug, Edit, Release } from './edit';
import { edits } from './edits';
import { releaseEdits } from './edits-releases';
import { trialEdits } from './edits-trial';
import { trialTwoEdits } from './edits-trial-two';

/** Bugs first, both in the order of their ids. */
export const cases: readonly (Bug | Edit)[] = [
  ...bugs,
  ...releaseBugs,
  ...edits,
  ...releaseEdits,
  ...trialEdits,
  ...trialTwoEdits,
];

/** The release whose source a case edits. */
export function releaseOf({ release }: Edit): Release {
  return release ?? '7.3';
}

/** Whether a case is a seeded bug; the others change no behaviour. */
export function isBug(one: Bug | Edit): one is Bug {
  return 'wrong' in one;
}

/** Sums up the review of a document in one record, for a status bar. */

import type { PatchReview, Verdict } from '../review/types';
import type { Known } from './documents';
import type { StatusParams } from './protocol';

/** Most telling first: one patch with findings outweighs nine clean ones. */
const VERDICTS: readonly Verdict[] = ['findings', 'incomplete', 'unusable', 'clean', 'out-of-scope', 'no-diff'];

/** The status of a document, from what is known about it. */
export function statusOf(known: Known): StatusParams {
  const findings = [
    ...known.reviews.flatMap((review) => review.findings),
    ...known.early.map(({ finding }) => finding),
  ];
  const count = (status: string): number => findings.filter((finding) => finding.status === status).length;
  const telling = mostTelling(known.reviews);
  return {
    uri: known.uri,
    version: known.version,
    state: known.state,
    message: known.message,
    tier: telling?.tier ?? null,
    kernel: telling?.kernel ?? null,
    verdict: telling?.verdict ?? null,
    counts: { introduced: count('introduced'), fixed: count('fixed'), present: count('present') },
  };
}

function mostTelling(reviews: readonly PatchReview[]): PatchReview | null {
  for (const verdict of VERDICTS) {
    const found = reviews.find((review) => review.verdict === verdict);
    if (found !== undefined) return found;
  }
  return null;
}

/** The record of what was not reviewed: nothing in it was placed or run. */

import type { Coverage, PatchReview, Runs, Verdict } from './types';

const NO_COVERAGE: Coverage = { changedLines: 0, nonExecutable: 0, executed: 0, notReached: [], notUnderstood: [] };
const NO_RUNS: Runs = { scenarios: 0, states: 0, transitions: 0, milliseconds: 0, complete: true, vacuous: [] };

export function emptyReview(input: string, verdict: Verdict, notes: readonly string[]): PatchReview {
  return {
    input,
    subject: null,
    messageId: null,
    tier: 'static',
    kernel: null,
    verdict,
    findings: [],
    coverage: NO_COVERAGE,
    runs: NO_RUNS,
    notes,
  };
}

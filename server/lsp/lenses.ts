/**
 * Code lenses: the verdict where a patch starts; on every hunk an offer to simulate it and what was
 * found in it. It knows no connection.
 */

import type { CodeLens } from 'vscode-languageserver';
import type { Finding, FindingStatus, PatchReview } from '../review/types';
import { findingId } from './diagnostics';
import type { Known } from './documents';
import { lineRange } from './places';
import { type CommandArgument, SHOW_COMMAND, SIMULATE_COMMAND } from './protocol';
import type { OutlineHunk } from './reviewer';

/**
 * All lenses of a document, from its outline and what the runs found so far. `commands`: the client has the
 * commands of `protocol.ts`; without them a lens only tells.
 */
export function lensesOf(known: Known, commands: boolean): CodeLens[] {
  const patches = known.outline?.patches ?? [];
  return patches.flatMap((patch, index) => {
    if (patch.hunks.length === 0) return [];
    const review = known.reviews[index];
    const findings = review?.findings ?? known.early.filter((one) => one.patch === index).map(({ finding }) => finding);
    const first = { range: lineRange(patch.line, 1, 1), command: textCommand(verdictText(known, review)) };
    return [first, ...patch.hunks.flatMap((hunk) => hunkLenses(known.uri, index, hunk, findings, commands))];
  });
}

function hunkLenses(
  uri: string,
  patch: number,
  hunk: OutlineHunk,
  findings: readonly Finding[],
  commands: boolean,
): CodeLens[] {
  const range = lineRange(hunk.span.line, hunk.span.column, hunk.span.endColumn);
  const inside = findings.filter((finding) => isInside(finding, hunk));
  const counts = countText(inside);
  if (!commands) return inside.length === 0 ? [] : [{ range, command: textCommand(counts) }];
  const argument: CommandArgument = { uri };
  const simulate = { range, command: { title: 'Simulate ...', command: SIMULATE_COMMAND, arguments: [argument] } };
  if (inside.length === 0) return [simulate];
  const shown: CommandArgument = { uri, findings: inside.map((finding) => findingId(patch, finding)) };
  const title = `Show interleaving (${counts})`;
  return [simulate, { range, command: { title, command: SHOW_COMMAND, arguments: [shown] } }];
}

function isInside(finding: Finding, hunk: OutlineHunk): boolean {
  const { line, column, endColumn } = hunk.span;
  if (hunk.endLine > line) return finding.patchLine >= line && finding.patchLine <= hunk.endLine;
  // A flattened mail: hunks share a line, columns tell them apart.
  return finding.patchLine === line && finding.patchColumn >= column && finding.patchColumn <= endColumn;
}

/** `2 introduced, 1 fixed`; empty for no findings. */
export function countText(findings: readonly Pick<Finding, 'status'>[]): string {
  const statuses: FindingStatus[] = ['introduced', 'fixed', 'present'];
  return statuses
    .map((status) => ({ status, count: findings.filter((finding) => finding.status === status).length }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${count} ${status === 'present' ? 'already there' : status}`)
    .join(', ');
}

function verdictText(known: Known, review: PatchReview | undefined): string {
  // Not the progress message: lenses are not asked for again at each of its changes.
  if (review === undefined)
    return `KVM MMU: ${stateText({ ...known, message: known.state === 'running' ? '' : known.message })}`;
  const { coverage, runs, tier, kernel, verdict } = review;
  const counts = countText(review.findings);
  const ran = `${coverage.executed} of ${coverage.changedLines} changed lines run`;
  const where = kernel === null || kernel === tier ? tier : `${tier}, ${kernel}`;
  const parts = [counts === '' ? verdict : `${verdict} (${counts})`, ran, `${runs.scenarios} scenarios`, where];
  return `KVM MMU: ${verdict === 'out-of-scope' || verdict === 'no-diff' ? verdict : parts.join(' | ')}`;
}

/** What is going on with a document, for people. */
export function stateText(known: Pick<Known, 'state' | 'message'>): string {
  switch (known.state) {
    case 'ignored':
      return 'not reviewed';
    case 'waiting':
      return 'waiting';
    case 'running':
      return known.message === '' ? 'running' : `running: ${known.message}`;
    case 'done':
      return 'reviewed';
    case 'cancelled':
      return 'stopped before it was complete';
    case 'failed':
      return `failed: ${known.message}`;
  }
}

/** A lens that is only text: LSP's way is a command without an id. */
function textCommand(title: string): { title: string; command: string } {
  return { title, command: '' };
}

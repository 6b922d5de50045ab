/**
 * From differences to findings: one finding per invariant and status, on the patch's own line, with
 * the trace of its shortest schedule. It knows the JSON contract and placements; it runs nothing.
 */

import { formatSchedule } from '../../model/explore/index';
import type { TraceStep, Violation } from '../../model/explore/types';
import type { Edit } from '../kernel/types';
import type { InputSpan } from '../patch/types';
import type { Difference } from './compare';
import type { PlacedPatch } from './placed';
import type { Finding, FindingStatus, FindingTraceStep } from './types';

/** All differences that one finding stands for: same invariant, same status. */
export interface DifferenceGroup {
  readonly status: FindingStatus;
  readonly invariant: string;
  /** The one with the fewest preemptions, then the shortest schedule. */
  readonly best: Difference;
  readonly all: readonly Difference[];
}

export interface FindingParts {
  readonly group: DifferenceGroup;
  /** The one of the group that was located: culprits, schedule and trace are those of its run. */
  readonly difference: Difference;
  readonly placement: PlacedPatch;
  readonly culprits: readonly Edit[];
  readonly assumption: string | null;
  readonly message: string;
  /** After minimising. */
  readonly violation: Violation;
  readonly trace: readonly TraceStep[];
  readonly unknowns: readonly string[];
}

/** Group differences by invariant and status, keeping the order in which they were found. */
export function groupDifferences(differences: readonly Difference[]): DifferenceGroup[] {
  const groups = new Map<string, Difference[]>();
  for (const difference of differences) {
    const key = `${difference.status} ${difference.invariant}`;
    groups.set(key, [...(groups.get(key) ?? []), difference]);
  }
  return [...groups.values()].flatMap((all) => {
    const first = all[0];
    if (first === undefined) return [];
    const best = all.reduce((a, b) => (weight(b.violation) < weight(a.violation) ? b : a), first);
    return [{ status: first.status, invariant: first.invariant, best, all }];
  });
}

/** A violation that the set-up alone shows has no interleaving to look at: any other comes first. */
function weight(violation: Violation): number {
  if (violation.schedule.length === 0) return Number.MAX_SAFE_INTEGER;
  return violation.preemptions * 1e6 + violation.schedule.length;
}

/** The run that violates. */
export function sideOf(status: FindingStatus): 'pre' | 'post' {
  return status === 'fixed' ? 'pre' : 'post';
}

/** Put a finding together. Severities are the contract's: introduced is an error, the rest information. */
export function makeFinding(parts: FindingParts): Finding {
  const { group, difference, placement, culprits, violation } = parts;
  const side = sideOf(group.status);
  const places = culprits.flatMap((edit) => edit.lines);
  const anchor = anchorOf(parts, side);
  const culpritFile = placement.kernelPath(anchor);
  return {
    invariant: group.invariant,
    status: group.status,
    severity: group.status === 'introduced' ? 'error' : 'information',
    // The run that the schedule fits comes first: that is where a replay looks for it.
    vm: leading(
      difference.vm,
      group.all.map(({ vm }) => vm),
    ),
    scenarios: leading(difference.scenario, group.all.map(({ scenario }) => scenario).sort()),
    assumption: parts.assumption,
    message: parts.message,
    function: culprits.map((edit) => edit.function).find(isNamed) ?? violation.place?.function ?? null,
    file: culpritFile ?? violation.place?.file ?? null,
    line: placement.tier === 'tree' ? placement.imageLine(side, anchor) : null,
    side,
    patchLine: anchor.line,
    patchColumn: anchor.column,
    patchEndColumn: anchor.endColumn,
    culprits: places.map(({ kind, text, span }) => ({
      patchLine: span.line,
      patchColumn: span.column,
      kind,
      text: text.trim(),
    })),
    schedule: formatSchedule(violation.schedule),
    preemptions: violation.preemptions,
    trace: parts.trace.map((step) => traceStep(step, placement, side)),
    unknowns: parts.unknowns,
  };
}

/** A hunk may not say which function it is in. */
const isNamed = (name: string | null): boolean => name !== null && name !== '?';

/** Each once, with this one in front. */
function leading<T>(first: T, all: readonly T[]): T[] {
  return [...new Set([first, ...all])];
}

/** Where the finding sits: its culprit, else a patch line on its stack, else the first changed line. */
function anchorOf(parts: FindingParts, side: 'pre' | 'post'): InputSpan {
  const { culprits, placement, violation } = parts;
  const lines = culprits.flatMap((edit) => edit.lines);
  const kept = lines.find(({ kind, text }) => kind === 'add' && isCode(text)) ?? lines.find(({ text }) => isCode(text));
  if (kept !== undefined) return kept.span;
  for (const place of violation.stack) {
    const span = placement.patchSpanOf(side, place);
    if (span !== null) return span;
  }
  const onStack = new Set(violation.stack.map(({ function: name }) => name));
  const placed = placement.changedLines.filter(({ status }) => status === 'placed');
  const near = placed.find(({ function: name }) => name !== null && onStack.has(name)) ?? placed[0];
  return near?.span ?? placement.anchor;
}

/** Is a line of C more than a comment, a brace or nothing? */
export function isCode(text: string): boolean {
  return !/^\s*(\/?\*|\/\/|[{}]?\s*$)/.test(text);
}

function traceStep(step: TraceStep, placement: PlacedPatch, side: 'pre' | 'post'): FindingTraceStep {
  const { place } = step;
  const span = place === null ? null : placement.patchSpanOf(side, place);
  return {
    thread: step.thread,
    function: place?.function ?? null,
    file: place?.file ?? null,
    line: place?.line ?? null,
    patchLine: span?.line ?? null,
    action: step.action,
    changes: [...step.changes, ...step.violations.map((violation) => `violates ${violation}`)],
  };
}

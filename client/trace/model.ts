/**
 * What the trace view shows, computed from a trace: state rows with marks, sentences, the text to
 * copy. Pure functions; they know no document and no VS Code.
 */

import type { SimulationTrace } from '../../server/review/simulate';

export type Step = SimulationTrace['steps'][number];
/** Added, modified, deleted or unchanged since the step before. */
export type Mark = 'A' | 'M' | 'D' | '';

export interface StateRow {
  readonly name: string;
  readonly mark: Mark;
  /** Empty when deleted. */
  readonly value: string;
  /** Empty when added or unchanged. */
  readonly before: string;
}

/** The state after a step, each entry against the step before; the first step has nothing to compare with. */
export function stateRows(steps: readonly Step[], index: number): StateRow[] {
  const state = steps[index]?.state ?? {};
  const previous = index === 0 ? state : (steps[index - 1]?.state ?? {});
  const names = [...new Set([...Object.keys(state), ...Object.keys(previous)])].sort(byNumbersInNames);
  return names.map((name) => {
    const value = state[name];
    const before = previous[name];
    if (value === undefined) return { name, mark: 'D', value: '', before: before ?? '' };
    if (before === undefined) return { name, mark: 'A', value, before: '' };
    return before === value ? { name, mark: '', value, before: '' } : { name, mark: 'M', value, before };
  });
}

/** `gfn 2` before `gfn 10`. */
function byNumbersInNames(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Rows left by the two filters of the view. */
export function filterRows(rows: readonly StateRow[], changedOnly: boolean, filter: string): StateRow[] {
  const wanted = filter.trim().toLowerCase();
  return rows.filter(
    ({ name, value, before, mark }) =>
      (!changedOnly || mark !== '') &&
      (wanted === '' || [name, value, before].some((text) => text.toLowerCase().includes(wanted))),
  );
}

/** Lanes in the trace's order; a thread that the list lacks gets one at the end. Lanes without a step are left out. */
export function lanesOf(trace: Pick<SimulationTrace, 'threads' | 'steps'>): string[] {
  const active = new Set(trace.steps.map(({ thread }) => thread));
  const known = trace.threads.filter((thread) => active.has(thread));
  return [...known, ...[...active].filter((thread) => !known.includes(thread))];
}

/** A step that changes nothing, breaks nothing and runs no line of the patch: an assertion, a barrier. */
export function isQuiet({ changes, violations, patchLine }: Step): boolean {
  return changes.length === 0 && violations.length === 0 && patchLine === null;
}

/** The step that lies `count` shown steps away from one; at the ends, the last one shown. */
export function shownStep(steps: readonly Step[], from: number, count: number, everyStep: boolean): number {
  const shown = steps.flatMap((step, index) => (everyStep || !isQuiet(step) ? [index] : []));
  const before = shown.filter((index) => index < from);
  const after = shown.filter((index) => index > from);
  if (count < 0) return before.at(Math.max(count, -before.length)) ?? shown[0] ?? from;
  if (count > 0) return after[Math.min(count, after.length) - 1] ?? shown.at(-1) ?? from;
  return from;
}

/** What a screen reader says on arriving at a step. */
export function stepSentence(steps: readonly Step[], index: number): string {
  const step = steps[index];
  if (step === undefined) return 'No steps.';
  const changed = stateRows(steps, index).filter(({ mark }) => mark !== '').length;
  const changes = `${changed} ${changed === 1 ? 'change' : 'changes'}`;
  const broken = step.violations.length === 0 ? '' : ` Violation: ${step.violations.join('; ')}.`;
  return `Step ${index + 1} of ${steps.length}, ${step.thread}: ${step.action}. ${changes}.${broken}`;
}

/** Where a step stands: `mmu.c:12 kvm_zap()`. Empty when nowhere. */
export function placeText({ place }: Step): string {
  if (place === null) return '';
  const file = place.file.slice(place.file.lastIndexOf('/') + 1);
  return `${file}:${place.line}`;
}

/** The first step that breaks something, else the last. */
export function telling(steps: readonly Step[]): number {
  const broken = steps.findIndex(({ violations }) => violations.length > 0);
  return broken >= 0 ? broken : Math.max(0, steps.length - 1);
}

/** Columns are at most this wide in the text to copy, so that a mail keeps them. */
const COLUMN = 34;

/** The interleaving as kernel people write it in mail: a column per thread, a line per step. */
export function interleavingText(trace: SimulationTrace): string {
  const lanes = lanesOf(trace);
  const width = (lane: string): number =>
    Math.min(
      COLUMN,
      Math.max(lane.length, ...trace.steps.filter(({ thread }) => thread === lane).map(({ action }) => action.length)),
    );
  const widths = lanes.map(width);
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, lane) => cell.padEnd(widths[lane] ?? 0))
      .join('  ')
      .trimEnd();
  const lines = trace.steps.flatMap(({ thread, action, violations }) => {
    const lane = lanes.indexOf(thread);
    const parts = wrap(action, widths[lane] ?? COLUMN);
    const shown = parts.map((part) => row(lanes.map((_, at) => (at === lane ? part : ''))));
    return [...shown, ...violations.map((text) => `  !! ${text}`)];
  });
  return [row(lanes), row(widths.map((count) => '-'.repeat(count))), ...lines, ''].join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const cut = blank > width / 2 ? blank : width;
    lines.push(rest.slice(0, cut));
    rest = `  ${rest.slice(cut).trimStart()}`;
  }
  return [...lines, rest];
}

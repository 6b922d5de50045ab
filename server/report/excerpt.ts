/**
 * The part of a long run that a report shows: what led to each violation, and the end. The replay has it all.
 */

import type { ColumnStep } from './columns';

/** Rows up to which a run is shown whole. */
const WHOLE = 120;
/** Rows shown before a violation, and before the end. */
const BEFORE = 20;
const BEFORE_END = 40;

/** What breaks a rule is marked so, by `rowsOf`. */
const isViolation = ({ text, under }: ColumnStep): boolean => [text, ...under].some((line) => line.startsWith('! '));

/** The rows to show; where some are left out a row says how many. */
export function excerpt(rows: readonly ColumnStep[]): ColumnStep[] {
  if (rows.length <= WHOLE) return [...rows];
  const shown = new Uint8Array(rows.length);
  const show = (last: number, before: number): void => {
    shown.fill(1, Math.max(0, last - before), last + 1);
  };
  rows.forEach((row, at) => {
    if (isViolation(row)) show(at, BEFORE);
  });
  show(rows.length - 1, BEFORE_END);
  const out: ColumnStep[] = [];
  for (let at = 0; at < rows.length; ) {
    const row = rows[at] as ColumnStep;
    const next = shown.indexOf(shown[at] === 1 ? 0 : 1, at);
    const end = next < 0 ? rows.length : next;
    if (shown[at] === 1) out.push(...rows.slice(at, end));
    else out.push({ thread: row.thread, text: `[${end - at} rows left out; the replay shows them]`, under: [] });
    at = end;
  }
  return out;
}

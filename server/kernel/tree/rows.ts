/**
 * A file and a patch of it, side by side, line by line: which lines stay, go and come, and the statements of
 * either side. `from` is the text as it stands, `to` the one with every hunk toggled, whichever of them a
 * hunk calls old.
 */

import type { Hunk, HunkLine, InputSpan } from '../../patch/types';
import { comparable } from '../align';
import type { Side } from '../hunk-units';
import { scopesOf } from '../scopes';
import { unitsOf } from '../statements';
import type { Fit } from './fit';

export interface FittedHunk {
  readonly hunk: Hunk;
  readonly fit: Fit;
}

export interface Row {
  /** Index of the source line; null for a line that is not there yet. */
  readonly source: number | null;
  /** Set for lines that go or come. */
  readonly changed: HunkLine | null;
  /** The hunk's line that shows it, context included; null for lines outside of all hunks. */
  readonly shown: HunkLine | null;
  readonly direction: Fit['direction'];
  readonly text: string;
}

export interface TwoSides {
  readonly rows: readonly Row[];
  readonly from: Side;
  readonly to: Side;
  /** Row of each line of the sides; they leave out what lies far from any change. */
  readonly fromRows: readonly number[];
  readonly toRows: readonly number[];
}

interface Marks {
  readonly shown: Map<number, HunkLine>;
  readonly goes: Map<number, { line: HunkLine; direction: Fit['direction'] }>;
  /** Lines that come, by the index of the source line that they stand before. */
  readonly comes: Map<number, { line: HunkLine; direction: Fit['direction'] }[]>;
}

/** Both sides of a file. The hunks stand on different lines of it. */
export function sidesOf(lines: readonly string[], hunks: readonly FittedHunk[]): TwoSides {
  const marks: Marks = { shown: new Map(), goes: new Map(), comes: new Map() };
  for (const { hunk, fit } of hunks) mark(marks, hunk, fit);
  const rows = rowsOf(lines, marks);
  const near = nearChanges(rows);
  const fromRows = near.filter((at) => rows[at]?.source !== null);
  const toRows = near.filter((at) => rows[at]?.source === null || !rows[at]?.changed);
  const sideLines = contextLines(rows);
  return { rows, fromRows, toRows, from: sideOfRows(fromRows, sideLines), to: sideOfRows(toRows, sideLines) };
}

/** The closing line of a function, a record or a macro's block: file scope begins behind it. */
const ENDS = /^}(?!.*\\$)/;

/**
 * Rows of the functions and records with changes, and what stands before them up to the one above. The rest
 * of the file is the same on both sides and needn't be cut into statements.
 */
function nearChanges(rows: readonly Row[]): number[] {
  const near = new Set<number>();
  const isEnd = ({ changed, text }: Row) => !changed && ENDS.test(text);
  rows.forEach(({ changed }, at) => {
    if (!changed || near.has(at)) return;
    let first = at;
    while (first > 0 && !isEnd(rows[first - 1] as Row)) first--;
    let last = at;
    while (last < rows.length - 1 && !isEnd(rows[last] as Row)) last++;
    for (let row = first; row <= last; row++) near.add(row);
  });
  return [...near].sort((a, b) => a - b);
}

function mark(marks: Marks, hunk: Hunk, fit: Fit): void {
  const { direction } = fit;
  const goes = direction === 'forward' ? 'delete' : 'add';
  let before = fit.start;
  hunk.lines.forEach((line, at) => {
    const place = fit.at[at] ?? null;
    if (place !== null) {
      before = place + 1;
      marks.shown.set(place, line);
      if (line.kind === goes) marks.goes.set(place, { line, direction });
    } else if (line.kind !== 'context' && line.kind !== goes) {
      const list = marks.comes.get(before);
      if (list) list.push({ line, direction });
      else marks.comes.set(before, [{ line, direction }]);
    }
  });
}

function rowsOf(lines: readonly string[], marks: Marks): Row[] {
  const rows: Row[] = [];
  const come = (at: number) => {
    for (const { line, direction } of marks.comes.get(at) ?? [])
      rows.push({ source: null, changed: line, shown: line, direction, text: line.text });
  };
  lines.forEach((text, source) => {
    come(source);
    const goes = marks.goes.get(source);
    const shown = marks.shown.get(source) ?? null;
    rows.push({ source, changed: goes?.line ?? null, shown, direction: goes?.direction ?? 'forward', text });
  });
  come(lines.length);
  return rows;
}

const NOWHERE: InputSpan = { line: 0, column: 0, endColumn: 0 };

/** Each row as a hunk's line of the whole file, numbered so that a line that stays is the same on both sides. */
function contextLines(rows: readonly Row[]): HunkLine[] {
  return rows.map(
    (row, at) => row.changed ?? { kind: 'context', text: row.text, span: NOWHERE, oldLine: at, newLine: at },
  );
}

function sideOfRows(rows: readonly number[], all: readonly HunkLine[]): Side {
  const lines = rows.flatMap((at) => all[at] ?? []);
  const texts = lines.map(({ text }) => text);
  const units = unitsOf(texts);
  const scopes = scopesOf(units, texts, { start: null, columns: true });
  return {
    lines,
    units: units.map((unit, at) => ({
      ...comparable(unit, (name) => name),
      scope: scopes[at] ?? null,
      changed: unit.tokens.some((token) => lines[token.line]?.kind !== 'context'),
    })),
  };
}

/** Runs of rows that follow each other and all change. */
export function runsOf(rows: readonly Row[]): (readonly number[])[] {
  const runs: number[][] = [];
  rows.forEach(({ changed }, at) => {
    if (!changed) return;
    if (at > 0 && rows[at - 1]?.changed) runs[runs.length - 1]?.push(at);
    else runs.push([at]);
  });
  return runs;
}

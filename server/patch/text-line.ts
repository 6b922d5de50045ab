/**
 * A line of readable text that remembers where in the raw input it stood, whatever transfer encoding,
 * quoting or archive came between. Knows nothing of mail or diffs.
 */

import type { InputSpan } from './types';

/** From `at` (UTF-16 offset in the text) on, the text stands at this line and column of the input, unit by unit. */
export interface Segment {
  readonly at: number;
  readonly line: number;
  readonly column: number;
}

export interface TextLine {
  readonly text: string;
  /** Line and column (from 1) of the first unit of `text`. */
  readonly line: number;
  readonly column: number;
  /** Only where the text is not one straight piece of the input (quoted-printable); sorted, the first at 0. */
  readonly segments?: readonly Segment[];
  /** Only where there is no finer place than this (base64): every span of the line is this one. */
  readonly fixed?: InputSpan;
}

/** Splits decoded text at line feeds; `firstLine` is the input line of its first line. Drops one CR per line end. */
export function linesOf(text: string, firstLine: number): TextLine[] {
  const lines = text.split('\n').map((raw, index) => ({ text: withoutCr(raw), line: firstLine + index, column: 1 }));
  if (lines.length > 1 && lines[lines.length - 1]?.text === '') lines.pop();
  return lines;
}

export function withoutCr(raw: string): string {
  return raw.endsWith('\r') ? raw.slice(0, -1) : raw;
}

/** The place in the input of `text.slice(from, to)`. A piece that runs over several input lines ends with the first. */
export function spanOf(line: TextLine, from = 0, to = line.text.length): InputSpan {
  if (line.fixed) return line.fixed;
  if (!line.segments)
    return { line: line.line, column: line.column + from, endColumn: line.column + Math.max(from, to) };
  const start = placeOf(line.segments, from);
  let endColumn = start.column;
  for (let at = from; at < to; at++) {
    const place = placeOf(line.segments, at);
    if (place.line !== start.line) break;
    endColumn = Math.max(endColumn, place.column + 1);
  }
  return { line: start.line, column: start.column, endColumn };
}

/** The same line without its first `count` units. */
export function dropStart(line: TextLine, count: number): TextLine {
  if (count === 0) return line;
  const text = line.text.slice(count);
  if (line.fixed) return { ...line, text };
  if (!line.segments) return { text, line: line.line, column: line.column + count };
  const start = placeOf(line.segments, count);
  const rest = line.segments.filter((s) => s.at > count).map((s) => ({ ...s, at: s.at - count }));
  return { text, ...start, segments: [{ at: 0, ...start }, ...rest] };
}

function placeOf(segments: readonly Segment[], at: number): { line: number; column: number } {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((segments[middle]?.at ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  const segment = segments[low] ?? { at: 0, line: 1, column: 1 };
  return { line: segment.line, column: segment.column + (at - segment.at) };
}

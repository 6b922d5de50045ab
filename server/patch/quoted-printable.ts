/**
 * Where each decoded line of a quoted-printable part stood in the raw input. The decoding itself is the
 * MIME library's; this file only follows soft line breaks and `=XX` escapes to give its text a place.
 */

import type { Segment, TextLine } from './text-line';

interface RawLine {
  readonly text: string;
  readonly line: number;
}

/** Origin of each decoded byte of one logical line: parallel arrays of input line and column. */
interface ByteOrigins {
  readonly lines: number[];
  readonly columns: number[];
  straight: boolean;
}

const SOFT_BREAK = /=[ \t]*$/;

/**
 * Gives every decoded line its place. `decoded` is the part's text after decoding, split at line feeds;
 * `bytesPerUnit` says how many bytes a code point took in the part's charset.
 */
export function placeQuotedPrintable(
  raw: readonly RawLine[],
  decoded: readonly string[],
  bytesPerUnit: (codePoint: number) => number,
): TextLine[] {
  const origins = logicalLines(raw);
  return decoded.map((text, index) => {
    const origin = origins[Math.min(index, origins.length - 1)];
    if (!origin) return { text, line: raw[0]?.line ?? 1, column: 1 };
    const line = origin.lines[0] ?? 1;
    const column = origin.columns[0] ?? 1;
    if (origin.straight && text.length <= origin.lines.length) return { text, line, column };
    return { text, line, column, segments: segmentsOf(text, origin, bytesPerUnit) };
  });
}

function logicalLines(raw: readonly RawLine[]): ByteOrigins[] {
  const result: ByteOrigins[] = [];
  let current: ByteOrigins | null = null;
  for (const { text, line } of raw) {
    const soft = SOFT_BREAK.test(text);
    const end = soft ? text.replace(SOFT_BREAK, '').length : text.length;
    current ??= { lines: [], columns: [], straight: true };
    for (let at = 0; at < end; at++) {
      current.lines.push(line);
      current.columns.push(at + 1);
      if (text[at] === '=' && /^[0-9a-fA-F]{2}$/.test(text.slice(at + 1, at + 3))) {
        at += 2;
        current.straight = false;
      }
    }
    if (soft) {
      current.straight = false;
      continue;
    }
    if (current.lines.length === 0) {
      current.lines.push(line);
      current.columns.push(1);
    }
    result.push(current);
    current = null;
  }
  if (current) result.push(current);
  return result;
}

function segmentsOf(text: string, origin: ByteOrigins, bytesPerUnit: (codePoint: number) => number): Segment[] {
  const segments: Segment[] = [];
  let byte = 0;
  const last = origin.lines.length - 1;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    const from = Math.min(byte, last);
    addPlace(segments, at, origin.lines[from] ?? 1, origin.columns[from] ?? 1);
    const units = code > 0xffff ? 2 : 1;
    if (units === 2) addPlace(segments, at + 1, origin.lines[from] ?? 1, origin.columns[from] ?? 1);
    byte += bytesPerUnit(code);
    at += units;
  }
  const end = Math.max(0, last);
  if (segments.length === 0) addPlace(segments, 0, origin.lines[end] ?? 1, origin.columns[end] ?? 1);
  return segments;
}

function addPlace(segments: Segment[], at: number, line: number, column: number): void {
  const previous = segments[segments.length - 1];
  if (previous && previous.line === line && previous.column + (at - previous.at) === column) return;
  segments.push({ at, line, column });
}

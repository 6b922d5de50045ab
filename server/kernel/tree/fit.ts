/**
 * Finds where a hunk stands in the text of a file: at its line number, else at the nearest offset, else with
 * white space ignored, else with context lines at its ends given up. The file may be the one before the
 * change (forward) or the one after it (reverse). Knows lines, not C.
 */

import type { Hunk, HunkLine } from '../../patch/types';

export interface Fit {
  /** Forward: the old side stands there. Reverse: the new side does, the change is there already. */
  readonly direction: 'forward' | 'reverse';
  /** Per line of the hunk: the index (from 0) of the source line that it is; null for lines that aren't there. */
  readonly at: readonly (number | null)[];
  /** First source line of the match, and the one behind it; equal for lines that go in between two others. */
  readonly start: number;
  readonly end: number;
  /** Lines between where the hunk said it would be and where it is. */
  readonly offset: number;
  /** Context lines given up at either end. */
  readonly fuzz: number;
  readonly whiteSpaceIgnored: boolean;
}

/** A file's lines, and where lines of the same text stand. Made once per file, asked once per hunk. */
export interface FitSource {
  readonly lines: readonly string[];
  readonly exact: Haystack;
  readonly loose: Haystack;
  /** Source lines that a hunk stands on already. */
  readonly taken: Set<number>;
  /** Comparisons of lines that are left: a hostile patch could ask for any number. */
  budget: number;
}

interface Haystack {
  readonly texts: readonly string[];
  /** Source line of each text. */
  readonly lines: readonly number[];
  readonly places: ReadonlyMap<string, readonly number[]>;
}

const COMPARISONS = 5_000_000;
const MAX_FUZZ = 2;

/** Lines of a text; the line end of the last one is no further line. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

/** Prepares a file for `fitHunk`. */
export function fitSource(text: string): FitSource {
  const lines = linesOf(text);
  const loose = lines.map((line, at) => [squeeze(line), at] as const).filter(([line]) => line !== '');
  return {
    lines,
    exact: haystack(
      lines,
      lines.map((_, at) => at),
    ),
    loose: haystack(
      loose.map(([line]) => line),
      loose.map(([, at]) => at),
    ),
    taken: new Set(),
    budget: COMPARISONS,
  };
}

function haystack(texts: readonly string[], lines: readonly number[]): Haystack {
  const places = new Map<string, number[]>();
  texts.forEach((text, at) => {
    const list = places.get(text);
    if (list) list.push(at);
    else places.set(text, [at]);
  });
  return { texts, lines, places };
}

function squeeze(line: string): string {
  return line.replace(/\s+/g, ' ').trim();
}

/**
 * The best place of a hunk, or null. `shift` is the offset at which the hunk before it was found. The place is
 * taken: no later hunk of the file can stand on the same lines.
 */
export function fitHunk(hunk: Hunk, source: FitSource, shift: number): Fit | null {
  for (let fuzz = 0; fuzz <= MAX_FUZZ; fuzz++) {
    for (const whiteSpaceIgnored of [false, true]) {
      const forward = fitSide(hunk, source, 'forward', shift, fuzz, whiteSpaceIgnored);
      const reverse = fitSide(hunk, source, 'reverse', shift, fuzz, whiteSpaceIgnored);
      const best = better(forward, reverse);
      if (!best) continue;
      for (let line = best.start; line < best.end; line++) source.taken.add(line);
      return best;
    }
  }
  return null;
}

/** A side without lines (no context asked for) stands anywhere: it is no evidence against the other. */
function better(forward: Fit | null, reverse: Fit | null): Fit | null {
  if (!forward || !reverse) return forward ?? reverse;
  if (forward.start === forward.end) return reverse;
  return Math.abs(reverse.offset) < Math.abs(forward.offset) ? reverse : forward;
}

interface Needle {
  readonly texts: readonly string[];
  /** Index in the hunk's lines, per text. */
  readonly own: readonly number[];
}

function fitSide(
  hunk: Hunk,
  source: FitSource,
  direction: Fit['direction'],
  shift: number,
  fuzz: number,
  loose: boolean,
): Fit | null {
  const needle = needleOf(hunk, direction, fuzz, loose);
  if (!needle) return null;
  const hay = loose ? source.loose : source.exact;
  const said = saidLine(hunk, direction);
  if (needle.texts.length === 0) {
    const place = Math.min(said + shift, source.lines.length);
    const fits = direction === 'forward' && !loose && place >= 0;
    return fits ? made(hunk, needle, direction, [], place, place - said, 0, false) : null;
  }
  const first = said + (needle.own[0] ?? 0) - outside(hunk, direction, needle.own[0] ?? 0);
  const place = nearest(needle, hay, first + shift, source);
  if (place === null) return null;
  const lines = needle.texts.map((_, at) => hay.lines[place + at] ?? 0);
  return made(hunk, needle, direction, lines, lines[0] ?? 0, (lines[0] ?? 0) - first, fuzz, loose);
}

function made(
  hunk: Hunk,
  needle: Needle,
  direction: Fit['direction'],
  lines: readonly number[],
  start: number,
  offset: number,
  fuzz: number,
  whiteSpaceIgnored: boolean,
): Fit {
  const at: (number | null)[] = hunk.lines.map(() => null);
  needle.own.forEach((own, index) => {
    at[own] = lines[index] ?? null;
  });
  const end = lines.length === 0 ? start : (lines[lines.length - 1] ?? start) + 1;
  return { direction, at, start, end, offset, fuzz, whiteSpaceIgnored };
}

/** Index (from 0) of the line at which the header puts the side that is looked for. */
function saidLine(hunk: Hunk, direction: Fit['direction']): number {
  const [start, count] = direction === 'forward' ? [hunk.oldStart, hunk.oldCount] : [hunk.newStart, hunk.newCount];
  return Math.max(0, count === 0 ? start : start - 1);
}

/** Lines before `own` that are not of the side looked for. */
function outside(hunk: Hunk, direction: Fit['direction'], own: number): number {
  const other = direction === 'forward' ? 'add' : 'delete';
  return hunk.lines.slice(0, own).filter(({ kind }) => kind === other).length;
}

/** The hunk's lines of one side, `fuzz` lines of context given up at its ends; null if too little is left. */
function needleOf(hunk: Hunk, direction: Fit['direction'], fuzz: number, loose: boolean): Needle | null {
  const other = direction === 'forward' ? 'add' : 'delete';
  const [from, to] = fuzz === 0 ? [0, hunk.lines.length] : trimmed(hunk.lines, fuzz);
  const own: number[] = [];
  const texts: string[] = [];
  for (let at = from; at < to; at++) {
    const line = hunk.lines[at];
    if (!line || line.kind === other) continue;
    const text = loose ? squeeze(line.text) : line.text;
    if (loose && text === '') continue;
    own.push(at);
    texts.push(text);
  }
  if (fuzz === 0 && !loose) return { own, texts };
  if (fuzz > 0 && from === 0 && to === hunk.lines.length) return null;
  // A line or two of braces stand everywhere.
  const telling = texts.filter((text) => /\w{3}/.test(text)).length;
  return telling >= (fuzz === 0 ? 1 : 2) || own.some((at) => isTelling(hunk.lines[at])) ? { own, texts } : null;
}

function isTelling(line: HunkLine | undefined): boolean {
  return line !== undefined && line.kind !== 'context' && /\w{3}/.test(line.text);
}

function trimmed(lines: readonly HunkLine[], fuzz: number): [number, number] {
  const first = lines.findIndex(({ kind }) => kind !== 'context');
  const last = lines.length - 1 - [...lines].reverse().findIndex(({ kind }) => kind !== 'context');
  return first < 0 ? [0, lines.length] : [Math.min(fuzz, first), Math.max(lines.length - fuzz, last + 1)];
}

/** Where all of the needle stands, nearest to `wanted` (a source line), on lines that no hunk has taken. */
function nearest(needle: Needle, hay: Haystack, wanted: number, source: FitSource): number | null {
  const key = rarest(needle, hay);
  if (key === null) return null;
  const distance = (place: number) => Math.abs((hay.lines[place] ?? 0) - wanted);
  const places = (hay.places.get(needle.texts[key] ?? '') ?? [])
    .map((place) => place - key)
    .filter((place) => place >= 0)
    .sort((a, b) => distance(a) - distance(b));
  return places.find((place) => stands(needle, hay, place, source)) ?? null;
}

/** Index of the needle's line that stands in the fewest places; null if one stands nowhere. */
function rarest(needle: Needle, hay: Haystack): number | null {
  let best: number | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const [at, text] of needle.texts.entries()) {
    const count = hay.places.get(text)?.length ?? 0;
    if (count === 0) return null;
    if (count < fewest) [best, fewest] = [at, count];
  }
  return best;
}

function stands(needle: Needle, hay: Haystack, place: number, source: FitSource): boolean {
  for (const [at, text] of needle.texts.entries()) {
    if (--source.budget < 0 || hay.texts[place + at] !== text) return false;
    if (source.taken.has(hay.lines[place + at] ?? -1)) return false;
  }
  return true;
}

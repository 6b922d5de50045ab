/**
 * Whether the hunks of a patch fit a file, and how well; and the file as it was before them. It decides
 * which file is a patch's pre-image; the edits themselves are placed by place.ts.
 */

import type { Hunk } from '../../patch/types';
import { type Fit, fitHunk, fitSource, linesOf } from './fit';

/**
 * `exact`: every hunk stands where its header says. `offset`: elsewhere. `whitespace`: with white space left
 * out of account. `fuzz`: without one or two of its outer context lines. `unknown`: a mail on one line,
 * which can't be compared by lines.
 */
export type FitQuality = 'exact' | 'offset' | 'whitespace' | 'fuzz' | 'unknown';

export interface FileFit {
  /** That of the worst hunk. */
  readonly quality: FitQuality;
  /** Whether all hunks are there already. */
  readonly already: boolean;
  readonly fits: readonly Fit[];
}

const QUALITIES: readonly FitQuality[] = ['exact', 'offset', 'whitespace', 'fuzz'];

/** How the hunks fit the text, each forwards or, where it is there already, in reverse; null if one does neither. */
export function fitHunks(text: string, hunks: readonly Hunk[]): FileFit | null {
  if (hunks.some((hunk) => hunk.damage === 'flattened')) return { quality: 'unknown', already: false, fits: [] };
  const source = fitSource(text);
  const fits: Fit[] = [];
  let shift = 0;
  for (const hunk of hunks) {
    const fit = fitHunk(hunk, source, shift);
    if (fit === null) return null;
    shift = fit.offset;
    fits.push(fit);
  }
  const worst = Math.max(0, ...fits.map((fit) => QUALITIES.indexOf(qualityOf(fit))));
  const already = fits.length > 0 && fits.every((fit) => fit.direction === 'reverse');
  return { quality: QUALITIES[worst] ?? 'fuzz', already, fits };
}

function qualityOf(fit: Fit): FitQuality {
  if (fit.fuzz > 0) return 'fuzz';
  if (fit.whiteSpaceIgnored) return 'whitespace';
  return fit.offset === 0 ? 'exact' : 'offset';
}

/** The text before the hunks, given the one after them; null unless every hunk is there line by line. */
export function undoHunks(text: string, hunks: readonly Hunk[]): string | null {
  const fit = fitHunks(text, hunks);
  if (fit === null || !fit.already || !['exact', 'offset'].includes(fit.quality)) return null;
  const lines = linesOf(text);
  const pieces = hunks.map((hunk, at) => ({ hunk, start: fit.fits[at]?.start ?? 0, end: fit.fits[at]?.end ?? 0 }));
  const result: string[] = [];
  let at = 0;
  for (const { hunk, start, end } of pieces.sort((a, b) => a.start - b.start)) {
    for (; at < start; at++) result.push(lines[at] ?? '');
    for (const line of hunk.lines) if (line.kind !== 'add') result.push(line.text);
    at = end;
  }
  for (; at < lines.length; at++) result.push(lines[at] ?? '');
  return result.map((line, index) => (index + 1 < result.length || text.endsWith('\n') ? `${line}\n` : line)).join('');
}

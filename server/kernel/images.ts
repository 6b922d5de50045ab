/**
 * Applies any subset of a placement's edits to the source and keeps, line by line, where in the patch each
 * line came from. No subset gives the pre-image, all give the post-image.
 */

import type { Baseline, Edit, ImageText, PatchOrigin, Splice } from './types';

/** The images of every file that `all` touches, with the edits in `chosen` applied and the others not. */
export function applyEdits(baseline: Baseline, all: readonly Edit[], chosen: ReadonlySet<number>): ImageText[] {
  const whole = withRequired(all, chosen);
  const active = all.filter((edit) => (edit.direction === 'forward') === whole.has(edit.id));
  const byPath = new Map<string, Splice[]>();
  for (const path of baseline.texts.keys()) byPath.set(path, []);
  for (const edit of active) for (const splice of edit.splices) byPath.get(splice.path)?.push(splice);
  const side = chosen.size > 0 ? 'post' : 'pre';
  return [...byPath].map(([path, splices]) => render(path, baseline, side, splices));
}

/** The chosen edits of which all requirements are chosen too. */
function withRequired(all: readonly Edit[], chosen: ReadonlySet<number>): Set<number> {
  const whole = new Set(all.map((edit) => edit.id).filter((id) => chosen.has(id)));
  for (let before = -1; before !== whole.size; ) {
    before = whole.size;
    for (const edit of all) if (edit.requires.some((id) => !whole.has(id))) whole.delete(edit.id);
  }
  return whole;
}

interface Output {
  readonly lines: string[];
  readonly origins: (PatchOrigin | null)[];
  current: string;
  origin: PatchOrigin | null;
}

function render(path: string, baseline: Baseline, side: 'pre' | 'post', splices: readonly Splice[]): ImageText {
  const text = baseline.texts.get(path) ?? '';
  const found = baseline.origins[side].get(path) ?? new Map<number, PatchOrigin>();
  const sorted = [...splices].sort((a, b) => a.start - b.start || a.end - b.end || a.order - b.order);
  const output: Output = { lines: [], origins: [], current: '', origin: null };
  let at = 0;
  let line = 1;
  for (const splice of sorted) {
    // Two edits of one statement can't both be applied; the first wins.
    if (splice.start < at) continue;
    line = copySource(output, text.slice(at, splice.start), line, found);
    for (const added of splice.lines) putLine(output, added.text, added.origin, splice.inMacro === true);
    line += countBreaks(text.slice(splice.start, splice.end));
    at = splice.end;
  }
  copySource(output, text.slice(at), line, found);
  endLine(output);
  return { path, text: output.lines.join('\n'), origins: output.origins };
}

function countBreaks(text: string): number {
  return text.split('\n').length - 1;
}

function copySource(output: Output, text: string, line: number, found: ReadonlyMap<number, PatchOrigin>): number {
  const pieces = text.split('\n');
  pieces.forEach((piece, index) => {
    if (index > 0) endLine(output);
    output.current += piece;
    if (piece.trim() !== '') output.origin ??= found.get(line + index) ?? null;
  });
  return line + pieces.length - 1;
}

/** A patch's own line always stands on an image line of its own. */
function putLine(output: Output, text: string, origin: PatchOrigin | null, inMacro: boolean): void {
  const glue = inMacro ? ' \\' : '';
  if (output.current.trim() !== '') {
    output.current += glue;
    endLine(output);
  }
  output.current = text + glue;
  output.origin = origin;
  endLine(output);
}

function endLine(output: Output): void {
  output.lines.push(output.current);
  output.origins.push(output.origin);
  output.current = '';
  output.origin = null;
}

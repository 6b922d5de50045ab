/**
 * A placement as the review sees it: both sides as texts that stand in for files, any subset of the
 * edits applied, and the way from an image line back to the patch. It hides how a tier placed it.
 */

import type { SourcePlace } from '../../model/explore/types';
import { applyEdits } from '../kernel/images';
import type { ChangedLine, Edit, ImageText, PatchOrigin, Placement } from '../kernel/types';
import type { HunkLine, InputSpan } from '../patch/types';
import type { Overrides } from './jobs';

export type Side = 'pre' | 'post';

export interface PlacedPatch {
  readonly tier: 'tree' | 'reference';
  /** `7.3.4`, or `reference`. */
  readonly kernel: string;
  readonly edits: readonly Edit[];
  readonly changedLines: readonly ChangedLine[];
  readonly notes: readonly string[];
  /** The files that the patch touches, on each side. */
  readonly texts: Readonly<Record<Side, Overrides>>;
  /** Those files with only these edits (by id) applied to the pre-image. */
  apply(edits: readonly number[]): Overrides;
  /** The patch line that stands on this image line, null for a line that the patch doesn't show. */
  patchSpan(side: Side, path: string, line: number): InputSpan | null;
  /** The same for a place; a changed line of a macro that it was expanded from goes before the macro's use. */
  patchSpanOf(side: Side, place: SourcePlace): InputSpan | null;
  /** Line (from 1) of a side's image that a patch line stands on; for a line that the side lacks, a near one. */
  imageLine(side: Side, span: InputSpan): number | null;
  /** The kernel path that the patch names for an edit or a changed line at this span. */
  kernelPath(span: InputSpan): string | null;
  /** Where the patch's first hunk starts. */
  readonly anchor: InputSpan;
}

const textsOf = (images: readonly ImageText[]): Overrides =>
  Object.fromEntries(images.map(({ path, text }) => [path, text]));

/** Wrap a placement. */
export function placedPatch(placement: Placement, tier: PlacedPatch['tier'], kernel: string): PlacedPatch {
  const { images, edits, baseline, hunks } = placement;
  const originsOf = {
    pre: new Map(images.map(({ path, pre }) => [path, pre.origins])),
    post: new Map(images.map(({ path, post }) => [path, post.origins])),
  };
  const originAt = (side: Side, path: string, line: number): PatchOrigin | null =>
    originsOf[side].get(path)?.[line - 1] ?? null;
  const lines: Partial<Record<Side, ReadonlyMap<string, number>>> = {};
  return {
    tier,
    kernel,
    edits,
    changedLines: placement.changedLines,
    notes: placement.notes,
    texts: { pre: textsOf(images.map(({ pre }) => pre)), post: textsOf(images.map(({ post }) => post)) },
    apply: (chosen) => textsOf(applyEdits(baseline, edits, new Set(chosen))),
    patchSpan: (side, path, line) => originAt(side, path, line)?.span ?? null,
    patchSpanOf: (side, { file, line, expanded }) => {
      const own = originAt(side, file, line);
      const behind = (expanded ?? []).map((each) => originAt(side, each.file, each.line));
      const changed = [own, ...behind].find((origin) => origin !== null && origin.kind !== 'context');
      return (changed ?? own ?? behind.find((origin) => origin !== null))?.span ?? null;
    },
    imageLine: (side, span) => {
      lines[side] ??= linesBySpan(images.map((image) => image[side]));
      const own = hunks.find(({ hunk }) => hunk.lines.some((line) => sameSpan(line.span, span)))?.hunk.lines ?? [];
      return (
        nearestFirst(own, span)
          .map((line) => lines[side]?.get(spanKey(line.span)))
          .find((line) => line !== undefined) ?? null
      );
    },
    kernelPath: (span) =>
      hunks.find(({ hunk }) => hunk.lines.some((line) => sameSpan(line.span, span)))?.file ?? hunks[0]?.file ?? null,
    anchor: hunks[0]?.hunk.span ?? { line: 1, column: 1, endColumn: 1 },
  };
}

/** A line, what it replaces or is replaced by, what follows, what comes before. */
function nearestFirst(lines: readonly HunkLine[], span: InputSpan): HunkLine[] {
  const at = Math.max(
    0,
    lines.findIndex((line) => sameSpan(line.span, span)),
  );
  const ends = (step: 1 | -1): number => {
    let end = at;
    while (lines[end + step] !== undefined && lines[end + step]?.kind !== 'context') end += step;
    return end;
  };
  const replaced = lines.slice(ends(-1), at).reverse();
  return [...lines.slice(at, at + 1), ...replaced, ...lines.slice(at + 1), ...lines.slice(0, at).reverse()];
}

function linesBySpan(images: readonly ImageText[]): Map<string, number> {
  const lines = new Map<string, number>();
  for (const { origins } of images) {
    origins.forEach((origin, at) => {
      const key = origin === null ? null : spanKey(origin.span);
      if (key !== null && !lines.has(key)) lines.set(key, at + 1);
    });
  }
  return lines;
}

function spanKey({ line, column }: InputSpan): string {
  return `${line}:${column}`;
}

function sameSpan(a: InputSpan, b: InputSpan): boolean {
  return a.line === b.line && a.column === b.column;
}

/** Which patch line an image line stands for, and the other way round. */

import type { UnitPlace } from './hunk-edits';
import type { Side } from './hunk-units';
import type { ChangedLine, ImageText, PatchOrigin } from './types';

/** Source lines that a unit corresponds to take the unit's patch lines, changed ones first. */
export function collectOrigins(
  side: Side,
  places: readonly UnitPlace[],
  origins: Map<string, Map<number, PatchOrigin>>,
): void {
  places.forEach(({ source }, at) => {
    const unit = side.units[at];
    if (!source || !unit) return;
    const numbers = [...new Set(unit.unit.tokens.map((token) => token.line))];
    const lines = numbers.flatMap((number) => side.lines[number] ?? []);
    const changedFirst = lines.find((line) => line.kind !== 'context') ?? lines[0];
    const found = origins.get(source.path) ?? new Map<number, PatchOrigin>();
    origins.set(source.path, found);
    for (let line = source.line; line <= source.lastLine; line++) {
      const sameShape = lines.length === source.lastLine - source.line + 1;
      const own = sameShape ? lines[line - source.line] : changedFirst;
      const known = found.get(line);
      if (own && (!known || known.kind === 'context')) found.set(line, { span: own.span, kind: own.kind });
    }
  });
}

/** Fills in on which lines of its side's image each changed line stands. */
export function withImageLines(
  changed: readonly ChangedLine[],
  pre: readonly ImageText[],
  post: readonly ImageText[],
): ChangedLine[] {
  const find = (images: readonly ImageText[]) => {
    const byPlace = new Map<string, { path: string; lines: number[] }>();
    for (const image of images) {
      image.origins.forEach((origin, at) => {
        if (!origin) return;
        const key = placeKey(origin.span, origin.kind);
        const entry = byPlace.get(key) ?? { path: image.path, lines: [] };
        if (entry.path === image.path) entry.lines.push(at + 1);
        byPlace.set(key, entry);
      });
    }
    return byPlace;
  };
  const places = { pre: find(pre), post: find(post) };
  let last: { path: string; lines: number[] } | undefined;
  return changed.map((line) => {
    const own = places[line.side].get(placeKey(line.span, line.kind));
    if (own) last = own;
    // A line of a statement that the source writes on fewer lines shares its neighbour's.
    const found = own ?? (line.status === 'placed' ? last : undefined);
    return found ? { ...line, path: found.path, imageLines: found.lines } : line;
  });
}

function placeKey(span: { line: number; column: number }, kind: string): string {
  return `${kind}:${span.line}:${span.column}`;
}

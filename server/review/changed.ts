/**
 * What a patch changes, by name: the functions whose text its changed lines stand in, on either side,
 * those that use a macro whose body is changed, and those whose compiled code differs.
 * It knows placements and outlines of compiled programs.
 */

import type { CodeDifference, Outline } from './jobs';
import type { PlacedPatch, Side } from './placed';
import type { Changed } from './select';

/** Names both as the patch has them and as the image has them. */
export function changedBy(
  placed: PlacedPatch,
  outlines: Readonly<Record<Side, Outline>>,
  difference: CodeDifference,
): Changed {
  const functions = new Set<string>();
  const words = new Set<string>();
  for (const line of placed.changedLines) {
    if (line.status === 'non-executable') continue;
    for (const word of line.text.match(/[A-Za-z_]\w*/g) ?? []) words.add(word);
    if (line.function !== null) functions.add(line.function);
    if (line.path === null) continue;
    const names = functionsAt(outlines[line.side], line.path, line.imageLines);
    for (const name of names) functions.add(name);
  }
  return { functions, affected: new Set(difference.functions), fileScope: difference.data.length > 0, words };
}

function functionsAt(outline: Outline, path: string, lines: readonly number[]): string[] {
  const own = outline.functions
    .filter(({ file, line, endLine }) => file === path && lines.some((at) => at >= line && at <= endLine))
    .map(({ name }) => name);
  return [...own, ...lines.flatMap((at) => outline.expanded[path]?.[at] ?? [])];
}

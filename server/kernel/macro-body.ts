/** Which macro of the sources a hunk stands in that begins in the middle of one. */

import { fitOf } from './fit';
import type { Side } from './hunk-units';
import type { SourceIndex } from './source-index';

const SURE = 0.5;
const MARGIN = 0.02;

/**
 * The name of the macro that the side's first lines are from: the one of the file that they fit best, or
 * of several the first behind the function that the hunk's heading names. Null when none fits.
 */
export function macroOf(side: Side, heading: string, index: SourceIndex, paths: readonly string[]): string | null {
  const own = side.units.filter((unit) => unit.unit.macro === '?');
  if (own.length === 0) return null;
  const found: { name: string; fit: number; line: number }[] = [];
  for (const [scope, definitions] of index.scopes) {
    if (!scope.startsWith('macro ')) continue;
    for (const source of definitions) {
      const near = source[0]?.path === paths[0];
      const { fit, count } = fitOf(own, source);
      if (count > 0 && fit >= SURE)
        found.push({ name: scope.slice(6), fit: near ? fit + MARGIN : fit, line: source[0]?.line ?? 0 });
    }
  }
  const best = Math.max(...found.map(({ fit }) => fit));
  const good = found.filter(({ fit }) => fit > best - MARGIN).sort((a, b) => a.line - b.line);
  const function_ = /(\w+)\s*\(/.exec(heading)?.[1];
  const end =
    index.scopes
      .get(`fn ${function_}`)
      ?.find((units) => units[0]?.path === paths[0])
      ?.at(-1)?.line ?? 0;
  return (good.find(({ line }) => line > end) ?? good[0])?.name ?? null;
}

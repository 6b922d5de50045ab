/** How well the units of a hunk fit a function, record or macro of the sources. */

import { alignUnits, similarity } from './align';
import type { SideUnit } from './hunk-units';
import type { SourceUnit } from './source-index';

/** Share (0 to 1) of the telling units that have a good counterpart, and how many there are. */
export function fitOf(own: readonly SideUnit[], source: readonly SourceUnit[]): { fit: number; count: number } {
  const telling = own.filter((unit) => unit.words.length > 3 && !/^(header|macro-head)$/.test(unit.unit.kind));
  const pairs = alignUnits(own, source);
  let sum = 0;
  own.forEach((unit, at) => {
    const pair = source[pairs[at] ?? -1];
    if (pair && telling.includes(unit)) sum += similarity(unit, pair);
  });
  return { fit: telling.length === 0 ? 0 : sum / telling.length, count: telling.length };
}

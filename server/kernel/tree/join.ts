/** Which pieces of a change make one edit, across hunks and files: a moved function, and all that is too many. */

import type { DraftEdit } from './pieces';

/** As many edits as are told apart by what they need; of a change with more, a function's make one. */
const MOST_EDITS = 300;

/** The drafts themselves, or one per function if there are more than can be told apart. */
export function coarse(drafts: readonly DraftEdit[]): DraftEdit[] {
  if (drafts.length <= MOST_EDITS) return [...drafts];
  return joined(drafts, ({ splices, direction, function: name }) => `${direction} ${splices[0]?.path} ${name}`);
}

/** A function that one place deletes and another adds has moved: half a move would leave two of it, or none. */
export function joinMoves(drafts: readonly DraftEdit[]): DraftEdit[] {
  const heads = (side: 'pre' | 'post') =>
    drafts.flatMap(({ units }) =>
      units.flatMap((pair) => {
        const unit = pair[side];
        const other = pair[side === 'pre' ? 'post' : 'pre'];
        return unit?.unit.kind === 'header' && other === null && unit.scope !== null ? [unit.scope] : [];
      }),
    );
  const added = new Set(heads('post'));
  const moved = new Set(heads('pre').filter((scope) => added.has(scope)));
  return joined(drafts, ({ direction, function: name }) => (moved.has(`fn ${name}`) ? `${direction} ${name}` : null));
}

/** Makes one edit of those with the same key; null keeps an edit as it is. */
function joined(drafts: readonly DraftEdit[], keyOf: (draft: DraftEdit) => string | null): DraftEdit[] {
  const result: DraftEdit[] = [];
  const places = new Map<string, number>();
  for (const draft of drafts) {
    const key = keyOf(draft);
    const place = key === null ? undefined : places.get(key);
    const known = place === undefined ? undefined : result[place];
    if (place === undefined || !known) {
      if (key !== null) places.set(key, result.length);
      result.push(draft);
      continue;
    }
    result[place] = {
      ...known,
      splices: [...known.splices, ...draft.splices],
      lines: [...known.lines, ...draft.lines],
      units: [...known.units, ...draft.units],
    };
  }
  return result;
}

/** Two placements of one patch, of different files, as one. */

import type { Baseline, Edit, Placement } from './types';

/** `first` keeps its edits' ids; those of `second` follow. */
export function mergePlacements(first: Placement, second: Placement): Placement {
  const shift = first.edits.reduce((most, { id }) => Math.max(most, id + 1), 0);
  const moved = second.edits.map(
    (edit): Edit => ({ ...edit, id: edit.id + shift, requires: edit.requires.map((id) => id + shift) }),
  );
  return {
    images: [...first.images, ...second.images],
    edits: [...first.edits, ...moved],
    changedLines: [...first.changedLines, ...second.changedLines].sort((a, b) => a.span.line - b.span.line),
    hunks: [...first.hunks, ...second.hunks],
    notes: [...first.notes, ...second.notes],
    baseline: mergeBaselines(first.baseline, second.baseline),
  };
}

function mergeBaselines(a: Baseline, b: Baseline): Baseline {
  return {
    texts: new Map([...a.texts, ...b.texts]),
    origins: {
      pre: new Map([...a.origins.pre, ...b.origins.pre]),
      post: new Map([...a.origins.post, ...b.origins.post]),
    },
  };
}

/** How much of a patch is placed at all: input is hostile, and a patch of millions of lines is no KVM MMU patch. */

import type { FileDiff, Hunk } from '../patch/types';
import type { ChangedLine } from './types';

/** Lines of hunks that are placed; a patch of the KVM MMU has a few hundred. */
const MAX_LINES = 20_000;

/** Text files with as many hunks as are placed; lines beyond the limit are left out and noted. */
export function withinLimit(files: readonly FileDiff[]): FileDiff[] {
  let left = MAX_LINES;
  return files
    .filter((file) => !file.binary)
    .map((file) => ({
      ...file,
      hunks: file.hunks.filter((hunk) => {
        if (hunk.lines.length > left) return false;
        left -= hunk.lines.length;
        return true;
      }),
    }));
}

/** A note for the reader if the limit left something out. */
export function limitNote(files: readonly FileDiff[], placed: number): string[] {
  const all = files.reduce((sum, file) => sum + (file.binary ? 0 : file.hunks.length), 0);
  return all > placed
    ? [`Only ${placed} of ${all} hunks were placed: the patch has more than ${MAX_LINES} lines.`]
    : [];
}

/** The changed lines of a hunk that the limit left out. */
export function leftOut(hunk: Hunk): ChangedLine[] {
  return hunk.lines.flatMap(({ kind, span, text }): ChangedLine[] =>
    kind === 'context'
      ? []
      : [
          {
            span,
            kind,
            side: kind === 'add' ? 'post' : 'pre',
            text,
            executable: text.trim() !== '',
            status: text.trim() === '' ? 'non-executable' : 'not-understood',
            why: 'the patch is too large to place all of it',
            function: null,
            path: null,
            imageLines: [],
          },
        ],
  );
}

/**
 * Divides a patch between the tree's own code and what stands for it: a hunk goes into the tree where all that it
 * changes is compiled from there. It knows files and hunks, and nothing of how either is placed.
 */

import type { FileDiff, Hunk } from '../../patch/types';
import type { ChangedLine } from '../types';
import { partNames, standInFor } from './environment';
import { linesOfPart } from './parts';
import { placeInTree } from './place';

export interface Divided {
  readonly inTree: readonly FileDiff[];
  /** Files, or the hunks of them, that run in a stand-in. */
  readonly stoodIn: readonly FileDiff[];
}

/** `texts` are the files before the patch, `stand` our stand-ins. */
export function divide(
  files: readonly FileDiff[],
  texts: ReadonlyMap<string, string>,
  stand: ReadonlyMap<string, string>,
): Divided {
  const inTree: FileDiff[] = [];
  const stoodIn: FileDiff[] = [];
  for (const file of files) {
    const { oldPath } = file;
    if (oldPath === null || standInFor(oldPath, stand) === null) {
      inTree.push(file);
      continue;
    }
    const own = new Set(ownHunks(file, oldPath, texts, stand));
    if (own.size > 0) inTree.push({ ...file, hunks: file.hunks.filter((hunk) => own.has(hunk)) });
    if (own.size < file.hunks.length) stoodIn.push({ ...file, hunks: file.hunks.filter((hunk) => !own.has(hunk)) });
  }
  return { inTree, stoodIn };
}

/** The hunks of which every changed line stands in a function that is compiled from the tree. */
function ownHunks(
  file: FileDiff,
  path: string,
  texts: ReadonlyMap<string, string>,
  stand: ReadonlyMap<string, string>,
): readonly Hunk[] {
  const names = partNames(path, stand);
  if (names.size === 0 || !texts.has(path)) return [];
  const { images, changedLines } = placeInTree([file], texts);
  const image = images.find((each) => each.path === path);
  if (image === undefined) return [];
  const part = { pre: linesOfPart(image.pre.text, names), post: linesOfPart(image.post.text, names) };
  const isOwn = ({ status, side, imageLines }: ChangedLine): boolean =>
    status === 'non-executable' || (status === 'placed' && imageLines.every((line) => part[side].has(line)));
  return file.hunks.filter((hunk) => {
    const spans = new Set(hunk.lines.map(({ span }) => `${span.line}:${span.column}`));
    const own = changedLines.filter(({ span }) => spans.has(`${span.line}:${span.column}`));
    return own.some(({ status }) => status === 'placed') && own.every(isOwn);
  });
}

/** Keeps a tree's own texts in a file that the workers read. */

import type { VmType } from '../../../model/machine/types';
import type { TreeRef } from '../../review/jobs';
import { TreeError, type TreeSource } from './source';

export interface Snapshot {
  readonly ref: TreeRef;
  readonly kernel: string | null;
  readonly notes: string[];
  /** VM types that the tree has no code for. */
  readonly lacks: VmType[];
}

/** `overlay` replaces files of the source, null taking one away. Throws TreeError. */
export async function snapshotTree(
  _source: TreeSource,
  _overlay: ReadonlyMap<string, string | null>,
): Promise<Snapshot> {
  throw new TreeError('Whole trees are not compiled yet.');
}

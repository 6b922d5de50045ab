/**
 * A row of the domain's list of historical bugs and fixes (domain.md, section 4): the patch that brings its
 * bug back into a release, or why there is none. It knows no patch format and runs nothing.
 */
import { cases, isBug } from '../cases';
import type { Bug } from '../edit';

interface Named {
  /** Its number in the list, from 1. */
  readonly row: number;
  /** Subject of the commit that fixed the bug, shortened. */
  readonly subject: string;
  /** Its hash, or where it was read. */
  readonly commit: string;
}

/** The bug can be brought back: the fix is the same patch the other way round. */
export interface ShownRow extends Named {
  readonly bug: Bug;
  /** The release has the bug: the edit is its fix, and the bug is the same patch the other way round. */
  readonly isFix?: true;
}

/** One sentence about why the bug can't be shown. */
export interface UnshownRow extends Named {
  readonly why: string;
}

export type HistoryRow = ShownRow | UnshownRow;

export function isShown(row: HistoryRow): row is ShownRow {
  return 'bug' in row;
}

/** A seeded bug that is the row's: same code, same mistake. An error when there is none of that id. */
export function seeded(id: string): Bug {
  const found = cases.find((one) => one.id === id);
  if (found === undefined || !isBug(found)) throw new Error(`there is no seeded bug ${id}`);
  return found;
}

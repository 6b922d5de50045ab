/**
 * Where a patch's hunks landed: the record that every tier hands on. The sources may be the reference or
 * a tree's own files; nothing in here tells which.
 */

import type { Hunk, HunkLine, InputSpan } from '../patch/types';

/** The patch line that an image line came from; context lines count too. */
export interface PatchOrigin {
  readonly span: InputSpan;
  readonly kind: HunkLine['kind'];
}

/** Replaces `start..end` (UTF-16 offsets in the source text) by lines of its own; empty means deletion. */
export interface Splice {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly lines: readonly { readonly text: string; readonly origin: PatchOrigin | null }[];
  /** Order among splices at the same offset. */
  readonly order: number;
  /** It stands within a macro's body: lines before and in it end in a backslash. */
  readonly inMacro?: true;
}

/** One independent piece of the change. */
export interface Edit {
  readonly id: number;
  /**
   * Forward: the source is its pre-image and the splices lead to its post-image. Reverse: the source has
   * the change already and the splices take it out.
   */
  readonly direction: 'forward' | 'reverse';
  readonly splices: readonly Splice[];
  /** Edits (by id) without which it makes no sense; applying it without them has no effect. */
  readonly requires: readonly number[];
  /** The changed lines of the patch that it stands for. */
  readonly lines: readonly { readonly kind: 'add' | 'delete'; readonly span: InputSpan; readonly text: string }[];
  /** Function (or record) as the patch names it. */
  readonly function: string | null;
}

export interface ImageText {
  readonly path: string;
  readonly text: string;
  /** One entry per line of `text`. */
  readonly origins: readonly (PatchOrigin | null)[];
}

export interface ChangedLine {
  readonly span: InputSpan;
  readonly kind: 'add' | 'delete';
  /** Deleted lines run in the pre-image, added ones in the post-image. */
  readonly side: 'pre' | 'post';
  readonly text: string;
  readonly executable: boolean;
  readonly status: 'placed' | 'not-understood' | 'non-executable';
  /** Why it isn't placed; null otherwise. */
  readonly why: string | null;
  /** The function as the patch names it, and the source file it landed in. */
  readonly function: string | null;
  readonly path: string | null;
  /** Lines (from 1) in that file's image of `side`. */
  readonly imageLines: readonly number[];
}

export interface PlacedHunk {
  /** The patch's path of the file. */
  readonly file: string | null;
  /** As read, or recovered if it was flattened. */
  readonly hunk: Hunk;
  readonly direction: 'forward' | 'reverse' | 'none';
}

/** The part of a source that edits refer to. */
export interface Baseline {
  /** Text by path, for every path that an edit or an origin names. */
  readonly texts: ReadonlyMap<string, string>;
  /** Per path and source line (from 1): the patch line that it was found to be, per side. */
  readonly origins: Readonly<Record<'pre' | 'post', ReadonlyMap<string, ReadonlyMap<number, PatchOrigin>>>>;
}

export interface Placement {
  readonly images: readonly { readonly path: string; readonly pre: ImageText; readonly post: ImageText }[];
  readonly edits: readonly Edit[];
  readonly changedLines: readonly ChangedLine[];
  readonly hunks: readonly PlacedHunk[];
  readonly notes: readonly string[];
  readonly baseline: Baseline;
}

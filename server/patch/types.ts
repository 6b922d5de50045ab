/**
 * The records at the near end of the pipeline: what a text becomes before anything is compiled.
 * Positions are places in the input as the user gave it: line and column from 1, columns in UTF-16
 * units, so that an editor can underline them whatever a mail archive did to the text.
 */

/** A half-open stretch of one input line. */
export interface InputSpan {
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

export interface HunkLine {
  readonly kind: 'context' | 'add' | 'delete';
  /** Without the mark and without the line end. White space as far as the input kept it. */
  readonly text: string;
  readonly span: InputSpan;
  /** Line in the pre-image file by the hunk's own header (null for added lines), and in the post-image. */
  readonly oldLine: number | null;
  readonly newLine: number | null;
}

export interface Hunk {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  /** What git printed behind the second `@@`, often the enclosing function. */
  readonly heading: string;
  readonly span: InputSpan;
  readonly lines: readonly HunkLine[];
  /** Set where the text was damaged: leading white space lost, or a whole mail on one line. */
  readonly damage: 'none' | 'whitespace' | 'flattened';
  /**
   * A flattened hunk has no lines of its own. `tokens` is then what there is: C tokens and the ` + ` / ` - `
   * marks that may be marks or operators; `lines` is the best guess without a pre-image.
   */
  readonly tokens?: readonly { readonly text: string; readonly span: InputSpan }[];
}

export interface FileDiff {
  readonly oldPath: string | null;
  readonly newPath: string | null;
  readonly status: 'modified' | 'added' | 'deleted' | 'renamed' | 'copied' | 'mode';
  readonly binary: boolean;
  readonly oldBlob: string | null;
  readonly newBlob: string | null;
  readonly span: InputSpan;
  readonly hunks: readonly Hunk[];
}

/** Something in the input that could not be used: one sentence, with its place. */
export interface InputProblem {
  readonly message: string;
  readonly span: InputSpan;
  /** Set where nothing that could run was lost (a rename without a change, an empty file). */
  readonly harmless?: true;
}

export interface PatchMail {
  /** Path as given, or `-`. */
  readonly input: string;
  readonly subject: string | null;
  readonly messageId: string | null;
  readonly author: string | null;
  readonly series: { readonly version: number; readonly index: number; readonly total: number } | null;
  readonly baseCommit: string | null;
  /** The prose: changelog, review text; diffs taken out. Each piece knows where it stood. */
  readonly prose: readonly { readonly text: string; readonly span: InputSpan }[];
  readonly files: readonly FileDiff[];
  readonly problems: readonly InputProblem[];
}

export interface ReadResult {
  readonly patches: readonly PatchMail[];
  /** Problems of the input as a whole; `unusable` when nothing in it could be read as text. */
  readonly problems: readonly InputProblem[];
  readonly unusable: string | null;
}

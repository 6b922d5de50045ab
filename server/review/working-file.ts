/**
 * A file under change in a work tree as a patch of it, and the way back: what a review says of the patch's
 * lines, said of the file's own. It knows texts and records; the clone that has the text before is read
 * elsewhere.
 */

import { blobId } from '../kernel/tree/blob-id';
import { unifiedDiff } from '../kernel/tree/unified';
import { readInput } from '../patch/read';
import type { FileDiff, InputSpan, PatchMail } from '../patch/types';
import type { Finding, FindingTraceStep, PatchReview } from './types';

export interface WorkingFile {
  /** Path in the tree. */
  readonly path: string;
  /** Null: the file is new. */
  readonly before: string | null;
  readonly after: string;
}

export interface WorkingPatch {
  /** The difference as a diff that the reader of patches reads. */
  readonly diff: string;
  readonly mail: PatchMail;
  /** Where in the file a line of the diff stands. */
  place(patchLine: number): FilePlace;
}

export interface FilePlace {
  /** From 1. A line that is gone has the place of the one that follows. */
  readonly line: number;
  /** Text of a line that is gone. */
  readonly gone: string | null;
}

/** The difference; null where there is none. */
export async function workingPatch({ path, before, after }: WorkingFile): Promise<WorkingPatch | null> {
  if (before === after) return null;
  const blobs = { oldBlob: before === null ? NOTHING : blobId(before), newBlob: blobId(after) };
  const diff = unifiedDiff({ oldPath: path, newPath: path, before, after, ...blobs });
  const { patches } = await readInput({ name: path, bytes: new TextEncoder().encode(diff) });
  const mail = patches.find(({ files }) => files.length > 0);
  if (mail === undefined) return null;
  const places = placesOf(mail.files);
  return { diff, mail, place: (patchLine) => places.get(patchLine) ?? { line: 1, gone: null } };
}

const NOTHING = '0'.repeat(40);

function placesOf(files: readonly FileDiff[]): Map<number, FilePlace> {
  const places = new Map<number, FilePlace>();
  for (const { hunks } of files) {
    for (const { lines, newStart, span } of hunks) {
      let next = newStart;
      const first = lines.find(({ kind }) => kind === 'add')?.newLine ?? newStart;
      places.set(span.line, { line: Math.max(1, first), gone: null });
      for (const { kind, text, newLine, span: own } of lines) {
        if (newLine !== null) next = newLine + 1;
        places.set(own.line, { line: Math.max(1, newLine ?? next), gone: kind === 'delete' ? text : null });
      }
    }
  }
  return places;
}

/** A stretch of a line of the diff, in the file: without the mark; the whole line where it is gone. */
export function spanInFile(span: InputSpan, patch: Pick<WorkingPatch, 'place'>): InputSpan {
  const { line, gone } = patch.place(span.line);
  if (gone !== null) return { line, column: 1, endColumn: WHOLE_LINE };
  return { line, column: Math.max(1, span.column - 1), endColumn: Math.max(1, span.endColumn - 1) };
}

const WHOLE_LINE = 0x7fffffff;

/** A review of the patch as one of the file. */
export function reviewInFile(review: PatchReview, path: string, patch: Pick<WorkingPatch, 'place'>): PatchReview {
  const { findings, coverage } = review;
  const lineOf = <T extends { readonly patchLine: number }>(each: T): T => ({
    ...each,
    patchLine: patch.place(each.patchLine).line,
  });
  const why = (each: { readonly patchLine: number; readonly why: string }) => {
    const { gone } = patch.place(each.patchLine);
    return gone === null ? each : { ...each, why: `${each.why} (the line that is gone: ${gone.trim()})` };
  };
  return {
    ...review,
    findings: findings.map((finding) => findingInFile(finding, path, patch)),
    coverage: {
      ...coverage,
      notReached: coverage.notReached.map(lineOf),
      notUnderstood: coverage.notUnderstood.map((each) => lineOf(why(each))),
    },
  };
}

/** A finding about the patch as one about the file. */
export function findingInFile(finding: Finding, path: string, patch: Pick<WorkingPatch, 'place'>): Finding {
  const { patchLine, patchColumn, patchEndColumn, culprits, trace, side, message } = finding;
  const span = spanInFile({ line: patchLine, column: patchColumn, endColumn: patchEndColumn }, patch);
  const { gone } = patch.place(patchLine);
  return {
    ...finding,
    message: gone === null ? message : `${message} The line that makes the difference is gone: ${gone.trim()}`,
    patchLine: span.line,
    patchColumn: span.column,
    patchEndColumn: span.endColumn,
    culprits: culprits.map((culprit) => {
      const own = spanInFile({ line: culprit.patchLine, column: culprit.patchColumn, endColumn: WHOLE_LINE }, patch);
      return { ...culprit, patchLine: own.line, patchColumn: own.column };
    }),
    trace: trace.map((step) => ({ ...step, patchLine: stepLine(step, side, path, patch) })),
  };
}

/** After the change the file's own lines are those of the image; before it, those of the patch stand for them. */
export function stepLine(
  step: Pick<FindingTraceStep, 'file' | 'line' | 'patchLine'>,
  side: 'pre' | 'post',
  path: string,
  patch: Pick<WorkingPatch, 'place'>,
): number | null {
  if (side === 'post' && step.file === path) return step.line;
  return step.patchLine === null ? null : patch.place(step.patchLine).line;
}

/**
 * What can be said of a text without running anything: where its patches and hunks are, what is
 * wrong with their structure, and whether they are about the KVM MMU at all. It reads no kernel.
 */

import type { FileDiff, Hunk, InputSpan, PatchMail, ReadResult } from '../patch/types';
import { staticRemarks } from '../review/static';
import { spanInFile, type WorkingPatch } from '../review/working-file';
import type { Outline, OutlineHunk, OutlinePatch, Remark } from './reviewer';

/** Codes of remarks that a finished run supersedes start so. */
export const STATIC = 'static:';

/** What the outline asks of other parts; null while a part is not there. */
export interface OutlineParts {
  /** Does one of these kernel paths belong to the KVM MMU or its neighbours? */
  readonly inScope: (paths: readonly (string | null)[]) => boolean;
  /** Code names in the prose that the diff doesn't touch, where they stand. */
  readonly untouchedNames: (patch: PatchMail) => readonly { readonly name: string; readonly span: InputSpan }[];
}

/** Outline a text that has been read. */
export function outlineOf(read: ReadResult, parts: OutlineParts): Outline {
  const patches = read.patches.map(outlinePatch);
  const problems = [...read.problems, ...read.patches.flatMap((patch) => patch.problems)];
  const unusable: Remark[] =
    read.unusable === null
      ? []
      : [{ code: 'patch-structure', severity: 'warning', message: read.unusable, span: FIRST_LINE }];
  const structure = problems.map(
    ({ message, span }): Remark => ({ code: 'patch-structure', severity: 'warning', message, span }),
  );
  return { patches, remarks: [...unusable, ...structure, ...read.patches.flatMap((patch) => remarks(patch, parts))] };
}

/** The outline of the patch of a file under change as one of the file: its hunks stand where the changes are. */
export function outlineInFile(outline: Outline, patch: Pick<WorkingPatch, 'place'>): Outline {
  const lines = (numbers: readonly number[]) => [...new Set(numbers.map((line) => patch.place(line).line))];
  return {
    ...outline,
    patches: outline.patches.map((each) => ({
      ...each,
      line: 1,
      hunks: each.hunks.map((hunk) => {
        const changed = lines([...hunk.added, ...hunk.deleted]);
        const first = Math.min(...changed);
        const span = { line: first, column: 1, endColumn: 1 };
        return { ...hunk, span, endLine: Math.max(...changed), added: lines(hunk.added), deleted: [] };
      }),
    })),
    remarks: outline.remarks.map((remark) => ({ ...remark, span: spanInFile(remark.span, patch) })),
  };
}

const FIRST_LINE: InputSpan = { line: 1, column: 1, endColumn: Number.MAX_SAFE_INTEGER };

function outlinePatch(patch: PatchMail): OutlinePatch {
  const hunks = patch.files.flatMap((file) => file.hunks.map((hunk) => outlineHunk(file, hunk)));
  const starts = [...patch.prose.map(({ span }) => span.line), ...patch.files.map(({ span }) => span.line)];
  return { subject: patch.subject, line: starts.length === 0 ? 1 : Math.min(...starts), hunks };
}

function outlineHunk(file: FileDiff, hunk: Hunk): OutlineHunk {
  const linesOf = (kind: 'add' | 'delete'): number[] =>
    hunk.lines.filter((line) => line.kind === kind).map(({ span }) => span.line);
  return {
    path: file.newPath ?? file.oldPath ?? '',
    heading: hunk.heading,
    span: hunk.span,
    endLine: hunk.lines.reduce((last, { span }) => Math.max(last, span.line), hunk.span.line),
    added: linesOf('add'),
    deleted: linesOf('delete'),
  };
}

function remarks(patch: PatchMail, parts: OutlineParts): Remark[] {
  const paths = patch.files.flatMap(({ oldPath, newPath }) => [oldPath, newPath]);
  const first = patch.files[0];
  if (first === undefined) return [];
  if (!parts.inScope(paths)) {
    const message = 'No file of this patch belongs to the KVM MMU or its neighbours: it is not simulated.';
    return [{ code: 'out-of-scope', severity: 'information', message, span: first.span }];
  }
  const hints = staticRemarks(patch).map(
    ({ code, message, span }): Remark => ({ code: `${STATIC}${code}`, severity: 'hint', message, span }),
  );
  const names = parts.untouchedNames(patch).map(
    ({ name, span }): Remark => ({
      code: 'changelog-name',
      severity: 'information',
      message: `${name}: named in the changelog, untouched by the diff.`,
      span,
    }),
  );
  return [...hints, ...names];
}

/**
 * Places a patch into a tree's own files, line by line: the images are the files as they are before and after
 * it, to the letter. What stands nowhere is reported line by line, never silently dropped. Only hunks that a
 * mail damaged beyond their lines are placed by structure, as in the reference.
 */

import type { FileDiff, Hunk, InputSpan } from '../../patch/types';
import { changedLinesOf } from '../changed-lines';
import { type Side, type SideUnit, sideOf } from '../hunk-units';
import { applyEdits } from '../images';
import { leftOut, limitNote, withinLimit } from '../limit';
import { withImageLines } from '../origins';
import { placePatch } from '../place';
import { requirementsOf } from '../requirements';
import { indexSources } from '../source-index';
import type { ChangedLine, Edit, PatchOrigin, PlacedHunk, Placement, Splice } from '../types';
import { fitHunk, fitSource } from './fit';
import { coarse, joinMoves } from './join';
import { type DraftEdit, nameOf, piecesOf } from './pieces';
import { counted, fitNotes } from './place-notes';
import { type FittedHunk, sidesOf, type TwoSides } from './rows';

interface Result {
  readonly texts: Map<string, string>;
  readonly origins: Record<'pre' | 'post', Map<string, Map<number, PatchOrigin>>>;
  readonly drafts: DraftEdit[];
  /** Edits of hunks that were placed by structure; ids from 0. */
  readonly structural: Edit[];
  readonly changed: ChangedLine[];
  readonly hunks: PlacedHunk[];
  readonly notes: string[];
  /** New path of a renamed header by its old one. */
  readonly renamed: Map<string, string>;
}

/**
 * Places all hunks of a patch into the files that they were made for. `preImages`: text by path (a renamed
 * file's under its old path); a file that the patch adds has none. Never throws.
 */
export function placeInTree(files: readonly FileDiff[], preImages: ReadonlyMap<string, string>): Placement {
  const result: Result = {
    texts: new Map(),
    origins: { pre: new Map(), post: new Map() },
    drafts: [],
    structural: [],
    changed: [],
    hunks: [],
    notes: [],
    renamed: new Map(),
  };
  const within = withinLimit(files);
  for (const group of byPath(within)) placeFile(group, preImages, result);
  const placed = within.reduce((sum, file) => sum + file.hunks.length, 0);
  result.notes.push(...limitNote(files, placed));
  const kept = new Set(within.flatMap((file) => file.hunks));
  for (const { hunks, binary } of files) {
    for (const hunk of hunks) if (!binary && !kept.has(hunk)) result.changed.push(...leftOut(hunk));
  }
  return finish(result);
}

/** A file as one or several diffs of the input have it. */
interface TouchedFile {
  readonly oldPath: string | null;
  readonly newPath: string | null;
  readonly hunks: readonly Hunk[];
}

function byPath(files: readonly FileDiff[]): TouchedFile[] {
  const groups = new Map<string, TouchedFile>();
  for (const { oldPath, newPath, hunks } of files) {
    const key = oldPath ?? newPath ?? '';
    const known = groups.get(key);
    groups.set(key, { oldPath, newPath, hunks: [...(known?.hunks ?? []), ...hunks] });
  }
  return [...groups.values()];
}

const C_FILE = /\.[chS]$/;
/** Folders of the kernel's repository whose code is no part of a kernel. */
const NO_KERNEL = /^(tools|Documentation|samples|scripts|usr)\//;

function placeFile(file: TouchedFile, preImages: ReadonlyMap<string, string>, result: Result): void {
  const path = file.oldPath ?? file.newPath;
  if (file.hunks.length === 0) return;
  if (path !== null && (!C_FILE.test(path) || NO_KERNEL.test(path))) {
    for (const hunk of file.hunks) drop(hunk, path, null, result);
    if (C_FILE.test(path)) result.notes.push(`${path} is no part of a kernel: it is not run.`);
    return;
  }
  const known = path === null ? undefined : (preImages.get(path) ?? preImages.get(file.newPath ?? path));
  const text = known ?? (file.oldPath === null ? '' : undefined);
  if (path === null || text === undefined) {
    const why = path === null ? 'the diff names no file' : `the text of ${path} before the change was not found`;
    for (const hunk of file.hunks) drop(hunk, path, why, result);
    return;
  }
  result.texts.set(path, text);
  placeHunks(file, path, text, result);
}

function placeHunks(file: TouchedFile, path: string, text: string, result: Result): void {
  const source = fitSource(text);
  const fitted: FittedHunk[] = [];
  const damaged: Hunk[] = [];
  let shift = 0;
  for (const hunk of file.hunks) {
    const fit = hunk.damage === 'flattened' ? null : fitHunk(hunk, source, shift);
    if (fit) {
      fitted.push({ hunk, fit });
      shift = fit.offset;
    } else if (hunk.damage !== 'none') damaged.push(hunk);
    else drop(hunk, path, `neither its old nor its new lines stand in ${path}`, result);
  }
  const sides = sidesOf(source.lines, fitted);
  for (const { hunk, fit } of fitted) result.hunks.push({ file: shownPath(file), hunk, direction: fit.direction });
  result.notes.push(...fitNotes(path, fitted, sides));
  const order = result.drafts.reduce((sum, draft) => sum + draft.splices.length, 0);
  const pieces = piecesOf(sides, path, text, order);
  result.drafts.push(...pieces);
  result.changed.push(...changedLinesOfFile(sides, path));
  collectOrigins(sides, path, result);
  if (damaged.length > 0) placeByStructure(file, damaged, path, text, result);
  if (file.newPath !== null && file.oldPath !== null && file.newPath !== file.oldPath)
    rename(file.newPath, path, result);
}

function shownPath(file: TouchedFile): string | null {
  return file.newPath ?? file.oldPath;
}

/** Lines of a hunk that is not placed; `why` is null where nothing in them could run. */
function drop(hunk: Hunk, path: string | null, why: string | null, result: Result): void {
  result.hunks.push({ file: path, hunk, direction: 'none' });
  for (const which of ['pre', 'post'] as const) {
    const side = sideOf(hunk, which === 'pre' ? 'add' : 'delete', (name) => name);
    const places = side.units.map(() => ({ source: null, why, path: null }));
    for (const line of changedLinesOf(side, places, which))
      result.changed.push(why === null ? { ...line, executable: false, status: 'non-executable' } : line);
  }
}

/** What became of each changed line; which image it belongs to is the patch's word, whatever the direction. */
function changedLinesOfFile(sides: TwoSides, path: string): ChangedLine[] {
  return [sides.from, sides.to].flatMap((side) => {
    const places = side.units.map(() => ({ source: null, why: null, path }));
    const numbers = side.lines.flatMap(({ kind }, at) => (kind === 'context' ? [] : [at]));
    const names = enclosing(side, numbers);
    return changedLinesOf(side, places, 'pre').map((line, at) => ({
      ...line,
      path,
      side: line.kind === 'delete' ? ('pre' as const) : ('post' as const),
      function: line.function ?? names[at] ?? null,
    }));
  });
}

/** The function or macro that each of the lines (indices, ascending) stands in, comments between statements too. */
function enclosing(side: Side, lines: readonly number[]): (string | null)[] {
  let at = 0;
  return lines.map((line) => {
    const lastLine = (unit: SideUnit | undefined) => unit?.unit.tokens.at(-1)?.line ?? Number.POSITIVE_INFINITY;
    while (at < side.units.length && lastLine(side.units[at]) < line) at++;
    const unit = side.units[at];
    if (!unit) return null;
    const onIt = (unit.unit.tokens[0]?.line ?? 0) <= line;
    const inside = unit.scope?.startsWith('fn ') && (onIt || side.units[at - 1]?.scope === unit.scope);
    return inside || (onIt && unit.unit.kind === 'directive') ? nameOf(unit) : null;
  });
}

/** A source line that a hunk shows is that line of the patch, on the side (or sides) that it stands on. */
function collectOrigins(sides: TwoSides, path: string, result: Result): void {
  const lines = new Map<number, PatchOrigin>();
  for (const { source, shown } of sides.rows)
    if (source !== null && shown) lines.set(source + 1, { span: shown.span, kind: shown.kind });
  addOrigins(result, path, lines, lines);
}

function addOrigins(
  result: Result,
  path: string,
  pre: ReadonlyMap<number, PatchOrigin>,
  post: ReadonlyMap<number, PatchOrigin>,
): void {
  result.origins.pre.set(path, new Map([...(result.origins.pre.get(path) ?? []), ...pre]));
  result.origins.post.set(path, new Map([...(result.origins.post.get(path) ?? []), ...post]));
}

/** Hunks whose lines a mail or an archive damaged: their statements still tell where they belong. */
function placeByStructure(file: TouchedFile, hunks: readonly Hunk[], path: string, text: string, result: Result): void {
  const { oldPath, newPath } = file;
  const span = hunks[0]?.span ?? { line: 1, column: 1, endColumn: 1 };
  const diff: FileDiff = {
    ...{ oldPath, newPath, span, hunks },
    ...{ status: 'modified', binary: false, oldBlob: null, newBlob: null },
  };
  const placement = placePatch([diff], indexSources(new Map([[path, text]])));
  const first = result.structural.length;
  for (const edit of placement.edits)
    result.structural.push({ ...edit, id: first + edit.id, requires: edit.requires.map((id) => first + id) });
  result.changed.push(...placement.changedLines);
  result.hunks.push(...placement.hunks.map((each) => ({ ...each, file: shownPath(file) })));
  const { pre, post } = placement.baseline.origins;
  addOrigins(result, path, pre.get(path) ?? new Map(), post.get(path) ?? new Map());
  const count = placement.hunks.filter(({ direction }) => direction !== 'none').length;
  if (count > 0)
    result.notes.push(`${counted(count, 'hunk')} of ${path}, damaged in the mail, placed by its statements.`);
  result.notes.push(...placement.notes);
}

/**
 * A renamed file is there under both names, on both sides, with the same change: whoever includes either of
 * them gets it.
 */
function rename(newPath: string, path: string, result: Result): void {
  result.texts.set(newPath, result.texts.get(path) ?? '');
  addOrigins(result, newPath, result.origins.pre.get(path) ?? new Map(), result.origins.post.get(path) ?? new Map());
  const both = (splices: readonly Splice[]) =>
    splices.flatMap((splice) => (splice.path === path ? [splice, { ...splice, path: newPath }] : [splice]));
  result.drafts.forEach((draft, at) => {
    result.drafts[at] = { ...draft, splices: both(draft.splices) };
  });
  result.structural.forEach((edit, at) => {
    result.structural[at] = { ...edit, splices: both(edit.splices) };
  });
  if (!newPath.endsWith('.c')) result.renamed.set(path, newPath);
  result.notes.push(`${path} is renamed to ${newPath}: the change is made under both names.`);
}

function finish(result: Result): Placement {
  const drafts = joinMoves(coarse(result.drafts));
  const requires = requirementsOf(drafts.map(({ units }) => units));
  const own = drafts.map(({ direction, splices, lines, function: name }, id): Edit => {
    return { id, direction, splices, requires: requires[id] ?? [], lines, function: name };
  });
  const behind = (id: number) => id + own.length;
  const structural = result.structural.map((edit) => ({
    ...edit,
    id: behind(edit.id),
    requires: edit.requires.map(behind),
  }));
  const edits = [...own, ...structural];
  const texts = new Map([...result.texts].sort(([a], [b]) => (a < b ? -1 : 1)));
  const baseline = { texts, origins: result.origins };
  const pre = applyEdits(baseline, edits, new Set());
  const post = edits.length > 0 ? applyEdits(baseline, edits, new Set(edits.map(({ id }) => id))) : pre;
  const images = pre.map((image, at) => ({ path: image.path, pre: image, post: post[at] ?? image }));
  const changedLines = withImageLines([...result.changed].sort(inInput), pre, post).map((line) => {
    const newPath = line.side === 'post' ? result.renamed.get(line.path ?? '') : undefined;
    return newPath === undefined ? line : { ...line, path: newPath };
  });
  const hunks = [...result.hunks].sort((a, b) => inInput(a.hunk, b.hunk));
  return { images, edits, changedLines, hunks, notes: result.notes, baseline };
}

function inInput(a: { readonly span: InputSpan }, b: { readonly span: InputSpan }): number {
  return a.span.line - b.span.line || a.span.column - b.span.column;
}

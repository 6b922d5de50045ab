/**
 * Places a patch into sources that needn't be its exact pre-image: function by function, statement by
 * statement. Puts matching, direction and editing together; what found no place is in the result, never
 * silently dropped.
 */

import type { FileDiff, Hunk } from '../patch/types';
import { changedLinesOf } from './changed-lines';
import { type Direction, directionOf, type Evidence, EXACT, evidenceOf } from './direction';
import { groupAtoms } from './edit-groups';
import { completeHeading, recover } from './heading';
import { todaysName } from './history';
import { editHunk, type UnitPlace } from './hunk-edits';
import { changesBetween, type Side, sideOf, type UnitChange } from './hunk-units';
import { applyEdits } from './images';
import { isDeclaration } from './insertion';
import { leftOut, limitNote, withinLimit } from './limit';
import { macroOf } from './macro-body';
import { matchSide, type SideMatch } from './match';
import { collectOrigins, withImageLines } from './origins';
import { counterparts } from './reference';
import { requirementsOf, type UnitPair } from './requirements';
import type { SourceIndex } from './source-index';
import { isWord } from './statements';
import type { Baseline, ChangedLine, Edit, PatchOrigin, PlacedHunk, Placement } from './types';

interface Prepared {
  readonly file: FileDiff;
  readonly path: string | null;
  readonly read: Hunk;
  readonly hunk: Hunk;
  readonly pre: Side;
  readonly post: Side;
  readonly changes: readonly UnitChange[];
  readonly preMatch: SideMatch;
  readonly postMatch: SideMatch;
  readonly evidence: Evidence;
}

/** An edit before it is known what it requires. */
interface DraftEdit extends Omit<Edit, 'id' | 'requires'> {
  readonly units: readonly UnitPair[];
}

interface Origins {
  readonly pre: Map<string, Map<number, PatchOrigin>>;
  readonly post: Map<string, Map<number, PatchOrigin>>;
}

/** Places all hunks of a patch. Never throws; a hunk that doesn't fit is reported line by line. */
export function placePatch(files: readonly FileDiff[], index: SourceIndex): Placement {
  const rename = (name: string) => todaysName(name, (each) => index.names.has(each));
  const candidates = withinLimit(files).flatMap((file) => file.hunks.map((hunk) => prepare(file, hunk, index, rename)));
  const prepared = withEvidence(candidates, index);
  const moved = movedFunctions(prepared);
  const lean = leanOf(prepared, moved);
  const edits: DraftEdit[] = [];
  const origins: Origins = { pre: new Map(), post: new Map() };
  const changed: ChangedLine[] = [];
  const hunks: PlacedHunk[] = [];
  const notes: string[] = limitNote(files, candidates.length);
  for (const each of prepared) {
    const direction = addsMovedFunction(each, moved) ? 'forward' : directionOf(each.evidence, lean);
    hunks.push({ file: each.path, hunk: each.hunk, direction });
    if (direction === 'reverse') notes.push(reverseNote(each));
    for (const line of placeHunk(each, direction, index, rename, edits, origins)) changed.push(line);
  }
  const placedHunks = new Set(candidates.map((each) => each.read));
  for (const file of files) {
    for (const hunk of file.hunks)
      if (!file.binary && !placedHunks.has(hunk)) for (const line of leftOut(hunk)) changed.push(line);
  }
  const baseline = baselineOf(index, edits, origins);
  return finish(baseline, toEdits(joinMoves(edits, moved)), changed, hunks, notes);
}

type Candidate = Omit<Prepared, 'evidence'>;

function withEvidence(candidates: readonly Candidate[], index: SourceIndex): Prepared[] {
  const deleted = new Set<string>();
  const added = new Set<string>();
  for (const { pre, post, changes } of candidates) {
    for (const { op, from, to } of changes) {
      if (op === 'delete') deleted.add(pre.units[from]?.key ?? '');
      if (op === 'insert') added.add(post.units[to]?.key ?? '');
    }
  }
  const moved = new Set([...deleted].filter((key) => added.has(key)));
  const own = ownNames(candidates);
  const isKnown = (name: string) => index.names.has(name) || own.has(name);
  return candidates.map((each) => ({
    ...each,
    evidence: evidenceOf(each.changes, each.pre, each.post, each.preMatch, each.postMatch, isKnown, moved),
  }));
}

/** Names that the patch itself introduces or takes away: functions, parameters, variables, fields, macros. */
function ownNames(candidates: readonly Candidate[]): Set<string> {
  const names = new Set<string>();
  for (const { pre, post } of candidates) {
    for (const unit of [...pre.units, ...post.units]) {
      const declares =
        /^(header|directive|record-open|macro-head)$/.test(unit.unit.kind) ||
        isDeclaration(unit) ||
        unit.scope === null;
      if (unit.changed && declares) for (const word of unit.words) if (isWord(word)) names.add(word);
    }
  }
  return names;
}

function prepare(file: FileDiff, read: Hunk, index: SourceIndex, rename: (name: string) => string): Candidate {
  const path = file.oldPath ?? file.newPath;
  const named = { ...read, heading: completeHeading(read.heading, index) };
  const hunk = named.damage === 'flattened' ? recover(named, index) : named;
  const macro = leadingMacro(hunk, rename, index, path);
  const pre = sideOf(hunk, 'add', rename, macro);
  const post = sideOf(hunk, 'delete', rename, macro);
  const changes = changesBetween(pre, post);
  const preMatch = matchSide(pre, index, path);
  const postMatch = matchSide(post, index, path);
  return { file, path, read, hunk, pre, post, changes, preMatch, postMatch };
}

/** The macro that a hunk begins in the middle of. */
function leadingMacro(
  hunk: Hunk,
  rename: (name: string) => string,
  index: SourceIndex,
  path: string | null,
): string | null {
  const paths = counterparts(index.files.keys(), path);
  const of = (without: 'add' | 'delete') => macroOf(sideOf(hunk, without, rename), hunk.heading, index, paths);
  return of('add') ?? of('delete');
}

/** Functions whose definition one hunk deletes and another adds: moved, not already there. */
function movedFunctions(prepared: readonly Prepared[]): Set<string> {
  const headers = (op: 'delete' | 'insert') =>
    prepared.flatMap(({ pre, post, changes }) =>
      changes.flatMap((change) => {
        const unit =
          change.op !== op ? undefined : op === 'delete' ? pre.units[change.from ?? -1] : post.units[change.to ?? -1];
        return unit?.unit.kind === 'header' && unit.scope !== null ? [unit.scope] : [];
      }),
    );
  const added = new Set(headers('insert'));
  return new Set(headers('delete').filter((scope) => added.has(scope)));
}

function addsMovedFunction(each: Prepared, moved: ReadonlySet<string>): boolean {
  const headers = [...each.pre.units, ...each.post.units].filter((unit) => unit.unit.kind === 'header' && unit.changed);
  return headers.some((unit) => unit.scope !== null && moved.has(unit.scope));
}

/** What the hunks with evidence of their own mostly say, for those without. */
function leanOf(prepared: readonly Prepared[], moved: ReadonlySet<string>): Direction {
  let forward = 0;
  let reverse = 0;
  for (const each of prepared) {
    if (addsMovedFunction(each, moved)) continue;
    const { deleted, added } = each.evidence;
    if ((deleted ?? 0) >= EXACT) forward += deleted ?? 0;
    if ((added ?? 0) >= EXACT) reverse += added ?? 0;
  }
  return reverse > forward ? 'reverse' : forward > 0 ? 'forward' : 'none';
}

function reverseNote(each: Prepared): string {
  const name = each.pre.units.find((unit) => unit.scope?.startsWith('fn '))?.scope?.slice(3);
  const where = name ? ` in ${name}()` : '';
  return `The hunk at input line ${each.hunk.span.line}${where} is already there: reviewed in reverse.`;
}

function placeHunk(
  each: Prepared,
  direction: Direction,
  index: SourceIndex,
  rename: (name: string) => string,
  edits: DraftEdit[],
  origins: Origins,
): ChangedLine[] {
  if (direction === 'none') return unplaced(each);
  const forward = direction === 'forward';
  const from = forward ? each.pre : each.post;
  const to = forward ? each.post : each.pre;
  const changes = forward ? each.changes : changesBetween(from, to);
  const match = forward ? each.preMatch : each.postMatch;
  const firstOrder = edits.reduce((sum, edit) => sum + edit.splices.length, 0);
  const placed = editHunk({ from, to, changes, match, index, path: each.path, rename, firstOrder });
  collectEdits(placed.atoms, from, to, direction, edits);
  collectOrigins(from, placed.from, forward ? origins.pre : origins.post);
  collectOrigins(to, placed.to, forward ? origins.post : origins.pre);
  const pre = changedLinesOf(each.pre, forward ? placed.from : placed.to, 'pre');
  const post = changedLinesOf(each.post, forward ? placed.to : placed.from, 'post');
  return [...pre, ...post];
}

function unplaced(each: Prepared): ChangedLine[] {
  const lost = (side: Side, match: SideMatch): UnitPlace[] =>
    side.units.map((unit) => ({
      source: null,
      why: match.scopes.get(unit.scope)?.why ?? 'neither the old nor the new statements have a counterpart',
      path: null,
    }));
  return [
    ...changedLinesOf(each.pre, lost(each.pre, each.preMatch), 'pre'),
    ...changedLinesOf(each.post, lost(each.post, each.postMatch), 'post'),
  ];
}

function collectEdits(
  atoms: ReturnType<typeof editHunk>['atoms'],
  from: Side,
  to: Side,
  direction: 'forward' | 'reverse',
  edits: DraftEdit[],
): void {
  const groups = groupAtoms(atoms, from, to);
  for (const group of new Set(groups)) {
    const members = atoms.filter((_, at) => groups[at] === group);
    const lines = new Map<string, Edit['lines'][number]>();
    let name: string | null = null;
    for (const { change } of members) {
      for (const [side, at] of [
        [from, change.from],
        [to, change.to],
      ] as const) {
        const unit = at === null ? undefined : side.units[at];
        if (!unit) continue;
        if (unit.scope !== null) name ??= unit.scope.replace(/^\w+ /, '');
        for (const token of unit.unit.tokens) {
          const line = side.lines[token.line];
          if (!line || line.kind === 'context') continue;
          lines.set(`${line.kind}${line.span.line}:${line.span.column}`, {
            kind: line.kind,
            span: line.span,
            text: line.text,
          });
        }
      }
    }
    const splices = members.map((member) => member.splice);
    const units = members.map(({ change }) => {
      const source = change.from === null ? null : (from.units[change.from] ?? null);
      const own = change.to === null ? null : (to.units[change.to] ?? null);
      return direction === 'forward' ? { pre: source, post: own } : { pre: own, post: source };
    });
    edits.push({ direction, splices, lines: [...lines.values()], function: name, units });
  }
}

/** A moved function is one edit: half a move would leave two definitions or none. */
function joinMoves(edits: readonly DraftEdit[], moved: ReadonlySet<string>): DraftEdit[] {
  const isPart = (edit: DraftEdit) => edit.function !== null && moved.has(`fn ${edit.function}`);
  const result = edits.filter((edit) => !isPart(edit));
  for (const scope of moved) {
    const own = edits.filter((edit) => isPart(edit) && `fn ${edit.function}` === scope);
    const first = own[0];
    if (!first) continue;
    result.push({
      ...first,
      splices: own.flatMap((edit) => edit.splices),
      lines: own.flatMap((edit) => edit.lines),
      units: own.flatMap((edit) => edit.units),
    });
  }
  return result;
}

function toEdits(drafts: readonly DraftEdit[]): Edit[] {
  const requires = requirementsOf(drafts.map((draft) => draft.units));
  return drafts.map(({ direction, splices, lines, function: name }, id) => {
    return { id, direction, splices, requires: requires[id] ?? [], lines, function: name };
  });
}

function baselineOf(index: SourceIndex, edits: readonly DraftEdit[], origins: Origins): Baseline {
  const paths = new Set([...origins.pre.keys(), ...origins.post.keys()]);
  for (const edit of edits) for (const splice of edit.splices) paths.add(splice.path);
  const texts = new Map([...paths].sort().map((path) => [path, index.files.get(path)?.text ?? '']));
  return { texts, origins };
}

function finish(
  baseline: Baseline,
  edits: readonly Edit[],
  changed: readonly ChangedLine[],
  hunks: readonly PlacedHunk[],
  notes: readonly string[],
): Placement {
  const pre = applyEdits(baseline, edits, new Set());
  const all = applyEdits(baseline, edits, new Set(edits.map((edit) => edit.id)));
  // Without edits both are the source; the origins of the post side still differ.
  const post = edits.length > 0 ? all : pre;
  const images = pre.map((image, at) => ({ path: image.path, pre: image, post: post[at] ?? image }));
  return { images, edits, changedLines: withImageLines(changed, pre, post), hunks, notes, baseline };
}

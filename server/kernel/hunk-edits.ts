/**
 * Turns what a hunk changes into splices of the source, one atom per changed statement, and says of every
 * unit whether it found its place. The side that resembles the source is `from`, whichever image that is.
 */

import type { Side, SideUnit, UnitChange } from './hunk-units';
import { isDeclaration, type Position, positionOf } from './insertion';
import type { SideMatch } from './match';
import type { Scope } from './scopes';
import type { SourceIndex, SourceUnit } from './source-index';
import type { PatchOrigin, Splice } from './types';
import { joinWords, type Lines, learnRenames, linesOfUnit, mergeWords, originAt } from './unit-text';

export interface Atom {
  readonly change: UnitChange;
  readonly splice: Splice;
}

export interface UnitPlace {
  readonly source: SourceUnit | null;
  /** Why the unit found no place; null if it did. */
  readonly why: string | null;
  readonly path: string | null;
  /** Only prints or traces and has no counterpart: nothing is lost with it. */
  readonly inert?: true;
}

export interface HunkEdits {
  readonly atoms: readonly Atom[];
  readonly from: readonly UnitPlace[];
  readonly to: readonly UnitPlace[];
}

export interface HunkInput {
  readonly from: Side;
  readonly to: Side;
  readonly changes: readonly UnitChange[];
  /** The match of the `from` side. */
  readonly match: SideMatch;
  readonly index: SourceIndex;
  readonly path: string | null;
  readonly rename: (name: string) => string;
  /** Next free order number, so that splices of later hunks come later. */
  readonly firstOrder: number;
}

interface Work extends HunkInput {
  readonly atoms: Atom[];
  readonly fromPlaces: UnitPlace[];
  readonly toPlaces: UnitPlace[];
  readonly renames: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Makes the atoms of one hunk. */
export function editHunk(input: HunkInput): HunkEdits {
  const nowhere: UnitPlace = { source: null, why: null, path: null };
  const work: Work = {
    ...input,
    atoms: [],
    fromPlaces: input.from.units.map(() => nowhere),
    toPlaces: input.to.units.map(() => nowhere),
    renames: renamesByScope(input),
  };
  let at = 0;
  let run: Position | string | null = null;
  for (const change of input.changes) {
    if (change.op === 'insert') {
      run ??= findPosition(work, at, change.to);
      insert(work, change, run);
      continue;
    }
    run = null;
    at = change.from + 1;
    if (change.op === 'keep') keep(work, change.from, change.to);
    else if (change.op === 'replace') replace(work, change);
    else remove(work, change);
  }
  return { atoms: work.atoms, from: work.fromPlaces, to: work.toPlaces };
}

function renamesByScope(input: HunkInput): Map<string, ReadonlyMap<string, string>> {
  const pairs = new Map<string, [SideUnit, SourceUnit][]>();
  input.from.units.forEach((unit, at) => {
    const source = input.match.units[at];
    if (!source || unit.scope === null) return;
    const list = pairs.get(unit.scope) ?? [];
    list.push([unit, source]);
    pairs.set(unit.scope, list);
  });
  return new Map([...pairs].map(([scope, list]) => [scope, learnRenames(list)]));
}

function renamer(work: Work, scope: string | null): (name: string) => string {
  const local = scope === null ? undefined : work.renames.get(scope);
  return (name) => local?.get(work.rename(name)) ?? work.rename(name);
}

function keep(work: Work, from: number, to: number): void {
  const place = placeOfMatch(work, from);
  work.fromPlaces[from] = place;
  work.toPlaces[to] = place;
}

/** Tracing and printing, which the model leaves out. */
const INERT = /^(trace_\w+|pr_\w+|printk\w*|kvm_pr_\w+|vcpu_unimpl|vcpu_debug\w*) \(/;

function placeOfMatch(work: Work, from: number): UnitPlace {
  const source = work.match.units[from] ?? null;
  if (source) return { source, why: null, path: source.path };
  const unit = work.from.units[from];
  if (unit && isDeclaration(unit)) return { source: null, why: null, path: null };
  if (unit && INERT.test(unit.key)) return { source: null, why: null, path: null, inert: true };
  return { source: null, why: missing(work, from), path: null };
}

function missing(work: Work, from: number): string {
  const unit = work.from.units[from];
  const scope = work.match.scopes.get(unit?.scope ?? null);
  if (scope && !scope.source && scope.why) return scope.why;
  return `the statement '${shortened(unit?.key ?? '')}' has no counterpart`;
}

function shortened(key: string): string {
  const text = key
    .replace(/ ([;,)\]])/g, '$1')
    .replace(/([([!&]) /g, '$1')
    .replace(/ (->|\.) /g, '$1')
    .replace(/(\w) \(/g, '$1(');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function replace(work: Work, change: UnitChange & { op: 'replace' }): void {
  const place = placeOfMatch(work, change.from);
  const before = work.from.units[change.from] as SideUnit;
  const after = work.to.units[change.to] as SideUnit;
  const lines = place.source ? replacement(work, before, after, place.source) : null;
  if (!place.source || !lines) {
    if (place.inert && INERT.test(after.key)) {
      work.fromPlaces[change.from] = place;
      work.toPlaces[change.to] = place;
      return;
    }
    const why =
      place.why ??
      (place.source ? `the statement '${shortened(before.key)}' differs too much from its counterpart` : null);
    work.fromPlaces[change.from] = { source: null, why, path: null };
    work.toPlaces[change.to] = { source: null, why: why ?? missing(work, change.from), path: null };
    return;
  }
  work.fromPlaces[change.from] = place;
  work.toPlaces[change.to] = { source: null, why: null, path: place.path };
  addSplice(work, change, place.source.path, place.source.start, place.source.end, lines, isMacro(place.source.scope));
}

function replacement(work: Work, before: SideUnit, after: SideUnit, source: SourceUnit): Lines | null {
  const own = linesOfUnit(work.to, after, renamer(work, before.scope));
  if (before.key === source.key) return own;
  const merged = mergeWords(before, after, source);
  if (merged) return [{ text: joinWords(merged), origin: changedOrigin(work.to, after) }];
  const complete = before.unit.kind !== 'partial' && after.unit.kind !== 'partial';
  return complete && before.unit.kind === source.unit.kind && after.unit.kind !== 'header' ? own : null;
}

/** The patch line that a one-line replacement of a unit is shown on: the first changed one. */
function changedOrigin(side: Side, unit: SideUnit): PatchOrigin | null {
  const token = unit.unit.tokens.find((each) => side.lines[each.line]?.kind !== 'context') ?? unit.unit.tokens[0];
  return token ? originAt(side, token.line) : null;
}

function remove(work: Work, change: UnitChange & { op: 'delete' }): void {
  const place = placeOfMatch(work, change.from);
  work.fromPlaces[change.from] = place;
  if (place.source) addSplice(work, change, place.source.path, place.source.start, place.source.end, [], false);
}

function findPosition(work: Work, at: number, to: number): Position | string {
  const first = work.to.units[to] as SideUnit;
  const found = positionOf({ side: work.from, match: work.match, index: work.index, path: work.path, at, first });
  return 'at' in found ? found.at : found.why;
}

function insert(work: Work, change: UnitChange & { op: 'insert' }, position: Position | string): void {
  const unit = work.to.units[change.to] as SideUnit;
  if (typeof position === 'string') {
    work.toPlaces[change.to] = { source: null, why: position, path: null };
    return;
  }
  work.toPlaces[change.to] = { source: null, why: null, path: position.path };
  const scope = work.from.units.find((each) => each.scope === unit.scope)?.scope ?? null;
  const own = linesOfUnit(work.to, unit, renamer(work, scope));
  const inMacro = isMacro(unit.scope) && work.match.scopes.get(unit.scope)?.source != null;
  const lines = isMacro(unit.scope) && !inMacro ? glued(own, isLastOfScope(work.to, change.to)) : own;
  addSplice(work, change, position.path, position.offset, position.offset, lines, inMacro);
}

function isMacro(scope: Scope): boolean {
  return scope?.startsWith('macro ') === true;
}

function isLastOfScope(side: Side, at: number): boolean {
  return side.units[at + 1]?.scope !== side.units[at]?.scope;
}

/** Lines of a macro that is new: all but its last one go on. */
function glued(lines: Lines, last: boolean): Lines {
  return lines.map((line, at) => (last && at === lines.length - 1 ? line : { ...line, text: `${line.text} \\` }));
}

function addSplice(
  work: Work,
  change: UnitChange,
  path: string,
  start: number,
  end: number,
  lines: Lines,
  inMacro: boolean,
): void {
  const splice = { path, start, end, lines, order: work.firstOrder + work.atoms.length };
  work.atoms.push({ change, splice: inMacro ? { ...splice, inMacro } : splice });
}

/**
 * Where in the source a statement goes that the source doesn't have: between the counterparts of its
 * neighbours in the hunk, and never into or out of a block that has no counterpart.
 */

import type { Side, SideUnit } from './hunk-units';
import type { SideMatch } from './match';
import { counterparts } from './reference';
import type { SourceFile, SourceIndex, SourceUnit } from './source-index';

export interface Position {
  readonly path: string;
  /** UTF-16 offset in the source text. */
  readonly offset: number;
}

export type Found = { readonly at: Position } | { readonly why: string };

interface Gap {
  readonly side: Side;
  readonly match: SideMatch;
  readonly index: SourceIndex;
  readonly path: string | null;
  /** The new units go before unit `at` of the side that the source resembles. */
  readonly at: number;
  /** The first of the new units. */
  readonly first: SideUnit;
}

/** The place for new units. `why` says what is missing when there is none. */
export function positionOf(gap: Gap): Found {
  const before = gap.side.units[gap.at - 1];
  const after = gap.side.units[gap.at];
  if (isBetweenFunctions(gap, before, after)) return fileLevel(gap);
  const back = walkBack(gap);
  const ahead = walkAhead(gap);
  if (back && (back.steps === 1 || !ahead || ahead.steps > 1)) return { at: endOf(back.unit) };
  if (ahead) return { at: startOf(ahead.unit) };
  return inEmptyScope(gap, before ?? after);
}

function isBetweenFunctions(gap: Gap, before: SideUnit | undefined, after: SideUnit | undefined): boolean {
  const kind = gap.first.unit.kind;
  const starts =
    kind === 'header' ||
    kind === 'directive' ||
    kind === 'macro-head' ||
    gap.first.scope === null ||
    kind === 'record-open';
  if (before && after) {
    const ends = before.scope !== after.scope || before.scope === null || after.unit.kind === 'header';
    return ends && (starts || gap.first.scope !== before.scope);
  }
  if (!before) return !after || after.scope === null || after.unit.kind === 'header';
  const closed = before.unit.kind === 'close' && (starts || gap.first.scope !== before.scope);
  return closed || before.scope === null || gap.side.units.length === 0;
}

interface Neighbour {
  readonly unit: SourceUnit;
  readonly steps: number;
}

function walkBack(gap: Gap): Neighbour | null {
  let depth = 0;
  const scope = gap.side.units[gap.at - 1]?.scope;
  for (let i = gap.at - 1, steps = 1; i >= 0; i--, steps++) {
    const unit = gap.side.units[i];
    if (!unit || unit.scope !== scope) return null;
    const source = gap.match.units[i];
    if (source && depth === 0) {
      const body = steps > 1 && unit.unit.kind === 'head';
      return body ? null : { unit: source, steps };
    }
    if (isClose(unit)) depth++;
    else if (isOpen(unit) && depth-- === 0) return null;
    else if (unit.unit.kind === 'head' && steps === 1) return null;
  }
  return null;
}

function walkAhead(gap: Gap): Neighbour | null {
  let depth = 0;
  const scope = gap.side.units[gap.at]?.scope;
  if (gap.side.units[gap.at - 1]?.unit.kind === 'head') return null;
  for (let i = gap.at, steps = 1; i < gap.side.units.length; i++, steps++) {
    const unit = gap.side.units[i];
    if (!unit || unit.scope !== scope || unit.unit.kind === 'header') return null;
    const source = gap.match.units[i];
    if (source && depth === 0) return { unit: source, steps };
    if (isOpen(unit)) depth++;
    else if (isClose(unit) && depth-- === 0) return null;
  }
  return null;
}

function isOpen(unit: SideUnit): boolean {
  return unit.unit.kind === 'open' || unit.unit.kind === 'init-open' || unit.unit.kind === 'record-open';
}

function isClose(unit: SideUnit): boolean {
  return unit.unit.kind === 'close' || unit.unit.kind === 'record-close';
}

/** No neighbour has a counterpart: only what may stand anywhere (a declaration, a field) finds a place. */
function inEmptyScope(gap: Gap, neighbour: SideUnit | undefined): Found {
  const scope = neighbour?.scope ?? gap.first.scope;
  const found = scope === null ? undefined : gap.match.scopes.get(scope);
  if (found && !found.source) return { why: found.why ?? 'its function is not modelled' };
  const source = found?.source;
  if (source && scope?.startsWith('fn ') && isDeclaration(gap.first)) {
    const open = source.find((unit) => unit.unit.kind === 'open');
    if (open) return { at: endOf(open) };
  }
  if (source && scope !== null && !scope.startsWith('fn ')) {
    const last = source[source.length - 1];
    if (last) return { at: startOf(last) };
  }
  return { why: 'none of the statements around it has a counterpart' };
}

/** `type name, *name;` without an initialiser: may stand anywhere at the start of a function. */
export function isDeclaration(unit: SideUnit): boolean {
  if (!/^(statement|partial)$/.test(unit.unit.kind) || /[=(]|->|\+\+|--|\./.test(unit.key)) return false;
  return /^(?!return|goto|break|continue|else)(\w+ )+(\* )*\w+( \[.*\])?( , (\* )*\w+)*( : \d+)? ;$/.test(unit.key);
}

function fileLevel(gap: Gap): Found {
  for (let i = gap.at - 1; i >= 0; i--) {
    const end = scopeEnd(gap, i);
    if (end) return { at: end };
  }
  for (let i = gap.at; i < gap.side.units.length; i++) {
    const source = gap.match.units[i] ?? gap.match.scopes.get(gap.side.units[i]?.scope ?? null)?.source?.[0];
    if (source) return { at: startOf(source) };
  }
  const file = gap.index.files.get(counterparts(gap.index.files.keys(), gap.path)[0] ?? '');
  if (!file) return { why: 'the reference has no file for it' };
  return {
    at: /^(directive|macro-head)$/.test(gap.first.unit.kind)
      ? afterIncludes(file)
      : { path: file.path, offset: file.text.length },
  };
}

function scopeEnd(gap: Gap, at: number): Position | null {
  const scope = gap.side.units[at]?.scope ?? null;
  const own = gap.match.units[at];
  if (scope === null) return own ? endOf(own) : null;
  const source = gap.match.scopes.get(scope)?.source;
  const last = source?.[source.length - 1];
  return last ? endOf(last) : null;
}

function afterIncludes(file: SourceFile): Position {
  const includes = file.units.filter((unit) => unit.words[0] === '#' && unit.words[1] === 'include');
  const last = includes[includes.length - 1];
  return { path: file.path, offset: last ? last.end : 0 };
}

function endOf(unit: SourceUnit): Position {
  return { path: unit.path, offset: unit.end };
}

function startOf(unit: SourceUnit): Position {
  return { path: unit.path, offset: unit.start };
}

/**
 * Finds, for one side of a hunk, each unit's counterpart in the sources: first the function or record by
 * name (today's or an older one), then the statements in it by order and likeness.
 */

import { alignUnits } from './align';
import { fitOf } from './fit';
import { todaysFunctions } from './history';
import type { Side, SideUnit } from './hunk-units';
import { counterparts } from './reference';
import { fileScopeKey, type Scope } from './scopes';
import type { SourceIndex, SourceUnit } from './source-index';

export interface SideMatch {
  /** Per unit of the side. */
  readonly units: readonly (SourceUnit | null)[];
  /** Per scope of the side: the source's units of it, or why there are none. */
  readonly scopes: ReadonlyMap<Scope, ScopeMatch>;
}

export interface ScopeMatch {
  readonly source: readonly SourceUnit[] | null;
  readonly why: string | null;
}

/** Matches every unit of the side; `path` is the kernel path that the patch names. */
export function matchSide(side: Side, index: SourceIndex, path: string | null): SideMatch {
  const units: (SourceUnit | null)[] = side.units.map(() => null);
  const scopes = new Map<Scope, ScopeMatch>();
  const order = counterparts(index.files.keys(), path);
  for (const scope of new Set(side.units.map((unit) => unit.scope))) {
    const members = side.units.flatMap((unit, at) => (unit.scope === scope ? [at] : []));
    const found = scope === null ? NO_SCOPE : resolveScope(side, members, scope, index, order);
    scopes.set(scope, found);
    if (scope === null) for (const at of members) units[at] = matchAtFileScope(side.units[at], index, order);
    else if (found.source) matchInScope(side, members, found.source, units);
  }
  return { units, scopes };
}

const NO_SCOPE: ScopeMatch = { source: null, why: 'it stands outside any function or record that the model knows' };

function matchInScope(
  side: Side,
  members: readonly number[],
  source: readonly SourceUnit[],
  units: (SourceUnit | null)[],
): void {
  const own = members.map((at) => side.units[at] as SideUnit);
  const pairs = alignUnits(own, source);
  pairs.forEach((pair, k) => {
    units[members[k] ?? -1] = pair < 0 ? null : (source[pair] ?? null);
  });
  matchEnds(own, members, source, units);
}

/** The function's own head and first brace are known to correspond, however their parameters differ. */
function matchEnds(
  own: readonly SideUnit[],
  members: readonly number[],
  source: readonly SourceUnit[],
  units: (SourceUnit | null)[],
): void {
  const at = own.findIndex((unit) => /^(header|record-open|macro-head)$/.test(unit.unit.kind));
  const head = source[0];
  if (at < 0 || !head || head.unit.kind !== own[at]?.unit.kind) return;
  units[members[at] ?? -1] = head;
  if (own[at + 1]?.unit.kind === 'open' && source[1]?.unit.kind === 'open')
    units[members[at + 1] ?? -1] = source[1] ?? null;
}

function matchAtFileScope(unit: SideUnit | undefined, index: SourceIndex, order: readonly string[]): SourceUnit | null {
  if (!unit) return null;
  return pickByPath(index.atFileScope.get(fileScopeKey(unit.unit)) ?? [], order);
}

function pickByPath(found: readonly SourceUnit[], order: readonly string[]): SourceUnit | null {
  for (const path of order) {
    const hit = found.find((unit) => unit.path === path);
    if (hit) return hit;
  }
  return found[0] ?? null;
}

function resolveScope(
  side: Side,
  members: readonly number[],
  scope: string,
  index: SourceIndex,
  order: readonly string[],
): ScopeMatch {
  const own = members.map((at) => side.units[at] as SideUnit);
  const name = scope.slice(scope.indexOf(' ') + 1);
  const names = scope.startsWith('fn ') ? [name, ...todaysFunctions(name)] : [name];
  for (const each of names) {
    const definitions = index.scopes.get(`${scope.split(' ')[0]} ${each}`);
    const best = definitions && pickDefinition(definitions, own, order);
    if (best) return { source: calleeInstead(own, best, index) ?? best, why: null };
  }
  const isNew = own.some((unit) => /^(header|macro-head)$/.test(unit.unit.kind) && unit.changed);
  const alike = isNew
    ? null
    : (findAlike(own, index, order) ?? (scope === '?' ? findRun(side, own, index, order) : null));
  if (alike) return { source: alike, why: null };
  if (scope === '?') return { source: null, why: 'the hunk does not tell which function it changes' };
  if (scope === 'macro ?') return { source: null, why: 'the hunk does not tell which macro it changes' };
  const what = scope.startsWith('fn ') ? `function ${name}` : scope;
  return { source: null, why: `the ${what} is not modelled` };
}

const POOR = 0.2;
const GOOD = 0.6;

/** Functions get split over the years: lines that the named one lacks may stand in one that it calls. */
function calleeInstead(
  own: readonly SideUnit[],
  named: readonly SourceUnit[],
  index: SourceIndex,
): readonly SourceUnit[] | null {
  const { fit, count } = fitOf(own, named);
  if (count === 0 || fit >= POOR || own.some((unit) => unit.unit.kind === 'header')) return null;
  let best: readonly SourceUnit[] | null = null;
  let bestFit = GOOD;
  for (const name of new Set(named.flatMap((unit) => unit.words))) {
    for (const source of index.scopes.get(`fn ${name}`) ?? []) {
      const other = source === named ? 0 : fitOf(own, source).fit;
      if (other > bestFit) {
        best = source;
        bestFit = other;
      }
    }
  }
  return best;
}

/** Of several definitions (arms of an #if, namesakes in two files) the one that the hunk's lines fit best. */
function pickDefinition(
  definitions: readonly (readonly SourceUnit[])[],
  own: readonly SideUnit[],
  order: readonly string[],
): readonly SourceUnit[] | null {
  const ranked = [...definitions].sort((a, b) => order.indexOf(a[0]?.path ?? '') - order.indexOf(b[0]?.path ?? ''));
  if (ranked.length <= 1) return ranked[0] ?? null;
  let best = ranked[0] ?? null;
  let bestFit = best ? fitOf(own, best).fit : 0;
  for (const each of ranked.slice(1)) {
    const { fit } = fitOf(own, each);
    if (fit > bestFit + 0.05) {
      best = each;
      bestFit = fit;
    }
  }
  return best;
}

const ALIKE_FUNCTION = 0.75;
const MIN_TELLING = 3;

/** A function that holds nearly all of the hunk's lines under another name; only if there is just one such. */
function findAlike(
  own: readonly SideUnit[],
  index: SourceIndex,
  order: readonly string[],
): readonly SourceUnit[] | null {
  const near = new Set(order.slice(0, 3));
  let best: readonly SourceUnit[] | null = null;
  let bestFit = 0;
  let second = 0;
  for (const definitions of index.scopes.values()) {
    for (const source of definitions) {
      if (!near.has(source[0]?.path ?? '')) continue;
      const { fit, count } = fitOf(own, source);
      if (count < MIN_TELLING || fit < ALIKE_FUNCTION) continue;
      if (fit > bestFit) {
        second = bestFit;
        best = source;
        bestFit = fit;
      } else second = Math.max(second, fit);
    }
  }
  return bestFit > second + 0.05 ? best : null;
}

/** Words that a run must hold before it can tell one function from another. */
const MIN_RUN_WORDS = 8;

/**
 * A hunk without a heading (`diff -u` without `-p`): the one function of its own file in which the
 * side's units stand one after the other, exactly. Of several, the one at the very line that the hunk
 * names; else none.
 */
function findRun(
  side: Side,
  own: readonly SideUnit[],
  index: SourceIndex,
  order: readonly string[],
): readonly SourceUnit[] | null {
  if (own.reduce((words, unit) => words + unit.words.length, 0) < MIN_RUN_WORDS) return null;
  const wanted = own.map(({ key }) => key);
  const first = side.lines[own[0]?.unit.tokens[0]?.line ?? -1];
  const line = first?.oldLine ?? first?.newLine ?? -1;
  const found: { source: readonly SourceUnit[]; line: number }[] = [];
  for (const source of [...index.scopes.values()].flat()) {
    if (source[0]?.path !== order[0]) continue;
    for (let at = 0; at + wanted.length <= source.length; at++) {
      if (wanted.every((key, k) => source[at + k]?.key === key)) found.push({ source, line: source[at]?.line ?? 0 });
    }
  }
  const there = found.filter((run) => run.line === line);
  const best = there.length === 1 ? there : found;
  return new Set(best.map(({ source }) => source)).size === 1 ? (best[0]?.source ?? null) : null;
}

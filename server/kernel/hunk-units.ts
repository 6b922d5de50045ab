/**
 * A hunk as two sequences of units, before and after, and what differs between them statement by
 * statement. Knows nothing of the source that the hunk will be placed into.
 */

import type { Hunk, HunkLine } from '../patch/types';
import { ALIKE, type Comparable, comparable, similarity } from './align';
import { type Scope, scopeOfHeading, scopesOf } from './scopes';
import { unitsOf } from './statements';

export interface SideUnit extends Comparable {
  readonly scope: Scope;
  /** Whether one of its tokens stands on a changed line. */
  readonly changed: boolean;
}

export interface Side {
  /** The hunk's lines of this side; tokens count lines by index into this list. */
  readonly lines: readonly HunkLine[];
  readonly units: readonly SideUnit[];
}

/** One step of the way from the `from` side to the `to` side, in order; indices into the sides' units. */
export type UnitChange =
  | { readonly op: 'keep'; readonly from: number; readonly to: number }
  | { readonly op: 'replace'; readonly from: number; readonly to: number }
  | { readonly op: 'delete'; readonly from: number; readonly to: null }
  | { readonly op: 'insert'; readonly from: null; readonly to: number };

/**
 * The units of one side of a hunk. `rename` maps names of other eras to the source's; `macro` names the
 * macro that the hunk begins in, where it is known.
 */
export function sideOf(
  hunk: Hunk,
  without: 'add' | 'delete',
  rename: (name: string) => string,
  macro: string | null = null,
): Side {
  const lines = hunk.lines.filter((line) => line.kind !== without);
  const texts = lines.map((line) => line.text);
  const units = unitsOf(texts, true);
  const columns = hunk.damage === 'none';
  const scopes = scopesOf(units, texts, { start: scopeOfHeading(hunk.heading), columns, macro });
  return {
    lines,
    units: units.map((unit, index) => ({
      ...comparable(unit, rename),
      scope: scopes[index] ?? null,
      changed: unit.tokens.some((token) => lines[token.line]?.kind !== 'context'),
    })),
  };
}

/** What a patch does to the units: context stays, the rest is paired where alike, else deleted or inserted. */
export function changesBetween(from: Side, to: Side): UnitChange[] {
  const changes: UnitChange[] = [];
  let i = 0;
  let j = 0;
  for (const [a, b] of anchors(from, to)) {
    for (const change of pairGroup(from, to, i, a, j, b)) changes.push(change);
    changes.push({ op: 'keep', from: a, to: b });
    i = a + 1;
    j = b + 1;
  }
  for (const change of pairGroup(from, to, i, from.units.length, j, to.units.length)) changes.push(change);
  return changes;
}

/** Pairs of units that are the same lines of context on both sides. */
function anchors(from: Side, to: Side): [number, number][] {
  const byPlace = new Map<string, number>();
  to.units.forEach((unit, index) => {
    if (!unit.changed) byPlace.set(placeKey(to, unit), index);
  });
  const pairs: [number, number][] = [];
  from.units.forEach((unit, index) => {
    if (unit.changed) return;
    const other = byPlace.get(placeKey(from, unit));
    if (other !== undefined && other > (pairs[pairs.length - 1]?.[1] ?? -1)) pairs.push([index, other]);
  });
  return pairs;
}

function placeKey(side: Side, unit: SideUnit): string {
  const first = unit.unit.tokens[0];
  const line = first ? side.lines[first.line] : undefined;
  return `${line?.oldLine}:${line?.newLine}:${first?.start}:${unit.key}`;
}

const MAX_GROUP = 1500;

/** Pairs units i..iEnd of `from` with j..jEnd of `to`: same text first, then alike ones, in order. */
function pairGroup(from: Side, to: Side, i: number, iEnd: number, j: number, jEnd: number): UnitChange[] {
  const left = from.units.slice(i, iEnd);
  const right = to.units.slice(j, jEnd);
  if (left.length === 0 || right.length === 0 || left.length * right.length > MAX_GROUP * MAX_GROUP) {
    return [
      ...left.map((_, k): UnitChange => ({ op: 'delete', from: i + k, to: null })),
      ...right.map((_, k): UnitChange => ({ op: 'insert', from: null, to: j + k })),
    ];
  }
  const changes: UnitChange[] = [];
  let a = 0;
  let b = 0;
  for (const [p, q] of bestPairs(left, right)) {
    while (a < p) changes.push({ op: 'delete', from: i + a++, to: null });
    while (b < q) changes.push({ op: 'insert', from: null, to: j + b++ });
    const same = left[p]?.key === right[q]?.key;
    changes.push({ op: same ? 'keep' : 'replace', from: i + a++, to: j + b++ });
  }
  while (a < left.length) changes.push({ op: 'delete', from: i + a++, to: null });
  while (b < right.length) changes.push({ op: 'insert', from: null, to: j + b++ });
  return changes;
}

/** In-order pairs of greatest total likeness. */
function bestPairs(left: readonly SideUnit[], right: readonly SideUnit[]): [number, number][] {
  const width = right.length + 1;
  const best = new Float64Array((left.length + 1) * width);
  const value = (p: number, q: number) => {
    const alike = similarity(left[p] as SideUnit, right[q] as SideUnit);
    return alike === 1 ? 1 + (left[p]?.words.length ?? 0) / 50 : alike >= ALIKE ? alike * 0.9 : 0;
  };
  for (let p = left.length - 1; p >= 0; p--) {
    for (let q = right.length - 1; q >= 0; q--) {
      const pair = value(p, q);
      const both = pair > 0 ? pair + (best[(p + 1) * width + q + 1] ?? 0) : 0;
      best[p * width + q] = Math.max(both, best[(p + 1) * width + q] ?? 0, best[p * width + q + 1] ?? 0);
    }
  }
  const pairs: [number, number][] = [];
  for (let p = 0, q = 0; p < left.length && q < right.length; ) {
    const here = best[p * width + q] ?? 0;
    const pair = value(p, q);
    if (pair > 0 && Math.abs(here - pair - (best[(p + 1) * width + q + 1] ?? 0)) < 1e-9) pairs.push([p++, q++]);
    else if ((best[(p + 1) * width + q] ?? 0) >= (best[p * width + q + 1] ?? 0)) p++;
    else q++;
  }
  return pairs;
}

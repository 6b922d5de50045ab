/**
 * Which lines of a change belong together: those of one statement, a head and its body, an opening brace and
 * its closing one. Each piece can be applied or left out by itself, and all of them together are the change,
 * to the letter.
 */

import { groupAtoms } from '../edit-groups';
import type { Atom } from '../hunk-edits';
import { changesBetween, type SideUnit, type UnitChange } from '../hunk-units';
import type { UnitPair } from '../requirements';
import type { Edit, Splice } from '../types';
import { type Row, runsOf, type TwoSides } from './rows';

/** An edit before it is known what it requires. */
export interface DraftEdit extends Omit<Edit, 'id' | 'requires'> {
  readonly units: readonly UnitPair[];
}

interface Work {
  readonly sides: TwoSides;
  readonly changes: readonly UnitChange[];
  /** Changed rows that a change of a unit touches, by index of the change. */
  readonly touched: readonly (readonly number[])[];
  readonly runs: readonly (readonly number[])[];
  readonly runOf: ReadonlyMap<number, number>;
  readonly parent: number[];
  /** Row to the first change that touches it. */
  readonly rank: Map<number, number>;
}

/** The pieces of one file's change. `firstOrder` numbers the splices behind those of other files. */
export function piecesOf(sides: TwoSides, path: string, text: string, firstOrder: number): DraftEdit[] {
  const work = prepare(sides);
  joinStatements(work);
  joinGroups(work);
  joinExchanged(work);
  joinComments(work);
  return drafts(work, path, lineStarts(text), firstOrder);
}

function prepare(sides: TwoSides): Work {
  const { rows, from, to, fromRows, toRows } = sides;
  const runs = runsOf(rows);
  const changedRows = (unit: SideUnit | undefined, lines: readonly number[]) =>
    [...new Set(unit?.unit.tokens.map((token) => lines[token.line] ?? -1))].filter((at) => rows[at]?.changed);
  const changes: UnitChange[] = [];
  const touched: number[][] = [];
  for (const change of changesBetween(from, to)) {
    const own = [
      ...(change.from === null ? [] : changedRows(from.units[change.from], fromRows)),
      ...(change.to === null ? [] : changedRows(to.units[change.to], toRows)),
    ];
    if (own.length === 0) continue;
    changes.push(change);
    touched.push(own);
  }
  const rank = new Map<number, number>();
  touched.forEach((own, at) => {
    for (const row of own) if (!rank.has(row)) rank.set(row, at);
  });
  const runOf = new Map(runs.flatMap((run, index) => run.map((row) => [row, index] as const)));
  return { sides, changes, touched, runs, runOf, parent: rows.map((_, at) => at), rank };
}

function find(work: Work, at: number): number {
  let root = at;
  while ((work.parent[root] ?? root) !== root) root = work.parent[root] ?? root;
  work.parent[at] = root;
  return root;
}

/** Lines that are toggled in different directions never make one edit. */
function join(work: Work, a: number | undefined, b: number | undefined): void {
  if (a === undefined || b === undefined) return;
  const { rows } = work.sides;
  if (rows[a]?.direction === rows[b]?.direction) work.parent[find(work, b)] = find(work, a);
}

/** All changed lines of a statement; those of a macro's body only where they stand together. */
function joinStatements(work: Work): void {
  work.changes.forEach((change, at) => {
    const own = work.touched[at] ?? [];
    const byRun = new Map<number, number>();
    const whole = !isLongDirective(work, change) || startsDirective(work, change, own);
    for (const row of own) {
      const run = whole ? 0 : (work.runOf.get(row) ?? 0);
      const first = byRun.get(run);
      if (first === undefined) byRun.set(run, row);
      else join(work, first, row);
    }
  });
}

function unitsOfChange(work: Work, change: UnitChange): [SideUnit | null, SideUnit | null] {
  const { from, to } = work.sides;
  return [
    change.from === null ? null : (from.units[change.from] ?? null),
    change.to === null ? null : (to.units[change.to] ?? null),
  ];
}

function isLongDirective(work: Work, change: UnitChange): boolean {
  return change.op === 'replace' && unitsOfChange(work, change).some((unit) => unit?.unit.kind === 'directive');
}

/** Whether the change touches the line that names the macro and its parameters. */
function startsDirective(work: Work, change: UnitChange, own: readonly number[]): boolean {
  const { fromRows, toRows } = work.sides;
  const [before, after] = unitsOfChange(work, change);
  const firsts = [fromRows[before?.unit.tokens[0]?.line ?? -1], toRows[after?.unit.tokens[0]?.line ?? -1]];
  return own.some((row) => firsts.includes(row));
}

/** Heads with bodies, braces with braces, #if with #endif: judged function by function. */
function joinGroups(work: Work): void {
  const byScope = new Map<string | null, number[]>();
  work.changes.forEach((change, at) => {
    if (change.op === 'keep') return;
    const [before, after] = unitsOfChange(work, change);
    const scope = (before ?? after)?.scope ?? null;
    byScope.set(scope, [...(byScope.get(scope) ?? []), at]);
  });
  for (const members of byScope.values()) {
    const atoms = members.flatMap((at): Atom[] => {
      const change = work.changes[at];
      return change ? [{ change, splice: NO_SPLICE }] : [];
    });
    groupAtoms(atoms, work.sides.from, work.sides.to).forEach((group, at) => {
      join(work, work.touched[members[group] ?? -1]?.[0], work.touched[members[at] ?? -1]?.[0]);
    });
  }
}

/**
 * One statement in another's place, however little alike (`return 0` for `goto out`): without both, a condition
 * above would take the next statement for its body. So too where one stands for several.
 */
function joinExchanged(work: Work): void {
  let group: number[] = [];
  const close = () => {
    const count = (op: UnitChange['op']) => group.filter((at) => work.changes[at]?.op === op).length;
    if (Math.min(count('delete'), count('insert')) === 1)
      for (const at of group) join(work, work.touched[group[0] ?? -1]?.[0], work.touched[at]?.[0]);
    group = [];
  };
  let run: number | undefined;
  work.changes.forEach((change, at) => {
    const own = work.runOf.get(work.touched[at]?.[0] ?? -1);
    const brace = unitsOfChange(work, change).some((unit) => unit?.unit.kind === 'open' || unit?.unit.kind === 'close');
    const exchanged = (change.op === 'delete' || change.op === 'insert') && !brace;
    if (!exchanged || own !== run) close();
    run = own;
    if (exchanged) group.push(at);
  });
  close();
}

const NO_SPLICE: Splice = { path: '', start: 0, end: 0, lines: [], order: 0 };

/** Comments and blank lines go with the code below them, else with that above, else by themselves. */
function joinComments(work: Work): void {
  const isSource = (at: number) => work.sides.rows[at]?.source !== null;
  for (const run of work.runs) {
    const any = run.find((row) => work.rank.has(row));
    const goes = run.filter(isSource);
    const comes = run.filter((row) => !isSource(row));
    const targets = [...neighbours(work, goes), ...neighbours(work, comes)];
    for (const [row, near] of targets) {
      const target = near ?? any;
      if (target !== undefined) work.rank.set(row, work.rank.get(target) ?? 0);
      join(work, target ?? run[0], row);
    }
  }
}

/** Each row without code, and the nearest row with code below it, else above it. */
function neighbours(work: Work, rows: readonly number[]): [number, number | undefined][] {
  const result: [number, number | undefined][] = [];
  let below: number | undefined;
  for (const row of [...rows].reverse()) {
    if (work.rank.has(row)) below = row;
    else result.push([row, below]);
  }
  const last = rows.findLast((row) => work.rank.has(row));
  return result.map(([row, near]) => [row, near ?? last]);
}

/** The run's rows in an order in which what replaces a line stands right behind it. */
function mergedRun(work: Work, run: readonly number[]): number[] {
  const { rows } = work.sides;
  const goes = run.filter((at) => rows[at]?.source !== null);
  const comes = run.filter((at) => rows[at]?.source === null);
  const ranks = (list: readonly number[]) => {
    let highest = 0;
    return list.map((at) => {
      highest = Math.max(highest, work.rank.get(at) ?? 0);
      return highest;
    });
  };
  const [goesRank, comesRank] = [ranks(goes), ranks(comes)];
  const merged: number[] = [];
  for (let i = 0, j = 0; i < goes.length || j < comes.length; ) {
    const first = j >= comes.length || (i < goes.length && (goesRank[i] ?? 0) <= (comesRank[j] ?? 0));
    merged.push((first ? goes[i++] : comes[j++]) ?? 0);
  }
  return merged;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  if (starts[starts.length - 1] !== text.length) starts.push(text.length);
  return starts;
}

function drafts(work: Work, path: string, starts: readonly number[], firstOrder: number): DraftEdit[] {
  const splices = new Map<number, Splice[]>();
  let order = firstOrder;
  for (const run of work.runs) {
    let next = sourceBehind(work.sides.rows, run[0] ?? 0);
    for (const group of consecutive(work, mergedRun(work, run))) {
      const start = next;
      const members = group.flatMap((at) => work.sides.rows[at] ?? []);
      next += members.filter(({ source }) => source !== null).length;
      const lines = members.flatMap(({ source, changed, text }) =>
        source === null && changed ? [{ text, origin: { span: changed.span, kind: changed.kind } }] : [],
      );
      const root = find(work, group[0] ?? 0);
      const splice = { path, start: starts[start] ?? 0, end: starts[next] ?? 0, lines, order: order++ };
      const list = splices.get(root);
      if (list) list.push(splice);
      else splices.set(root, [splice]);
    }
  }
  const units = unitsByRoot(work);
  const members = new Map<number, Row[]>();
  for (const at of work.runs.flat()) {
    const root = find(work, at);
    const row = work.sides.rows[at];
    const list = members.get(root);
    if (row && list) list.push(row);
    else if (row) members.set(root, [row]);
  }
  return [...splices].map(([root, own]) => draftOf(work, members.get(root) ?? [], own, units.get(root) ?? []));
}

/** Index of the first source line at or behind a row. */
function sourceBehind(rows: readonly Row[], at: number): number {
  for (let row = at; row < rows.length; row++) {
    const source = rows[row]?.source;
    if (source != null) return source;
  }
  for (let row = at; row >= 0; row--) {
    const source = rows[row]?.source;
    if (source != null) return source + 1;
  }
  return 0;
}

function consecutive(work: Work, merged: readonly number[]): number[][] {
  const groups: number[][] = [];
  merged.forEach((row, at) => {
    const before = merged[at - 1];
    if (before !== undefined && find(work, before) === find(work, row)) groups[groups.length - 1]?.push(row);
    else groups.push([row]);
  });
  return groups;
}

function unitsByRoot(work: Work): Map<number, UnitChange[]> {
  const result = new Map<number, UnitChange[]>();
  work.changes.forEach((change, at) => {
    for (const root of new Set(work.touched[at]?.map((row) => find(work, row)))) {
      const list = result.get(root);
      if (list) list.push(change);
      else result.set(root, [change]);
    }
  });
  return result;
}

function draftOf(
  work: Work,
  members: readonly Row[],
  splices: readonly Splice[],
  changes: readonly UnitChange[],
): DraftEdit {
  const direction = members[0]?.direction ?? 'forward';
  const lines = members.flatMap(({ changed }) =>
    changed && changed.kind !== 'context' ? [{ kind: changed.kind, span: changed.span, text: changed.text }] : [],
  );
  const pairs = changes.map((change) => unitsOfChange(work, change));
  const units = pairs.map(([from, to]) =>
    direction === 'forward' ? { pre: from, post: to } : { pre: to, post: from },
  );
  const names = pairs.flatMap(([from, to]) => [from, to].flatMap((unit) => (unit ? (nameOf(unit) ?? []) : [])));
  return { direction, splices, lines, function: names[0] ?? null, units };
}

/** The function, record or macro that a unit stands in. */
export function nameOf(unit: SideUnit): string | null {
  if (unit.scope !== null) return unit.scope.replace(/^\w+ /, '');
  return unit.unit.kind === 'directive' && unit.words[1] === 'define' ? (unit.words[2] ?? null) : null;
}

/**
 * Which atoms of a hunk only make sense together: a head with its body, an opening with its closing brace,
 * the pieces of an initialiser, the arms of an #if. Each group becomes one edit.
 */

import type { Atom } from './hunk-edits';
import type { Side } from './hunk-units';
import type { Unit } from './statements';

/** Group number per atom; equal numbers belong together. */
export function groupAtoms(atoms: readonly Atom[], from: Side, to: Side): number[] {
  const parent = atoms.map((_, at) => at);
  const find = (at: number): number => {
    let root = at;
    while ((parent[root] ?? root) !== root) root = parent[root] ?? root;
    return root;
  };
  const join = (a: number, b: number) => {
    parent[find(b)] = find(a);
  };
  for (const sign of ['insert', 'delete'] as const) {
    const units = atoms.map((atom) => unitOf(atom, sign, from, to));
    joinHeads(units, atoms, join);
    joinBraces(units, join);
    joinDirectives(units, join);
    joinMacros(units, join);
  }
  joinLeftovers(atoms, from, to, join);
  return atoms.map((_, at) => find(at));
}

function unitOf(atom: Atom, sign: 'insert' | 'delete', from: Side, to: Side): Unit | null {
  if (atom.change.op !== sign) return null;
  return (sign === 'insert' ? to.units[atom.change.to ?? -1] : from.units[atom.change.from ?? -1])?.unit ?? null;
}

type Join = (a: number, b: number) => void;

/** A new head (`if (x)`, `else`, a function's) goes with what follows it, if that is new too. */
function joinHeads(units: readonly (Unit | null)[], atoms: readonly Atom[], join: Join): void {
  units.forEach((unit, at) => {
    if (unit?.kind === 'statement' && unit.tokens[0]?.text === 'while') joinBack(units, at, join, 'do');
    if (unit?.kind !== 'head' && unit?.kind !== 'header') return;
    const index = atoms[at]?.change.to ?? atoms[at]?.change.from ?? 0;
    const next = atoms[at + 1]?.change;
    if (unit.tokens[0]?.text === 'else') joinBack(units, at, join, 'if');
    if (units[at + 1] && (next?.to === index + 1 || next?.from === index + 1)) join(at, at + 1);
  });
}

/** `else` needs its `if`, and the `while` at its end needs the `do`: the nearest one that is new too. */
function joinBack(units: readonly (Unit | null)[], at: number, join: Join, word: 'if' | 'do'): void {
  for (let i = at - 1; i >= 0; i--) {
    const texts = units[i]?.tokens.slice(0, 2).map((token) => token.text) ?? [];
    if (units[i]?.kind === 'head' && texts.includes(word)) {
      join(i, at);
      return;
    }
  }
}

function joinBraces(units: readonly (Unit | null)[], join: Join): void {
  const open: number[] = [];
  units.forEach((unit, at) => {
    if (!unit) return;
    if (/^(open|init-open|record-open)$/.test(unit.kind)) open.push(at);
    if (!/^(close|record-close)$/.test(unit.kind)) return;
    const start = open.pop();
    if (start === undefined) return;
    join(start, at);
    if (unit.kind !== 'record-close') return;
    for (let inner = start + 1; inner < at; inner++) if (units[inner]) join(start, inner);
  });
}

function joinDirectives(units: readonly (Unit | null)[], join: Join): void {
  let first = -1;
  units.forEach((unit, at) => {
    if (unit?.kind !== 'directive' || !/^(if|ifdef|ifndef|else|elif|endif)$/.test(unit.tokens[1]?.text ?? '')) return;
    if (first >= 0) join(first, at);
    else first = at;
  });
}

/** A macro with statements that is new, or goes, is one piece. */
function joinMacros(units: readonly (Unit | null)[], join: Join): void {
  units.forEach((head, first) => {
    if (head?.kind !== 'macro-head') return;
    units.forEach((unit, at) => {
      if (unit && unit.macro === head.macro) join(first, at);
    });
  });
}

/** Braces that no other new (or deleted) brace balances must balance each other across the two kinds. */
function joinLeftovers(atoms: readonly Atom[], from: Side, to: Side, join: Join): void {
  const loose: number[] = [];
  for (const sign of ['insert', 'delete'] as const) {
    const open: number[] = [];
    atoms.forEach((atom, at) => {
      const kind = unitOf(atom, sign, from, to)?.kind;
      if (kind === 'open') open.push(at);
      else if (kind === 'close' && open.pop() === undefined) loose.push(at);
    });
    for (const at of open) loose.push(at);
  }
  for (const at of loose.slice(1)) join(loose[0] ?? at, at);
}

/**
 * Builds pure expressions of the step form, folding constants on the way with the executor's own
 * rules for values (model/execute/program.ts). Knows C types only as scalars.
 */

import type { BinaryOp, CompareOp, Expr, Scalar, Value } from '../../model/execute/program';
import { isBig, isUnsigned, scalarSize } from './types';

/** Wrap an integer to a scalar's width and representation. */
export function wrap(t: Scalar, v: bigint): Value {
  if (t === 'i64') return BigInt.asIntN(64, v);
  if (t === 'u64') return BigInt.asUintN(64, v);
  if (t === 'ptr') return Number(BigInt.asIntN(64, v));
  const bits = scalarSize(t) * 8;
  return Number(isUnsigned(t) ? BigInt.asUintN(bits, v) : BigInt.asIntN(bits, v));
}

export const constant = (t: Scalar, v: bigint | number): Expr => ({ k: 'const', t, v: wrap(t, BigInt(v)) });

/** The value of a constant expression, as an exact integer; null when it isn't one. */
export function constantValue(e: Expr): bigint | null {
  return e.k === 'const' ? BigInt(e.v) : null;
}

export function scalarOfExpr(e: Expr): Scalar {
  switch (e.k) {
    case 'frame':
    case 'global':
    case 'func':
      return 'ptr';
    case 'cmp':
      return 'i32';
    case 'cast':
      return e.to;
    default:
      return e.t;
  }
}

function compute(op: BinaryOp, t: Scalar, a: bigint, b: bigint): bigint | null {
  switch (op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'div':
      return b === 0n ? null : a / b;
    case 'rem':
      return b === 0n ? null : a % b;
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    default: {
      if (b < 0n || b >= BigInt(scalarSize(t) * 8)) return null;
      return op === 'shl' ? a << b : a >> b;
    }
  }
}

/** Add a constant to the address of an object, if `e` is one. */
function offsetAddress(e: Expr, by: bigint): Expr | null {
  if (e.k === 'frame' || e.k === 'global') return { ...e, off: e.off + Number(by) };
  if (e.k === 'bin' && e.op === 'add' && e.t === 'ptr' && e.b.k === 'const') {
    return binary('add', 'ptr', e.a, constant('ptr', BigInt(e.b.v) + by));
  }
  return null;
}

export function binary(op: BinaryOp, t: Scalar, a: Expr, b: Expr): Expr {
  const y = constantValue(b);
  const x = constantValue(a);
  if (x !== null && y !== null) {
    const value = compute(op, t, x, y);
    if (value !== null) return constant(t, value);
  }
  if (y === 0n && (op === 'add' || op === 'sub' || op === 'or' || op === 'xor' || op === 'shl' || op === 'shr'))
    return a;
  if (t === 'ptr' && y !== null && (op === 'add' || op === 'sub')) {
    const moved = offsetAddress(a, op === 'add' ? y : -y);
    if (moved) return moved;
  }
  if (y === 1n && (op === 'mul' || op === 'div')) return a;
  if (x === 0n && (op === 'add' || op === 'or' || op === 'xor')) return b;
  return { k: 'bin', op, t, a, b };
}

export function compare(op: CompareOp, t: Scalar, a: Expr, b: Expr): Expr {
  const x = constantValue(a);
  const y = constantValue(b);
  if (x === null || y === null) {
    if (y === 0n && (op === 'ne' || op === 'eq') && isAddress(a)) return constant('i32', op === 'ne' ? 1 : 0);
    return { k: 'cmp', op, t, a, b };
  }
  // Pointers are held signed but compare as addresses.
  const [p, q] = t === 'ptr' ? [BigInt.asUintN(64, x), BigInt.asUintN(64, y)] : [x, y];
  const truth = { eq: p === q, ne: p !== q, lt: p < q, le: p <= q, gt: p > q, ge: p >= q }[op];
  return constant('i32', truth ? 1 : 0);
}

const isAddress = (e: Expr): boolean => e.k === 'frame' || e.k === 'global' || e.k === 'func';

export function cast(to: Scalar, a: Expr): Expr {
  const from = scalarOfExpr(a);
  if (from === to) return a;
  const value = constantValue(a);
  if (value !== null) return constant(to, value);
  // A value that came from a narrower unsigned type, or the same width, needs no step in between.
  if (a.k === 'cast' && widens(a.from, a.to) && a.from === to) return a.a;
  return { k: 'cast', from, to, a };
}

function widens(from: Scalar, to: Scalar): boolean {
  return scalarSize(from) < scalarSize(to);
}

export function negate(t: Scalar, a: Expr): Expr {
  const value = constantValue(a);
  return value !== null ? constant(t, -value) : { k: 'un', op: 'neg', t, a };
}

export function complement(t: Scalar, a: Expr): Expr {
  const value = constantValue(a);
  return value !== null ? constant(t, ~value) : { k: 'un', op: 'not', t, a };
}

export function select(t: Scalar, c: Expr, a: Expr, b: Expr): Expr {
  const value = constantValue(c);
  if (value !== null) return value !== 0n ? a : b;
  return { k: 'sel', t, c, a, b };
}

const COMPARISONS: Readonly<Record<CompareOp, CompareOp>> = {
  eq: 'ne',
  ne: 'eq',
  lt: 'ge',
  ge: 'lt',
  gt: 'le',
  le: 'gt',
};

/** i32 1 if the value isn't zero, else 0. */
export function truth(e: Expr): Expr {
  if (e.k === 'cmp') return e;
  const t = scalarOfExpr(e);
  return compare('ne', t, e, constant(t, 0));
}

export function not(e: Expr): Expr {
  if (e.k === 'cmp') return { ...e, op: COMPARISONS[e.op] };
  const t = scalarOfExpr(e);
  return compare('eq', t, e, constant(t, 0));
}

/** Whether evaluating the expression can't end the path: no division or shift by an unknown amount. */
export function isTrivial(e: Expr): boolean {
  return e.k === 'const' || e.k === 'reg' || e.k === 'frame' || e.k === 'global' || e.k === 'func';
}

export { isBig };

/**
 * Expressions of the step form as closures over a register array. Pure arithmetic: it touches no
 * memory and knows no steps. The frame's base address is the register behind the last one.
 */

import type { BinaryOp, CompareOp, Expr, Scalar, Value } from './program';
import { bitsOf, convert, isBig, isSigned, pointerBits, unsignedPointer, wrapNumber } from './values';

export type Eval = (r: Value[]) => Value;
export type NumberEval = (r: Value[]) => number;
export type BigEval = (r: Value[]) => bigint;

/** What an expression needs besides registers. */
export interface ExprContext {
  /** Register that holds the frame's base address. */
  readonly baseRegister: number;
  /** Undefined when the program has no such global. */
  globalAddress(name: string): number | undefined;
  functionAddress(name: string): number;
  /** The kernel would fault or run into undefined behaviour: the path ends as `kernel-bug`. */
  bug(message: string): never;
  unknown(why: string): never;
}

/** Deeper trees are not evaluated: they would exhaust the stack of whoever runs them. */
const MAX_DEPTH = 400;

export function typeOf(e: Expr): Scalar {
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

export function compileExpr(e: Expr, c: ExprContext, depth = 0): Eval {
  if (depth > MAX_DEPTH) return () => c.unknown('an expression that is nested too deeply');
  switch (e.k) {
    case 'const': {
      const v = convert(e.t, e.v);
      return () => v;
    }
    case 'reg': {
      const i = e.r;
      return (r) => r[i]!;
    }
    case 'frame':
      return frameAddress(e.off, c.baseRegister);
    case 'global':
      return globalAddress(e.name, e.off, c);
    case 'func': {
      const v = c.functionAddress(e.name);
      return () => v;
    }
    case 'un':
      return unary(e.op, e.t, compileExpr(e.a, c, depth + 1));
    case 'bin':
      return binary(e.op, e.t, compileExpr(e.a, c, depth + 1), compileExpr(e.b, c, depth + 1), c, e.b);
    case 'cmp':
      return compare(e.op, e.t, compileExpr(e.a, c, depth + 1), compileExpr(e.b, c, depth + 1));
    case 'cast':
      return cast(e.from, e.to, compileExpr(e.a, c, depth + 1));
    case 'sel': {
      const cond = compileExpr(e.c, c, depth + 1) as NumberEval;
      const a = compileExpr(e.a, c, depth + 1);
      const b = compileExpr(e.b, c, depth + 1);
      return (r) => (cond(r) !== 0 ? a(r) : b(r));
    }
  }
}

/** The same, converted to `t` when the expression's own type differs in how values are held. */
export function compileExprAs(e: Expr, t: Scalar, c: ExprContext): Eval {
  const own = typeOf(e);
  return own === t ? compileExpr(e, c) : cast(own, t, compileExpr(e, c));
}

function frameAddress(off: number, base: number): Eval {
  return (r) => (r[base] as number) + off;
}

function globalAddress(name: string, off: number, c: ExprContext): Eval {
  const at = c.globalAddress(name);
  if (at === undefined) return () => c.unknown(`the global ${name}, which nothing defines`);
  const v = at + off;
  return () => v;
}

function unary(op: 'neg' | 'not', t: Scalar, a: Eval): Eval {
  if (isBig(t)) {
    const x = a as BigEval;
    if (t === 'u64') return op === 'neg' ? (r) => BigInt.asUintN(64, -x(r)) : (r) => BigInt.asUintN(64, ~x(r));
    return op === 'neg' ? (r) => BigInt.asIntN(64, -x(r)) : (r) => ~x(r);
  }
  const x = a as NumberEval;
  if (t === 'ptr') return op === 'neg' ? (r) => -x(r) : (r) => -x(r) - 1;
  return op === 'neg' ? (r) => wrapNumber(t, -x(r)) : (r) => wrapNumber(t, ~x(r));
}

function binary(op: BinaryOp, t: Scalar, a: Eval, b: Eval, c: ExprContext, right: Expr): Eval {
  if (op === 'shl' || op === 'shr') {
    const count = checkedCount(b as NumberEval, bitsOf(t), c, right);
    return isBig(t) ? bigShift(op, t, a as BigEval, count) : shift(op, t, a as NumberEval, count);
  }
  if (isBig(t)) return bigBinary(op, t, a as BigEval, b as BigEval, c);
  if (t === 'ptr') return pointerBinary(op, a as NumberEval, b as NumberEval, c);
  return smallBinary(op, t, a as NumberEval, b as NumberEval, c);
}

/** A shift's count; one that is known and in range needs no check when it runs. */
function checkedCount(b: NumberEval, bits: number, c: ExprContext, right: Expr): NumberEval {
  if (right.k === 'const' && Number(right.v) >= 0 && Number(right.v) < bits) return b;
  return (r) => {
    const n = Number(b(r));
    if (n < 0 || n >= bits) c.bug(`shift of a ${bits}-bit value by ${n}`);
    return n;
  };
}

function shift(op: 'shl' | 'shr', t: Scalar, a: NumberEval, n: NumberEval): Eval {
  if (t === 'ptr') return (r) => pointerBits(op, a(r), n(r));
  if (op === 'shl') {
    if (t === 'i32') return (r) => a(r) << n(r);
    if (t === 'u32') return (r) => (a(r) << n(r)) >>> 0;
    return (r) => wrapNumber(t, a(r) << n(r));
  }
  return isSigned(t) ? (r) => a(r) >> n(r) : (r) => a(r) >>> n(r);
}

function bigShift(op: 'shl' | 'shr', t: Scalar, a: BigEval, n: NumberEval): Eval {
  if (op === 'shr') return (r) => a(r) >> BigInt(n(r));
  return t === 'u64' ? (r) => BigInt.asUintN(64, a(r) << BigInt(n(r))) : (r) => BigInt.asIntN(64, a(r) << BigInt(n(r)));
}

function bigBinary(op: Exclude<BinaryOp, 'shl' | 'shr'>, t: Scalar, a: BigEval, b: BigEval, c: ExprContext): Eval {
  switch (op) {
    case 'and':
      return (r) => a(r) & b(r);
    case 'or':
      return (r) => a(r) | b(r);
    case 'xor':
      return (r) => a(r) ^ b(r);
    case 'div':
      return (r) => wrapBig(t, a(r) / divisor(b(r), c));
    case 'rem':
      return (r) => a(r) % divisor(b(r), c);
    case 'add':
      return t === 'u64' ? (r) => BigInt.asUintN(64, a(r) + b(r)) : (r) => BigInt.asIntN(64, a(r) + b(r));
    case 'sub':
      return t === 'u64' ? (r) => BigInt.asUintN(64, a(r) - b(r)) : (r) => BigInt.asIntN(64, a(r) - b(r));
    case 'mul':
      return t === 'u64' ? (r) => BigInt.asUintN(64, a(r) * b(r)) : (r) => BigInt.asIntN(64, a(r) * b(r));
  }
}

function wrapBig(t: Scalar, v: bigint): bigint {
  return t === 'u64' ? BigInt.asUintN(64, v) : BigInt.asIntN(64, v);
}

function divisor<T extends Value>(v: T, c: ExprContext): T {
  if (Number(v) === 0) c.bug('division by zero');
  return v;
}

function pointerBinary(op: Exclude<BinaryOp, 'shl' | 'shr'>, a: NumberEval, b: NumberEval, c: ExprContext): NumberEval {
  switch (op) {
    case 'add':
      return (r) => a(r) + b(r);
    case 'sub':
      return (r) => a(r) - b(r);
    case 'mul':
      return (r) => a(r) * b(r);
    case 'div':
      return (r) => Math.trunc(a(r) / divisor(b(r), c));
    case 'rem':
      return (r) => a(r) % divisor(b(r), c);
    default:
      return (r) => pointerBits(op, a(r), b(r));
  }
}

function smallBinary(
  op: Exclude<BinaryOp, 'shl' | 'shr'>,
  t: Scalar,
  a: NumberEval,
  b: NumberEval,
  c: ExprContext,
): NumberEval {
  if (t === 'i32') {
    if (op === 'add') return (r) => (a(r) + b(r)) | 0;
    if (op === 'sub') return (r) => (a(r) - b(r)) | 0;
    if (op === 'and') return (r) => a(r) & b(r);
    if (op === 'or') return (r) => a(r) | b(r);
  }
  switch (op) {
    case 'add':
      return (r) => wrapNumber(t, a(r) + b(r));
    case 'sub':
      return (r) => wrapNumber(t, a(r) - b(r));
    case 'mul':
      return (r) => wrapNumber(t, Math.imul(a(r), b(r)));
    case 'div':
      return (r) => wrapNumber(t, Math.trunc(a(r) / divisor(b(r), c)));
    case 'rem':
      return (r) => wrapNumber(t, a(r) % divisor(b(r), c));
    case 'and':
      return (r) => wrapNumber(t, a(r) & b(r));
    case 'or':
      return (r) => wrapNumber(t, a(r) | b(r));
    case 'xor':
      return (r) => wrapNumber(t, a(r) ^ b(r));
  }
}

function compare(op: CompareOp, t: Scalar, a: Eval, b: Eval): NumberEval {
  if (t === 'ptr' && op !== 'eq' && op !== 'ne') {
    const x: NumberEval = (r) => unsignedPointer(a(r) as number);
    const y: NumberEval = (r) => unsignedPointer(b(r) as number);
    return ordered(op, x, y);
  }
  if (op === 'eq') return (r) => (a(r) === b(r) ? 1 : 0);
  if (op === 'ne') return (r) => (a(r) !== b(r) ? 1 : 0);
  return ordered(op, a, b);
}

function ordered(op: Exclude<CompareOp, 'eq' | 'ne'>, a: Eval, b: Eval): NumberEval {
  switch (op) {
    case 'lt':
      return (r) => (a(r) < b(r) ? 1 : 0);
    case 'le':
      return (r) => (a(r) <= b(r) ? 1 : 0);
    case 'gt':
      return (r) => (a(r) > b(r) ? 1 : 0);
    case 'ge':
      return (r) => (a(r) >= b(r) ? 1 : 0);
  }
}

function cast(from: Scalar, to: Scalar, a: Eval): Eval {
  if (from === to) return a;
  if (isBig(from)) {
    const x = a as BigEval;
    if (to === 'u64') return (r) => BigInt.asUintN(64, x(r));
    if (to === 'i64') return (r) => BigInt.asIntN(64, x(r));
    if (to === 'ptr') return (r) => Number(BigInt.asIntN(64, x(r)));
    return (r) => wrapNumber(to, Number(BigInt.asIntN(32, x(r))));
  }
  const x = a as NumberEval;
  if (to === 'u64') return (r) => BigInt.asUintN(64, BigInt(x(r)));
  if (to === 'i64') return (r) => BigInt(x(r));
  if (to === 'ptr') return x;
  return (r) => wrapNumber(to, x(r));
}

/**
 * The steps that touch memory, as closures: loads, stores, atomics, struct copies. Each asks the
 * access log first whether the transition may go on; why it may not is decided elsewhere.
 */

import { type Op, SIGNAL, type StepContext } from './compile';
import type { Executor } from './executor';
import { compileExpr, compileExprAs, type Eval, type NumberEval } from './expressions';
import type { Memory } from './memory';
import type { AtomicOp, Expr, Scalar, Step, Value } from './program';
import { bitsOf, convert, isBig, pointerBits, sizeOf } from './values';

/** Bytes of one copy that are reported: more than any struct has. */
const MAX_NOTED = 1 << 16;

type Of<S extends Step['s']> = Extract<Step, { s: S }>;

export function compileLoad(step: Of<'load'>, c: StepContext): Op {
  const { next, x } = c;
  const { memory } = x;
  const address = compileExprAs(step.a, 'ptr', c.exprs) as NumberEval;
  const size = sizeOf(step.t);
  const target = step.r;
  const marked = step.access !== 'plain';
  const read = reader(step.t, memory);
  const { stores } = x;
  if (stores !== null) {
    const t = step.t;
    return (r) => {
      const a = address(r);
      if (x.log.on && x.log.access(a, size, false, marked, x.first)) return SIGNAL.stop;
      if (stores.splits(a, size)) {
        if (stores.mustShow()) return SIGNAL.stop;
        stores.drain();
      }
      const own = stores.own(a, size);
      r[target] = own === null ? read(a) : fromBits(t, own);
      return next;
    };
  }
  return (r) => {
    const a = address(r);
    if (x.log.on && x.log.access(a, size, false, marked, x.first)) return SIGNAL.stop;
    r[target] = read(a);
    return next;
  };
}

/** The value that so many bits are in a type of their size. */
const fromBits = (t: Scalar, bits: bigint): Value =>
  t === 'ptr' ? Number(BigInt.asIntN(64, bits)) : isBig(t) ? convert(t, bits) : convert(t, Number(bits));

/** One closure per type, so that each load site calls its own typed method. */
function reader(t: Scalar, memory: Memory): (a: number) => Value {
  switch (t) {
    case 'i8':
      return (a) => memory.i8(a);
    case 'u8':
      return (a) => memory.u8(a);
    case 'i16':
      return (a) => memory.i16(a);
    case 'u16':
      return (a) => memory.u16(a);
    case 'i32':
      return (a) => memory.i32(a);
    case 'u32':
      return (a) => memory.u32(a);
    case 'i64':
      return (a) => memory.i64(a);
    case 'u64':
      return (a) => memory.u64(a);
    case 'ptr':
      return (a) => memory.ptr(a);
  }
}

export function compileStore(step: Of<'store'>, c: StepContext): Op {
  const { next, x } = c;
  const { memory } = x;
  const marked = step.access !== 'plain';
  const address = compileExprAs(step.a, 'ptr', c.exprs) as NumberEval;
  const value = compileExprAs(step.e, step.t, c.exprs);
  const size = sizeOf(step.t);
  const write = writer(step.t, memory);
  const { stores } = x;
  if (stores !== null) {
    const { access } = step;
    c.stores[c.pc] = { address, size, access };
    return (r) => {
      const a = address(r);
      if (x.log.on && x.log.access(a, size, true, marked, x.first)) return SIGNAL.stop;
      if (stores.overfills(a, size, access)) {
        if (stores.mustShow()) return SIGNAL.stop;
        stores.drain();
      }
      const v = value(r);
      if (!stores.keep(a, size, v, access)) write(a, v);
      return next;
    };
  }
  return (r) => {
    const a = address(r);
    if (x.log.on && x.log.access(a, size, true, marked, x.first)) return SIGNAL.stop;
    write(a, value(r));
    return next;
  };
}

function writer(t: Scalar, memory: Memory): (a: number, v: Value) => void {
  switch (t) {
    case 'i8':
    case 'u8':
      return (a, v) => memory.setU8(a, v as number);
    case 'i16':
    case 'u16':
      return (a, v) => memory.setU16(a, v as number);
    case 'i32':
    case 'u32':
      return (a, v) => memory.setU32(a, v as number);
    case 'i64':
    case 'u64':
      return (a, v) => memory.setU64(a, v as bigint);
    case 'ptr':
      return (a, v) => memory.setPtr(a, v as number);
  }
}

export function compileAtomic(step: Of<'atomic'>, c: StepContext): Op {
  const { next, x } = c;
  const { memory, stores } = x;
  const { t, op, r: target } = step;
  const address = compileExprAs(step.a, 'ptr', c.exprs) as NumberEval;
  const operand = compileExprAs(step.e, t, c.exprs);
  const expected = step.expected ? compileExprAs(step.expected, t, c.exprs) : null;
  const size = sizeOf(t);
  return (r) => {
    const a = address(r);
    if (x.log.on && x.log.access(a, size, true, true, x.first)) return SIGNAL.stop;
    if (stores !== null) {
      if (stores.mustShow()) return SIGNAL.stop;
      stores.drain();
    }
    const old = memory.load(t, a);
    if (op === 'cmpxchg') {
      if (expected !== null && old === expected(r)) memory.store(t, a, operand(r));
    } else memory.store(t, a, modified(op, t, old, operand(r)));
    r[target] = old;
    return next;
  };
}

function modified(op: Exclude<AtomicOp, 'cmpxchg'>, t: Scalar, old: Value, v: Value): Value {
  if (op === 'xchg') return v;
  if (isBig(t)) return convert(t, modifiedBig(op, old as bigint, v as bigint));
  return convert(t, modifiedNumber(op, t, old as number, v as number));
}

function modifiedBig(op: Exclude<AtomicOp, 'cmpxchg' | 'xchg'>, a: bigint, b: bigint): bigint {
  switch (op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'and':
      return a & b;
    case 'or':
      return a | b;
  }
}

function modifiedNumber(op: Exclude<AtomicOp, 'cmpxchg' | 'xchg'>, t: Scalar, a: number, b: number): number {
  switch (op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    default:
      if (bitsOf(t) === 64) return pointerBits(op, a, b);
      return op === 'and' ? a & b : a | b;
  }
}

export function compileCopy(step: Of<'copy'>, c: StepContext): Op {
  const { next, x } = c;
  const { memory, stores } = x;
  const to = compileExprAs(step.to, 'ptr', c.exprs) as NumberEval;
  const from = compileExprAs(step.from, 'ptr', c.exprs) as NumberEval;
  const size = step.size;
  return (r) => {
    const t = to(r);
    const f = from(r);
    if (mustStop(x, f, size, false) || mustStop(x, t, size, true)) return SIGNAL.stop;
    if (stores?.meets(t, f, size)) {
      if (stores.mustShow()) return SIGNAL.stop;
      stores.drain();
    }
    if (t !== f) memory.copy(t, f, size);
    return next;
  };
}

export function compileZero(step: Of<'zero'>, c: StepContext): Op {
  const { next, x } = c;
  const { memory, stores } = x;
  const address = compileExprAs(step.a, 'ptr', c.exprs) as NumberEval;
  const size = step.size;
  return (r) => {
    const a = address(r);
    if (mustStop(x, a, size, true)) return SIGNAL.stop;
    if (stores?.meets(a, a, size)) {
      if (stores.mustShow()) return SIGNAL.stop;
      stores.drain();
    }
    memory.zero(a, size);
    return next;
  };
}

function mustStop(x: Executor, addr: number, size: number, write: boolean): boolean {
  return x.log.on && x.log.access(addr, Math.min(size, MAX_NOTED), write, false, x.first);
}

/** Operands of a call, evaluated together. */
export function compileAll(exprs: readonly Expr[], c: StepContext): readonly Eval[] {
  return exprs.map((e) => compileExpr(e, c.exprs));
}

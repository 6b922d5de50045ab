/**
 * Functions as arrays of closures, one per step. It turns steps into calls on an executor (memory,
 * frames, builtins) and knows nothing of threads, schedules or states.
 */

import { compileCall } from './calls';
import type { Executor } from './executor';
import { compileExpr, compileExprAs, type ExprContext, type NumberEval, typeOf } from './expressions';
import { type Liveness, liveness } from './liveness';
import { compileAtomic, compileCopy, compileLoad, compileStore, compileZero } from './memory-steps';
import type { Access, Expr, FunctionCode, Scalar, Step, Value } from './program';
import { convert, zeroOf } from './values';

/** Runs one step over the frame's registers: the next step's index, or a `SIGNAL`. */
export type Op = (r: Value[]) => number;

export const SIGNAL = {
  /** The running frame changed: a call or a return. */
  frame: -1,
  /** The step has not run: the thread must stop in front of it. */
  stop: -2,
} as const;

export interface CompiledFunction {
  /** Order of compilation, from 1. */
  readonly index: number;
  readonly code: FunctionCode;
  /** One per step, and one behind the last that ends the path. */
  readonly ops: readonly Op[];
  /** 1 where the access is marked in C (READ_ONCE and its like, atomics), else 0. */
  readonly points: Uint8Array;
  /** 1 where the step ran at least once. */
  readonly covered: Uint8Array;
  /** Registers of a fresh frame, all zero; the last is the base address. */
  readonly zeros: readonly Value[];
  readonly live: Liveness;
  /** Steps that may call a builtin, by index. */
  readonly builtinCalls: readonly (BuiltinCall | undefined)[];
  /** Stores, by index of their step, where the run has store buffers. */
  readonly stores: readonly (StoreStep | undefined)[];
  readonly watched: boolean;
}

/** A store step seen from outside. */
export interface StoreStep {
  address(r: Value[]): number;
  /** Bytes. */
  readonly size: number;
  readonly access: Access;
}

/** A call step seen from outside: which builtin, with which arguments, if it is one. */
export interface BuiltinCall {
  target(r: Value[]): import('../machine/types').Builtin | null;
  args(r: Value[]): Value[];
}

/** What compiling one step needs to know. */
export interface StepContext {
  readonly x: Executor;
  readonly code: FunctionCode;
  readonly pc: number;
  /** Index of the following step. */
  readonly next: number;
  readonly exprs: ExprContext;
  readonly builtinCalls: (BuiltinCall | undefined)[];
  readonly stores: (StoreStep | undefined)[];
}

export function compileFunction(code: FunctionCode, x: Executor, index: number): CompiledFunction {
  const exprs: ExprContext = {
    baseRegister: code.registers,
    globalAddress: (name) => x.linked.globals.get(name),
    functionAddress: (name) => x.linked.functionAddress(name),
    bug: (message) => x.host.stop('kernel-bug', message),
    unknown: (why) => x.host.unknown(why),
  };
  const count = code.steps.length;
  const builtinCalls: (BuiltinCall | undefined)[] = new Array(count + 1);
  const stores: (StoreStep | undefined)[] = [];
  const points = new Uint8Array(count + 1);
  const ops: Op[] = code.steps.map((step, pc) => {
    if (isMarked(step)) points[pc] = 1;
    return compileStep(step, { x, code, pc, next: pc + 1, exprs, builtinCalls, stores });
  });
  ops.push(() => x.host.unknown(`${code.name} runs past its last step`));
  return {
    index,
    code,
    ops,
    points,
    covered: new Uint8Array(count + 1),
    zeros: freshRegisters(code),
    live: livenessOf(code),
    builtinCalls,
    stores,
    watched: x.watchedCalls.has(code.name),
  };
}

const known = new WeakMap<FunctionCode['steps'], Liveness>();

/** Programs that have a function in common share its steps. */
function livenessOf(code: FunctionCode): Liveness {
  const live = known.get(code.steps) ?? liveness(code);
  known.set(code.steps, live);
  return live;
}

/** Accesses that a replay counts as scheduling points. */
function isMarked(step: Step): boolean {
  return step.s === 'atomic' || ((step.s === 'load' || step.s === 'store') && step.access !== 'plain');
}

/** Zeros of the kind (number or BigInt) that each register holds, and a place for the base address. */
function freshRegisters(code: FunctionCode): Value[] {
  const zeros: Value[] = new Array(code.registers + 1).fill(0);
  const note = (r: number, t: Scalar | 'void') => {
    if (t !== 'void' && r < code.registers) zeros[r] = zeroOf(t);
  };
  code.params.forEach((p, i) => {
    note(i, p.t);
  });
  for (const step of code.steps) {
    if (step.s === 'set') note(step.r, typeOf(step.e));
    else if (step.s === 'load' || step.s === 'atomic') note(step.r, step.t);
    else if (step.s === 'call' && step.r !== null) note(step.r, step.t);
  }
  return zeros;
}

function compileStep(step: Step, c: StepContext): Op {
  switch (step.s) {
    case 'set':
      return compileSet(step.r, step.e, c);
    case 'load':
      return compileLoad(step, c);
    case 'store':
      return compileStore(step, c);
    case 'atomic':
      return compileAtomic(step, c);
    case 'copy':
      return compileCopy(step, c);
    case 'zero':
      return compileZero(step, c);
    case 'call':
      return compileCall(step, c);
    case 'jump': {
      const to = target(step.to, c);
      return () => to;
    }
    case 'branch':
      return compileBranch(step, c);
    case 'switch':
      return compileSwitch(step, c);
    case 'return':
      return compileReturn(step.e, c);
    case 'poison':
      return () => c.x.host.unknown(step.why);
  }
}

/** A jump's target; one that lies outside leads behind the last step, which ends the path. */
export function target(to: number, c: StepContext): number {
  return Number.isInteger(to) && to >= 0 && to < c.code.steps.length ? to : c.code.steps.length;
}

function compileSet(r: number, e: Expr, c: StepContext): Op {
  const next = c.next;
  const value = compileExpr(e, c.exprs);
  return (regs) => {
    regs[r] = value(regs);
    return next;
  };
}

function compileBranch(step: Extract<Step, { s: 'branch' }>, c: StepContext): Op {
  const then = target(step.then, c);
  const otherwise = target(step.else, c);
  const cond = compileExpr(step.c, c.exprs);
  if (typeOf(step.c) === 'i64' || typeOf(step.c) === 'u64') return (r) => (cond(r) !== 0n ? then : otherwise);
  return (r) => (cond(r) !== 0 ? then : otherwise);
}

function compileSwitch(step: Extract<Step, { s: 'switch' }>, c: StepContext): Op {
  const value = compileExprAs(step.e, step.t, c.exprs);
  const otherwise = target(step.otherwise, c);
  const exact = new Map<Value, number>();
  const ranges: { low: Value; high: Value; to: number }[] = [];
  for (const s of step.cases) {
    const low = convert(step.t, s.low);
    const high = convert(step.t, s.high);
    if (low === high) exact.set(low, exact.get(low) ?? target(s.to, c));
    else ranges.push({ low, high, to: target(s.to, c) });
  }
  return (r) => {
    const v = value(r);
    const to = exact.get(v);
    if (to !== undefined) return to;
    for (const range of ranges) if (v >= range.low && v <= range.high) return range.to;
    return otherwise;
  };
}

function compileReturn(e: Expr | null, c: StepContext): Op {
  const { x, code } = c;
  if (e === null) {
    return () => {
      x.pop(undefined);
      return SIGNAL.frame;
    };
  }
  const value: NumberEval = (
    code.returns === 'void' ? compileExpr(e, c.exprs) : compileExprAs(e, code.returns, c.exprs)
  ) as NumberEval;
  return (r) => {
    x.pop(value(r));
    return SIGNAL.frame;
  };
}

/**
 * Call steps as closures: a C function of the program if there is one, else a builtin, else a name
 * known to have no effect, else the path ends as not understood.
 */

import type { Builtin } from '../machine/types';
import { type BuiltinCall, type CompiledFunction, type Op, SIGNAL, type StepContext } from './compile';
import type { Executor } from './executor';
import { compileExpr, compileExprAs, type Eval, type NumberEval } from './expressions';
import type { Expr, Scalar, Step, Value } from './program';
import { convert } from './values';

type CallStep = Extract<Step, { s: 'call' }>;

export function compileCall(step: CallStep, c: StepContext): Op {
  if ('pointer' in step.callee) return compilePointerCall(step, step.callee.pointer, c);
  const name = step.callee.name;
  const code = c.x.functionCode(name);
  if (code !== undefined) {
    const args = step.args.map((e, i) => {
      const t = code.params[i]?.t;
      return t === undefined ? compileExpr(e, c.exprs) : compileExprAs(e, t, c.exprs);
    });
    return callFunction(name, args.slice(0, code.params.length), c);
  }
  const args = step.args.map((e) => compileExpr(e, c.exprs));
  const builtin = c.x.builtins.get(name);
  if (builtin !== undefined) return callBuiltin(step, builtin, args, c);
  if (c.x.noEffect.has(name)) return callNothing(step, args, c);
  return () => c.x.host.unknown(`call of ${name}, which nothing defines`);
}

function callFunction(name: string, args: readonly Eval[], c: StepContext): Op {
  const { x, pc } = c;
  const count = args.length;
  let callee: CompiledFunction | undefined;
  return (r) => {
    callee ??= x.compiled(name);
    const regs = callee.zeros.slice();
    for (let i = 0; i < count; i++) regs[i] = args[i]!(r);
    x.push(callee, regs, pc);
    return SIGNAL.frame;
  };
}

function callNothing(step: CallStep, args: readonly Eval[], c: StepContext): Op {
  const { next } = c;
  const target = step.r;
  const zero = step.t === 'void' ? 0 : convert(step.t, undefined);
  const { stores } = c.x;
  return (r) => {
    for (const a of args) a(r);
    // what is skipped is a call all the same, around which no compiler moves a store
    stores?.fence();
    if (target !== null) r[target] = zero;
    return next;
  };
}

function callBuiltin(step: CallStep, builtin: Builtin, args: readonly Eval[], c: StepContext): Op {
  const { x, pc, next } = c;
  const evaluate = (r: Value[]) => args.map((a) => a(r));
  c.builtinCalls[pc] = { target: () => builtin, args: evaluate };
  const target = step.r;
  return (r) => {
    const values = evaluate(r);
    if (x.mustStopBefore(builtin, values)) return SIGNAL.stop;
    const result = x.runBuiltin(builtin, values);
    if (target !== null) r[target] = convert(step.t as Scalar, result);
    return next;
  };
}

function compilePointerCall(step: CallStep, pointer: Expr, c: StepContext): Op {
  const { x, pc, next } = c;
  const address = compileExprAs(pointer, 'ptr', c.exprs) as NumberEval;
  const args = step.args.map((e) => compileExpr(e, c.exprs));
  const evaluate = (r: Value[]) => args.map((a) => a(r));
  c.builtinCalls[pc] = pointerBuiltin(x, address, evaluate);
  const target = step.r;
  return (r) => {
    const name = calledName(x, address(r));
    const values = evaluate(r);
    if (x.functionCode(name) !== undefined) {
      x.push(x.compiled(name), x.arguments(name, values), pc);
      return SIGNAL.frame;
    }
    const builtin = x.builtins.get(name);
    if (builtin === undefined && !x.noEffect.has(name)) x.host.unknown(`call of ${name}, which nothing defines`);
    if (builtin !== undefined && x.mustStopBefore(builtin, values)) return SIGNAL.stop;
    const result = builtin === undefined ? undefined : x.runBuiltin(builtin, values);
    if (target !== null) r[target] = convert(step.t as Scalar, result);
    return next;
  };
}

function calledName(x: Executor, address: number): string {
  const name = x.linked.functionAt(address);
  if (name !== undefined) return name;
  const what = address === 0 ? 'a null pointer' : `0x${address.toString(16)}, which is no function`;
  return x.host.stop('memory-safety', `call through ${what}`);
}

function pointerBuiltin(x: Executor, address: NumberEval, args: (r: Value[]) => Value[]): BuiltinCall {
  const target = (r: Value[]) => {
    const name = x.linked.functionAt(address(r));
    if (name === undefined || x.functionCode(name) !== undefined) return null;
    return x.builtins.get(name) ?? null;
  };
  return { target, args };
}

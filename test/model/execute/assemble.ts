/**
 * A tiny assembler for hand-written programs: functions from lists of steps with labels, so that
 * tests of the executor and the explorer need no C compiler. Every step gets a line of its own.
 */

import type {
  AtomicOp,
  BinaryOp,
  CompareOp,
  Expr,
  FunctionCode,
  GlobalObject,
  Program,
  Scalar,
  Step,
  Value,
} from '../../../model/execute/program';

export const num = (v: number, t: Scalar = 'i32'): Expr => ({ k: 'const', t, v });
export const big = (v: bigint, t: Scalar = 'u64'): Expr => ({ k: 'const', t, v });
export const reg = (r: number, t: Scalar = 'i32'): Expr => ({ k: 'reg', t, r });
export const glob = (name: string, off = 0): Expr => ({ k: 'global', name, off });
export const local = (off: number): Expr => ({ k: 'frame', off });
export const fun = (name: string): Expr => ({ k: 'func', name });
export const bin = (op: BinaryOp, a: Expr, b: Expr, t: Scalar = 'i32'): Expr => ({ k: 'bin', op, t, a, b });
export const cmp = (op: CompareOp, a: Expr, b: Expr, t: Scalar = 'i32'): Expr => ({ k: 'cmp', op, t, a, b });
export const cast = (from: Scalar, to: Scalar, a: Expr): Expr => ({ k: 'cast', from, to, a });

/** A step whose jump targets are labels, or a label. */
export type Line = string | { readonly step: (labels: (name: string) => number, at: number) => Step };

const plain = (make: (at: number) => Step): Line => ({ step: (_, at) => make(at) });

export const set = (r: number, e: Expr) => plain((at) => ({ s: 'set', r, e, at }));
export const load = (r: number, a: Expr, t: Scalar = 'i32') =>
  plain((at) => ({ s: 'load', r, t, a, access: 'plain', at }));
export const store = (a: Expr, e: Expr, t: Scalar = 'i32') =>
  plain((at) => ({ s: 'store', t, a, e, access: 'plain', at }));
export const readOnce = (r: number, a: Expr, t: Scalar = 'i32') =>
  plain((at) => ({ s: 'load', r, t, a, access: 'once', at }));
export const writeOnce = (a: Expr, e: Expr, t: Scalar = 'i32') =>
  plain((at) => ({ s: 'store', t, a, e, access: 'once', at }));
export const atomic = (op: AtomicOp, r: number, a: Expr, e: Expr, expected?: Expr, t: Scalar = 'i32') =>
  plain((at) => ({ s: 'atomic', op, r, t, a, e, at, ...(expected ? { expected } : {}) }));
export const copy = (to: Expr, from: Expr, size: number) => plain((at) => ({ s: 'copy', to, from, size, at }));
export const zero = (a: Expr, size: number) => plain((at) => ({ s: 'zero', a, size, at }));
export const call = (r: number | null, name: string, args: readonly Expr[] = [], t: Scalar | 'void' = 'i32') =>
  plain((at) => ({ s: 'call', r, t: r === null ? 'void' : t, callee: { name }, args, at }));
export const callPointer = (r: number | null, pointer: Expr, args: readonly Expr[] = [], t: Scalar = 'i32') =>
  plain((at) => ({ s: 'call', r, t: r === null ? 'void' : t, callee: { pointer }, args, at }));
export const ret = (e: Expr | null = null) => plain((at) => ({ s: 'return', e, at }));
export const poison = (why: string) => plain((at) => ({ s: 'poison', why, at }));
export const jump = (to: string): Line => ({ step: (l, at) => ({ s: 'jump', to: l(to), at }) });
export const branch = (c: Expr, then: string, otherwise: string): Line => ({
  step: (l, at) => ({ s: 'branch', c, then: l(then), else: l(otherwise), at }),
});
export const select = (
  e: Expr,
  cases: readonly [Value, Value, string][],
  otherwise: string,
  t: Scalar = 'i32',
): Line => ({
  step: (l, at) => ({
    s: 'switch',
    t,
    e,
    cases: cases.map(([low, high, to]) => ({ low, high, to: l(to) })),
    otherwise: l(otherwise),
    at,
  }),
});

export interface FunctionShape {
  readonly params?: readonly Scalar[];
  readonly returns?: Scalar | 'void';
  readonly registers?: number;
  readonly frameSize?: number;
  readonly lines: readonly Line[];
}

/** A program from functions and global sizes (bytes). Step n of the k-th function is line 100 k + n + 1 of `test.c`. */
export function assemble(functions: Record<string, FunctionShape>, globals: Record<string, number> = {}): Program {
  const origins: { file: number; line: number }[] = [];
  const codes: Record<string, FunctionCode> = {};
  Object.entries(functions).forEach(([name, shape], k) => {
    codes[name] = assembleFunction(name, shape, 100 * k, origins);
  });
  const objects: Record<string, GlobalObject> = {};
  for (const [name, size] of Object.entries(globals)) {
    objects[name] = { name, size, align: 8, type: 'int', init: [] };
  }
  return {
    files: ['test.c'],
    origins,
    functions: codes,
    globals: objects,
    structs: {},
    constants: {},
    problems: [],
  };
}

function assembleFunction(
  name: string,
  shape: FunctionShape,
  firstLine: number,
  origins: { file: number; line: number }[],
): FunctionCode {
  const labels = new Map<string, number>();
  let count = 0;
  for (const line of shape.lines) {
    if (typeof line === 'string') labels.set(line, count);
    else count++;
  }
  const find = (label: string) => {
    const at = labels.get(label);
    if (at === undefined) throw new Error(`no label ${label} in ${name}`);
    return at;
  };
  const steps: Step[] = [];
  for (const line of shape.lines) {
    if (typeof line === 'string') continue;
    origins.push({ file: 0, line: firstLine + steps.length + 1 });
    steps.push(line.step(find, origins.length - 1));
  }
  const registers = shape.registers ?? 8;
  return {
    name,
    file: 0,
    line: firstLine,
    endLine: firstLine + steps.length + 1,
    params: (shape.params ?? []).map((t, i) => ({ name: `p${i}`, t })),
    returns: shape.returns ?? 'void',
    registers,
    registerNames: new Array(registers).fill(null),
    frameSize: shape.frameSize ?? 0,
    frameObjects: [],
    steps,
  };
}

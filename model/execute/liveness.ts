/**
 * Which registers of a function still matter at a step: backward liveness over its flat steps. Only
 * live registers are part of a stopped frame's state, so that dead ones don't tell states apart.
 */

import type { Expr, FunctionCode, Step } from './program';

export interface Liveness {
  /** Live just before the step runs: the state of a frame that stands there. */
  before(pc: number): readonly number[];
  /** Live once the call at `pc` has returned, but for its own result: the state of a frame that waits for it. */
  duringCall(pc: number): readonly number[];
}

type Bits = Uint32Array;

export function liveness(code: FunctionCode): Liveness {
  const width = Math.max(1, Math.ceil(code.registers / 32));
  const rows = code.steps.map(() => new Uint32Array(width));
  const reads = code.steps.map((s) => readSet(s, width));
  const out = new Uint32Array(width);
  let changed = true;
  while (changed) {
    changed = false;
    for (let pc = code.steps.length - 1; pc >= 0; pc--) {
      const step = code.steps[pc]!;
      liveOut(step, pc, rows, out);
      const r = written(step);
      if (r !== null) out[r >>> 5]! &= ~(1 << (r & 31));
      if (merge(rows[pc]!, out, reads[pc]!)) changed = true;
    }
  }
  return {
    before: cached(rows.length, (pc) => toList(rows[pc]!)),
    duringCall: cached(rows.length, (pc) => {
      const step = code.steps[pc]!;
      liveOut(step, pc, rows, out);
      const r = written(step);
      if (r !== null) out[r >>> 5]! &= ~(1 << (r & 31));
      return toList(out);
    }),
  };
}

function cached(length: number, make: (pc: number) => readonly number[]): (pc: number) => readonly number[] {
  const lists: (readonly number[] | undefined)[] = new Array(length);
  return (pc) => (lists[pc] ??= make(pc));
}

function toList(bits: Bits): number[] {
  const list: number[] = [];
  for (let r = 0; r < bits.length * 32; r++) if ((bits[r >>> 5]! & (1 << (r & 31))) !== 0) list.push(r);
  return list;
}

/** row = out | reads; true when that added something. */
function merge(row: Bits, out: Bits, reads: Bits): boolean {
  let changed = false;
  for (let i = 0; i < row.length; i++) {
    const next = (out[i]! | reads[i]!) >>> 0;
    if (next !== row[i]) {
      row[i] = next;
      changed = true;
    }
  }
  return changed;
}

function liveOut(step: Step, pc: number, rows: readonly Bits[], out: Bits): void {
  out.fill(0);
  for (const to of successors(step, pc)) {
    const row = rows[to];
    if (row) for (let i = 0; i < out.length; i++) out[i]! |= row[i]!;
  }
}

function successors(step: Step, pc: number): readonly number[] {
  switch (step.s) {
    case 'jump':
      return [step.to];
    case 'branch':
      return [step.then, step.else];
    case 'switch':
      return [...step.cases.map((c) => c.to), step.otherwise];
    case 'return':
    case 'poison':
      return [];
    default:
      return [pc + 1];
  }
}

/** The register that a step writes, null when none. */
export function written(step: Step): number | null {
  switch (step.s) {
    case 'set':
    case 'load':
    case 'atomic':
    case 'call':
      return step.r;
    default:
      return null;
  }
}

function readSet(step: Step, width: number): Bits {
  const bits = new Uint32Array(width);
  for (const e of operands(step)) addReads(e, bits);
  return bits;
}

/** Every expression of a step. */
export function operands(step: Step): readonly Expr[] {
  switch (step.s) {
    case 'set':
      return [step.e];
    case 'load':
    case 'zero':
      return [step.a];
    case 'store':
      return [step.a, step.e];
    case 'atomic':
      return step.expected ? [step.a, step.e, step.expected] : [step.a, step.e];
    case 'copy':
      return [step.to, step.from];
    case 'call':
      return 'pointer' in step.callee ? [step.callee.pointer, ...step.args] : step.args;
    case 'branch':
      return [step.c];
    case 'switch':
      return [step.e];
    case 'return':
      return step.e ? [step.e] : [];
    case 'jump':
    case 'poison':
      return [];
  }
}

function addReads(root: Expr, bits: Bits): void {
  const work: Expr[] = [root];
  for (let e = work.pop(); e !== undefined; e = work.pop()) {
    switch (e.k) {
      case 'reg':
        if (e.r >>> 5 < bits.length) bits[e.r >>> 5]! |= 1 << (e.r & 31);
        break;
      case 'un':
      case 'cast':
        work.push(e.a);
        break;
      case 'bin':
      case 'cmp':
        work.push(e.a, e.b);
        break;
      case 'sel':
        work.push(e.c, e.a, e.b);
        break;
      default:
    }
  }
}

/**
 * What runs only once a WARN (or BUG) has fired: correct code never comes there, so that no run can be asked to. It knows the
 * step form: WARN_ON(c) calls `__warn` where c holds, and `if (WARN_ON(c))` asks the same register again.
 */

import { written } from '../../model/execute/liveness';
import type { Expr, FunctionCode, Step } from '../../model/execute/program';

/** Steps of a function, by index, that no path reaches on which every WARN's condition is false. */
export function behindWarnings({ steps, params }: FunctionCode): ReadonlySet<number> {
  const warns = new Set<number>();
  steps.forEach((step, pc) => {
    if (isWarn(step)) warns.add(pc);
  });
  if (warns.size === 0) return new Set();
  const known = knownOf(steps, warns, params.length);
  const seen = new Uint8Array(steps.length);
  const work = [0];
  for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
    const step = steps[pc];
    if (step === undefined || seen[pc] === 1 || warns.has(pc)) continue;
    seen[pc] = 1;
    work.push(...nextOf(step, pc, known));
  }
  return new Set([...steps.keys()].filter((pc) => seen[pc] === 0));
}

const FIRES: ReadonlySet<string> = new Set(['__warn', '__bug']);

const isWarn = (step: Step): boolean => step.s === 'call' && 'name' in step.callee && FIRES.has(step.callee.name);

/**
 * What registers that are written once hold while no WARN fires: constants, and false where the register is asked
 * just before a WARN.
 */
function knownOf(steps: readonly Step[], warns: ReadonlySet<number>, params: number): ReadonlyMap<number, boolean> {
  const writes = new Map<number, Step[]>();
  for (const step of steps) {
    const r = written(step);
    if (r !== null) writes.set(r, [...(writes.get(r) ?? []), step]);
  }
  const known = new Map<number, boolean>();
  for (const step of steps) {
    const asked = step.s === 'branch' ? truthOf(step.c) : null;
    const [only, ...more] = asked === null ? [] : (writes.get(asked.r) ?? []);
    if (step.s !== 'branch' || asked === null || asked.r < params || only === undefined || more.length > 0) continue;
    if (only.s === 'set' && only.e.k === 'const') known.set(asked.r, Number(only.e.v) !== 0);
    else if (asked.holds && warns.has(step.then)) known.set(asked.r, false);
  }
  return known;
}

/** Where a step may lead while no WARN fires. */
function nextOf(step: Step, pc: number, known: ReadonlyMap<number, boolean>): readonly number[] {
  switch (step.s) {
    case 'jump':
      return [step.to];
    case 'branch': {
      const asked = truthOf(step.c);
      const value = asked === null ? undefined : known.get(asked.r);
      return value === undefined ? [step.then, step.else] : [value === asked?.holds ? step.then : step.else];
    }
    case 'switch':
      return [...step.cases.map(({ to }) => to), step.otherwise];
    case 'return':
    case 'poison':
      return [];
    default:
      return [pc + 1];
  }
}

/** A condition that is the truth of one register, or its opposite. */
function truthOf(e: Expr): { readonly r: number; readonly holds: boolean } | null {
  if (e.k === 'reg') return { r: e.r, holds: true };
  if (e.k === 'cast') return truthOf(e.a);
  if (e.k !== 'cmp' || (e.op !== 'eq' && e.op !== 'ne') || e.b.k !== 'const' || Number(e.b.v) !== 0) return null;
  const inner = truthOf(e.a);
  return inner === null || e.op === 'ne' ? inner : { ...inner, holds: !inner.holds };
}

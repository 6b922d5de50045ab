/** The search against a naive one: a model of the same threads, explored with sets of strings. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explore } from '../../../model/explore/run';
import type { Invariant } from '../../../model/invariants/types';
import type { Builtin, MachineView } from '../../../model/machine/types';
import {
  assemble,
  bin,
  call,
  type FunctionShape,
  glob,
  type Line,
  num,
  readOnce,
  reg,
  ret,
  writeOnce,
} from '../execute/assemble';
import { fakeMachine, scenario, UNBOUNDED } from './fake-machine';

/** One marked access or lock operation on one of two variables or two locks. */
type Op = { readonly op: 'read' | 'write' | 'lock' | 'unlock'; readonly v: number };

/** `write` stores one more (modulo 3) than the thread last read. A lock is only given back when it was taken. */
function balanced(ops: readonly Op[]): Op[] {
  const held = new Set<number>();
  const out = ops.filter((o) => {
    if (o.op === 'lock') return !held.has(o.v) && held.add(o.v);
    if (o.op === 'unlock') return held.delete(o.v);
    return true;
  });
  const all = [...out, ...[...held].map((v): Op => ({ op: 'unlock', v }))];
  return all.length === 0 ? [{ op: 'read', v: 0 }] : all;
}

function toFunction(ops: readonly Op[], counted = false): FunctionShape {
  const lines = ops.map((o): Line => {
    switch (o.op) {
      case 'read':
        return readOnce(1, glob(`x${o.v}`));
      case 'write':
        return writeOnce(glob(`x${o.v}`), bin('rem', bin('add', reg(1), num(1)), num(3)));
      default:
        return call(null, o.op, [glob(`m${o.v}`)]);
    }
  });
  const end = counted ? [call(null, 'ends', [glob('ended'), glob('x0'), glob('x1')])] : [];
  return { params: ['i32'], lines: [...lines, ...end, ret()] };
}

/** Not a point: what it writes is nobody's business but this test's. */
const endBuiltin: Builtin = {
  name: 'ends',
  point: false,
  run: (m, _t, [a, x0, x1]) => {
    const count = m.memory.u32(a as number) + 1;
    m.memory.setU32(a as number, count);
    placeOfEnd = { count: a as number, x0: x0 as number, x1: x1 as number };
    return undefined;
  },
};
let placeOfEnd = { count: 0, x0: 0, x1: 0 };

/** Collects what the variables hold in states in which all threads have ended. */
function endWatcher(threads: number, ends: Set<string>): Invariant {
  const look = (m: MachineView, addr: number) => Number(m.memory.peek('u32', addr));
  return {
    id: 'ends',
    title: '',
    vm: ['default'],
    onState: (m) => {
      if (look(m, placeOfEnd.count) !== threads) return;
      ends.add(`${look(m, placeOfEnd.x0)},${look(m, placeOfEnd.x1)}`);
    },
  } as Partial<Invariant> as Invariant;
}

interface State {
  readonly pcs: readonly number[];
  readonly regs: readonly number[];
  readonly vars: readonly number[];
  readonly locks: readonly number[];
}

/** A register counts only while a write will read it before a read overwrites it. */
function isLive(ops: readonly Op[], pc: number): boolean {
  const next = ops.slice(pc).find((o) => o.op === 'read' || o.op === 'write');
  return next?.op === 'write';
}

function enabled(threads: readonly Op[][], s: State, t: number): boolean {
  const op = threads[t]![s.pcs[t]!];
  if (s.pcs[t]! > threads[t]!.length) return false;
  return !(op?.op === 'lock' && s.locks[op.v] !== -1);
}

function step(threads: readonly Op[][], s: State, t: number): State {
  const replace = (a: readonly number[], i: number, v: number) => a.map((x, j) => (j === i ? v : x));
  const ops = threads[t]!;
  const op = ops[s.pcs[t]!];
  // Behind its last operation a thread has ended; an empty one needs a transition to end.
  const pc = s.pcs[t]! + 1 >= ops.length ? ops.length + 1 : s.pcs[t]! + 1;
  let next: State = { ...s, pcs: replace(s.pcs, t, pc) };
  if (op?.op === 'read') next = { ...next, regs: replace(s.regs, t, s.vars[op.v]!) };
  if (op?.op === 'write') next = { ...next, vars: replace(s.vars, op.v, (s.regs[t]! + 1) % 3) };
  if (op?.op === 'lock') next = { ...next, locks: replace(s.locks, op.v, t) };
  if (op?.op === 'unlock') next = { ...next, locks: replace(s.locks, op.v, -1) };
  return { ...next, regs: replace(next.regs, t, isLive(ops, pc) ? next.regs[t]! : 0) };
}

interface Naive {
  readonly states: number;
  readonly transitions: number;
  readonly deadlock: boolean;
  /** What the variables hold when all threads have ended, sorted. */
  readonly ends: readonly string[];
}

/** All states with at most `bound` preemptions. Transitions are exact only without a bound. */
function naive(threads: readonly Op[][], bound: number): Naive {
  const start: State = {
    pcs: threads.map(() => 0),
    regs: threads.map(() => 0),
    vars: [0, 0],
    locks: [-1, -1],
  };
  const states = new Set<string>();
  const seen = new Set<string>();
  let transitions = 0;
  let deadlock = false;
  const ends = new Set<string>();
  const work = [{ s: start, last: -1, used: 0 }];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const { s, last, used } = item;
    states.add(JSON.stringify(s));
    const key = JSON.stringify(bound === Number.POSITIVE_INFINITY ? s : item);
    if (seen.has(key)) continue;
    seen.add(key);
    const able = threads.map((_, t) => t).filter((t) => enabled(threads, s, t));
    if (able.length === 0 && s.pcs.some((pc, t) => pc <= threads[t]!.length)) deadlock = true;
    if (s.pcs.every((pc, t) => pc > threads[t]!.length)) ends.add(s.vars.join());
    for (const t of able) {
      const cost = last >= 0 && t !== last && able.includes(last) ? 1 : 0;
      if (used + cost > bound) continue;
      transitions++;
      work.push({ s: step(threads, s, t), last: t, used: bound === Number.POSITIVE_INFINITY ? 0 : used + cost });
    }
  }
  return { states: states.size, transitions, deadlock, ends: [...ends].sort() };
}

const op = fc.record({ op: fc.constantFrom<Op['op'][]>('read', 'write', 'lock', 'unlock'), v: fc.nat(1) });
const programs = fc.array(fc.array(op, { minLength: 1, maxLength: 5 }).map(balanced), { minLength: 1, maxLength: 3 });

describe('the search', () => {
  it.each([
    0,
    1,
    2,
    Number.POSITIVE_INFINITY,
  ])('reaches the states that a naive one reaches (%s preemptions)', (preemptions) => {
    fc.assert(
      fc.property(programs, (threads) => {
        const functions = Object.fromEntries(threads.map((ops, i) => [`t${i}`, toFunction(ops)]));
        const program = assemble(
          { setup: { params: ['i32'], lines: [ret()] }, ...functions },
          { x0: 4, x1: 4, m0: 4, m1: 4 },
        );
        const situation = scenario(threads.map((_, i) => `t${i}`));
        // Without race detection every marked access is a scheduling point, as it is to the naive search.
        const options = { createMachine: fakeMachine(), invariants: [], races: false };
        const r = explore(program, situation, 'default', { ...UNBOUNDED, preemptions }, options);
        const n = naive(threads, preemptions);
        expect(r.complete).toBe(true);
        expect(r.states).toBe(n.states);
        if (preemptions === Number.POSITIVE_INFINITY) expect(r.transitions).toBe(n.transitions);
        expect([...new Set(r.violations.map((v) => v.invariant))]).toEqual(n.deadlock ? ['deadlock'] : []);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    0,
    1,
    2,
    3,
    Number.POSITIVE_INFINITY,
  ])('reaches the same ends and deadlocks when it stops at races only (%s preemptions)', (preemptions) => {
    fc.assert(
      fc.property(programs, (threads) => {
        const functions = Object.fromEntries(threads.map((ops, i) => [`t${i}`, toFunction(ops, true)]));
        const program = assemble(
          { setup: { params: ['i32'], lines: [ret()] }, ...functions },
          { x0: 4, x1: 4, m0: 4, m1: 4, ended: 4 },
        );
        const ends = new Set<string>();
        const options = { createMachine: fakeMachine([endBuiltin]), invariants: [endWatcher(threads.length, ends)] };
        const situation = scenario(threads.map((_, i) => `t${i}`));
        const r = explore(program, situation, 'default', { ...UNBOUNDED, preemptions }, options);
        const n = naive(threads, preemptions);
        expect(r.complete).toBe(true);
        expect([...ends].sort()).toEqual(n.ends);
        expect([...new Set(r.violations.map((v) => v.invariant))]).toEqual(n.deadlock ? ['deadlock'] : []);
      }),
      { numRuns: 60 },
    );
  });
});

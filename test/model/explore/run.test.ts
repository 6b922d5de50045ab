import { describe, expect, it } from 'vitest';
import type { Program } from '../../../model/execute/program';
import { traceOf } from '../../../model/explore/replay';
import { explore, type RunOptions } from '../../../model/explore/run';
import { formatSchedule } from '../../../model/explore/schedule';
import type { Bounds, RunResult, Scenario } from '../../../model/explore/types';
import {
  assemble,
  bin,
  branch,
  call,
  cmp,
  type FunctionShape,
  glob,
  jump,
  load,
  num,
  poison,
  readOnce,
  reg,
  ret,
  set,
  store,
  writeOnce,
} from '../execute/assemble';
import { fakeMachine, scenario, UNBOUNDED } from './fake-machine';

const SETUP: FunctionShape = { params: ['i32'], lines: [ret()] };

function run(p: Program, s: Scenario, bounds: Partial<Bounds> = {}, options: Partial<RunOptions> = {}): RunResult {
  return explore(
    p,
    s,
    'default',
    { ...UNBOUNDED, ...bounds },
    { createMachine: fakeMachine(), invariants: [], ...options },
  );
}

const found = (r: RunResult) => r.violations.map((v) => `${v.invariant}: ${v.message}`);

/** x = x + 1 in two marked accesses, then the last one to finish checks that x is 2. */
const increment = (locked: boolean): FunctionShape => ({
  params: ['i32'],
  lines: [
    ...(locked ? [call(null, 'lock', [glob('m')])] : []),
    readOnce(1, glob('x')),
    writeOnce(glob('x'), bin('add', reg(1), num(1))),
    ...(locked ? [call(null, 'unlock', [glob('m')])] : []),
    ret(),
  ],
});

describe('exact state counts', () => {
  it('two threads that increment without a lock', () => {
    const p = assemble({ setup: SETUP, inc: increment(false) }, { x: 4 });
    const r = run(p, scenario(['inc', 'inc']));
    // Positions are (r)ead, (w)rite what was read, (e)nd: rr0, wr0 x 2, ww0, er1 x 2, ew1 x 2, ee1, ee2. Behind the
    // end of one the other runs to its own without a stop.
    expect(r).toMatchObject({ complete: true, states: 10, transitions: 12, violations: [], unknowns: [] });
  });

  it('two threads that increment under a lock', () => {
    const p = assemble({ setup: SETUP, inc: increment(true) }, { x: 4, m: 4 });
    const r = run(p, scenario(['inc', 'inc']));
    expect(r).toMatchObject({ complete: true, violations: [] });
    // Each order of the two is a chain of four transitions, to each lock and end; they share their ends.
    expect([r.states, r.transitions]).toEqual([8, 8]);
  });

  it('n independent threads of one marked step each reach 2^n states', () => {
    const p = assemble({ setup: SETUP, f: { params: ['i32'], lines: [readOnce(1, glob('x')), ret()] } }, { x: 4 });
    const r = run(p, scenario(['f', 'f', 'f', 'f', 'f']));
    expect([r.states, r.transitions]).toEqual([32, 80]);
  });

  it('what a thread does before its first scheduling point has one order', () => {
    const p = assemble({ setup: SETUP, f: { params: ['i32'], lines: [set(1, num(1)), ret()] } });
    const r = run(p, scenario(['f', 'f', 'f', 'f', 'f']));
    expect([r.states, r.transitions]).toEqual([6, 5]);
  });

  it('do not depend on the order of threads of one kind', () => {
    const p = assemble({ setup: SETUP, inc: increment(true), bare: increment(false) }, { x: 4, m: 4 });
    const a = run(p, scenario(['inc', 'bare']));
    const b = run(p, scenario(['bare', 'inc']));
    expect([a.states, a.transitions]).toEqual([b.states, b.transitions]);
  });
});

describe('races', () => {
  /** Plain accesses: only race detection makes them points. */
  const plain: FunctionShape = {
    params: ['i32'],
    lines: [
      load(1, glob('x')),
      store(glob('x'), bin('add', reg(1), num(1))),
      call(2, 'done', []),
      branch(cmp('eq', reg(2), num(2)), 'last', 'end'),
      'last',
      load(3, glob('x')),
      call(null, 'check', [cmp('eq', reg(3), num(2)), num(7)]),
      'end',
      ret(),
    ],
  };
  const done: FunctionShape = {
    returns: 'i32',
    lines: [
      call(null, 'lock', [glob('m')]),
      load(0, glob('n')),
      store(glob('n'), bin('add', reg(0), num(1))),
      call(null, 'unlock', [glob('m')]),
      ret(bin('add', reg(0), num(1))),
    ],
  };
  const p = assemble({ setup: SETUP, plain, done }, { x: 4, n: 4, m: 4 });

  it('in plain accesses are found and lead to the lost update', () => {
    const r = run(p, scenario(['plain', 'plain']), { preemptions: 1 });
    expect(found(r)).toEqual(['kernel-warning: check 7 failed']);
    expect(r.violations[0]).toMatchObject({
      preemptions: 1,
      thread: 't0',
      place: { file: 'test.c', function: 'plain' },
    });
    expect(r.complete).toBe(true);
  });

  it('need a preemption to show', () => {
    const r = run(p, scenario(['plain', 'plain']), { preemptions: 0 });
    expect(found(r)).toEqual([]);
    expect(r).toMatchObject({ complete: true, preemptions: 0 });
  });

  it('end the search at the preemptions that they take, where no more was asked for', () => {
    const whole = run(p, scenario(['plain', 'plain', 'plain']), { preemptions: 2 });
    const until = run(p, scenario(['plain', 'plain', 'plain']), { preemptions: 2, untilViolation: true });
    expect(until).toMatchObject({ complete: true, preemptions: 1, violations: [{ preemptions: 1 }] });
    expect(whole).toMatchObject({ complete: true, preemptions: 2 });
    expect(until.states).toBeLessThan(whole.states);
    const clean = run(p, scenario(['plain']), { preemptions: 2, untilViolation: true });
    expect(clean).toMatchObject({ complete: true, preemptions: 2, violations: [] });
  });

  it('are printed as schedules that know nothing of races', () => {
    const r = run(p, scenario(['plain', 'plain']), { preemptions: 2 });
    expect(formatSchedule(r.violations[0]!.schedule)).toMatch(/\+1/);
  });
});

describe('runs of one program after another', () => {
  const own: FunctionShape = { params: ['i32'], lines: [readOnce(1, glob('x')), writeOnce(glob('x'), num(5)), ret()] };
  const p = assemble({ setup: SETUP, inc: increment(false), own }, { x: 4 });

  it('know nothing of one another: results, coverage and what memory holds at first are those of a first run', () => {
    const first = run(p, scenario(['inc', 'inc']));
    const other = run(p, scenario(['own']));
    expect(other.functions).toEqual(['own', 'setup']);
    expect(run(p, scenario(['inc', 'inc']))).toEqual(first);
    expect(run(p, scenario(['own']))).toEqual(other);
  });

  it('do so after one that was cut short', () => {
    const first = run(p, scenario(['inc', 'inc']));
    run(p, scenario(['inc', 'inc']), { transitions: 3 });
    expect(run(p, scenario(['inc', 'inc']))).toEqual(first);
  });
});

describe('deadlock and livelock', () => {
  const dine = (a: string, b: string): FunctionShape => ({
    params: ['i32'],
    lines: [
      call(null, 'lock', [glob(a)]),
      call(null, 'lock', [glob(b)]),
      call(null, 'unlock', [glob(b)]),
      call(null, 'unlock', [glob(a)]),
      ret(),
    ],
  });

  it('three diners who all begin on their left', () => {
    const p = assemble(
      { setup: SETUP, d0: dine('a', 'b'), d1: dine('b', 'c'), d2: dine('c', 'a') },
      { a: 4, b: 4, c: 4 },
    );
    const r = run(p, scenario(['d0', 'd1', 'd2']));
    expect(found(r)).toEqual(['deadlock: nobody can run; t0 in d0(), t1 in d1(), t2 in d2() wait']);
    const ordered = assemble(
      { setup: SETUP, d0: dine('a', 'b'), d1: dine('b', 'c'), d2: dine('a', 'c') },
      { a: 4, b: 4, c: 4 },
    );
    expect(found(run(ordered, scenario(['d0', 'd1', 'd2'])))).toEqual([]);
  });

  it('a thread that waits at rest is no deadlock', () => {
    const p = assemble({ setup: SETUP, f: { params: ['i32'], lines: [call(null, 'idle'), ret()] } });
    expect(found(run(p, scenario(['f'])))).toEqual([]);
  });

  const spin: FunctionShape = {
    params: ['i32'],
    lines: ['again', readOnce(1, glob('x')), branch(cmp('eq', reg(1), num(0)), 'again', 'out'), 'out', ret()],
  };

  it('a thread that spins on what nobody will change', () => {
    const p = assemble({ setup: SETUP, spin }, { x: 4 });
    expect(found(run(p, scenario(['spin'])))).toEqual(['livelock: t0 runs in a circle, and nobody else can run']);
  });

  it('a thread that spins until another, who needs no preemption, lets it go', () => {
    const go: FunctionShape = {
      params: ['i32'],
      lines: [writeOnce(glob('x'), num(1)), readOnce(1, glob('y')), call(null, 'check', [reg(1), num(1)]), ret()],
    };
    const p = assemble({ setup: SETUP, spin, go }, { x: 4, y: 4 });
    const r = run(p, scenario(['spin', 'go']), { preemptions: 0 });
    expect(found(r)).toEqual(['kernel-warning: check 1 failed']);
  });
});

describe('livelocks of several threads', () => {
  /** Waits until a word is 1. */
  const awaits = (word: string): FunctionShape => ({
    params: ['i32'],
    lines: ['again', readOnce(1, glob(word)), branch(cmp('eq', reg(1), num(0)), 'again', 'out'), 'out', ret()],
  });
  /** Claims `mine`, and gives up and tries again as long as `theirs` is claimed. */
  const backsOff = (mine: string, theirs: string): FunctionShape => ({
    params: ['i32'],
    lines: [
      'again',
      writeOnce(glob(mine), num(1)),
      readOnce(1, glob(theirs)),
      branch(cmp('eq', reg(1), num(0)), 'won', 'lost'),
      'lost',
      writeOnce(glob(mine), num(0)),
      jump('again'),
      'won',
      writeOnce(glob(mine), num(0)),
      ret(),
    ],
  });
  const MANY = 'livelock: t0 and t1 run in a circle, and nobody ends it';

  it('two that wait for each other, each of whom could run for ever', () => {
    const p = assemble({ setup: SETUP, a: awaits('x'), b: awaits('y') }, { x: 4, y: 4 });
    const r = run(p, scenario(['a', 'b']), { preemptions: 0 });
    expect(found(r)).toEqual([MANY]);
    expect(r.violations[0]).toMatchObject({ preemptions: 0, place: { function: 'a' } });
    // the schedule leads to the circle and once round, and can be played
    const { schedule } = r.violations[0]!;
    expect(new Set(schedule.map((a) => a.thread))).toEqual(new Set([0, 1]));
    const options = { createMachine: fakeMachine(), invariants: [] };
    const rows = traceOf(p, scenario(['a', 'b']), 'default', schedule, options);
    expect(rows.map(({ thread }) => thread)).toEqual(expect.arrayContaining(['t0', 't1']));
  });

  it('two that claim, see each other and back off', () => {
    const p = assemble({ setup: SETUP, a: backsOff('x', 'y'), b: backsOff('y', 'x') }, { x: 4, y: 4 });
    const r = run(p, scenario(['a', 'b']));
    expect(found(r)).toEqual([MANY]);
  });

  it('not one that backs off until the other, who does not, is done', () => {
    const p = assemble({ setup: SETUP, a: backsOff('x', 'y'), inc: increment(false) }, { x: 4, y: 4 });
    expect(found(run(p, scenario(['a', 'inc'])))).toEqual([]);
  });

  it('not one that waits at a lock which the other takes and gives back again and again', () => {
    const polite: FunctionShape = {
      params: ['i32'],
      lines: [
        'again',
        call(null, 'lock', [glob('m')]),
        load(1, glob('x')),
        call(null, 'unlock', [glob('m')]),
        branch(cmp('eq', reg(1), num(0)), 'again', 'out'),
        'out',
        ret(),
      ],
    };
    const giver: FunctionShape = {
      params: ['i32'],
      lines: [call(null, 'lock', [glob('m')]), store(glob('x'), num(1)), call(null, 'unlock', [glob('m')]), ret()],
    };
    const p = assemble({ setup: SETUP, polite, giver }, { x: 4, m: 4 });
    expect(found(run(p, scenario(['polite', 'polite', 'giver'])))).toEqual([]);
    expect(found(run(p, scenario(['polite', 'polite'])))).toEqual([MANY]);
  });

  it('not two that go round as long as a choice goes one way', () => {
    const lucky: FunctionShape = {
      params: ['i32'],
      lines: ['again', call(1, 'toss'), branch(cmp('eq', reg(1), num(0)), 'again', 'out'), 'out', ret()],
    };
    const p = assemble({ setup: SETUP, lucky });
    expect(found(run(p, scenario(['lucky', 'lucky'])))).toEqual([]);
  });
});

describe('faults', () => {
  const f: FunctionShape = {
    params: ['i32'],
    lines: [
      call(1, 'pick'),
      call(2, 'pick'),
      call(null, 'check', [cmp('ne', bin('add', reg(1), reg(2)), num(2)), num(3)]),
      ret(),
    ],
  };
  const p = assemble({ setup: SETUP, f });

  it('are bounded by the scenario', () => {
    expect(found(run(p, scenario(['f'], { faults: 1 })))).toEqual([]);
    const r = run(p, scenario(['f'], { faults: 2 }));
    expect(found(r)).toEqual(['kernel-warning: check 3 failed']);
    expect(formatSchedule(r.violations[0]!.schedule)).toBe('0:1*2');
  });
});

describe('what ends a path', () => {
  it('is said once per place, and the rest goes on', () => {
    const p = assemble(
      {
        setup: SETUP,
        wild: { params: ['i32'], lines: [load(1, num(16, 'ptr')), ret()] },
        odd: { params: ['i32'], lines: [poison('asm')] },
        callee: { params: ['i32'], lines: [call(null, 'nobody'), ret()] },
        fine: { params: ['i32'], lines: [set(1, num(1)), ret()] },
      },
      {},
    );
    const r = run(p, scenario(['wild', 'odd', 'callee', 'fine']), { preemptions: 1 });
    expect(found(r)).toEqual(['memory-safety: null pointer: read of 4 bytes at 0x10']);
    expect(r.unknowns.map((u) => u.what).sort()).toEqual(['asm', 'call of nobody, which nothing defines']);
    expect(r.functions).toEqual(['fine', 'setup']);
    expect(r.complete).toBe(true);
  });

  it('a function that never ends is not understood', () => {
    const p = assemble({ setup: SETUP, f: { params: ['i32'], lines: ['l', jump('l')] } });
    const r = run(p, scenario(['f']), { stepsPerTransition: 1000 });
    expect(r.unknowns.map((u) => u.what)).toEqual(['no scheduling point within 1000 steps']);
  });
});

describe('budgets', () => {
  const p = assemble({ setup: SETUP, inc: increment(false) }, { x: 4 });
  const s = scenario(['inc', 'inc', 'inc', 'inc']);

  it('say incomplete and why', () => {
    expect(run(p, s, { states: 20 })).toMatchObject({ complete: false, incomplete: 'the budget of 20 states ran out' });
    expect(run(p, s, { transitions: 20 }).incomplete).toBe('the budget of 20 transitions ran out');
    expect(run(p, s, { steps: 20 }).incomplete).toBe('the budget of 20 steps ran out');
    expect(run(p, s, { bytes: 20 }).incomplete).toBe('the budget of 20 bytes ran out');
  });

  it('a cancelled run says so', () => {
    let polls = 0;
    const cancel = {
      get cancelled() {
        return ++polls > 10;
      },
    };
    expect(run(p, s, {}, { cancel })).toMatchObject({ complete: false, incomplete: 'cancelled', transitions: 10 });
  });

  it('the same run gives the same result', () => {
    expect(run(p, s)).toEqual(run(p, s));
  });
});

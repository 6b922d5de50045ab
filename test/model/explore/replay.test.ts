import { describe, expect, it } from 'vitest';
import { shorten } from '../../../model/explore/minimise';
import { differences, traceOf } from '../../../model/explore/replay';
import { explore } from '../../../model/explore/run';
import { formatSchedule, parseSchedule } from '../../../model/explore/schedule';
import type { Violation } from '../../../model/explore/types';
import {
  assemble,
  bin,
  call,
  cmp,
  type FunctionShape,
  glob,
  load,
  num,
  readOnce,
  reg,
  ret,
  store,
  writeOnce,
} from '../execute/assemble';
import { fakeMachine, scenario, UNBOUNDED } from './fake-machine';

const SETUP: FunctionShape = { params: ['i32'], lines: [ret()] };
const OPTIONS = { createMachine: fakeMachine(), invariants: [] };

/** Plain read and write of x with a check that x still is what was read. */
const victim: FunctionShape = {
  params: ['i32'],
  lines: [
    readOnce(1, glob('noise')),
    readOnce(1, glob('noise')),
    load(1, glob('x')),
    load(2, glob('x')),
    call(null, 'check', [cmp('eq', reg(1), reg(2)), num(1)]),
    ret(),
  ],
};
const writer: FunctionShape = {
  params: ['i32'],
  lines: [
    readOnce(1, glob('noise')),
    load(1, glob('x')),
    store(glob('x'), bin('add', reg(1), num(1))),
    readOnce(1, glob('noise')),
    ret(),
  ],
};
const bystander: FunctionShape = {
  params: ['i32'],
  lines: [writeOnce(glob('other'), num(1)), readOnce(1, glob('noise')), ret()],
};
const program = assemble({ setup: SETUP, victim, writer, bystander }, { x: 4, noise: 4, other: 4 });
const threads = scenario(['victim', 'writer', 'bystander']);

function violationAt(preemptions: number): Violation {
  const result = explore(program, threads, 'default', { ...UNBOUNDED, preemptions }, OPTIONS);
  expect(result.violations).toHaveLength(1);
  return result.violations[0]!;
}

describe('schedules', () => {
  it('print and read back', () => {
    const schedule = [
      { thread: 0, choice: 0 },
      { thread: 0, choice: 0 },
      { thread: 1, choice: 2 },
      { thread: 0, choice: 0, steps: 37 },
    ];
    expect(formatSchedule(schedule)).toBe('0*2 1:2 0+37');
    expect(parseSchedule('0*2 1:2 0+37')).toEqual(schedule);
    expect(parseSchedule('  ')).toEqual([]);
  });

  it('are refused when they are something else', () => {
    for (const text of ['x', '0*', '-1', '0:', '0*0', '0+0', '99', '0*9999999', '1.5', '0x1', '0'.repeat(50)]) {
      expect(() => parseSchedule(text), text).toThrow(/schedule/);
    }
    expect(() => parseSchedule('0*999999 0*999999')).toThrow(/too long/);
  });
});

describe('replay', () => {
  it('shows the violation again, without being told of races', () => {
    const violation = violationAt(2);
    const trace = traceOf(program, threads, 'default', violation.schedule, OPTIONS);
    expect(trace.at(-1)).toMatchObject({
      thread: 't0',
      place: { function: 'victim' },
      violations: ['kernel-warning: check 1 failed'],
    });
  });

  it('says where a schedule does not fit', () => {
    const play = (text: string) => () => traceOf(program, threads, 'default', parseSchedule(text), OPTIONS);
    expect(play('0 7')).toThrow("the schedule doesn't fit, at step 2: there is no thread 7");
    expect(play('0*9')).toThrow(/t0 can't run: it has ended/);
    expect(play('0:3')).toThrow(/t0 has no choice 3/);
    expect(play('3')).toThrow(/rcu can't run/);
  });

  it('tells states apart by what appears, changes and goes', () => {
    expect(differences({ a: '1', b: '2' }, { a: '3', c: '4' })).toEqual(['a: 1 -> 3', 'c: - -> 4', 'b: 2 -> -']);
  });
});

describe('minimising', () => {
  it('takes the bystander out and keeps the one switch that matters', () => {
    const violation: Violation = {
      ...violationAt(1),
      schedule: parseSchedule('2 0 0+2 2 1*3 0'),
      preemptions: 5,
    };
    const short = shorten(program, threads, 'default', violation, OPTIONS);
    expect(formatSchedule(short.schedule)).toBe('0 0+2 1*2 0');
    expect(short.preemptions).toBe(1);
  });

  it('is over when it is told so, with what it has', () => {
    const violation: Violation = { ...violationAt(1), schedule: parseSchedule('2 0 0+2 2 1*3 0'), preemptions: 5 };
    const cancelled = { ...OPTIONS, cancel: { cancelled: true } };
    expect(shorten(program, threads, 'default', violation, cancelled)).toEqual(violation);
    let asked = 0;
    const soon = {
      ...OPTIONS,
      cancel: {
        get cancelled() {
          return asked++ > 1;
        },
      },
    };
    const { schedule } = shorten(program, threads, 'default', violation, soon);
    expect(schedule.length).toBeLessThanOrEqual(violation.schedule.length);
    expect(asked).toBeGreaterThan(1);
  });

  it('leaves a schedule alone that does not show the violation', () => {
    const violation: Violation = { ...violationAt(1), schedule: parseSchedule('2') };
    expect(shorten(program, threads, 'default', violation, OPTIONS)).toEqual(violation);
  });
});

/**
 * Random programs of plain and marked stores, loads, barriers and locked operations: what the explorer
 * finds that they can do, against a machine written down once more, naively, with none of its economies:
 * every store waits, and any that may leave does so at any time.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { shorten } from '../../../model/explore/minimise';
import { traceOf } from '../../../model/explore/replay';
import { explore } from '../../../model/explore/run';
import { formatSchedule, parseSchedule } from '../../../model/explore/schedule';
import { type CParser, createParser } from '../../../server/c';
import { UNBOUNDED } from './fake-machine';
import { forbidding, litmus, outcomes } from './litmus';

let parser: CParser;
beforeAll(async () => {
  parser = await createParser('auto');
});

type Op =
  | { readonly op: 'store'; readonly word: number; readonly value: number; readonly how: 'plain' | 'once' | 'release' }
  | { readonly op: 'load'; readonly word: number; readonly result: number }
  | { readonly op: 'xchg'; readonly word: number; readonly value: number; readonly result: number }
  | { readonly op: 'wmb' | 'mb' };

const NAMES = ['x', 'y', 'z'];

function textOf(op: Op): string {
  switch (op.op) {
    case 'store': {
      const name = NAMES[op.word];
      if (op.how === 'plain') return `${name} = ${op.value};`;
      return op.how === 'once' ? `WRITE_ONCE(${name}, ${op.value});` : `smp_store_release(&${name}, ${op.value});`;
    }
    case 'load':
      return `int r${op.result} = READ_ONCE(${NAMES[op.word]}); result(${op.result}, r${op.result});`;
    case 'xchg':
      return `int r${op.result} = __xchg(&${NAMES[op.word]}, ${op.value}); result(${op.result}, r${op.result});`;
    default:
      return `smp_${op.op}();`;
  }
}

/** Multiplier and increment of Knuth's MMIX: the same programs at every run. */
function numbers(seed: bigint): (below: number) => number {
  let state = seed;
  return (below) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number((state >> 33n) % BigInt(below));
  };
}

function randomProgram(seed: number): Op[][] {
  const next = numbers(BigInt(seed));
  let result = 0;
  let value = 0;
  const threads: Op[][] = [];
  for (let t = 0, count = seed % 4 === 0 ? 3 : 2; t < count; t++) {
    const ops: Op[] = [];
    for (let i = 0, length = count === 3 ? 2 + next(2) : 3 + next(3); i < length; i++) {
      const word = next(NAMES.length);
      const kind = next(12);
      if (kind < 5)
        ops.push({ op: 'store', word, value: ++value % 9, how: (['plain', 'once', 'release'] as const)[next(3)]! });
      else if (kind < 9) ops.push({ op: 'load', word, result: result++ });
      else if (kind === 9) ops.push({ op: 'xchg', word, value: ++value % 9, result: result++ });
      else ops.push({ op: kind === 10 ? 'wmb' : 'mb' });
    }
    threads.push(ops);
  }
  if (result === 0) threads[0]!.push({ op: 'load', word: 0, result: result++ });
  return threads;
}

interface Waiting {
  readonly word: number;
  readonly value: number;
  readonly once: boolean;
  /** Barriers passed before it was made; half a one more for a release, which holds back nothing behind it. */
  readonly epoch: number;
}

interface Naive {
  readonly at: readonly number[];
  readonly epochs: readonly number[];
  readonly buffers: readonly (readonly Waiting[])[];
  readonly memory: readonly number[];
  readonly results: readonly number[];
}

const put = <T>(list: readonly T[], i: number, value: T): T[] => list.map((old, at) => (at === i ? value : old));

function mayLeave(buffer: readonly Waiting[], i: number): boolean {
  const one = buffer[i]!;
  return buffer
    .slice(0, i)
    .every((older) => older.epoch >= one.epoch && older.word !== one.word && !(older.once && one.once));
}

function naiveOutcomes(program: readonly (readonly Op[])[]): string[] {
  const count = program.flat().filter((op) => 'result' in op).length;
  const nothing = program.map(() => 0);
  const first: Naive = {
    at: nothing,
    epochs: nothing,
    buffers: program.map(() => []),
    memory: NAMES.map(() => 0),
    results: Array.from({ length: count }, () => 0),
  };
  const seen = new Set<string>();
  const ends = new Set<string>();
  const work = [first];
  for (let s = work.pop(); s !== undefined; s = work.pop()) {
    const key = JSON.stringify(s);
    if (seen.has(key)) continue;
    seen.add(key);
    if (s.at.every((at, t) => at === program[t]!.length)) ends.add(s.results.join(''));
    for (let t = 0; t < program.length; t++) work.push(...leaving(s, t), ...running(s, t, program[t]![s.at[t]!]));
  }
  return [...ends].sort();
}

function leaving(s: Naive, t: number): Naive[] {
  const buffer = s.buffers[t]!;
  return buffer.flatMap((store, i) =>
    mayLeave(buffer, i)
      ? [
          {
            ...s,
            buffers: put(
              s.buffers,
              t,
              buffer.filter((_, j) => j !== i),
            ),
            memory: put(s.memory, store.word, store.value),
          },
        ]
      : [],
  );
}

function running(s: Naive, t: number, op: Op | undefined): Naive[] {
  if (op === undefined) return [];
  const at = put(s.at, t, s.at[t]! + 1);
  const buffer = s.buffers[t]!;
  const epoch = s.epochs[t]! + 1;
  switch (op.op) {
    case 'store': {
      const now = s.epochs[t]! + (op.how === 'release' ? 0.5 : 0);
      const store = { word: op.word, value: op.value, once: op.how !== 'plain', epoch: now };
      return [{ ...s, at, buffers: put(s.buffers, t, [...buffer, store]) }];
    }
    case 'load': {
      const own = buffer.findLast(({ word }) => word === op.word);
      return [{ ...s, at, results: put(s.results, op.result, own?.value ?? s.memory[op.word]!) }];
    }
    case 'xchg': {
      if (buffer.length > 0) return [];
      const results = put(s.results, op.result, s.memory[op.word]!);
      return [{ ...s, at, results, memory: put(s.memory, op.word, op.value) }];
    }
    case 'wmb':
      return [{ ...s, at, epochs: put(s.epochs, t, epoch) }];
    case 'mb':
      return buffer.length > 0 ? [] : [{ ...s, at }];
  }
}

describe('a random program can do what a naive x86 lets it do, no less and no more', () => {
  it.each(Array.from({ length: 150 }, (_, i) => i + 1))('program %i', (seed) => {
    const program = randomProgram(seed);
    const bodies = program.map((ops) => ops.map(textOf).join(' '));
    expect(outcomes(parser, `int ${NAMES.join(', ')};`, bodies), bodies.join('\n')).toEqual(naiveOutcomes(program));
  });
});

describe('what takes a store buffer is shown again by its schedule, and by a shorter one', () => {
  const globals = `int ${NAMES.join(', ')};`;

  it.each(Array.from({ length: 30 }, (_, i) => i + 1))('program %i', (seed) => {
    const bodies = randomProgram(seed).map((ops) => ops.map(textOf).join(' '));
    const strong = new Set(outcomes(parser, globals, bodies, 'sc'));
    const weak = outcomes(parser, globals, bodies, 'x86', { preemptions: 2 }).filter((one) => !strong.has(one));
    const { program, threads } = litmus(parser, globals, bodies);
    for (const outcome of weak.slice(0, 3)) {
      const options = { createMachine: forbidding(bodies, outcome), invariants: [], memoryOrder: 'x86' as const };
      const found = explore(program, threads, 'default', { ...UNBOUNDED, preemptions: 2 }, options).violations;
      expect(found.map(({ message }) => message)).toContain(outcome);
      for (const violation of [found[0]!, shorten(program, threads, 'default', found[0]!, options)]) {
        const text = formatSchedule(violation.schedule);
        const trace = traceOf(program, threads, 'default', parseSchedule(text), options);
        expect(
          trace.flatMap(({ violations }) => violations),
          `${bodies.join('\n')}\n${text}`,
        ).toContain(`kernel-warning: ${found[0]!.message}`);
      }
    }
  });
});

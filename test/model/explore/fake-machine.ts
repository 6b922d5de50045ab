/**
 * A machine with nothing but locks (exclusive and shared), a choice, and what a test adds: enough to
 * test the explorer without the real one.
 */

import type { Memory } from '../../../model/execute/memory';
import type { MachineFactory } from '../../../model/explore/simulation';
import type { Bounds, Scenario } from '../../../model/explore/types';
import type { Builtin, MachineView, RunHost, RunMachine, VmType } from '../../../model/machine/types';

/** A lock is a u32: 0 free, 1..16 writer (thread + 1), 0x100 per reader. */
const lockBuiltins = (locks: Set<number>): Builtin[] => [
  {
    name: 'lock',
    point: true,
    ready: (m, _t, [a]) => m.memory.u32(a as number) === 0,
    run: (m, t, [a]) => {
      locks.add(a as number);
      m.memory.setU32(a as number, t.id + 1);
      return undefined;
    },
    describe: (_m, _t, [a]) => `lock(${a})`,
  },
  {
    name: 'unlock',
    point: true,
    run: (m, t, [a]) => {
      if (m.memory.u32(a as number) !== t.id + 1) m.violate('lock-rule', 'unlock of a lock not held');
      m.memory.setU32(a as number, 0);
      return undefined;
    },
  },
  {
    name: 'idle',
    point: true,
    idle: true,
    ready: () => false,
    run: () => undefined,
  },
  {
    name: 'pick',
    point: true,
    choices: () => [
      { label: 'usual', faults: 0 },
      { label: 'failed', faults: 1 },
    ],
    run: (_m, _t, _a, choice) => choice,
  },
  {
    name: 'toss',
    point: true,
    choices: () => [
      { label: 'again', faults: 0 },
      { label: 'out', faults: 0 },
    ],
    run: (_m, _t, _a, choice) => choice,
  },
  {
    name: 'check',
    point: false,
    run: (m, _t, [ok, what]) => {
      if (ok === 0) m.violate('kernel-warning', `check ${what} failed`);
      return undefined;
    },
  },
];

export function fakeMachine(extra: readonly Builtin[] = []): MachineFactory {
  return (vm: VmType, memory: Memory): RunMachine => {
    const locks = new Set<number>();
    const builtins = new Map([...lockBuiltins(locks), ...extra].map((b) => [b.name, b]));
    let host: RunHost | null = null;
    const view: MachineView = {
      memory,
      vm,
      emit: (e) => host!.event(e),
      violate: (i, m) => host!.violate(i, m),
      stop: (o, m) => host!.stop(o, m),
      unknown: (w) => host!.unknown(w),
    };
    return {
      ...view,
      get host() {
        return host!;
      },
      set host(h: RunHost) {
        host = h;
      },
      builtins,
      noEffect: new Set(['trace']),
      watchedCalls: new Set(),
      heldLocks: (thread) =>
        [...locks]
          .filter((a) => memory.peek('u32', a) === thread + 1)
          .map((lock) => ({ lock, mode: 'write' as const })),
      pendingCallback: () => null,
      takeCallback: () => {},
      describe: () => ({}),
    };
  };
}

export function scenario(threads: readonly string[], more: Partial<Scenario> = {}): Scenario {
  return {
    id: 'S00',
    name: 'test',
    title: 'test',
    description: '',
    vm: ['default'],
    source: '',
    assumption: null,
    driver: 'test.c',
    setup: 'setup',
    threads: threads.map((entry, i) => ({ name: `t${i}`, entry, args: [i] })),
    invariants: [],
    words: [],
    faults: 0,
    mutations: [],
    ...more,
  };
}

export const UNBOUNDED: Bounds = {
  preemptions: Number.POSITIVE_INFINITY,
  states: 1e7,
  transitions: 1e7,
  steps: 1e9,
  stepsPerTransition: 1e5,
  bytes: 1e9,
};

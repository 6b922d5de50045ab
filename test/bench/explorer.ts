/**
 * The mirror / S-EPT protocol through the C engine and the explorer: states, rate and memory, to hold
 * beside a compiled verifier on the same protocol. The machine is a stub with the few words that
 * protocol.c calls.
 */

import type { Memory } from '../../model/execute/memory';
import { explore } from '../../model/explore/run';
import type { RunResult, Scenario } from '../../model/explore/types';
import type { Builtin, MachineView, RunHost, RunMachine, VmType } from '../../model/machine/types';
import { type CParser, compile } from '../../server/c/index';

export interface Instance {
  readonly name: string;
  /** vCPUs, frames, faults per vCPU, holes punched. */
  readonly n: number;
  readonly g: number;
  readonly f: number;
  readonly z: number;
}

export interface ProtocolRun {
  readonly result: RunResult;
  /** Milliseconds: compiling the C, and exploring. */
  readonly compile: number;
  readonly explore: number;
}

/** Explore one instance without a bound on preemptions. `text` is that of protocol.c. */
export function exploreProtocol(text: string, instance: Instance, parser: CParser, broken = false): ProtocolRun {
  const { n, g, f, z } = instance;
  const started = performance.now();
  const defines: Record<string, string> = { N: `${n}`, G: `${g}`, F: `${f}`, Z: `${z}` };
  if (broken) defines.NOFREEZE = '1';
  const input = { units: [{ path: 'protocol.c', text }], include: () => null, defines };
  const program = compile(input, parser);
  const compiled = performance.now();
  const bounds = {
    preemptions: Number.POSITIVE_INFINITY,
    states: 20_000_000,
    transitions: 100_000_000,
    steps: 20_000_000_000,
    stepsPerTransition: 10_000,
    bytes: 3_000_000_000,
  };
  const options = { createMachine: stubMachine, invariants: [], races: false };
  const result = explore(program, scenarioOf(n), 'default', bounds, options);
  return { result, compile: compiled - started, explore: performance.now() - compiled };
}

function scenarioOf(n: number): Scenario {
  const vcpus = Array.from({ length: n }, (_, i) => ({ name: `vcpu${i}`, entry: 'vcpu', args: [i] }));
  return {
    id: 'protocol',
    name: 'protocol',
    title: 'mirror and S-EPT',
    description: '',
    vm: ['default'],
    source: '',
    assumption: null,
    driver: 'protocol.c',
    setup: 'setup',
    threads: [...vcpus, { name: 'zapper', entry: 'zapper', args: [0] }],
    invariants: [],
    words: [],
    faults: 0,
    mutations: [],
  };
}

const point = (name: string, more: Partial<Builtin> = {}): [string, Builtin] => [
  name,
  { name, point: true, run: () => undefined, ...more },
];

const BUILTINS: ReadonlyMap<string, Builtin> = new Map([
  point('__point'),
  point('__until_zero', { ready: (m, _t, [a]) => m.memory.u8(a as number) === 0 }),
  point('__until_both_zero', {
    ready: (m, _t, [a, b]) => m.memory.u8(a as number) === 0 && m.memory.u8(b as number) === 0,
  }),
  point('__pick', {
    choices: (_m, _t, [n]) => Array.from({ length: n as number }, (_, i) => ({ label: `frame ${i}`, faults: 0 })),
    run: (_m, _t, _a, choice) => choice,
  }),
  point('__fail', {
    point: false,
    run: (m) => {
      m.violate('kernel-warning', 'an assertion of the protocol failed');
      return undefined;
    },
  }),
]);

function stubMachine(vm: VmType, memory: Memory): RunMachine {
  const view: Omit<MachineView, 'violate'> = {
    memory,
    vm,
    emit: () => {},
    stop: (o, m) => machine.host.stop(o, m),
    unknown: (w) => machine.host.unknown(w),
  };
  const machine: RunMachine = {
    ...view,
    violate: (i, m) => machine.host.violate(i, m),
    host: null as unknown as RunHost,
    builtins: BUILTINS,
    noEffect: new Set(['keep']),
    watchedCalls: new Set(),
    heldLocks: () => [],
    pendingCallback: () => null,
    takeCallback: () => {},
    describe: () => ({}),
  };
  return machine;
}

/**
 * Runs one C function to completion, alone: no machine, no other threads, no exploration. For tests
 * of C semantics and for small experiments.
 */

import type { Builtin, MachineView, OracleId } from '../machine/types';
import { Executor } from './executor';
import { Memory } from './memory';
import type { Program, Value } from './program';
import { MEMORY_SIZE } from './regions';

export interface FunctionRun {
  /** Null when the function ended normally. */
  readonly stopped: { readonly oracle: OracleId | 'unknown'; readonly message: string; readonly line: number } | null;
  /** What it returned; undefined for void, or when stopped. */
  readonly value: Value | undefined;
  readonly steps: number;
  /** As the function left it. */
  readonly memory: Memory;
  /** Address of a global; undefined when the program has none of that name. */
  globalAddress(name: string): number | undefined;
}

export interface FunctionRunOptions {
  readonly builtins?: ReadonlyMap<string, Builtin>;
  readonly noEffect?: ReadonlySet<string>;
  /** Steps after which the run is given up. Default 10 million. */
  readonly steps?: number;
}

class Stopped extends Error {
  constructor(
    readonly oracle: OracleId | 'unknown',
    message: string,
  ) {
    super(message);
  }
}

const THREAD = { id: 0, name: 'main' };

/** Run `name` with `args`, which are converted to its parameters' types. Throws only for a program that can't be linked. */
export function runFunction(
  program: Program,
  name: string,
  args: readonly Value[] = [],
  options: FunctionRunOptions = {},
): FunctionRun {
  const memory = new Memory(MEMORY_SIZE);
  const stop = (oracle: OracleId, message: string): never => {
    throw new Stopped(oracle, message);
  };
  const unknown = (why: string): never => {
    throw new Stopped('unknown', why);
  };
  memory.onBad = (addr, kind, write, size) =>
    stop('memory-safety', `${kind} ${write ? 'write' : 'read'} of ${size} bytes at 0x${addr.toString(16)}`);
  const machine: MachineView = {
    memory,
    vm: 'default',
    emit: () => {},
    violate: (invariant, message) => stop('kernel-warning', `${invariant}: ${message}`),
    stop,
    unknown,
  };
  const x = new Executor(program, memory, {
    machine,
    builtins: options.builtins ?? new Map(),
    noEffect: options.noEffect ?? new Set(),
    watchedCalls: new Set(),
    host: { stop, unknown, event: () => {} },
  });
  const limit = options.steps ?? 10_000_000;
  x.stepsPerTransition = limit;
  const stopped = runToEnd(x, name, args, limit);
  return {
    stopped,
    value: stopped ? undefined : x.result,
    steps: x.steps,
    memory,
    globalAddress: (global) => x.linked.globals.get(global),
  };
}

function runToEnd(x: Executor, name: string, args: readonly Value[], limit: number): FunctionRun['stopped'] {
  try {
    x.enter(THREAD, name, args);
    while (x.run(0) === 'point') {
      if (x.steps >= limit) x.host.unknown(`still running after ${limit} steps`);
      const node = x.save();
      if (node && x.choicesAt(THREAD, node) === null) x.host.unknown('it waits for another thread');
    }
    return null;
  } catch (e) {
    if (!(e instanceof Stopped)) throw e;
    return { oracle: e.oracle, message: e.message, line: x.places()[0]?.line ?? 0 };
  }
}

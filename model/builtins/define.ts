/**
 * How a builtin is written down: a name, what it does on the concrete machine, and, where it matters,
 * when it may run and which ways it can go. Values of C arrive as numbers or BigInts; `num` and `big`
 * take either.
 */

import type { Value } from '../execute/program';
import type { Machine } from '../machine/machine';
import type { Builtin, Choice, StoreOrder, ThreadView, Touch } from '../machine/types';

export interface Call {
  readonly m: Machine;
  readonly thread: ThreadView;
  readonly args: readonly Value[];
  /** The chosen way, 0 unless `choices` offers more. */
  readonly choice: number;
}

export interface Definition {
  /** A step that other CPUs can see: the explorer may switch threads before it. Default false. */
  readonly point?: boolean;
  readonly run: ((call: Call) => Value | undefined) | ((call: Call) => void);
  readonly ready?: (call: Call) => boolean;
  readonly choices?: (call: Call) => readonly Choice[];
  /** The words through which alone others notice a point; null: it is one always (see `Builtin`). */
  readonly touches?: (call: Call) => readonly Touch[] | null;
  readonly acquires?: boolean;
  /** Default `own` (see `Builtin`). */
  readonly stores?: StoreOrder;
  /** A thread that waits here may wait for ever: that is no deadlock. */
  readonly idle?: boolean;
  /** Text for traces; default: the name with its arguments in hexadecimal. */
  readonly describe?: (call: Call, result: Value | undefined) => string;
}

export const num = (call: Call, i: number): number => Number(call.args[i] ?? 0);
export const big = (call: Call, i: number): bigint => BigInt.asUintN(64, BigInt(call.args[i] ?? 0));
/** A 32-bit C int or bool argument. */
export const flag = (call: Call, i: number): boolean => num(call, i) !== 0;

export function define(name: string, d: Definition): Builtin {
  const { ready, choices, touches, describe } = d;
  const on = (m: unknown, thread: ThreadView, args: readonly Value[], choice = 0): Call => ({
    m: m as Machine,
    thread,
    args,
    choice,
  });
  return {
    name,
    point: d.point ?? false,
    ...(d.idle && { idle: true }),
    ...(d.acquires && { acquires: true }),
    ...(d.stores && { stores: d.stores }),
    ...(touches && { touches: (m, thread, args) => touches(on(m, thread, args)) }),
    run: (m, thread, args, choice) => d.run(on(m, thread, args, choice)) as Value | undefined,
    ...(ready && { ready: (m, thread, args) => ready(on(m, thread, args)) }),
    ...(choices && { choices: (m, thread, args) => choices(on(m, thread, args)) }),
    describe: (m, thread, args, result) =>
      describe ? describe(on(m, thread, args), result) : `${name}(${args.map(plain).join(', ')})`,
  };
}

const plain = (v: Value): string => (v > 9 ? `0x${v.toString(16)}` : String(v));

/** Only the plain way. */
export const ONE_WAY: readonly Choice[] = [{ label: '', faults: 0 }];
/** Or it gets no memory: choice 1. */
export const OUT_OF_MEMORY: readonly Choice[] = [...ONE_WAY, { label: 'out of memory', faults: 1 }];

/** What touches the 64-bit object that argument 0 points to, and nothing else. */
export const reads = (c: Call): readonly Touch[] => [{ addr: num(c, 0), size: 8, write: false }];
export const writes = (c: Call): readonly Touch[] => [{ addr: num(c, 0), size: 8, write: true }];
/** Gives back, or goes on once it may: others notice it only by no longer having to wait. */
export const touchesNothing = (): readonly Touch[] => [];

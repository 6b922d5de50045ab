/** Litmus tests: short C threads, and every combination of results that some run of theirs ends with. */

import { expect } from 'vitest';
import { builtins } from '../../../model/builtins/registry';
import type { Program } from '../../../model/execute/program';
import type { MemoryOrder } from '../../../model/execute/store-buffers';
import { explore } from '../../../model/explore/run';
import type { MachineFactory } from '../../../model/explore/simulation';
import type { Bounds, Scenario } from '../../../model/explore/types';
import type { Builtin, MachineView } from '../../../model/machine/types';
import { type CParser, compile } from '../../../server/c';
import { fakeMachine, scenario, UNBOUNDED } from './fake-machine';

/** The prelude's words, so far as litmus tests use them. */
const WORDS = `
#define READ_ONCE(x) __read_once(x)
#define WRITE_ONCE(x, v) __write_once(x, v)
#define smp_store_release(p, v) __store_release(*(p), v)
void smp_mb(void); void smp_wmb(void); void smp_rmb(void); void barrier(void);
int results[8];
void __result(int *results, int i, int v);
#define result(i, v) __result(results, i, v)
void lock(int *l); void unlock(int *l); void check(int ok, int what);
static void setup(int vm) { }
`;

/** What stands at file scope, and the threads' bodies. */
export function litmus(
  parser: CParser,
  globals: string,
  threads: readonly string[],
): { program: Program; threads: Scenario } {
  const bodies = threads.map((body, i) => `static void t${i}(int n) { ${body} }`).join('\n');
  const units = [{ path: 'litmus.c', text: `${WORDS}${globals}\n${bodies}\n` }];
  const program = compile({ units, include: () => null, defines: {} }, parser);
  expect(program.problems).toEqual([]);
  return { program, threads: scenario(threads.map((_, i) => `t${i}`)) };
}

export const BARRIERS = ['smp_mb', 'smp_wmb', 'smp_rmb', 'barrier'].map((name) => builtins.get(name)!);

/** Keeps what threads tell, one higher than it is, since 0 is "not known yet"; who comes last knows all of it. */
const resultBuiltin = (count: number, tell: (m: MachineView, outcome: string) => void): Builtin => ({
  name: '__result',
  point: false,
  stores: 'none',
  run: (m, _t, [results, i, v]) => {
    const at = results as number;
    m.memory.setU32(at + Number(i) * 4, Number(v) + 1);
    const all = Array.from({ length: count }, (_, n) => m.memory.u32(at + n * 4));
    if (all.every((value) => value > 0)) tell(m, all.map((value) => value - 1).join(''));
    return undefined;
  },
});

const resultsIn = (bodies: readonly string[]): number => bodies.join('').split('result(').length - 1;

/** A machine in which this outcome is a violation. */
export const forbidding = (bodies: readonly string[], outcome: string): MachineFactory => {
  const tell = (m: MachineView, found: string) => {
    if (found === outcome) m.violate('kernel-warning', outcome);
  };
  return fakeMachine([...BARRIERS, resultBuiltin(resultsIn(bodies), tell)]);
};

/** Every combination of results that some run ends with, sorted: `10` is result 0 = 1, result 1 = 0. */
export function outcomes(
  parser: CParser,
  globals: string,
  bodies: readonly string[],
  memoryOrder: MemoryOrder = 'x86',
  bounds: Partial<Bounds> = {},
): string[] {
  const { program, threads } = litmus(parser, globals, bodies);
  const seen = new Set<string>();
  const createMachine = fakeMachine([...BARRIERS, resultBuiltin(resultsIn(bodies), (_, outcome) => seen.add(outcome))]);
  const options = { createMachine, invariants: [], memoryOrder };
  const run = explore(program, threads, 'default', { ...UNBOUNDED, ...bounds }, options);
  expect(run).toMatchObject({ complete: true, unknowns: [], violations: [] });
  return [...seen].sort();
}

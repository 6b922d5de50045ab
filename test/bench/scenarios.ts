/**
 * States and transitions per second, per scenario and VM type, on unmodified code: of the reference row by row, of
 * the kernel releases that are here in sum, beside the budget that a reviewer gives a patch.
 */

import type { Program } from '../../model/execute/program';
import { run } from '../../model/explore/index';
import type { RunResult, Scenario } from '../../model/explore/types';
import { invariants } from '../../model/invariants/index';
import type { VmType } from '../../model/machine/types';
import { scenarios } from '../../model/scenarios/index';
import { createParser, LoweringCache } from '../../server/c/index';
import { loadReference } from '../../server/kernel/reference';
import { compileReference } from '../../server/review/compile';
import { DEFAULT_BOUNDS } from '../../server/review/jobs';
import { RELEASES } from '../server/kernel/tree/kernels';

/** Seconds of a patch, unless the reviewer says otherwise. */
const BUDGET = 60;

const cell = (value: string | number, width: number): string => String(value).padStart(width);

interface Sum {
  states: number;
  transitions: number;
  ms: number;
  incomplete: number;
}

/** Runs each scenario on each of its VM types. */
function runAll(program: Program, lacks: readonly VmType[], preemptions: number, onRun: OnRun): Sum {
  const sum = { states: 0, transitions: 0, ms: 0, incomplete: 0 };
  for (const scenario of scenarios) {
    for (const vm of scenario.vm.filter((type) => !lacks.includes(type))) {
      const from = performance.now();
      const result = run(program, scenario, vm, { ...DEFAULT_BOUNDS, preemptions }, { invariants });
      const ms = performance.now() - from;
      sum.states += result.states;
      sum.transitions += result.transitions;
      sum.ms += ms;
      if (!result.complete) sum.incomplete++;
      onRun(scenario, vm, result, ms);
    }
  }
  return sum;
}

type OnRun = (scenario: Scenario, vm: VmType, result: RunResult, ms: number) => void;

function printRun({ id }: Scenario, vm: VmType, result: RunResult, ms: number): void {
  console.log(
    [
      id.padEnd(8),
      vm.padEnd(14),
      cell(result.states, 9),
      cell(result.transitions, 12),
      cell(Math.round(ms), 7),
      cell(Math.round((result.states * 1000) / ms), 9),
      cell(Math.round((result.transitions * 1000) / ms), 14),
      cell(Math.round(process.memoryUsage().heapUsed / 1048576), 9),
      result.complete ? '' : `  incomplete: ${result.incomplete}`,
    ].join(' '),
  );
}

function printSum(what: string, { states, transitions, ms, incomplete }: Sum): void {
  const share = `${(ms / 1000).toFixed(1)} s of one core; a patch has ${BUDGET} s (${(ms / 1000 / BUDGET).toFixed(2)} x)`;
  const cut = incomplete === 0 ? '' : `; ${incomplete} incomplete`;
  console.log(`${what}: ${states} states, ${transitions} transitions, ${share}${cut}`);
}

/** Prints one row per situation of the reference, and a sum for each kernel. `short` stops at bound 1. */
export async function scenarioTimes(short: boolean): Promise<void> {
  const parser = await createParser('auto');
  const started = performance.now();
  const program = compileReference(await loadReference(__dirname), {}, parser, new LoweringCache());
  const preemptions = short ? 1 : 2;
  console.log(`Exploration of the unmodified reference, up to ${preemptions} preemptions`);
  console.log(`(compiling the reference, cold: ${Math.round(performance.now() - started)} ms)`);
  console.log('scenario vm               states  transitions      ms  states/s  transitions/s  heap MiB');
  printSum('reference', runAll(program, [], preemptions, printRun));
  if (short) return;
  for (const kernel of RELEASES.filter(({ version }) => version !== '').slice(0, 2))
    printSum(
      `kernel ${kernel.version}`,
      runAll(await kernel.program(), kernel.lacks, preemptions, () => {}),
    );
}

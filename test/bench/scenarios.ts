/** States and transitions per second, per scenario and VM type, on the unmodified reference. */

import { run } from '../../model/explore/index';
import { invariants } from '../../model/invariants/index';
import { scenarios } from '../../model/scenarios/index';
import { createParser, LoweringCache } from '../../server/c/index';
import { loadReference } from '../../server/kernel/reference';
import { compileReference } from '../../server/review/compile';
import { DEFAULT_BOUNDS } from '../../server/review/jobs';

const cell = (value: string | number, width: number): string => String(value).padStart(width);

/** Prints one row per situation. `short` stops at preemption bound 1. */
export async function scenarioTimes(short: boolean): Promise<void> {
  const parser = await createParser('auto');
  const started = performance.now();
  const program = compileReference(await loadReference(__dirname), {}, parser, new LoweringCache());
  const preemptions = short ? 1 : 2;
  console.log(`Exploration of the unmodified reference, up to ${preemptions} preemptions`);
  console.log(`(compiling the reference, cold: ${Math.round(performance.now() - started)} ms)`);
  console.log('scenario vm               states  transitions      ms  states/s  transitions/s  heap MiB');
  for (const scenario of scenarios) {
    for (const vm of scenario.vm) {
      const from = performance.now();
      const result = run(program, scenario, vm, { ...DEFAULT_BOUNDS, preemptions }, { invariants });
      const ms = performance.now() - from;
      console.log(
        [
          scenario.id.padEnd(8),
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
  }
}

/** `simulate`: one scenario on one VM type, as text or JSON. */

import type { MemoryOrder } from '../../model/explore/index';
import type { VmType } from '../../model/machine/types';
import { textTrace } from '../report/text';
import { createReviewer, type ReviewInput, type TreeChoice } from '../review/index';
import { readBytes } from './inputs';
import { inputsOfRange, type TreeOptions, treeOf } from './trees';
import { type Installation, UsageError } from './usage';

export interface SimulateArguments extends TreeOptions {
  readonly scenario: string;
  readonly vm: VmType;
  readonly schedule?: string;
  /** Which patch of several, from 1. */
  readonly patch?: number;
  readonly side: 'pre' | 'post';
  readonly preemptions: number;
  readonly memoryOrder: MemoryOrder;
  readonly budget: number;
  readonly format: string;
}

/** Returns the exit code: 1 when the run violates something, 0 otherwise. Errors: `UsageError`. */
export async function runSimulate(
  patch: string | null,
  options: SimulateArguments,
  installation: Installation,
): Promise<number> {
  const { range } = options;
  if (patch !== null && range !== undefined) throw new UsageError('name a patch or a --range, not both');
  const source = await treeOf(options);
  const input = patch !== null ? readBytes(patch) : range === undefined ? null : await onlyOf(range, source);
  const reviewer = createReviewer({ ...installation, jobs: 1 });
  try {
    const trace = await reviewer.simulate(input, {
      scenario: options.scenario,
      vm: options.vm,
      side: options.side,
      schedule: options.schedule ?? null,
      patch: options.patch ?? null,
      preemptions: options.preemptions,
      memoryOrder: options.memoryOrder,
      budgetSeconds: options.budget,
      source,
    });
    process.stdout.write(options.format === 'json' ? `${JSON.stringify(trace, null, 2)}\n` : textTrace(trace));
    return trace.violations.length > 0 ? 1 : 0;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  } finally {
    await reviewer.close();
  }
}

async function onlyOf(range: string, source: TreeChoice | null): Promise<ReviewInput> {
  const [first, ...more] = await inputsOfRange(range, source);
  if (first === undefined || more.length > 0)
    throw new UsageError(`${range} has ${more.length + 1} commits; name one, as COMMIT^..COMMIT`);
  return first;
}

/**
 * Runs scenarios on the reference KVM, as it stands or with a mutation: a few exact replacements in
 * its C text. A replacement whose text is not there (or is there twice) fails the test, so that a
 * mutation can't become a no-op when the reference changes.
 */

import { join } from 'node:path';
import type { Program } from '../../../model/execute/program';
import { type MemoryOrder, run } from '../../../model/explore';
import type { Bounds, RunResult } from '../../../model/explore/types';
import { invariants } from '../../../model/invariants';
import type { VmType } from '../../../model/machine/types';
import { scenarioById } from '../../../model/scenarios';
import { defectsOf } from '../../../model/scenarios/defects';
import { type CParser, createParser, LoweringCache } from '../../../server/c';
import { loadReference, type Reference } from '../../../server/kernel/reference';
import { compileReference } from '../../../server/review/compile';

const ROOT = join(import.meta.dirname, '../../..');

export const BOUNDS: Bounds = {
  preemptions: 2,
  states: 2_000_000,
  transitions: 8_000_000,
  steps: 4_000_000_000,
  stepsPerTransition: 2_000_000,
  bytes: 2 ** 31,
};

/** One edit: file of the reference (or `scenarios/s21.c`), text that stands there exactly once, what to put in its place. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

let prepared: Promise<{ parser: CParser; reference: Reference; cache: LoweringCache }> | undefined;

async function prepare() {
  const [parser, reference] = await Promise.all([createParser('auto'), loadReference(ROOT)]);
  return { parser, reference, cache: new LoweringCache() };
}

/** The reference with these edits, compiled. */
export async function programWith(edits: readonly Edit[] = []): Promise<Program> {
  prepared ??= prepare();
  const { parser, reference, cache } = await prepared;
  const overrides: Record<string, string> = {};
  for (const { file, find, put } of edits) {
    const path = file.includes('/') ? `model/${file}` : `model/reference/${file}`;
    const text = overrides[path] ?? reference.files.get(path) ?? reference.scenarios.get(path);
    if (text === undefined) throw new Error(`the reference has no ${file}`);
    const parts = text.split(find);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${find}`);
    overrides[path] = parts.join(put);
  }
  return compileReference(reference, overrides, parser, cache);
}

/** What a scenario breaks because of what it supposes. */
const SUPPOSED: Readonly<Record<string, readonly string[]>> = {
  S08: ['kernel-warning'],
  S09: ['accepted-data-preserved', 'no-zap-gfn-range-on-td', 'td-zap-only-requested'],
};

/** What the unmodified reference breaks, sorted: it has the defects of the kernel whose shape it has. */
export function present(id: string, vm: VmType): readonly string[] {
  const known = defectsOf(id, vm).filter(({ kernels }) => kernels.includes('7.3.4'));
  return [...new Set([...(SUPPOSED[id] ?? []), ...known.flatMap(({ breaks }) => breaks)])].sort();
}

/** Explore a scenario with all invariants. */
export function explore(
  program: Program,
  id: string,
  vm: VmType,
  bounds: Partial<Bounds> = {},
  memoryOrder: MemoryOrder = 'sc',
): RunResult {
  const scenario = scenarioById(id);
  if (scenario === undefined) throw new Error(`no scenario ${id}`);
  return run(program, scenario, vm, { ...BOUNDS, ...bounds }, { invariants, memoryOrder });
}

/** Ids of what a run found, each once, sorted. */
export const broken = (result: RunResult): string[] =>
  [...new Set(result.violations.map(({ invariant }) => invariant))].sort();

/** The parts of a result that tell why it isn't clean. */
export function summary(result: RunResult): string {
  const violations = result.violations.map(
    ({ invariant, message, thread, place, stack }) =>
      `${invariant}: ${message} [${thread} at ${place?.function}:${place?.line}; ${stack.map((frame) => `${frame.function}:${frame.line}`).join(' < ')}]`,
  );
  const unknowns = result.unknowns.map(
    ({ what, place, paths }) => `not understood: ${what} at ${place?.function}:${place?.line} (${paths})`,
  );
  const more = [...violations, ...unknowns, ...result.vacuous.map((id) => `vacuous: ${id}`)];
  const size = `${result.states} states, ${result.transitions} transitions, ${result.complete ? 'complete' : result.incomplete}`;
  return [`${result.scenario} ${result.vm}: ${size}`, ...more].join('\n  ');
}

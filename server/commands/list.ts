/** `list` and `explain`: what the tool knows, from the model's own records. */

import { invariants } from '../../model/invariants/index';
import { type Count, countedKernels, countOf } from '../../model/scenarios/census';
import { defectsOf } from '../../model/scenarios/defects';
import { type Scenario, scenarios } from '../../model/scenarios/index';
import { lookup, vocabulary } from '../../model/vocabulary/index';
import { UsageError } from './usage';

/** Kernel (`reference`, `7.3.4`), then VM type: what complete runs of the unmodified code have, at two preemptions. */
type Counts = Readonly<Record<string, Readonly<Record<string, Count>>>>;

interface Row {
  readonly id: string;
  readonly title: string;
  readonly vm: readonly string[];
  readonly source: string;
  /** Of an invariant: of the scenarios that exercise it, together. */
  readonly counts?: Counts;
  /** Of an invariant: the scenarios that exercise it. */
  readonly scenarios?: readonly string[];
}

function rowsOf(what: string): Row[] {
  switch (what) {
    case 'invariants':
      return invariants.map(({ id, title, vm, source }) => {
        const exercising = exercisedBy(id);
        return { id, title, vm, source, scenarios: exercising, counts: countsOf(exercising, vm) };
      });
    case 'scenarios':
      return scenarios.map(({ id, title, vm, source, name }) => {
        return { id, title, vm, source, name, counts: countsOf([id], vm) };
      });
    case 'vocabulary':
      return vocabulary.map(({ name, meaning, source }) => ({ id: name, title: meaning, vm: [], source }));
    default:
      throw new UsageError(`"${what}" cannot be listed; invariants, scenarios and vocabulary can`);
  }
}

function countsOf(ids: readonly string[], types: readonly string[]): Counts {
  const counts: Record<string, Record<string, Count>> = {};
  for (const kernel of countedKernels) {
    for (const vm of types) {
      const known = ids.flatMap((id) => countOf(kernel, id, vm) ?? []);
      if (known.length === 0) continue;
      const sum = (of: (count: Count) => number): number => known.reduce((total, count) => total + of(count), 0);
      (counts[kernel] ??= {})[vm] = {
        states: sum(({ states }) => states),
        transitions: sum((each) => each.transitions),
      };
    }
  }
  return counts;
}

/** A line for each kernel: `7.3.4: default 3210 states, 5210 transitions; tdx ...`. */
function countLines(counts: Counts): string[] {
  return Object.entries(counts).map(([kernel, types]) => {
    const each = Object.entries(types).map(
      ([vm, { states, transitions }]) => `${vm} ${states} states, ${transitions} transitions`,
    );
    return `${kernel}: ${each.join('; ')}`;
  });
}

/** Prints the list. Errors: `UsageError`. */
export function runList(what: string, format: string): void {
  const rows = rowsOf(what);
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const width = Math.max(...rows.map(({ id }) => id.length));
  for (const { id, title, vm, source, counts = {} } of rows) {
    process.stdout.write(`${id.padEnd(width)}  ${title}${vm.length > 0 ? ` (${vm.join(', ')})` : ''}\n`);
    if (vm.length === 0) continue;
    process.stdout.write(`${' '.repeat(width)}  ${source}${statesText(counts)}\n`);
  }
}

/** States of all VM types, per kernel. */
function statesText(counts: Counts): string {
  const each = Object.entries(counts).map(([kernel, types]) => {
    return `${Object.values(types).reduce((sum, { states }) => sum + states, 0)} (${kernel})`;
  });
  return each.length === 0 ? '' : `; states: ${each.join(', ')}`;
}

/** Prints the page of an invariant, a scenario or a word. Errors: `UsageError`. */
export function runExplain(id: string): void {
  process.stdout.write(`${explain(id)}\n`);
}

/** What the scenario breaks on unmodified kernels, and why that is so. */
function defectPages({ id, vm }: Scenario): string[] {
  const known = new Set(vm.flatMap((type) => defectsOf(id, type)));
  return [...known].flatMap(({ title, breaks, interleaving, why, source, mendedBy, kernels }) => [
    '',
    `Defect of ${kernels.join(', ')}: ${title} (${breaks.join(', ')})`,
    ...interleaving.map((line) => `  ${line}`),
    why,
    `Mended by: ${mendedBy ?? 'nothing that is known here'}`,
    `Source: ${source}`,
  ]);
}

/** Ids of the scenarios that exercise an invariant. */
const exercisedBy = (id: string): string[] =>
  scenarios.filter((scenario) => scenario.invariants.includes(id)).map((scenario) => scenario.id);

/** The page as plain text; also what a hover shows. */
export function explain(id: string): string {
  const invariant = invariants.find((candidate) => candidate.id === id);
  if (invariant !== undefined) {
    const exercising = exercisedBy(id);
    return [
      `${invariant.id}: ${invariant.title}`,
      '',
      invariant.statement,
      '',
      `Why: ${invariant.why}`,
      `Example of a change that breaks it: ${invariant.example}`,
      `VM types: ${invariant.vm.join(', ')}`,
      ...(exercising.length === 0 ? [] : [`Exercised by: ${exercising.join(', ')}`]),
      `Source: ${invariant.source}`,
    ].join('\n');
  }
  const scenario = scenarios.find((candidate) => candidate.id === id || candidate.name === id);
  if (scenario !== undefined) {
    return [
      `${scenario.id} (${scenario.name}): ${scenario.title}`,
      '',
      scenario.description,
      ...(scenario.assumption === null ? [] : ['', `Supposes that ${scenario.assumption}`]),
      '',
      `Threads: ${scenario.threads.map(({ name }) => name).join(', ')}`,
      `Invariants: ${scenario.invariants.join(', ')}`,
      ...scenario.mutations.map(({ title, breaks }) => `Broken by: ${title} (${breaks.join(', ')})`),
      `VM types: ${scenario.vm.join(', ')}`,
      ...countLines(countsOf([scenario.id], scenario.vm)).map((line) => `Complete runs on ${line}`),
      `Source: ${scenario.source}`,
      ...defectPages(scenario),
    ].join('\n');
  }
  const word = lookup(id);
  if (word !== null) {
    return [`${word.name} (${word.kind})`, '', word.meaning, '', `Source: ${word.source}`].join('\n');
  }
  throw new UsageError(
    `"${id}" is no invariant, scenario or word that is known; "list" with invariants, scenarios or vocabulary names them`,
  );
}

/** `list` and `explain`: what the tool knows, from the model's own records. */

import { invariants } from '../../model/invariants/index';
import { scenarios } from '../../model/scenarios/index';
import { lookup, vocabulary } from '../../model/vocabulary/index';
import { UsageError } from './usage';

interface Row {
  readonly id: string;
  readonly title: string;
  readonly vm: readonly string[];
  readonly source: string;
}

function rowsOf(what: string): Row[] {
  switch (what) {
    case 'invariants':
      return invariants.map(({ id, title, vm, source }) => ({ id, title, vm, source }));
    case 'scenarios':
      return scenarios.map(({ id, title, vm, source, name }) => ({ id, title, vm, source, name }));
    case 'vocabulary':
      return vocabulary.map(({ name, meaning, source }) => ({ id: name, title: meaning, vm: [], source }));
    default:
      throw new UsageError(`"${what}" cannot be listed; invariants, scenarios and vocabulary can`);
  }
}

/** Prints the list. Errors: `UsageError`. */
export function runList(what: string, format: string): void {
  const rows = rowsOf(what);
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const width = Math.max(...rows.map(({ id }) => id.length));
  for (const { id, title, vm } of rows) {
    process.stdout.write(`${id.padEnd(width)}  ${title}${vm.length > 0 ? ` (${vm.join(', ')})` : ''}\n`);
  }
}

/** Prints the page of an invariant, a scenario or a word. Errors: `UsageError`. */
export function runExplain(id: string): void {
  process.stdout.write(`${explain(id)}\n`);
}

/** The page as plain text; also what a hover shows. */
export function explain(id: string): string {
  const invariant = invariants.find((candidate) => candidate.id === id);
  if (invariant !== undefined) {
    return [
      `${invariant.id}: ${invariant.title}`,
      '',
      invariant.statement,
      '',
      `Why: ${invariant.why}`,
      `Example of a change that breaks it: ${invariant.example}`,
      `VM types: ${invariant.vm.join(', ')}`,
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
      `Source: ${scenario.source}`,
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

/** Sentences of a report that come from runs: what now stops the VM, what a path established. */

import type { MemoryOrder } from '../../model/explore/index';
import { defectsOf } from '../../model/scenarios/defects';
import type { Difference, RunPair } from './compare';
import type { CodeDifference } from './jobs';
import type { Finding } from './types';

/** Fail-stop rule (design.md, section 6): an assertion on a path that already went wrong is a note. */
export function stopNotes(stops: readonly Difference[]): string[] {
  const seen = new Set<string>();
  return stops.flatMap(({ invariant, violation, scenario, vm }) => {
    const where = violation.place === null ? '' : ` in ${violation.place.function}()`;
    const text = `now stops the VM: ${invariant}${where} fires in ${scenario} on ${vm}, on a path that broke an invariant before the patch too`;
    if (seen.has(`${invariant}${where}`)) return [];
    seen.add(`${invariant}${where}`);
    return [text];
  });
}

/** Facts that post runs established and pre runs did not. The text is the fact's own. */
export function factNotes(pairs: readonly RunPair[]): string[] {
  const notes = new Set<string>();
  for (const { pre, post, scenario, vm } of pairs) {
    for (const fact of post.facts) if (!pre.facts.includes(fact)) notes.add(`${fact} (${scenario} on ${vm})`);
  }
  return [...notes];
}

/** Barriers that come or go, and that order nothing in the memory that was modelled. */
export function barrierNotes({ barriers }: CodeDifference, order: MemoryOrder): string[] {
  return barriers.flatMap(({ function: where, names }) => {
    const lost = order === 'sc' ? names : names.filter((name) => name === 'smp_rmb');
    if (lost.length === 0) return [];
    const why =
      order === 'sc'
        ? 'memory is modelled as sequentially consistent; see --memory-order'
        : 'loads stay in order in the model';
    return [`${where}() has more or fewer barriers (${lost.join(', ')}), which no run could notice: ${why}`];
  });
}

export function undecidedNotes(undecided: readonly Difference[]): string[] {
  return undecided.map(
    ({ invariant, scenario, vm, violation }) =>
      `${invariant} breaks after the patch in ${scenario} on ${vm} with ${violation.preemptions} preemptions; whether it did before could not be told: raise --budget`,
  );
}

/** Findings that are the kernel's own, of which the list of its defects tells more. */
export function defectNotes(findings: readonly Finding[]): string[] {
  const notes = new Set<string>();
  for (const { status, invariant, scenarios, vm } of findings) {
    if (status !== 'present') continue;
    for (const scenario of scenarios) {
      const known = vm.flatMap((type) => defectsOf(scenario, type)).filter(({ breaks }) => breaks.includes(invariant));
      for (const { title } of known) notes.add(`a defect of the kernel that is known: ${title} (explain ${scenario})`);
    }
  }
  return [...notes];
}

/** Lines that count as not executable: in correct code nothing comes there. */
export function warningNotes(patchLines: readonly number[]): string[] {
  if (patchLines.length === 0) return [];
  const lines = `${patchLines.length === 1 ? 'line' : 'lines'} ${patchLines.join(', ')}`;
  return [`${lines}: runs only once a WARN or BUG has fired, and in no run did one`];
}

import { describe, expect, it } from 'vitest';
import { invariants } from '../../../model/invariants';
import { inReference, scenarios } from '../../../model/scenarios';
import { countedKernels, countOf } from '../../../model/scenarios/census';
import { defects } from '../../../model/scenarios/defects';
import { explain } from '../../../server/commands/list';

describe('the census', () => {
  it('has every scenario on every VM type that the reference runs, and nothing that is gone', () => {
    expect(countedKernels).toContain('reference');
    for (const [id, vm] of inReference())
      expect(countOf('reference', id, vm)?.states, `${id} ${vm}`).toBeGreaterThan(1);
    expect(countOf('reference', 'S00', 'tdx')).toBeNull();
  });

  it('has every scenario of every VM type on the newest kernel', () => {
    const newest = countedKernels.find((kernel) => kernel.startsWith('7.3')) ?? '';
    for (const { id, vm } of scenarios)
      for (const type of vm) expect(countOf(newest, id, type)?.transitions, `${id} ${type}`).toBeGreaterThan(1);
  });
});

describe('the list of defects', () => {
  it('has an interleaving, the reason, the functions that bear it out, and rules that exist, for each', () => {
    const ids = invariants.map(({ id }) => id);
    for (const { title, interleaving, why, source, breaks, shows, kernels } of defects) {
      expect(interleaving.length, title).toBeGreaterThan(1);
      expect(why.length, title).toBeGreaterThan(40);
      expect(source, title).toContain('()');
      expect(kernels.length, title).toBeGreaterThan(0);
      for (const id of breaks) expect(ids).toContain(id);
      for (const { scenario } of shows) expect(explain(scenario)).toContain(title);
    }
  });
});

describe('explain', () => {
  it('answers every invariant with the scenarios that exercise it', () => {
    for (const { id, source } of invariants) expect(explain(id)).toContain(`Source: ${source}`);
    expect(explain('fast-zap-spares-mirror')).toMatch(/Exercised by: .*S21/);
  });

  it('answers every scenario with what its complete runs have', () => {
    for (const { id } of scenarios) expect(explain(id)).toContain('Complete runs on 7.');
    expect(explain('S21')).toMatch(/Complete runs on reference: default \d+ states, \d+ transitions/);
  });
});

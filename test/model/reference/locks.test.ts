import { describe, expect, it } from 'vitest';
import { replay, straight } from '../../../model/explore';
import { invariants } from '../../../model/invariants';
import { scenarioById } from '../../../model/scenarios';
import { programWith } from '../scenarios/reference';

describe('a trace of the reference', () => {
  it.each(['S01', 'S03', 'S12', 'S14'])('of %s names every lock, and guards by where they stand', async (id) => {
    const program = await programWith();
    const scenario = scenarioById(id);
    if (scenario === undefined) throw new Error(`no scenario ${id}`);
    const vm = scenario.vm.includes('tdx') ? 'tdx' : (scenario.vm[0] ?? 'default');
    const steps = replay(program, scenario, vm, straight(program, scenario, vm), { invariants });
    const texts = steps.flatMap(({ action, changes }) => [action, ...changes]);
    expect(texts.filter((text) => /lock 0x/.test(text))).toEqual([]);
    expect(steps.filter(({ place }) => /builtins/.test(place?.file ?? '')).map(({ action }) => action)).toEqual([]);
    expect(texts.some((text) => /\((invalidate_lock|folio_lock\[\d\])\)/.test(text))).toBe(true);
  });
});

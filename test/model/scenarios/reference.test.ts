import { afterAll, describe, expect, it } from 'vitest';
import { inReference } from '../../../model/scenarios';
import { CENSUS_PREEMPTIONS } from '../../../model/scenarios/census';
import { tallyOf } from '../../census/census';
import { broken, explore, present, programWith, summary } from './reference';

const tally = tallyOf('reference');
afterAll(async () => tally.close(await programWith()));

describe.each(inReference())('%s on %s', (id, vm) => {
  it('is clean, complete, not vacuous and as large as it was, with two preemptions', async () => {
    const result = explore(await programWith(), id, vm, { preemptions: CENSUS_PREEMPTIONS });
    const text = summary(result);
    expect(broken(result), text).toEqual(present(id, vm));
    expect(result.unknowns, text).toEqual([]);
    expect(result.vacuous, text).toEqual([]);
    expect(result.complete, text).toBe(true);
    tally.count(result);
  });
});

/** The mutations that domain.md names (`mutations-named.ts`) on kernel 7.3's own code. */

import { describe, expect, it } from 'vitest';
import { named } from '../../../model/scenarios/mutations-named';
import { broken, explore, summary } from '../../../model/scenarios/reference';
import { edited } from './edited';
import { isThere, RELEASES } from './kernels';

const newest = RELEASES[0]!;

describe.skipIf(!isThere(newest))('kernel 7.3', () => {
  for (const { title, edits, found } of named) {
    for (const { scenario, vm, breaks, preemptions } of found) {
      it(`${title}: ${scenario} on ${vm} finds ${breaks.join(', ')}`, async () => {
        const program = await newest.program(edited(newest, edits));
        const result = explore(program, scenario, vm, { preemptions: preemptions ?? 1 });
        expect(broken(result), summary(result)).toEqual(expect.arrayContaining([...breaks]));
      });
    }
  }
});

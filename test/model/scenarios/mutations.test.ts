import { describe, expect, it } from 'vitest';
import { mutations } from './mutations';
import { broken, explore, programWith, summary } from './reference';

for (const [part, list] of Object.entries(mutations)) {
  describe(part, () => {
    for (const { title, edits, found } of list) {
      for (const { scenario, vm, breaks, preemptions } of found) {
        it(`${title}: ${scenario} on ${vm} finds ${breaks.join(', ')}`, async () => {
          const result = explore(await programWith(edits), scenario, vm, { preemptions: preemptions ?? 1 });
          expect(broken(result), summary(result)).toEqual(expect.arrayContaining([...breaks]));
        });
      }
    }
  });
}

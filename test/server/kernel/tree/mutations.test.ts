/**
 * The reference's mutations on kernel 7.3's own code: each whose texts stand there as well is found there as well.
 * Lists that are written for both have tests of their own.
 */

import { describe, expect, it } from 'vitest';
import { edit } from '../../../model/scenarios/mutation';
import { mutations } from '../../../model/scenarios/mutations';
import { IN_BOTH, OTHERWISE } from '../../../model/scenarios/named';
import { broken, explore, summary } from '../../../model/scenarios/reference';
import { edited } from './edited';
import { isThere, RELEASES } from './kernels';

const newest = RELEASES[0]!;
const own = Object.entries(mutations).flatMap(([part, list]) => (IN_BOTH.has(part) ? [] : list));
const ofKernel = own.filter(({ edits }) => edits.every(({ file }) => !file.startsWith('scenarios/')));

describe.skipIf(!isThere(newest))('kernel 7.3', () => {
  for (const { title, edits, found } of ofKernel) {
    if (Object.hasOwn(OTHERWISE, title)) {
      it(`has no text for: ${title}`, () => expect(() => edited(newest, edits)).toThrow(/holds \d+ times/));
      continue;
    }
    it(`${title}: ${found.map(({ scenario, vm }) => `${scenario} on ${vm}`).join(', ')}`, async () => {
      const program = await newest.program(edited(newest, edits));
      for (const { scenario, vm, breaks, preemptions } of found) {
        const result = explore(program, scenario, vm, { preemptions: preemptions ?? 1 });
        expect(broken(result), summary(result)).toEqual(expect.arrayContaining([...breaks]));
      }
    });
  }

  // The reference has no level above that of huge pages, where the walk finds more than the memslot.
  it('huge pages are looked for outside of the memslot: S50 on default', async () => {
    const bounds = edit('tdp_mmu.c', '		if (iter.gfn < start || iter.gfn >= end)\n			continue;\n', '');
    const result = explore(await newest.program(edited(newest, [bounds])), 'S50', 'default', { preemptions: 0 });
    expect(broken(result), summary(result)).toContain('memory-safety');
  });
});

import { createTwoFilesPatch } from 'diff';
import { describe, expect, it } from 'vitest';
import { neverEntered } from '../../../model/scenarios/census';
import { placeInTree } from '../../../server/kernel/tree/place';
import { readInput } from '../../../server/patch/read';
import { neverRun } from '../../../server/review/never-run';
import { placedPatch } from '../../../server/review/placed';

const MMU = 'arch/x86/kvm/mmu/mmu.c';
const CPUID = 'arch/x86/kvm/cpuid.c';

/** A file of our own, with names of KVM's: one that scenarios enter, one that they don't. */
const SOURCE = `#include "mmu.h"
#define LIMIT 4

static int mmu_sync_children(struct kvm_vcpu *vcpu, int count)
{
	int i = 0;

	while (i < count)
		i++;
	return i;
}

/* Answers a fault. */
static int kvm_tdp_page_fault(struct kvm_vcpu *vcpu, int count)
{
	return count < LIMIT;
}
`;

/** The review of a change to a file of a tree, null where it wants runs. */
async function answer(path: string, pre: string, post: string) {
  const diff = createTwoFilesPatch(`a/${path}`, `b/${path}`, pre, post);
  const [patch] = (await readInput({ name: '-', bytes: new TextEncoder().encode(diff) })).patches;
  const placement = placeInTree(patch?.files ?? [], new Map([[path, pre]]));
  return neverRun(placedPatch(placement, 'tree', '7.3.4'));
}

const edited = (find: string, put: string): string => {
  expect(SOURCE.split(find)).toHaveLength(2);
  return SOURCE.replace(find, put);
};

describe('what the census knows', () => {
  it('is that scenarios enter one of these functions and not the other', () => {
    expect(neverEntered.has('mmu_sync_children')).toBe(true);
    expect(neverEntered.has('kvm_tdp_page_fault')).toBe(false);
  });
});

describe('a change that no run can tell', () => {
  it('is one to a function that no scenario enters: its lines are not reached', async () => {
    const review = await answer(MMU, SOURCE, edited('i++;', 'i += 2;'));
    expect(review?.coverage).toMatchObject({ changedLines: 2, executed: 0, notUnderstood: [] });
    expect(review?.coverage.notReached).toHaveLength(2);
    expect(review?.notes.join('\n')).toContain('no scenario enters mmu_sync_children()');
  });

  it('may add lines to it', async () => {
    const review = await answer(MMU, SOURCE, edited('i++;', 'if (i == 2)\n\t\t\ti++;\n\t\telse\n\t\t\ti += 2;'));
    expect(review?.coverage.notReached.length).toBeGreaterThan(3);
  });

  it('is never clean, even where no statement is changed', async () => {
    const review = await answer(MMU, SOURCE, edited('vcpu, int count)\n{\n\tint i', 'vcpu, long count)\n{\n\tint i'));
    expect([...(review?.incomplete ?? []), ...(review?.coverage.notReached ?? [])]).not.toEqual([]);
  });

  it('is one to a file that no unit has: its lines are not understood', async () => {
    const review = await answer(CPUID, SOURCE, edited('i++;', 'i += 2;'));
    expect(review?.coverage.notUnderstood[0]?.why).toBe(`${CPUID} is not among the files that are compiled`);
    expect(review?.coverage.notUnderstood).toHaveLength(2);
  });

  it('is one to comments and white space, and that one is clean', async () => {
    const review = await answer(MMU, SOURCE, edited('/* Answers a fault. */', '/* Answers\n * one fault.\n */'));
    expect(review?.coverage).toMatchObject({ changedLines: 0, notReached: [], notUnderstood: [] });
    expect(review?.incomplete).toEqual([]);
    expect(review?.notes.join('\n')).toContain('changes no token');
  });
});

describe('a change that a run may come to', () => {
  it.each([
    ['to a function that scenarios enter', edited('count < LIMIT', 'count <= LIMIT')],
    ['at file scope', edited('LIMIT 4', 'LIMIT 5')],
    ['that makes a macro take an argument', edited('LIMIT 4', 'LIMIT(x) 4')],
    [
      'of a directive within a function that no scenario enters',
      edited('\tint i = 0;', '#define LIMIT 3\n\tint i = 0;'),
    ],
    ['that adds a function', edited('/* Answers', 'static int helper(void)\n{\n\treturn 1;\n}\n\n/* Answers')],
    ['in two functions, one of which scenarios enter', edited('i++', 'i--').replace('count < LIMIT', 'count > LIMIT')],
  ])('is one %s', async (_, post) => {
    expect(await answer(MMU, SOURCE, post)).toBeNull();
  });

  it('is one to a header, wherever it stands', async () => {
    expect(await answer('arch/x86/kvm/cpuid.h', SOURCE, edited('LIMIT 4', 'LIMIT 5'))).toBeNull();
  });
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { placePatch } from '../../server/kernel/place';
import { loadReference } from '../../server/kernel/reference';
import { indexSources, type SourceIndex } from '../../server/kernel/source-index';
import { readInput } from '../../server/patch/read';
import { snpBugs } from './bugs-snp';
import { thirtyBugs } from './bugs-thirty';
import { edits } from './edits';
import { makePatch } from './make-patch';

const root = process.env.KMR_KERNEL_7_3 ?? '';
const there = root !== '' && existsSync(join(root, 'virt/kvm/kvm_main.c'));

/**
 * Patches written against the real kernel, by people who did not see the reference, land in it. The
 * bound is what issue and README promise; what is not placed is told to the reviewer, never dropped.
 */
describe.skipIf(!there)('patches against kernel 7.3, placed into the reference', () => {
  let index: SourceIndex;
  beforeAll(async () => {
    const { files, builtins } = await loadReference(process.cwd());
    index = indexSources(files, builtins.values());
  });

  async function placedShare(patches: readonly (typeof edits)[number][]): Promise<number> {
    let placed = 0;
    let all = 0;
    for (const edit of patches) {
      const bytes = new TextEncoder().encode(makePatch(root, edit));
      const { patches: mails } = await readInput({ name: edit.id, bytes });
      expect(mails).toHaveLength(1);
      for (const { status } of placePatch(mails[0]?.files ?? [], index).changedLines) {
        if (status === 'non-executable') continue;
        all++;
        if (status === 'placed') placed++;
      }
    }
    return placed / all;
  }

  test('at least 80 % of the executable lines of the harmless edits', async () => {
    expect(await placedShare(edits)).toBeGreaterThanOrEqual(0.8);
  });

  test('at least 80 % of the executable lines of the bugs', async () => {
    expect(await placedShare(thirtyBugs)).toBeGreaterThanOrEqual(0.8);
  });

  test('all executable lines of the bugs of SNP', async () => {
    expect(await placedShare(snpBugs)).toBe(1);
  });
});

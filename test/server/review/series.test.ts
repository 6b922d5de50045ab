import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VmType } from '../../../model/machine/types';
import { loadReference } from '../../../server/kernel/reference';
import type { LocatedPatch, Locator } from '../../../server/kernel/tree/locate';
import { TreeError } from '../../../server/kernel/tree/source';
import { readInput } from '../../../server/patch/read';
import { openSeries, type TreeChoice, type TreeParts } from '../../../server/review/series';
import { freshFolder, TREE, write } from '../kernel/tree/kernel-repository';

const PATH = 'arch/x86/kvm/mmu/pool.c';
const TEXT = 'int pool_size(struct pool *pool)\n{\n\treturn pool->size;\n}\n';
const reference = loadReference(join(__dirname, '../../..'));
const SOURCE = { kernel: '7.3.4', described: 'work tree linux', read: async () => new Map(), close: async () => {} };

/** A tree that has the given files, as the earlier patches of a series leave them. */
function treeWith(files: Readonly<Record<string, string>>, lacks: VmType[] = []) {
  const overlays: (readonly [string, string | null])[][] = [];
  let closed = 0;
  const locator: Locator = {
    locate: async (patch, overlay = new Map()): Promise<LocatedPatch> => {
      const texts = new Map<string, string | null>([...Object.entries(files), ...overlay]);
      const paths = patch.files.flatMap(({ oldPath }) => oldPath ?? []);
      const found = paths.flatMap((path) => {
        const text = texts.get(path) ?? null;
        return text === null ? [] : [[path, { path, text, how: 'blob' as const }] as const];
      });
      const missing = paths.filter((path) => (texts.get(path) ?? null) === null).map((path) => `no ${path}`);
      return { source: SOURCE, preImages: new Map(found), notes: ['found'], missing };
    },
    close: async () => {
      closed++;
    },
  };
  const parts: TreeParts = {
    locator: async () => locator,
    snapshot: async (_, overlay) => {
      overlays.push([...overlay]);
      return { ref: { id: `snapshot ${overlays.length}`, file: 'x' }, kernel: '7.3.4', notes: [], lacks };
    },
  };
  return { parts, overlays, closed: () => closed };
}

async function patch(from: string, to: string, path = PATH) {
  const text = `--- a/${path}\n+++ b/${path}\n@@ -1,4 +1,4 @@\n int pool_size(struct pool *pool)\n {\n-\treturn ${from};\n+\treturn ${to};\n }\n`;
  const read = await readInput({ name: 'x', bytes: new TextEncoder().encode(text) });
  return { files: read.patches[0]?.files ?? [], baseCommit: null };
}

async function open(choice: TreeChoice | null, parts: TreeParts) {
  return openSeries(await reference, choice, null, parts);
}

const NAMED: TreeChoice = { tree: 'linux', named: true };

describe('the patches of an input', () => {
  it('are placed in the tree, each on top of the one before', async () => {
    const tree = treeWith({ [PATH]: TEXT }, ['tdx']);
    const series = await open(NAMED, tree.parts);
    const first = await series.place(await patch('pool->size', 'pool->size + 1'));
    expect([first.patch.tier, first.patch.kernel, first.tree?.id, first.disappointed]).toEqual([
      ...['tree', '7.3.4', 'snapshot 1', false],
    ]);
    expect(first.notes).toEqual([
      'the code is that of work tree linux',
      'found',
      'tdx is not applicable: this kernel has no such VM type',
    ]);
    expect(first.lacks).toEqual(['tdx']);
    const second = await series.place(await patch('pool->size + 1', 'pool->size + 2'));
    expect(second.patch.texts.pre[PATH]).toBe(first.patch.texts.post[PATH]);
    expect(second.patch.texts.post[PATH]).toContain('size + 2');
    expect(tree.overlays).toEqual([[], [[PATH, first.patch.texts.post[PATH]]]]);
    await series.close();
    expect(tree.closed()).toBe(1);
  });

  it('fall back on the reference, and say why, when the tree has none of their files', async () => {
    const { parts } = treeWith({});
    const place = await (await open(NAMED, parts)).place(await patch('a', 'b'));
    expect([place.patch.tier, place.tree, place.disappointed]).toEqual(['reference', null, true]);
    expect(place.notes).toEqual([`no ${PATH}`, 'no kernel tree was used: the patch was run in the reference']);
  });

  it('are no disappointment in the reference where the tree was found by itself, or none is', async () => {
    const { parts } = treeWith({});
    const found = await (await open({ tree: 'linux', named: false }, parts)).place(await patch('a', 'b'));
    expect([found.patch.tier, found.disappointed, found.notes.length]).toEqual(['reference', false, 2]);
    const without = await (await open(null, parts)).place(await patch('a', 'b'));
    expect([without.patch.tier, without.disappointed, without.notes]).toEqual(['reference', false, []]);
  });

  it('survive a tree that can not be read', async () => {
    const { parts } = treeWith({ [PATH]: TEXT });
    const snapshot = async () => {
      throw new TreeError('The disk is full.');
    };
    const place = await (await open(NAMED, { ...parts, snapshot })).place(await patch('pool->size', '0'));
    expect([place.patch.tier, place.notes[0]]).toEqual(['reference', 'The disk is full.']);
  });

  it('need no looking for where the files before the change are known', async () => {
    const { parts, overlays } = treeWith({});
    const tree = freshFolder();
    write(tree, TREE);
    const known = { before: new Map([[PATH, TEXT]]), around: new Map([['arch/x86/kvm/mmu/spte.h', 'int a;\n']]) };
    const locator = () => Promise.reject(new Error('looked for'));
    const place = await (await open({ tree, named: true, known }, { ...parts, locator })).place(
      await patch('pool->size', '0'),
    );
    expect([place.patch.tier, place.notes]).toEqual(['tree', [`the code is that of work tree ${tree}`]]);
    expect(place.patch.texts.pre[PATH]).toBe(TEXT);
    expect(overlays).toEqual([[...known.around, ...known.before]]);
  });
});

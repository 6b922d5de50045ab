import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../server/kernel/images';
import { mergePlacements } from '../../../server/kernel/merge';
import { placeInTree } from '../../../server/kernel/tree/place';
import { readInput } from '../../../server/patch/read';

const TEXTS = new Map([
  ['virt/kvm/a.c', 'int a(int x)\n{\n\treturn x;\n}\n'],
  ['virt/kvm/b.c', 'int b(int x)\n{\n\treturn x;\n}\n'],
]);

async function diffOf(name: string) {
  const text = `--- a/virt/kvm/${name}.c\n+++ b/virt/kvm/${name}.c\n@@ -1,4 +1,4 @@\n int ${name}(int x)\n {\n-\treturn x;\n+\treturn x + 1;\n }\n`;
  const read = await readInput({ name: 'x', bytes: new TextEncoder().encode(text) });
  return read.patches[0]?.files ?? [];
}

describe('two placements as one', () => {
  it('keeps the edits of both apart, and applies either alone', async () => {
    const [a, b] = [placeInTree(await diffOf('a'), TEXTS), placeInTree(await diffOf('b'), TEXTS)];
    const both = mergePlacements(a, b);
    const ids = both.edits.map(({ id }) => id);
    expect(new Set(ids).size).toBe(a.edits.length + b.edits.length);
    const second = ids.slice(a.edits.length);
    const images = applyEdits(both.baseline, both.edits, new Set(second));
    const text = (path: string) => images.find((image) => image.path === path)?.text;
    expect(text('virt/kvm/a.c')).toBe(TEXTS.get('virt/kvm/a.c'));
    expect(text('virt/kvm/b.c')).toContain('return x + 1;');
  });

  it('has the images and changed lines of both', async () => {
    const both = mergePlacements(placeInTree(await diffOf('a'), TEXTS), placeInTree(await diffOf('b'), TEXTS));
    expect(both.images.map(({ path }) => path).sort()).toEqual([...TEXTS.keys()]);
    expect(both.changedLines.filter(({ status }) => status === 'placed')).toHaveLength(4);
  });
});

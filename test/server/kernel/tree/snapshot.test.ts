import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createParser, LoweringCache } from '../../../../server/c/index';
import { type SnapshotTexts, snapshotTree } from '../../../../server/kernel/tree/snapshot';
import { openWorkTree, type TreeSource } from '../../../../server/kernel/tree/source';
import { compileTree, snapshotReader } from '../../../../server/review/compile-tree';
import { freshFolder, TREE, write } from './kernel-repository';

const MMU = 'arch/x86/kvm/mmu/mmu.c';
const OWN = 'arch/x86/kvm/mmu/own.h';

/** What stands for the rest of the kernel in these tests; it asks for a header of the tree. */
const STAND = new Map([
  ['model/kernel/kernel.h', '#include <linux/kvm_types.h>\n'],
  ['model/edge/x86.c', 'int x86;\n'],
]);

/** A tree of texts that remembers what it was asked for. */
function treeOf(files: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const texts = new Map(Object.entries(files));
  const source: TreeSource = {
    kernel: '7.3.4',
    described: 'work tree linux',
    read: async (paths) => {
      asked.push(...paths);
      return new Map(paths.map((path) => [path, texts.get(path) ?? null]));
    },
    close: async () => {},
  };
  return { source, asked };
}

let cacheBefore: string | undefined;
beforeAll(() => {
  cacheBefore = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = freshFolder();
});
afterAll(() => {
  if (cacheBefore === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheBefore;
});

async function snapshotOf(
  files: Readonly<Record<string, string>>,
  overlay: Readonly<Record<string, string | null>> = {},
) {
  const { source, asked } = treeOf(files);
  const snapshot = await snapshotTree(source, new Map(Object.entries(overlay)), STAND);
  const texts: SnapshotTexts = snapshotReader()(snapshot.ref);
  return { ...snapshot, texts, asked };
}

describe('a snapshot', () => {
  it('has the units and what they ask for, whatever the conditions, and nothing else', async () => {
    const files = {
      [MMU]: '#include "own.h"\n#ifdef NEVER\n # include <linux/kvm_host.h>\n#endif\n#include <linux/mm.h>\n',
      [OWN]: '#include "deeper/inner.h"\n',
      'arch/x86/kvm/mmu/deeper/inner.h': '#include "../own.h"\nint inner;\n',
      'include/linux/kvm_host.h': '#include <asm/kvm_host.h>\n',
      'arch/x86/include/asm/kvm_host.h': 'int arch;\n',
      'include/linux/kvm_types.h': 'typedef int kvm_t;\n',
      'include/linux/mm.h': 'int mm;\n',
      'arch/x86/kvm/mmu/other.h': 'int other;\n',
      'arch/x86/kvm/x86.c': '#include "xen.h"\nint x86;\n',
      'arch/x86/kvm/xen.h': 'int xen;\n',
      'arch/x86/kvm/cpuid.c': 'int cpuid;\n',
    };
    const { texts, kernel, lacks } = await snapshotOf(files);
    // of x86.c only functions are taken: what it includes does not matter
    const unwanted = ['include/linux/mm.h', 'arch/x86/kvm/mmu/other.h', 'arch/x86/kvm/xen.h', 'arch/x86/kvm/cpuid.c'];
    const wanted = Object.fromEntries(Object.entries(files).filter(([path]) => !unwanted.includes(path)));
    expect(texts).toEqual(wanted);
    expect(kernel).toBe('7.3.4');
    expect(lacks).toEqual(['sw-protected', 'sev', 'sev-es', 'snp', 'tdx']);
  });

  it('has what an overlay has in place of the tree, and asks the tree for none of it', async () => {
    const files = { [MMU]: '#include "own.h"\n', [OWN]: 'int own;\n' };
    const overlay = { [MMU]: '#include "own.h"\n#include "new.h"\n', 'arch/x86/kvm/mmu/new.h': 'int new;\n' };
    const replaced = await snapshotOf(files, overlay);
    expect(replaced.texts).toEqual({ ...files, ...overlay });
    expect(replaced.asked.filter((path) => path in overlay)).toEqual([]);
    const without = await snapshotOf(files, { [OWN]: null });
    expect(without.texts).toEqual({ [MMU]: files[MMU] });
    const alone = await snapshotOf(files, { [MMU]: null, 'arch/x86/kvm/mmu/unused.h': 'int unused;\n' });
    expect(alone.texts).toEqual({});
  });

  it('is named by its texts alone', async () => {
    const files = { [MMU]: '#include "own.h"\n', [OWN]: 'int own;\n' };
    const first = await snapshotOf(files);
    const again = await snapshotOf({ ...files, 'include/linux/mm.h': 'int elsewhere;\n' });
    const overlaid = await snapshotOf({ [OWN]: 'int old;\n', [MMU]: files[MMU] ?? '' }, { [OWN]: 'int own;\n' });
    expect([again.ref, overlaid.ref]).toEqual([first.ref, first.ref]);
    const other = await snapshotOf({ ...files, [OWN]: 'int other;\n' });
    const moved = await snapshotOf({ [MMU]: '#include "own.h"\n', 'arch/x86/kvm/own.h': 'int own;\n' });
    expect(new Set([first, other, moved].map(({ ref }) => ref.id)).size).toBe(3);
  });

  it('is made anew where its file is gone or damaged, and is never read as it is', async () => {
    const files = { [MMU]: '#include "own.h"\n', [OWN]: 'int own;\n' };
    const { ref } = await snapshotOf(files);
    const whole = readFileSync(ref.file);
    const other = Buffer.from(whole.toString('latin1').replace('int own;', 'int new;'), 'latin1');
    const damage = [
      () => writeFileSync(ref.file, whole.subarray(0, 60)),
      () => writeFileSync(ref.file, other),
      () => rmSync(ref.file),
    ];
    for (const damaged of damage) {
      damaged();
      expect(() => snapshotReader()(ref)).toThrow(`${ref.file} was removed or damaged while it was in use`);
      const again = await snapshotOf(files);
      expect([again.ref, again.texts]).toEqual([ref, files]);
    }
  });

  it('survives headers that include each other, and themselves', async () => {
    const files = { [MMU]: '#include "own.h"\n', [OWN]: '#include "own.h"\n#include "mmu.c"\n' };
    const { texts, asked } = await snapshotOf(files);
    expect(texts).toEqual(files);
    expect(asked).toHaveLength(new Set(asked).size);
  });

  it('follows no path out of the tree', async () => {
    const outside = [
      '../../../../secret.h',
      '../../../../../../../etc/passwd',
      '/etc/passwd',
      '..',
      '../',
      './/../x.h',
    ];
    const { asked } = await snapshotOf({ [MMU]: outside.map((name) => `#include "${name}"\n`).join('') });
    expect(asked.filter((path) => path.startsWith('/') || path.split('/').includes('..'))).toEqual([]);
    const root = join(freshFolder(), 'tree');
    write(root, {
      ...TREE,
      [MMU]: '#include "../../../../../secret.h"\n#include "../../../../../../../../etc/passwd"\n',
    });
    write(root, { '../secret.h': 'int secret;\n' });
    const { ref } = await snapshotTree(await openWorkTree(root), new Map(), STAND);
    expect(readFileSync(ref.file, 'utf8')).not.toMatch(/secret;|root:/);
  });

  it('has no file by a name that every object has', async () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const text = `${names.map((name) => `#include "../../../../${name}"\n`).join('')}int here(void) { return 1; }\n`;
    const { ref, texts } = await snapshotOf({ [MMU]: text });
    expect(Object.keys(texts)).toEqual([MMU]);
    const parser = await createParser('native');
    const compiled = compileTree(snapshotReader()(ref), STAND, { [MMU]: text }, parser, new LoweringCache());
    expect(Object.keys(compiled.functions)).toContain('here');
  });
});

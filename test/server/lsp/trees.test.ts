import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTreeResolver } from '../../../server/lsp/places';
import { treeForPatch, workingDocument } from '../../../server/lsp/trees';
import { freshFolder, git, HEADER, MMU, MMU_TEXT, repository, TREE, write } from '../kernel/tree/kernel-repository';

const wish = (folders: readonly string[], setting = '') => ({ setting, folders, trusted: true });

it("finds a patch's tree above its folder or the workspace's, the nearest first", async () => {
  const dir = repository();
  const elsewhere = freshFolder();
  const found = await treeForPatch(wish([elsewhere, join(dir, 'arch/x86')]));
  expect(found).toMatchObject({ choice: { tree: dir, git: dir, named: false }, root: dir, notes: [] });
  expect((await treeForPatch(wish([elsewhere]))).choice).toBeNull();
});

it('takes the tree of the settings, with or without a work tree, whatever lies near', async () => {
  const dir = repository();
  const bare = join(freshFolder(), 'linux.git');
  git(dir, 'clone', '-q', '--bare', dir, bare);
  expect((await treeForPatch(wish([dir], bare))).choice).toEqual({ git: bare, named: true });
  const plain = freshFolder();
  write(plain, TREE);
  expect((await treeForPatch(wish([dir], `${plain}/`))).choice).toMatchObject({ tree: plain, named: true });
});

it('runs no git and looks nowhere in a workspace that is not trusted', async () => {
  const dir = repository();
  const tree = { ...wish([dir], dir), trusted: false };
  expect(await treeForPatch(tree)).toMatchObject({ choice: null, root: null });
  expect((await treeForPatch(tree)).notes.join()).toMatch(/not trusted, and git is not run/);
  const document = await workingDocument({ name: 'x', text: 'int x;\n', tree, file: join(dir, MMU) });
  expect(document).toEqual({ idle: 'the workspace is not trusted, and git is not run in it' });
});

it("makes a patch of a file's unsaved text against HEAD", async () => {
  const dir = repository();
  write(dir, { [MMU]: 'something else on disk\n' });
  const text = MMU_TEXT.replace('x + 3;', 'x - 3;');
  const others = [{ file: join(dir, 'arch/x86/kvm/mmu/spte.h'), text: 'int a;\n' }];
  const document = await workingDocument({ name: 'x', text, tree: wish([]), file: join(dir, MMU), others });
  if ('idle' in document) throw new Error(document.idle);
  expect(document).toMatchObject({ path: MMU, root: dir, choice: { tree: dir, git: dir, named: true } });
  expect(document.choice.known?.before.get(MMU)).toBe(MMU_TEXT);
  expect([...(document.choice.known?.around ?? [])]).toEqual([['arch/x86/kvm/mmu/spte.h', 'int a;\n']]);
  const line = document.patch.diff.split('\n').indexOf('+\treturn x - 3;') + 1;
  expect(document.patch.place(line).line).toBe(text.split('\n').indexOf('\treturn x - 3;') + 1);
});

it.each([
  ['as in HEAD', MMU, MMU_TEXT, 'this file is as it is in HEAD'],
  ['outside of KVM', 'mm/memory.c', 'int x;\n', 'this file belongs to no kernel tree with KVM'],
])('says so of a file that is %s', async (_, path, text, idle) => {
  const dir = repository();
  expect(await workingDocument({ name: 'x', text, tree: wish([]), file: join(dir, path) })).toEqual({ idle });
});

it('says so of a tree that is no clone', async () => {
  const plain = freshFolder();
  write(plain, TREE);
  const document = await workingDocument({ name: 'x', text: '', tree: wish([]), file: join(plain, MMU) });
  expect(document).toEqual({
    idle: 'the kernel tree of this file is no git clone, so there is no HEAD to compare with',
  });
});

it('opens files of a trace below the tree only', () => {
  const dir = repository();
  expect(createTreeResolver(dir)(MMU)).toBe(`file://${dir}/${MMU}`);
  expect(createTreeResolver(dir)(HEADER)).toBe(`file://${dir}/${HEADER}`);
  const resolve = createTreeResolver(join(dir, 'arch'));
  for (const name of [`../${HEADER}`, join(dir, HEADER), 'x86/kvm/mmu/none.c', '', 'x\0.c']) {
    expect([name, resolve(name)]).toEqual([name, null]);
  }
});

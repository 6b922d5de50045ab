import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCommit, openWorkTree, TreeError } from '../../../../server/kernel/tree/source';
import {
  commit,
  freshFolder,
  git,
  HEADER,
  HEADER_TEXT,
  hasGit,
  MAKEFILE,
  MMU,
  MMU_TEXT,
  repository,
  TREE,
  write,
} from './kernel-repository';

async function sentence(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (why: unknown) => why,
  );
  expect(error).toBeInstanceOf(TreeError);
  const { message } = error as TreeError;
  expect(message).toMatch(/^[^\n]+\.$/);
  return message;
}

describe('a work tree', () => {
  test('gives texts by path, and null for what is not there', async () => {
    const dir = freshFolder();
    write(dir, TREE);
    const source = await openWorkTree(dir);
    const texts = await source.read([MMU, HEADER, 'arch/x86/kvm/nothing.c', 'arch/x86/kvm']);
    expect(texts.get(MMU)).toBe(MMU_TEXT);
    expect(texts.get(HEADER)).toBe(HEADER_TEXT);
    expect(texts.get('arch/x86/kvm/nothing.c')).toBeNull();
    expect(texts.get('arch/x86/kvm')).toBeNull();
    expect(source.described).toBe(`work tree ${dir}`);
  });

  test.each([
    [MAKEFILE, '7.3.4'],
    ['VERSION = 7\nPATCHLEVEL = 2\nSUBLEVEL = 0\nEXTRAVERSION = -rc3\n', '7.2.0-rc3'],
    ['VERSION = $(shell touch x)\nPATCHLEVEL = 2\n', null],
    [null, null],
  ])('names the kernel by its Makefile %#', async (makefile, kernel) => {
    const dir = freshFolder();
    write(dir, { [MMU]: MMU_TEXT, ...(makefile === null ? {} : { Makefile: makefile }) });
    expect((await openWorkTree(dir)).kernel).toBe(kernel);
  });

  test('reads no path that leaves it', async () => {
    const dir = freshFolder();
    const outside = freshFolder();
    write(outside, { secret: 'canary' });
    write(dir, { ...TREE, '.git/config': 'canary', 'inner/file': 'inside' });
    symlinkSync(join(outside, 'secret'), join(dir, 'arch/x86/kvm/link.c'));
    symlinkSync(outside, join(dir, 'include/away'));
    symlinkSync('../../../inner/file', join(dir, 'arch/x86/kvm/inside.c'));
    symlinkSync('loop.c', join(dir, 'loop.c'));
    const source = await openWorkTree(dir);
    const outer = [
      join(outside, 'secret'),
      `../${outside.split('/').at(-1)}/secret`,
      'arch/x86/kvm/link.c',
      'include/away/secret',
      'arch/../../x',
      '.git/config',
      '.GIT/config',
      'loop.c',
      'a\0b',
      '',
      'C:/x',
      'arch//x86',
    ];
    const texts = await source.read(outer);
    expect([...texts.values()]).toEqual(outer.map(() => null));
    expect((await source.read(['arch/x86/kvm/inside.c'])).get('arch/x86/kvm/inside.c')).toBe('inside');
  });

  test('says in one sentence what is wrong with it', async () => {
    const dir = freshFolder();
    writeFileSync(join(dir, 'file'), '');
    mkdirSync(join(dir, 'arch'));
    expect(await sentence(openWorkTree(join(dir, 'nowhere')))).toContain('is not a folder');
    expect(await sentence(openWorkTree(join(dir, 'file')))).toContain('is not a folder');
    expect(await sentence(openWorkTree(dir))).toContain('is not a kernel tree');
  });

  test('does not read a file beyond the limit', async () => {
    const dir = freshFolder();
    write(dir, { ...TREE, 'virt/kvm/kvm_main.c': 'x'.repeat(5000) });
    const source = await openWorkTree(dir, { limits: { fileBytes: 4096 } });
    expect(await sentence(source.read(['virt/kvm/kvm_main.c']))).toContain('virt/kvm/kvm_main.c has 5000 bytes');
  });
});

describe.skipIf(!hasGit)('a commit', () => {
  test('gives the texts of that commit, whatever the work tree holds', async () => {
    const dir = repository();
    const first = git(dir, 'rev-parse', 'HEAD');
    commit(dir, { [MMU]: 'changed\n' }, 'second');
    write(dir, { [MMU]: 'dirty\n' });
    const source = await openCommit(dir, 'HEAD~1');
    try {
      const texts = await source.read([MMU, HEADER, 'nothing.c', '../x', '/etc/passwd']);
      expect([...texts.values()]).toEqual([MMU_TEXT, HEADER_TEXT, null, null, null]);
      expect(source.kernel).toBe('7.3.4');
      expect(source.commit).toBe(first);
      expect(source.described).toBe(`commit ${first.slice(0, 12)} of ${dir}`);
    } finally {
      await source.close();
    }
  });

  test('reads packed objects, alternates, bare clones, linked work trees, tags and sha256', async () => {
    const dir = repository();
    git(dir, 'tag', '-a', 'v7.3', '-m', 'tag');
    git(dir, 'gc', '-q');
    git(dir, 'pack-refs', '--all');
    const parent = freshFolder();
    git(parent, 'clone', '-q', '--shared', dir, 'shared');
    git(parent, 'clone', '-q', '--bare', dir, 'bare.git');
    git(dir, 'worktree', 'add', '-q', '-b', 'side', join(parent, 'linked'));
    const other = repository(TREE, '--object-format=sha256');
    for (const [clone, revision] of [
      [dir, 'v7.3'],
      [join(parent, 'shared'), 'origin/main'],
      [join(parent, 'bare.git'), 'main'],
      [join(parent, 'linked'), 'HEAD'],
      [join(parent, 'linked'), 'side'],
      [other, 'HEAD'],
    ] as const) {
      const source = await openCommit(clone, revision);
      expect((await source.read([MMU])).get(MMU)).toBe(MMU_TEXT);
      await source.close();
    }
  });

  test('follows a symbolic link inside the tree and none out of it', async () => {
    const dir = repository();
    const outside = freshFolder();
    write(outside, { secret: 'canary' });
    symlinkSync('../mmu/mmu.c', join(dir, 'arch/x86/kvm/mmu/same.c'));
    symlinkSync(join(outside, 'secret'), join(dir, 'arch/x86/kvm/away.c'));
    symlinkSync('../../../../secret', join(dir, 'arch/x86/kvm/up.c'));
    symlinkSync('here.c', join(dir, 'arch/x86/kvm/here.c'));
    commit(dir, {}, 'links');
    const source = await openCommit(dir, 'HEAD');
    const paths = [
      'arch/x86/kvm/mmu/same.c',
      'arch/x86/kvm/away.c',
      'arch/x86/kvm/up.c',
      'arch/x86/kvm/here.c',
      HEADER,
    ];
    const texts = await source.read(paths);
    await source.close();
    expect([...texts.values()]).toEqual([MMU_TEXT, null, null, null, HEADER_TEXT]);
  });

  test('says in one sentence what is wrong with it', async () => {
    const dir = repository();
    const plain = freshFolder();
    write(plain, TREE);
    const stranger = repository({ readme: 'x' });
    expect(await sentence(openCommit(plain, 'HEAD'))).toContain('is not a git clone');
    expect(await sentence(openCommit(join(plain, 'nowhere'), 'HEAD'))).toContain('is not a git clone');
    expect(await sentence(openCommit(dir, 'no-such-branch'))).toContain('has no commit no-such-branch');
    expect(await sentence(openCommit(stranger, 'HEAD'))).toContain('is not a kernel tree');
    for (const revision of ['--help', '-o/x', '^HEAD', 'HEAD..main', `HEAD:${MMU}`, 'HEAD\nHEAD', '']) {
      expect(await sentence(openCommit(dir, revision))).toContain('has no commit');
    }
  });

  test('of a shallow clone says so where the history ends', async () => {
    const dir = repository();
    const first = git(dir, 'rev-parse', 'HEAD');
    commit(dir, { [MMU]: 'changed\n' }, 'second');
    const parent = freshFolder();
    git(parent, 'clone', '-q', '--depth', '1', `file://${dir}`, 'shallow');
    expect(await sentence(openCommit(join(parent, 'shallow'), first))).toContain('shallow');
    const source = await openCommit(join(parent, 'shallow'), 'HEAD');
    expect((await source.read([MMU])).get(MMU)).toBe('changed\n');
    await source.close();
  });

  test('of a partial clone fetches nothing, and a file left at the server is not taken for none', async () => {
    const dir = repository();
    git(dir, 'config', 'uploadpack.allowFilter', 'true');
    const parent = freshFolder();
    git(parent, 'clone', '-q', '--no-checkout', '--filter=blob:none', `file://${dir}`, 'partial');
    git(join(parent, 'partial'), 'checkout', '-q', 'HEAD', '--', MMU, 'Makefile');
    const source = await openCommit(join(parent, 'partial'), 'HEAD');
    expect((await source.read([MMU])).get(MMU)).toBe(MMU_TEXT);
    expect((await source.read(['nothing.c'])).get('nothing.c')).toBeNull();
    expect(await sentence(source.read([HEADER]))).toContain(`partial clone without ${HEADER}`);
    await source.close();
  });

  test.skipIf(process.getuid?.() !== 0)(
    "of a clone that another user owns is read, which git's own command refuses",
    async () => {
      const dir = repository();
      execFileSync('chown', ['-R', '65534:65534', dir]);
      expect(() => git(dir, 'rev-parse', 'HEAD')).toThrow();
      const source = await openCommit(dir, 'HEAD');
      expect((await source.read([MMU])).get(MMU)).toBe(MMU_TEXT);
      await source.close();
    },
  );

  test('needs git, and says so', async () => {
    const dir = repository();
    const path = process.env.PATH;
    process.env.PATH = `.:${freshFolder()}`;
    try {
      expect(await sentence(openCommit(dir, 'HEAD'))).toContain('no git is installed');
      expect((await openWorkTree(dir)).kernel).toBe('7.3.4');
    } finally {
      process.env.PATH = path;
    }
  });

  test('can be cancelled', async () => {
    const dir = repository();
    const abort = new AbortController();
    const source = await openCommit(dir, 'HEAD', { signal: abort.signal });
    abort.abort();
    expect(await sentence(source.read([MMU]))).toContain('cancelled');
    await source.close();
    rmSync(dir, { recursive: true, force: true });
  });
});

import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocator } from '../../../../server/kernel/tree/locate';
import { commitsOfRange, type RangeMail } from '../../../../server/kernel/tree/range';
import { TreeError } from '../../../../server/kernel/tree/source';
import { readInput } from '../../../../server/patch/read';
import type { PatchMail } from '../../../../server/patch/types';
import {
  commit,
  freshFolder,
  git,
  gitWith,
  HEADER,
  hasGit,
  MMU,
  MMU_TEXT,
  repository,
  TDP,
  TREE,
  write,
} from './kernel-repository';

const changed = MMU_TEXT.replace('return x + 15;', 'return x - 15;');

async function read(mail: RangeMail | undefined): Promise<PatchMail> {
  const { patches } = await readInput({ name: 'range', bytes: new TextEncoder().encode(mail?.text ?? '') });
  expect(patches).toHaveLength(1);
  const [patch] = patches;
  if (patch === undefined) throw new Error('no patch');
  expect(patch.problems.filter(({ harmless }) => !harmless)).toEqual([]);
  return patch;
}

describe.skipIf(!hasGit)('the commits of a range', () => {
  test('are mails that the reader reads, and whose pre-images are found by their ids', async () => {
    const dir = repository();
    const first = git(dir, 'rev-parse', 'HEAD');
    const second = commit(
      dir,
      { [MMU]: changed, 'drivers/net/x.c': 'int x;\n' },
      'KVM: x86/mmu: subtract\n\nWhy it is so.',
    );
    const third = commit(dir, { [TDP]: 'int tdp_other;\n' }, 'KVM: é: other');
    const mails = await commitsOfRange(dir, `${first}..HEAD`);
    expect(mails.map(({ commit: id }) => id)).toEqual([second, third]);
    expect(mails.map(({ files, others }) => [files, others])).toEqual([
      [[MMU], ['drivers/net/x.c']],
      [[TDP], []],
    ]);
    const patch = await read(mails[0]);
    expect(patch.subject).toBe('[PATCH 1/2] KVM: x86/mmu: subtract');
    expect(patch.series).toMatchObject({ index: 1, total: 2 });
    expect(patch.baseCommit).toBe(first);
    expect(patch.prose.map(({ text }) => text).join()).toContain('Why it is so.');
    expect(patch.files.map(({ oldPath, hunks }) => [oldPath, hunks.length])).toEqual([[MMU, 1]]);
    expect(patch.files[0]?.oldBlob).toBe(git(dir, 'rev-parse', `${first}:${MMU}`));
    expect(patch.files[0]?.newBlob).toBe(git(dir, 'rev-parse', `${second}:${MMU}`));
    expect(patch.files[0]?.hunks[0]?.heading).toBe('int step_14(int x)');
    expect((await read(mails[1])).subject).toBe('[PATCH 2/2] KVM: é: other');
    const locator = await openLocator({ git: dir });
    const found = await locator.locate(patch);
    await locator.close();
    expect(found.preImages.get(MMU)).toEqual({ path: MMU, text: MMU_TEXT, how: 'blob' });
  });

  test("have the same difference as git's own", async () => {
    const dir = repository();
    const first = git(dir, 'rev-parse', 'HEAD');
    const texts = {
      [MMU]: `int top;\n${changed.replace('int step_3(int x)\n{\n', '').replace('return x + 28;\n}\n\n', 'return 28;\n}')}`,
      'arch/x86/kvm/mmu/new.c': 'int created;\nint two;\n',
      'virt/kvm/empty.c': '',
    };
    rmSync(join(dir, TDP));
    commit(dir, texts, 'all of it');
    git(dir, 'mv', HEADER, 'include/linux/kvm_types.h');
    commit(dir, {}, 'rename');
    const mails = await commitsOfRange(dir, `${first}..HEAD`);
    const applied = freshFolder();
    git(applied, 'init', '-q');
    write(applied, TREE);
    for (const mail of mails) gitWith(applied, mail.text.slice(mail.text.indexOf('diff --git')), 'apply', '-');
    git(applied, 'add', '-A');
    expect(git(applied, 'write-tree')).toBe(git(dir, 'rev-parse', 'HEAD^{tree}'));
    expect((await read(mails[0])).files.map(({ status }) => status).sort()).toEqual([
      'added',
      'added',
      'deleted',
      'modified',
    ]);
  });

  test('say what they touch where it is nothing of KVM', async () => {
    const dir = repository();
    commit(dir, { 'drivers/net/x.c': 'int x;\n', 'drivers/net/y.c': 'int y;\n' }, 'net');
    const [mail] = await commitsOfRange(dir, 'HEAD~1..HEAD');
    expect((await read(mail)).files.map(({ newPath }) => newPath)).toEqual(['drivers/net/x.c', 'drivers/net/y.c']);
  });

  test('do not take a diff or a trailer in the message for their own', async () => {
    const dir = repository();
    const message = [
      'subject',
      '',
      'diff --git a/virt/kvm/kvm_main.c b/virt/kvm/kvm_main.c',
      '--- a/virt/kvm/kvm_main.c',
      '+++ b/virt/kvm/kvm_main.c',
      '@@ -1 +1 @@',
      '-int one;',
      '+int two;',
      '> diff --git a/x b/x',
      'base-commit: 1234567890123456789012345678901234567890',
      'From 1234567890123456789012345678901234567890 Mon Sep 17 00:00:00 2001',
      'From: Mallory <m@example.org>',
    ].join('\n');
    commit(dir, { [MMU]: changed }, message);
    const [mail] = await commitsOfRange(dir, 'HEAD~1..HEAD');
    const patch = await read(mail);
    expect(patch.files.map(({ newPath }) => newPath)).toEqual([MMU]);
    expect(patch.baseCommit).toBe(git(dir, 'rev-parse', 'HEAD~1'));
    expect(patch.author).toContain('A');
  });

  test('leave merges out, and name files that are too large', async () => {
    const dir = repository();
    git(dir, 'checkout', '-q', '-b', 'side');
    commit(dir, { [TDP]: 'x'.repeat(9000) }, 'side');
    git(dir, 'checkout', '-q', 'main');
    commit(dir, { [MMU]: changed }, 'main');
    git(dir, 'merge', '-q', '--no-edit', 'side');
    const mails = await commitsOfRange(dir, 'HEAD~2..HEAD', { limits: { fileBytes: 8192 } });
    expect(mails.map(({ subject }) => subject).sort()).toEqual(['main', 'side']);
    const side = mails.find(({ subject }) => subject === 'side');
    expect(side).toMatchObject({ files: [], others: [TDP] });
    expect(side?.text).toContain(`Not shown: ${TDP}.`);
  });

  test('that are none get one sentence', async () => {
    const dir = repository();
    for (const range of [
      'HEAD',
      '..HEAD',
      'HEAD...main',
      '--all..HEAD',
      'HEAD..-o',
      'a b..c',
      'HEAD..nowhere',
      'v1..',
    ]) {
      const error = await commitsOfRange(dir, range).catch((why: unknown) => why);
      expect(error).toBeInstanceOf(TreeError);
      expect((error as TreeError).message).toMatch(/is not a range|has no commit/);
    }
    expect(await commitsOfRange(dir, 'HEAD..HEAD')).toEqual([]);
  });
});

describe.skipIf(!hasGit)('the uncommitted difference', () => {
  test('is that of the files on disk, new and deleted ones included, outside KVM not', async () => {
    const dir = repository({ ...TREE, 'arch/x86/kvm/.gitignore': '/kvm-asm-offsets.h\n', 'virt/kvm/a.c': 'int a;\n' });
    write(dir, {
      [MMU]: changed,
      'arch/x86/kvm/new.c': 'int created;\n',
      'arch/x86/kvm/kvm-asm-offsets.h': 'built\n',
      'arch/x86/kvm/kvm.mod.c': 'built\n',
      'arch/x86/kvm/mmu.o': 'built\n',
      'drivers/x.c': 'int x;\n',
    });
    rmSync(join(dir, TDP));
    rmSync(join(dir, 'virt/kvm'), { recursive: true });
    symlinkSync('/etc', join(dir, 'arch/x86/virt'));
    const [mail, ...more] = await commitsOfRange(dir, 'HEAD..');
    expect(more).toEqual([]);
    expect(mail?.commit).toBeNull();
    const patch = await read(mail);
    expect(patch.files.map(({ newPath, oldPath, status }) => [newPath ?? oldPath, status])).toEqual([
      [MMU, 'modified'],
      [TDP, 'deleted'],
      ['arch/x86/kvm/new.c', 'added'],
    ]);
    expect(patch.baseCommit).toBe(git(dir, 'rev-parse', 'HEAD'));
  });

  test('is empty where nothing changed', async () => {
    expect(await commitsOfRange(repository(), 'HEAD..')).toEqual([]);
  });
});

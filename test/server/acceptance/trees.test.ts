/** The command with a kernel tree: which one it takes, and what it says of one that it can't use. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commit, freshFolder, git, MMU, MMU_TEXT, repository, write } from '../kernel/tree/kernel-repository';
import { buildCommand, type Command, onlyPatch, reportOf } from './command';

let command: Command;
beforeAll(async () => {
  command = await buildCommand();
});
afterAll(() => command.remove());

const quick = ['--scenario', 'S02', '--vm', 'tdx', '--preemptions', '0', '--format', 'json'];
const PATCH = join(process.cwd(), 'test/patches/slot-delete-shared-only.patch');

describe('a tree that is named', () => {
  it.each([
    ['is no folder', ['--tree', 'nowhere'], /^kvm-mmu-review: nowhere is not a folder/],
    ['is no kernel', ['--tree', 'empty'], /empty is not a kernel tree with KVM/],
    ['is no clone', ['--git', 'empty'], /empty is not a git clone/],
    ['has no such commit', ['--git', 'linux', '--base', 'v9'], /linux has no commit v9/],
    ['has a base that is an option', ['--git', 'linux', '--base=--upload-pack=x'], /no commit --upload-pack=x/],
    ['is not named', ['--base', 'HEAD'], /--base needs a git clone/],
    ['has no such range', ['--git', 'linux', '--range', 'v1..v2'], /no commit v1/],
    ['has nothing in the range', ['--git', 'linux', '--range', 'HEAD..HEAD'], /nothing in HEAD\.\.HEAD/],
  ])('and %s is one sentence, at once', async (_, args, sentence) => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'empty'));
    git(folder, 'clone', '-q', repository(), 'linux');
    const patches = args.includes('--range') ? [] : [PATCH];
    const ended = await command.run(['check', ...patches, ...args], { cwd: folder });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(sentence);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(ended.seconds).toBeLessThan(3);
  });

  it('and lacks the patch is said, and no clean verdict is given', async () => {
    const ended = await command.run(['check', PATCH, '--git', repository(), ...quick, '--fail-on', 'never']);
    const patch = onlyPatch(ended);
    expect(patch.tier).toBe('reference');
    expect(patch.notes.join('\n')).toMatch(/arch\/x86\/kvm\/mmu\/mmu\.c[^\n]*\n.*no kernel tree was used/);
    expect(['findings', 'incomplete']).toContain(patch.verdict);
  });
});

describe('commits of a clone', () => {
  it('that touch nothing of KVM are out of scope within a second', async () => {
    const dir = repository();
    commit(dir, { 'mm/memory.c': 'int x;\n' }, 'mm: add x');
    commit(dir, { 'mm/memory.c': 'int y;\n' }, 'mm: rename x');
    const ended = await command.run(['check', '--git', dir, '--range', 'HEAD~2..HEAD', '--format', 'json']);
    expect(reportOf(ended).patches.map(({ verdict, subject }) => [verdict, subject])).toEqual([
      ['out-of-scope', '[PATCH 1/2] mm: add x'],
      ['out-of-scope', '[PATCH 2/2] mm: rename x'],
    ]);
    expect(reportOf(ended).patches[0]?.input).toBe(git(dir, 'rev-parse', '--short=12', 'HEAD~1'));
    expect(ended.code).toBe(0);
    expect(ended.seconds).toBeLessThan(1.5);
  });

  it('are taken from the clone that holds the working directory', async () => {
    const dir = repository();
    commit(dir, { 'mm/memory.c': 'int x;\n' }, 'mm: add x');
    const args = ['check', '--range', 'HEAD~1..HEAD', '--format', 'json'];
    const ended = await command.run(args, { cwd: join(dir, 'arch/x86/kvm') });
    expect(onlyPatch(ended)).toMatchObject({ verdict: 'out-of-scope', subject: '[PATCH] mm: add x' });
  });

  it('are not mixed with patches', async () => {
    const ended = await command.run(['check', PATCH, '--git', repository(), '--range', 'HEAD~1..HEAD']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('--range takes its patches from the clone');
  });

  it('or what is not committed yet', async () => {
    const dir = repository();
    write(dir, { [MMU]: MMU_TEXT.replace('x + 3', 'x + 4 /* more */') });
    const args = ['check', '--git', dir, '--range', 'HEAD..', ...quick];
    const patch = onlyPatch(await command.run(args));
    expect(patch.input).toBe('HEAD..');
    expect(patch.coverage.changedLines + patch.coverage.nonExecutable).toBe(2);
  });
});

it('does without a tree outside of one', async () => {
  const folder = freshFolder();
  writeFileSync(join(folder, 'a.patch'), readFileSync(PATCH));
  const patch = onlyPatch(await command.run(['check', 'a.patch', ...quick], { cwd: folder }));
  expect(patch.notes.join('\n')).not.toContain('kernel tree');
  expect(patch.tier).toBe('reference');
});

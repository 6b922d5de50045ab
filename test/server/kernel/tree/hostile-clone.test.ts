/**
 * A clone made by somebody who wants to run programs here, or to have files outside of it read. Every trap
 * that is set is first shown to work on a user's own git, so that its silence means something.
 */

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openClone } from '../../../../server/kernel/tree/clone';
import { openLocator } from '../../../../server/kernel/tree/locate';
import { commitsOfRange } from '../../../../server/kernel/tree/range';
import { openCommit, openWorkTree, TreeError } from '../../../../server/kernel/tree/source';
import {
  commit,
  freshFolder,
  git,
  gitWith,
  HEADER,
  HEADER_TEXT,
  hasGit,
  MMU,
  MMU_TEXT,
  patch,
  repository,
  TREE,
  write,
} from './kernel-repository';

const changed = MMU_TEXT.replace('return x + 15;', 'return x - 15;');
const OPTION = '-oProxyCommand=x.c';

let canaries: string;
let trap: (name: string) => string;

beforeEach(() => {
  canaries = freshFolder();
  trap = (name) => {
    const program = join(canaries, `program-${name}`);
    writeFileSync(program, `#!/bin/sh\n: > "${join(canaries, `sprung-${name}`)}"\nexit 0\n`);
    chmodSync(program, 0o755);
    return program;
  };
});

function sprung(): string[] {
  return readdirSync(canaries).filter((name) => name.startsWith('sprung-'));
}

function reset(): void {
  for (const name of sprung()) rmSync(join(canaries, name));
}

/** A clone with all traps set: two commits, a dirty file, and a configuration that names programs. */
function hostileClone(): string {
  const dir = repository();
  write(dir, {
    '.gitattributes': '*.c diff=evil filter=evil\n*.h filter=evil diff=evil\n',
    [`arch/x86/kvm/${OPTION}`]: 'int option;\n',
  });
  commit(dir, { [MMU]: changed }, 'second');
  const settings: Record<string, string> = {
    'core.fsmonitor': trap('fsmonitor'),
    'core.hooksPath': join(dir, 'hooks'),
    'core.pager': trap('pager'),
    'core.sshCommand': trap('ssh'),
    'core.gitProxy': trap('proxy'),
    'core.editor': trap('editor'),
    'core.askPass': trap('askpass'),
    'core.alternateRefsCommand': trap('alternate'),
    'core.attributesFile': join(dir, 'attributes'),
    'core.worktree': '/',
    'credential.helper': trap('credential'),
    'diff.external': trap('external'),
    'diff.evil.textconv': trap('textconv'),
    'diff.evil.command': trap('diffcommand'),
    'filter.evil.smudge': trap('smudge'),
    'filter.evil.clean': trap('clean'),
    'filter.evil.process': trap('process'),
    'filter.evil.required': 'true',
    'gpg.program': trap('gpg'),
    'log.showSignature': 'true',
    'alias.cat-file': `!${trap('alias')}`,
    'alias.rev-parse': `!${trap('alias')}`,
    'uploadpack.packObjectsHook': trap('pack'),
    'remote.origin.url': `ext::${trap('ext')}`,
    'remote.origin.promisor': 'true',
    'remote.origin.uploadpack': trap('uploadpack'),
    'protocol.allow': 'always',
    'extensions.partialClone': 'origin',
  };
  for (const [name, value] of Object.entries(settings)) git(dir, 'config', name, value);
  for (const folder of ['hooks', '.git/hooks']) {
    for (const hook of [
      'post-checkout',
      'post-index-change',
      'reference-transaction',
      'pre-auto-gc',
      'fsmonitor-watchman',
    ]) {
      mkdirSync(join(dir, folder), { recursive: true });
      writeFileSync(join(dir, folder, hook), `#!/bin/sh\nexec ${trap('hook')}\n`, { mode: 0o755 });
    }
  }
  writeFileSync(join(dir, 'attributes'), '* diff=evil filter=evil\n');
  writeFileSync(join(dir, '.git/info/attributes'), '* diff=evil filter=evil\n');
  write(dir, { [HEADER]: 'struct dirty;\n' });
  return dir;
}

/** Everything that this project asks of a clone. */
async function readAll(dir: string): Promise<void> {
  const source = await openCommit(dir, 'HEAD');
  expect((await source.read([MMU, HEADER, `arch/x86/kvm/${OPTION}`, OPTION])).get(HEADER)).toBe(HEADER_TEXT);
  await source.close();
  const mails = await commitsOfRange(dir, 'HEAD~1..HEAD');
  expect(mails[0]?.files).toContain(MMU);
  expect((await commitsOfRange(dir, 'HEAD~1..'))[0]?.files).toContain(HEADER);
  const locator = await openLocator({ git: dir, tree: dir });
  const found = await locator.locate(await patch(MMU, MMU_TEXT, changed));
  expect(found.preImages.get(MMU)?.text).toBe(MMU_TEXT);
  const unknown = changed.replaceAll('return', 'goto');
  const lost = await locator.locate(await patch(MMU, unknown, `${unknown}x\n`));
  expect(lost.missing).toHaveLength(1);
  await locator.close();
}

describe.skipIf(!hasGit)('a hostile clone', () => {
  test("springs its traps on a user's git and none of them here", async () => {
    const dir = hostileClone();
    const process = git(dir, 'config', 'filter.evil.process');
    const users: Record<string, string[]> = {
      fsmonitor: ['status'],
      process: ['diff'],
      hook: ['update-ref', 'refs/heads/other', 'HEAD'],
      // A filter process has precedence over the filter's two commands; without it they are run.
      clean: ['diff'],
      diffcommand: ['diff'],
      textconv: ['cat-file', '--textconv', `HEAD:${MMU}`],
      smudge: ['cat-file', '--filters', `HEAD:${MMU}`],
    };
    for (const [name, args] of Object.entries(users)) {
      reset();
      if (name === 'clean') git(dir, 'config', '--unset', 'filter.evil.process');
      try {
        git(dir, '--work-tree', dir, ...args);
      } catch {
        // A trap that makes git fail is sprung all the same.
      }
      expect(sprung()).toContain(`sprung-${name}`);
    }
    git(dir, 'config', 'filter.evil.process', process);
    reset();
    await readAll(dir);
    expect(sprung()).toEqual([]);
  });

  test('can not have a file outside read through an include', async () => {
    const dir = hostileClone();
    const pipe = join(canaries, 'pipe');
    execFileSync('mkfifo', [pipe]);
    appendFileSync(join(dir, '.git/config'), `[include]\n\tpath = ${pipe}\n[includeIf "gitdir:/"]\n\tpath = ${pipe}\n`);
    // Whoever opens the pipe waits for a writer that never comes.
    expect(() => execFileSync('git', ['log', '-1'], { cwd: dir, timeout: 1000, stdio: 'ignore' })).toThrow();
    await readAll(dir);
    expect(sprung()).toEqual([]);
  });

  test('can not talk git into anything through the environment of this process', async () => {
    const dir = hostileClone();
    const hostile: Record<string, string> = {
      GIT_DIR: canaries,
      GIT_WORK_TREE: canaries,
      GIT_EXTERNAL_DIFF: trap('env-external'),
      GIT_SSH_COMMAND: trap('env-ssh'),
      GIT_PAGER: trap('env-pager'),
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.fsmonitor',
      GIT_CONFIG_VALUE_0: trap('env-config'),
      GIT_TRACE: join(canaries, 'sprung-trace'),
      GIT_OBJECT_DIRECTORY: canaries,
    };
    const before = Object.fromEntries(Object.keys(hostile).map((name) => [name, process.env[name]]));
    Object.assign(process.env, hostile);
    try {
      await readAll(dir);
    } finally {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    expect(sprung()).toEqual([]);
  });

  test('with a path that looks like an option has it read as a path', async () => {
    const dir = hostileClone();
    const source = await openCommit(dir, 'HEAD');
    const texts = await source.read([`arch/x86/kvm/${OPTION}`, OPTION, '--help', '-p']);
    await source.close();
    expect([...texts.values()]).toEqual(['int option;\n', null, null, null]);
    const made = await patch(OPTION, 'int option;\n', 'int x;\n', { digits: 0 });
    const locator = await openLocator({ git: dir });
    expect((await locator.locate({ ...made, baseCommit: '--help' })).preImages.size).toBe(0);
    await locator.close();
    expect(sprung()).toEqual([]);
  });

  test('with symbolic links out of it has nothing outside read', async () => {
    const dir = repository();
    const outside = freshFolder();
    write(outside, { secret: 'canary', 'kvm/secret.c': 'canary' });
    symlinkSync(join(outside, 'secret'), join(dir, 'arch/x86/kvm/link.c'));
    symlinkSync(join(outside, 'kvm'), join(dir, 'virt'));
    commit(dir, {}, 'links');
    write(dir, { [MMU]: changed });
    const paths = ['arch/x86/kvm/link.c', 'virt/secret.c'];
    for (const source of [await openCommit(dir, 'HEAD'), await openWorkTree(dir)]) {
      expect([...(await source.read(paths)).values()]).toEqual([null, null]);
      await source.close();
    }
    for (const range of ['HEAD..', 'HEAD~1..', 'HEAD~1..HEAD']) {
      for (const mail of await commitsOfRange(dir, range)) expect(mail.text).not.toContain('canary');
    }
  });

  test('with refs and a HEAD that point outside has nothing read', async () => {
    const dir = repository();
    const secret = join(canaries, 'secret');
    writeFileSync(secret, `${'1'.repeat(40)}\n`);
    symlinkSync(secret, join(dir, '.git/refs/heads/link'));
    writeFileSync(join(dir, '.git/refs/heads/up'), 'ref: refs/../../../../../../../etc/passwd\n');
    for (const revision of ['link', 'up', '../../../../etc/passwd', 'refs/heads/../../config']) {
      const error = await openCommit(dir, revision).catch((why: unknown) => why);
      expect(error).toBeInstanceOf(TreeError);
      expect((error as TreeError).message).not.toContain('root:');
    }
    writeFileSync(join(dir, '.git/HEAD'), 'ref: ../../../etc/passwd\n');
    await expect(openCommit(dir, 'main')).rejects.toThrow(TreeError);
  });

  test('leaves no folder of ours behind, also when it can not be opened', async () => {
    const temporary = freshFolder();
    const before = process.env.TMPDIR;
    const dir = hostileClone();
    process.env.TMPDIR = temporary;
    try {
      await readAll(dir);
      git(dir, 'config', 'extensions.objectFormat', 'nonsense');
      await expect(openClone(dir)).rejects.toThrow(TreeError);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe.skipIf(!hasGit)('objects that are too large', () => {
  const LARGE = 200 << 20;
  let dir: string;
  let before: number;

  beforeAll(() => {
    dir = repository();
    const id = gitWith(dir, Buffer.alloc(LARGE), '-c', 'core.compression=1', 'hash-object', '-w', '--stdin');
    git(dir, 'update-index', '--add', '--cacheinfo', `100644,${id},virt/kvm/kvm_main.c`);
    git(dir, 'commit', '-q', '-m', 'large');
  });

  beforeEach(() => {
    before = process.memoryUsage().rss;
  });

  afterEach(() => {
    expect(process.memoryUsage().rss - before).toBeLessThan(LARGE / 2);
  });

  test('are named in one sentence and not read', async () => {
    const source = await openCommit(dir, 'HEAD');
    const error = await source.read(['virt/kvm/kvm_main.c']).catch((why: unknown) => why);
    expect((error as TreeError).message).toBe(
      `virt/kvm/kvm_main.c has ${LARGE} bytes: more than the ${16 << 20} that are read of one file.`,
    );
    expect((await source.read([MMU])).get(MMU)).toBe(MMU_TEXT);
    await source.close();
    expect((await commitsOfRange(dir, 'HEAD~1..HEAD'))[0]).toMatchObject({
      files: [],
      others: ['virt/kvm/kvm_main.c'],
    });
  });

  test('do not stand for a pre-image', async () => {
    const made = await patch('virt/kvm/kvm_main.c', 'int x;\n', 'int y;\n');
    const id = git(dir, 'rev-parse', 'HEAD:virt/kvm/kvm_main.c');
    const files = made.files.map((file) => ({ ...file, oldBlob: id }));
    const locator = await openLocator({ git: dir });
    const { missing } = await locator.locate({ files, baseCommit: null });
    await locator.close();
    expect(missing[0]).toContain(`${LARGE} bytes`);
  });

  test('are not read of a work tree either', async () => {
    const tree = freshFolder();
    write(tree, TREE);
    execFileSync('truncate', ['-s', '1G', join(tree, 'virt-large')]);
    mkdirSync(join(tree, 'virt/kvm'), { recursive: true });
    symlinkSync('../../virt-large', join(tree, 'virt/kvm/kvm_main.c'));
    const source = await openWorkTree(tree);
    await expect(source.read(['virt/kvm/kvm_main.c'])).rejects.toThrow(`${1 << 30} bytes`);
    expect(existsSync(join(tree, 'virt-large'))).toBe(true);
  });

  test('that answer too late end in one sentence', async () => {
    const source = await openCommit(dir, 'HEAD', { limits: { fileBytes: LARGE * 2, milliseconds: 1 } }).catch(
      (why: unknown) => why,
    );
    expect(source).toBeInstanceOf(TreeError);
  });
});

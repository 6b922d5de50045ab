/** A small repository that looks like a kernel's, made by git for one test and removed after it. */

import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { afterAll } from 'vitest';
import { blobId } from '../../../../server/kernel/tree/blob-id';
import { readInput } from '../../../../server/patch/read';
import type { PatchMail } from '../../../../server/patch/types';

export const MMU = 'arch/x86/kvm/mmu/mmu.c';
export const TDP = 'arch/x86/kvm/mmu/tdp_mmu.c';
export const HEADER = 'include/linux/kvm_host.h';

/** Thirty small functions, so that hunks have room to move. */
export const MMU_TEXT = Array.from(
  { length: 30 },
  (_, at) => `int step_${at}(int x)\n{\n\treturn x + ${at};\n}\n\n`,
).join('');
export const TDP_TEXT = 'int tdp_root(void)\n{\n\treturn 0;\n}\n';
export const HEADER_TEXT = 'struct kvm;\n';
export const MAKEFILE = 'VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\nEXTRAVERSION =\nNAME = Test\n';

export const TREE: Readonly<Record<string, string>> = {
  [MMU]: MMU_TEXT,
  [TDP]: TDP_TEXT,
  [HEADER]: HEADER_TEXT,
  Makefile: MAKEFILE,
};

/** Without git, what needs it is skipped; test/run.mjs says so. */
export const hasGit = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'git')));

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder, removed when the test file is done. */
export function freshFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kmr-test-tree-')));
  folders.push(folder);
  return folder;
}

export function write(root: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** Runs git as a user would, with nothing of this machine's configuration. */
export function git(dir: string, ...args: string[]): string {
  return gitWith(dir, '', ...args);
}

export function gitWith(dir: string, input: string | Buffer, ...args: string[]): string {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@example.org',
    GIT_COMMITTER_NAME: 'C',
    GIT_COMMITTER_EMAIL: 'c@example.org',
    GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
    GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
  };
  const options: ExecFileSyncOptionsWithStringEncoding = {
    cwd: dir,
    env,
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 30_000,
    stdio: ['pipe', 'pipe', 'ignore'],
  };
  return execFileSync('git', args, options).trim();
}

/** A repository with one commit that holds `files`. */
export function repository(files: Readonly<Record<string, string>> = TREE, ...init: string[]): string {
  const dir = freshFolder();
  git(dir, 'init', '-q', '-b', 'main', ...init);
  commit(dir, files, 'first');
  return dir;
}

/** Commits the files on top; its id. */
export function commit(dir: string, files: Readonly<Record<string, string>>, subject: string): string {
  write(dir, files);
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '--allow-empty', '-m', subject);
  return git(dir, 'rev-parse', 'HEAD');
}

export interface PatchOptions {
  /** Digits of the blob ids of the `index` line; 0 for none. */
  readonly digits?: number;
  readonly base?: string;
  readonly algorithm?: 'sha1' | 'sha256';
}

/** The patch from one text of a file to another, as git would mail it. */
export async function patch(
  path: string,
  before: string,
  after: string,
  options: PatchOptions = {},
): Promise<PatchMail> {
  const { digits = 12, base, algorithm = 'sha1' } = options;
  const id = (text: string) => blobId(text, algorithm).slice(0, digits);
  const whole = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, { context: 3 });
  const body = whole.slice(whole.indexOf('--- a/'));
  const index = digits === 0 ? '' : `index ${id(before)}..${id(after)} 100644\n`;
  const trailer = base === undefined ? '' : `\nbase-commit: ${base}\n`;
  const text = `From: A <a@example.org>\nSubject: [PATCH] test\n\nA change.\n---\ndiff --git a/${path} b/${path}\n${index}${body}-- \n2.47.0\n${trailer}`;
  const { patches } = await readInput({ name: 'test.patch', bytes: new TextEncoder().encode(text) });
  const [mail] = patches;
  if (mail === undefined) throw new Error('the test patch was not read');
  return mail;
}

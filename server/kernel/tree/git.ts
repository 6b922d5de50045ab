/**
 * Runs git: no shell, an environment made from nothing, a git folder of our own (see clone.ts), bounded
 * output and time. It knows processes, and nothing of kernels or patches. Only commands that read objects
 * are run: `rev-parse`, `cat-file`, `ls-tree`, `rev-list`, `diff-tree --raw`, `config --file -`. None of
 * them looks at a work tree or an index, so no filter, hook or monitor has an occasion to run.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { devNull } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { printable, TreeError } from './tree-error';

/** Bounds of everything that is read from a clone or a work tree. */
export interface GitLimits {
  /** Bytes of one file. Its size is asked for before it is read. */
  readonly fileBytes: number;
  /** Bytes of all files that one call reads. */
  readonly totalBytes: number;
  /** Bytes that one run of git may print. */
  readonly outputBytes: number;
  /** Milliseconds until an answer must be there. */
  readonly milliseconds: number;
}

export const GIT_LIMITS: GitLimits = {
  fileBytes: 16 << 20,
  totalBytes: 512 << 20,
  outputBytes: 32 << 20,
  milliseconds: 30_000,
};

export interface GitOptions {
  readonly limits?: Partial<GitLimits>;
  readonly signal?: AbortSignal | undefined;
}

/** What a run of git is given besides its arguments. */
export interface GitRun {
  /** Folder in which it runs; never one of the clone's. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: GitLimits;
  readonly signal: AbortSignal | undefined;
  readonly input?: string | Uint8Array;
  /** Milliseconds, where the limits' are not meant. */
  readonly milliseconds?: number;
}

export interface GitResult {
  /** Exit code; null when it was ended because the time was over. */
  readonly code: number | null;
  /** What was printed, also when the time was over. */
  readonly stdout: Buffer;
  /** The last line of what it complained of, for a message. */
  readonly complaint: string;
}

/** Belt and braces: the git folder that is used has a configuration of ours, and these go over it. */
const SETTINGS: readonly string[] = [
  'core.fsmonitor=false',
  `core.hooksPath=${devNull}`,
  `core.attributesFile=${devNull}`,
  `core.excludesFile=${devNull}`,
  'core.pager=cat',
  'core.sshCommand=false',
  'core.gitProxy=false',
  'core.askPass=',
  'core.editor=false',
  'core.alternateRefsCommand=',
  'core.untrackedCache=false',
  'credential.helper=',
  'diff.external=',
  'protocol.allow=never',
  'log.showSignature=false',
  'submodule.recurse=false',
  'gc.auto=0',
  'maintenance.auto=false',
];

const GLOBAL = [
  '--no-pager',
  '--no-optional-locks',
  '--literal-pathspecs',
  ...SETTINGS.flatMap((setting) => ['-c', setting]),
];

/** No single allocation of git's is larger: an object that unpacks to more ends the process, not the machine. */
const LARGEST_ALLOCATION = '512m';

/** The whole environment that git sees; nothing is inherited but the folders in which programs lie. */
export function gitEnvironment(variables: Readonly<Record<string, string>> = {}): Record<string, string> {
  const windows = process.env.SystemRoot;
  return {
    ...(windows === undefined ? {} : { SystemRoot: windows }),
    PATH: programFolders().join(delimiter),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: devNull,
    GIT_CONFIG_GLOBAL: devNull,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GIT_SSH_COMMAND: 'false',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_ADVICE: '0',
    GIT_PAGER: 'cat',
    GIT_EDITOR: 'false',
    GIT_FLUSH: '1',
    GIT_ALLOC_LIMIT: LARGEST_ALLOCATION,
    ...variables,
  };
}

function programFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
}

/** The git program of the user's own path. Throws TreeError where there is none. */
export function gitProgram(): string {
  const names = process.platform === 'win32' ? ['git.exe'] : ['git'];
  for (const folder of programFolders()) {
    for (const name of names) if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new TreeError('A git clone can only be read with git, and no git is installed here.');
}

export type GitProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts git with pipes on all three ends. The caller bounds it, and ends it with `SIGKILL`. */
export function spawnGit(args: readonly string[], run: Pick<GitRun, 'cwd' | 'env'>): GitProcess {
  const child = spawn(gitProgram(), [...GLOBAL, ...args], {
    cwd: run.cwd,
    env: { ...run.env },
    shell: false,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  // A process that ended early closes its end; that it ended is told by its exit.
  child.stdin.on('error', () => {});
  return child;
}

/** Keeps the end of what a process complains of. */
export function complaintOf(stderr: Readable): () => string {
  let tail = '';
  stderr.setEncoding('utf8');
  stderr.on('data', (chunk: string) => {
    tail = (tail + chunk).slice(-2000);
  });
  return () => {
    const lines = tail.split('\n').filter((line) => line.trim() !== '');
    return printable((lines.at(-1) ?? '').replace(/^(fatal|error): /, ''));
  };
}

/**
 * Runs git once. A time limit reached is a result (`code` null, what was printed so far); too much
 * output, a cancelled signal and a git that can't be started throw TreeError.
 */
export function runGit(args: readonly string[], run: GitRun): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    if (run.signal?.aborted) return reject(new TreeError('Reading the clone was cancelled.'));
    const child = spawnGit(args, run);
    const complaint = complaintOf(child.stderr);
    const chunks: Buffer[] = [];
    let bytes = 0;
    let failure: string | null = null;
    let late = false;
    const stop = (why: string | null) => {
      failure ??= why;
      child.kill('SIGKILL');
    };
    const cancel = () => stop('Reading the clone was cancelled.');
    const timer = setTimeout(() => {
      late = true;
      stop(null);
    }, run.milliseconds ?? run.limits.milliseconds);
    run.signal?.addEventListener('abort', cancel, { once: true });
    const done = () => {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', cancel);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > run.limits.outputBytes) stop(`git ${args[0]} printed more than ${run.limits.outputBytes} bytes.`);
      else chunks.push(chunk);
    });
    child.on('error', (error) => {
      done();
      reject(new TreeError(`git could not be started (${printable(error.message)}).`));
    });
    child.on('close', (code) => {
      done();
      if (failure !== null) reject(new TreeError(failure));
      else resolve({ code: late ? null : (code ?? -1), stdout: Buffer.concat(chunks), complaint: complaint() });
    });
    child.stdin.end(run.input ?? '');
  });
}

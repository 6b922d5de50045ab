/**
 * A git clone, opened so that nothing in it can act. Git never sees the clone's own git folder: it is
 * given a private, temporary one with a configuration of ours, whose objects are the clone's
 * (`GIT_OBJECT_DIRECTORY`) and whose refs are linked to the clone's. So no configuration of the clone's is
 * read by git: no `include.path`, no hook, filter, alias, monitor, promisor remote. Git's refusal of a
 * clone that another user owns (`safe.directory`) guards against that very configuration; here there is
 * nothing left to guard against, so such a clone is read as the data it is.
 */

import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  GIT_LIMITS,
  type GitLimits,
  type GitOptions,
  type GitResult,
  type GitRun,
  gitEnvironment,
  runGit,
} from './git';
import { type GitObject, type ObjectReader, openReader } from './objects';
import { printable, TreeError } from './tree-error';

/** The parts of a clone: a linked work tree has a git folder of its own beside the common one. */
interface Places {
  readonly gitDir: string;
  readonly commonDir: string;
}

/** What the clone's configuration says about its format. Read as data; nothing that it names is opened. */
interface Format {
  readonly objects: string;
  readonly refs: string | null;
  readonly partial: boolean;
}

export interface GitClone {
  /** As the user named it. */
  readonly dir: string;
  /** Algorithm of its object ids. */
  readonly algorithm: 'sha1' | 'sha256';
  /** Whether its history ends early (`git clone --depth`). */
  readonly shallow: boolean;
  /** Whether objects were left at the server (`git clone --filter`). They are never fetched. */
  readonly partial: boolean;
  readonly limits: GitLimits;
  /** Full id of the commit, or null where the clone has none of that name. */
  commit(revision: string): Promise<string | null>;
  /** Full ids of the blobs whose id starts with these digits. */
  blobs(id: string): Promise<readonly string[]>;
  /** What stands under each name: `ID`, `COMMIT:path`. In-tree symbolic links are followed, others not. */
  objects(names: readonly string[]): Promise<readonly GitObject[]>;
  /** As `objects`, without the contents. */
  inspect(names: readonly string[]): Promise<readonly GitObject[]>;
  /** What a commit's tree has of these paths (`deep`: and below them), with or without the contents. Throws TreeError. */
  list(commit: string, paths: readonly string[], deep?: boolean): Promise<readonly TreeEntry[]>;
  /** Runs a command that only reads objects. */
  run(args: readonly string[], milliseconds?: number): Promise<GitResult>;
  close(): Promise<void>;
}

/** A line of `git ls-tree`. */
export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly id: string;
  readonly path: string;
}

const MAX_POINTER_BYTES = 4096;
const PATHS_AT_ONCE = 200;
const MAX_CONFIG_BYTES = 1 << 20;
const MAX_REFS_BYTES = 64 << 20;
/** More digits than this name one object. */
const ID = /^[0-9a-f]{4,64}$/;

/** Opens the clone at `dir`: a work tree, a linked one, or a bare repository. Throws TreeError. */
export async function openClone(dir: string, options: GitOptions = {}): Promise<GitClone> {
  const limits = { ...GIT_LIMITS, ...options.limits };
  const places = await findPlaces(dir);
  const shadow = await makeShadow();
  try {
    const run = { cwd: shadow, env: gitEnvironment(), limits, signal: options.signal };
    const format = await readFormat(dir, places, (args, input) => runGit(args, { ...run, input }));
    const shallow = await buildShadow(shadow, places, format);
    const env = gitEnvironment({ GIT_DIR: shadow, GIT_OBJECT_DIRECTORY: join(places.commonDir, 'objects') });
    const clone = new Clone(dir, { ...run, env }, format, shallow);
    await clone.prove();
    return clone;
  } catch (error) {
    await removeShadow(shadow);
    throw error;
  }
}

/** Private folders in use: what a program that ends without closing its clones would leave behind. */
const shadows = new Set<string>();

async function makeShadow(): Promise<string> {
  const shadow = await mkdtemp(join(tmpdir(), 'kvm-mmu-review-git-'));
  if (shadows.size === 0) process.once('exit', removeAll);
  shadows.add(shadow);
  return shadow;
}

async function removeShadow(shadow: string): Promise<void> {
  await rm(shadow, { recursive: true, force: true });
  shadows.delete(shadow);
  if (shadows.size === 0) process.removeListener('exit', removeAll);
}

function removeAll(): void {
  for (const shadow of shadows) rmSync(shadow, { recursive: true, force: true });
}

/** A revision that git can't take for an option or for several: null where it is none. */
export function safeRevision(revision: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (revision === '' || revision.length > 200 || /^[-^:]|\.\.|[\u0000-\u0020\u007f:]/.test(revision)) return null;
  return revision;
}

class Clone implements GitClone {
  readonly algorithm: 'sha1' | 'sha256';
  readonly partial: boolean;
  readonly limits: GitLimits;
  private readonly checker: ObjectReader;
  private readonly reader: ObjectReader;

  /** `how.cwd` is the private git folder. */
  constructor(
    readonly dir: string,
    private readonly how: GitRun,
    format: Format,
    readonly shallow: boolean,
  ) {
    this.algorithm = format.objects === 'sha256' ? 'sha256' : 'sha1';
    this.partial = format.partial;
    this.limits = how.limits;
    this.checker = openReader('--batch-check', how);
    this.reader = openReader('--batch', how);
  }

  run(args: readonly string[], milliseconds?: number): Promise<GitResult> {
    return runGit(args, milliseconds === undefined ? this.how : { ...this.how, milliseconds });
  }

  /** Throws TreeError where git itself doesn't accept the clone. */
  async prove(): Promise<void> {
    const { code, complaint } = await this.run(['rev-parse', '--git-dir']);
    if (code !== 0) throw new TreeError(`${printable(this.dir)} is a clone that git can't read (${complaint}).`);
  }

  async commit(revision: string): Promise<string | null> {
    const safe = safeRevision(revision);
    if (safe === null) return null;
    const { code, stdout } = await this.run([
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${safe}^{commit}`,
    ]);
    const id = stdout.toString('latin1').trim();
    if (code === null)
      throw new TreeError(`Looking up ${printable(revision)} in ${printable(this.dir)} took too long.`);
    return code === 0 && /^[0-9a-f]{40,64}$/.test(id) ? id : null;
  }

  async blobs(id: string): Promise<readonly string[]> {
    if (!ID.test(id)) return [];
    const [found] = await this.inspect([`${id}^{blob}`]);
    if (found?.kind === 'object') return found.type === 'blob' ? [found.id] : [];
    if (id.length >= 40) return [];
    // Several objects may start with these digits; git then finds none of them.
    const { stdout } = await this.run(['rev-parse', `--disambiguate=${id}`]);
    const ids = stdout.toString('latin1').split('\n').filter(Boolean).slice(0, 100);
    const all = await this.inspect(ids);
    return all.flatMap((each) => (each.kind === 'object' && each.type === 'blob' ? [each.id] : []));
  }

  async list(commit: string, paths: readonly string[], deep = false): Promise<readonly TreeEntry[]> {
    const entries: TreeEntry[] = [];
    for (let at = 0; at < paths.length; at += PATHS_AT_ONCE) {
      const portion = paths.slice(at, at + PATHS_AT_ONCE);
      const flags = ['-z', '--full-tree', ...(deep ? ['-r'] : [])];
      const { code, stdout, complaint } = await this.run(['ls-tree', ...flags, commit, '--', ...portion]);
      if (code !== 0) throw unlisted(this.dir, commit, complaint);
      for (const entry of entriesOf(stdout)) entries.push(entry);
    }
    return entries;
  }

  inspect(names: readonly string[]): Promise<readonly GitObject[]> {
    return this.checker.ask(names);
  }

  async objects(names: readonly string[]): Promise<readonly GitObject[]> {
    const known = await this.inspect(names);
    let total = 0;
    const wanted = known.flatMap((each) => {
      if (each.kind !== 'object' || each.type === 'tree' || each.size > this.limits.fileBytes) return [];
      total += each.size;
      return [each.id];
    });
    if (total > this.limits.totalBytes) {
      throw new TreeError(
        `The files wanted from ${printable(this.dir)} hold ${total} bytes: more than are read at once.`,
      );
    }
    const contents = await this.reader.ask(wanted);
    const byId = new Map(contents.flatMap((each) => (each.kind === 'object' ? [[each.id, each] as const] : [])));
    return known.map((each) => (each.kind === 'object' ? (byId.get(each.id) ?? each) : each));
  }

  async close(): Promise<void> {
    await Promise.all([this.checker.close(), this.reader.close()]);
    await removeShadow(this.how.cwd);
  }
}

function unlisted(dir: string, commit: string, complaint: string): TreeError {
  return new TreeError(
    `The files of commit ${commit.slice(0, 12)} of ${printable(dir)} can't be listed (${complaint}).`,
  );
}

function entriesOf(output: Buffer): TreeEntry[] {
  return output
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const entry = /^(\d{6}) (\w+) ([0-9a-f]{40,64})\t(.+)$/s.exec(line);
      return entry ? [{ mode: entry[1] ?? '', type: entry[2] ?? '', id: entry[3] ?? '', path: entry[4] ?? '' }] : [];
    });
}

async function findPlaces(dir: string): Promise<Places> {
  const no = new TreeError(
    `${printable(dir)} is not a git clone: neither a work tree with its .git nor a bare repository.`,
  );
  if (dir.includes('\0')) throw no;
  const gitDir = await gitDirOf(resolve(dir));
  if (gitDir === null) throw no;
  const common = await readPointer(join(gitDir, 'commondir'));
  const commonDir = common === null ? gitDir : resolve(gitDir, common);
  if (!(await isFolder(join(commonDir, 'objects')))) throw no;
  return { gitDir, commonDir };
}

async function gitDirOf(dir: string): Promise<string | null> {
  const inner = join(dir, '.git');
  if (await isFolder(inner)) return inner;
  const pointer = /^gitdir: (.+)$/.exec((await readPointer(inner)) ?? '')?.[1];
  if (pointer !== undefined) return resolve(dir, pointer);
  const bare = (await isFolder(join(dir, 'objects'))) && (await readPointer(join(dir, 'HEAD'))) !== null;
  return bare ? dir : null;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** A small plain file's bytes; null where there is none, or something else, or more than `limit`. */
async function readSmall(path: string, limit: number): Promise<Buffer | null> {
  try {
    if (!(await stat(path)).isFile()) return null;
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      return size > limit ? null : await file.readFile();
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

async function readPointer(path: string): Promise<string | null> {
  return (await readSmall(path, MAX_POINTER_BYTES))?.toString('utf8').trim() ?? null;
}

/** Git parses the text of the configuration, from a pipe and without its includes. */
async function readFormat(
  dir: string,
  { commonDir }: Places,
  git: (args: readonly string[], input: Uint8Array) => Promise<GitResult>,
): Promise<Format> {
  const text = (await readSmall(join(commonDir, 'config'), MAX_CONFIG_BYTES)) ?? Buffer.alloc(0);
  const wanted = '^(extensions\\..*|remote\\..*\\.(promisor|partialclonefilter))$';
  const { code, stdout, complaint } = await git(
    ['config', '--file', '-', '--no-includes', '-z', '--get-regexp', wanted],
    text,
  );
  if (code !== 0 && code !== 1) throw new TreeError(`${printable(dir)} has a damaged configuration (${complaint}).`);
  const values = new Map<string, string>();
  for (const entry of stdout.toString('utf8').split('\0')) {
    const [key = '', value = ''] = entry.split('\n', 2);
    values.set(key.toLowerCase(), value);
  }
  const word = (key: string) => /^[a-z0-9]{1,20}$/.exec((values.get(key) ?? '').toLowerCase())?.[0] ?? null;
  return {
    objects: word('extensions.objectformat') ?? 'sha1',
    refs: word('extensions.refstorage'),
    partial: [...values.keys()].some((key) => key.startsWith('remote.') || key === 'extensions.partialclone'),
  };
}

/** Fills the private git folder; tells whether the clone is shallow. */
async function buildShadow(shadow: string, { gitDir, commonDir }: Places, format: Format): Promise<boolean> {
  const config = ['[core]', 'repositoryformatversion = 1', 'bare = true', '[extensions]'];
  if (format.objects !== 'sha1') config.push(`objectFormat = ${format.objects}`);
  if (format.refs !== null) config.push(`refStorage = ${format.refs}`);
  await writeFile(join(shadow, 'config'), `${config.join('\n')}\n`);
  const head = await readPointer(join(gitDir, 'HEAD'));
  await writeFile(join(shadow, 'HEAD'), `${head ?? 'ref: refs/heads/none'}\n`);
  await copySmall(join(commonDir, 'packed-refs'), join(shadow, 'packed-refs'));
  const shallow = await copySmall(join(commonDir, 'shallow'), join(shadow, 'shallow'));
  for (const name of ['refs', 'reftable']) await linkFolder(join(commonDir, name), join(shadow, name));
  await mkdir(join(shadow, 'refs'), { recursive: true });
  return shallow;
}

async function copySmall(from: string, to: string): Promise<boolean> {
  const bytes = await readSmall(from, MAX_REFS_BYTES);
  if (bytes === null) return false;
  await writeFile(to, bytes);
  return bytes.length > 0;
}

async function linkFolder(from: string, to: string): Promise<void> {
  if (!(await isFolder(from))) return;
  await symlink(from, to, 'junction');
}

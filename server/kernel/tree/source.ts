/**
 * A kernel tree as a set of texts: a work tree on disk, or a commit of a git clone. It reads what it is
 * asked for, and knows nothing of patches.
 */

import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitClone, openClone } from './clone';
import { GIT_LIMITS, type GitOptions } from './git';
import { isFileBelow, isRepositoryPath, readBelow, tooLarge } from './kernel-path';
import { printable, TreeError } from './tree-error';

export { TreeError } from './tree-error';

export interface TreeSource {
  /** `7.3.4` from the tree's Makefile (`7.3.0-rc2`), or null. */
  readonly kernel: string | null;
  /** `work tree DIR` or `commit abcdef012345 of DIR`, for notes. */
  readonly described: string;
  /**
   * Texts by path, null for what is not there. Paths are repository paths with `/`; anything absolute,
   * with `..`, or through a symbolic link out of the tree is null. Throws TreeError: a file larger than
   * the limit, a file that can't be read.
   */
  read(paths: readonly string[]): Promise<Map<string, string | null>>;
  close(): Promise<void>;
}

/** A commit of an open clone. */
export interface CommitSource extends TreeSource {
  /** Full id. */
  readonly commit: string;
}

/** What a tree must have to be reviewed in: the file that every KVM with a TDP MMU has had. */
export const LANDMARK = 'arch/x86/kvm/mmu/mmu.c';

/** Opens a folder as a kernel tree; no git is run. Throws TreeError: not a folder, not a kernel tree. */
export async function openWorkTree(dir: string, options: GitOptions = {}): Promise<TreeSource> {
  const limits = { ...GIT_LIMITS, ...options.limits };
  const root = await rootOf(dir);
  if (!(await isFileBelow(root, LANDMARK)))
    throw notKernel(dir, (await isThere(join(root, '.git'))) ? NOT_CHECKED_OUT : '');
  const read = async (paths: readonly string[]) => {
    const texts = new Map<string, string | null>();
    let left = limits.totalBytes;
    for (const path of new Set(paths)) {
      if (options.signal?.aborted) throw new TreeError('Reading the tree was cancelled.');
      const bytes = await readBelow(root, path, limits.fileBytes);
      left -= bytes?.length ?? 0;
      if (left < 0) throw new TreeError(`The files wanted from ${printable(dir)} are more than are read at once.`);
      texts.set(path, bytes === null ? null : bytes.toString('utf8'));
    }
    return texts;
  };
  const makefile = (await read(['Makefile'])).get('Makefile') ?? null;
  return { kernel: kernelVersion(makefile), described: `work tree ${printable(dir)}`, read, close: async () => {} };
}

/** Opens a commit of the clone at `dir`. Throws TreeError: no clone, unknown revision, not a kernel tree. */
export async function openCommit(dir: string, revision: string, options: GitOptions = {}): Promise<CommitSource> {
  const clone = await openClone(dir, options);
  try {
    const commit = await clone.commit(revision);
    if (commit === null) throw unknownRevision(clone, revision);
    const source = await commitOf(clone, commit);
    return { ...source, close: () => clone.close() };
  } catch (error) {
    await clone.close();
    throw error;
  }
}

/** A commit of a clone that stays the caller's to close. Throws TreeError: not a kernel tree. */
export async function commitOf(clone: GitClone, commit: string): Promise<CommitSource> {
  const described = `commit ${commit.slice(0, 12)} of ${printable(clone.dir)}`;
  // A partial clone lists the file without having it.
  const [landmark] = await clone.list(commit, [LANDMARK]);
  if (landmark === undefined) throw notKernel(described);
  const [makefile] = await clone.inspect([`${commit}:Makefile`]);
  const read = (paths: readonly string[]) => readCommit(clone, commit, paths);
  const text = makefile?.kind === 'object' ? ((await read(['Makefile'])).get('Makefile') ?? null) : null;
  return { commit, kernel: kernelVersion(text), described, read, close: async () => {} };
}

async function readCommit(clone: GitClone, commit: string, paths: readonly string[]) {
  const wanted = [...new Set(paths)];
  const plain = wanted.filter(isRepositoryPath);
  const texts = new Map<string, string | null>(wanted.map((path) => [path, null]));
  const objects = await clone.objects(plain.map((path) => `${commit}:${path}`));
  plain.forEach((path, at) => {
    const object = objects[at];
    if (object?.kind !== 'object' || object.type !== 'blob') return;
    if (object.bytes === null) throw tooLarge(path, object.size, clone.limits.fileBytes);
    texts.set(path, object.bytes.toString('utf8'));
  });
  if (clone.partial) await refuseUnfetched(clone, commit, texts);
  return texts;
}

/** In a partial clone a file may be listed and its contents not there: that is not the same as no file. */
async function refuseUnfetched(clone: GitClone, commit: string, texts: ReadonlyMap<string, string | null>) {
  const absent = [...texts].flatMap(([path, text]) => (text === null && isRepositoryPath(path) ? [path] : []));
  const [first] = await clone.list(commit, absent);
  if (first === undefined || first.type !== 'blob' || first.mode === '120000') return;
  throw new TreeError(
    `${printable(clone.dir)} is a partial clone without ${printable(first.path)} of commit ${commit.slice(0, 12)} ` +
      `(blob ${first.id.slice(0, 12)}), and nothing is fetched; check that commit out there, or give a full clone.`,
  );
}

/** The one sentence for a revision that a clone doesn't have. */
export function unknownRevision(clone: GitClone, revision: string): TreeError {
  const why = clone.shallow ? '; the clone is shallow, and its history may end before it' : '';
  return new TreeError(`${printable(clone.dir)} has no commit ${printable(revision)}${why}.`);
}

const NOT_CHECKED_OUT = '; if its commits have one, name it with --git';

function notKernel(what: string, advice = ''): TreeError {
  return new TreeError(`${printable(what)} is not a kernel tree with KVM: it has no ${LANDMARK}${advice}.`);
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The folder without symbolic links on the way to it. */
async function rootOf(dir: string): Promise<string> {
  try {
    const root = await realpath(dir);
    if ((await stat(root)).isDirectory()) return root;
  } catch {
    // Said below.
  }
  throw new TreeError(`${printable(dir)} is not a folder that can be read.`);
}

/** What `make kernelversion` prints. */
function kernelVersion(makefile: string | null): string | null {
  const value = (name: string) =>
    new RegExp(`^${name}[ \\t]*=[ \\t]*([-.\\w+]{0,40})[ \\t]*$`, 'm').exec(makefile ?? '')?.[1];
  const version = value('VERSION');
  const level = value('PATCHLEVEL');
  if (!version || !level) return null;
  return `${version}.${level}${value('SUBLEVEL') ? `.${value('SUBLEVEL')}` : ''}${value('EXTRAVERSION') ?? ''}`;
}

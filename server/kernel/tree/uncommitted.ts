/**
 * The difference of a work tree to a commit, for the files of KVM. It compares ids of contents; git's
 * index, its filters and its monitor are not asked.
 */

import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { pathScope } from '../scope';
import { blobId } from './blob-id';
import type { GitClone } from './clone';
import { isFileBelow, isRepositoryPath, readBelow } from './kernel-path';
import { isShown, patchMail, type RangeMail, remarkOf } from './patch-mail';
import { LANDMARK } from './source';
import { printable, TreeError } from './tree-error';
import { unifiedDiff } from './unified';

/** Where KVM's files lie; `deep`: below as well. scope.ts decides which of the files there are KVM's. */
const FOLDERS: readonly { readonly path: string; readonly deep: boolean }[] = [
  { path: 'arch/x86/kvm', deep: true },
  { path: 'arch/x86/virt', deep: true },
  { path: 'arch/x86/coco', deep: true },
  { path: 'arch/x86/include/asm', deep: true },
  { path: 'arch/x86/include/uapi/asm', deep: false },
  { path: 'include/linux', deep: false },
  { path: 'include/uapi/linux', deep: false },
  { path: 'include/trace/events', deep: false },
  { path: 'virt', deep: true },
];
const SOURCE = /\.[chS]$/;
const BUILT = /\.mod\.c$/;
const MAX_FILES = 20_000;
const MAX_DEPTH = 12;

/** One mail with all that differs; none where nothing does. Throws TreeError: no work tree of a kernel. */
export async function uncommitted(clone: GitClone, commit: string, signal?: AbortSignal): Promise<RangeMail[]> {
  const root = await realpath(clone.dir);
  if (!(await isFileBelow(root, LANDMARK))) {
    throw new TreeError(`${printable(clone.dir)} is not the work tree of a kernel: it has no ${LANDMARK}.`);
  }
  const listed = await clone.list(
    commit,
    FOLDERS.map(({ path }) => path),
    true,
  );
  const committed = new Map(listed.filter(({ mode }) => mode.startsWith('100')).map(({ path, id }) => [path, id]));
  const folders = new Set<string>();
  const onDisk = await sourcesBelow(root, folders);
  const paths = [...new Set([...committed.keys(), ...onDisk])].filter((path) => isShown(path)).sort();
  const ignored = await ignoredPaths(clone, commit, committed);
  const result = { diff: '', files: [] as string[], others: [] as string[] };
  for (const path of paths) {
    if (signal?.aborted) throw new TreeError('Reading the work tree was cancelled.');
    const old = committed.get(path);
    const isNew = old === undefined;
    if (isNew && (!SOURCE.test(path) || BUILT.test(path) || ignored.has(path))) continue;
    // A folder that is not there was not checked out, rather than emptied.
    if (!onDisk.has(path) && !folders.has(folderOf(path))) continue;
    const text = await difference(clone, root, path, old ?? null);
    if (text === null) result.others.push(path);
    else if (text !== '') {
      result.diff += text;
      result.files.push(path);
    }
  }
  if (result.files.length === 0 && result.others.length === 0) return [];
  return [mailOf(commit, result)];
}

function mailOf(commit: string, made: { diff: string; files: string[]; others: string[] }): RangeMail {
  const subject = `Uncommitted difference to ${commit.slice(0, 12)}`;
  const text = patchMail({
    commit: '0'.repeat(commit.length),
    author: '',
    subject,
    message: '',
    index: 1,
    total: 1,
    remark: remarkOf(made.others),
    diff: made.diff,
    base: commit,
  });
  return { commit: null, subject, text, files: made.files, others: made.others };
}

/** The file's diff, empty where it is unchanged; null where it is too large to be read. */
async function difference(clone: GitClone, root: string, path: string, old: string | null): Promise<string | null> {
  let bytes: Buffer | null;
  try {
    bytes = await readBelow(root, path, clone.limits.fileBytes);
  } catch (error) {
    if (error instanceof TreeError) return null;
    throw error;
  }
  const now = bytes === null ? null : blobId(bytes, clone.algorithm);
  if (now === old) return '';
  const [object] = old === null ? [] : await clone.objects([old]);
  if (old !== null && (object?.kind !== 'object' || object.bytes === null)) return null;
  const before = object?.kind === 'object' && object.bytes !== null ? object.bytes.toString('utf8') : null;
  const nothing = '0'.repeat(clone.algorithm === 'sha1' ? 40 : 64);
  const after = bytes === null ? null : bytes.toString('utf8');
  return unifiedDiff({ oldPath: path, newPath: path, before, after, oldBlob: old ?? nothing, newBlob: now ?? nothing });
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Files of KVM's folders, symbolic links not followed; fills `folders` with those that are there. */
async function sourcesBelow(root: string, folders: Set<string>): Promise<Set<string>> {
  const files = new Set<string>();
  const walk = async (path: string, depth: number): Promise<void> => {
    if (depth > MAX_DEPTH || files.size > MAX_FILES) return;
    const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => null);
    if (entries === null) return;
    folders.add(path);
    for (const entry of entries) {
      const inner = `${path}/${entry.name}`;
      if (!isRepositoryPath(inner)) continue;
      if (entry.isDirectory() && depth > 0) await walk(inner, depth + 1);
      else if (!entry.isDirectory() && pathScope(inner) !== 'out') files.add(inner);
    }
  };
  for (const { path, deep } of FOLDERS) {
    const real = await realpath(join(root, path)).catch(() => null);
    // A folder that is a link may lead anywhere.
    if (real === join(root, path)) await walk(path, deep ? 1 : 0);
  }
  return files;
}

/** Products of the build, as the folders' own `.gitignore` files of that commit name them. */
async function ignoredPaths(clone: GitClone, commit: string, committed: ReadonlyMap<string, string>) {
  const lists = [...committed.keys()].filter((path) => path.endsWith('/.gitignore'));
  const objects = await clone.objects(lists.map((path) => `${commit}:${path}`));
  const ignored = new Set<string>();
  lists.forEach((path, at) => {
    const object = objects[at];
    if (object?.kind !== 'object' || object.bytes === null) return;
    for (const line of object.bytes.toString('utf8').split('\n')) {
      if (/^\/?[\w.-]+$/.test(line)) ignored.add(`${folderOf(path)}/${line.replace(/^\//, '')}`);
    }
  });
  return ignored;
}

/**
 * The commits of a range, or the uncommitted difference to one, as patch mails. Git lists commits and
 * objects; the differences are made here, so that no external diff, text conversion or filter is asked.
 */

import { type GitClone, openClone, safeRevision } from './clone';
import type { GitOptions } from './git';
import { isRepositoryPath } from './kernel-path';
import { isShown, patchMail, type RangeMail, remarkOf } from './patch-mail';

import { unknownRevision } from './source';
import { printable, TreeError } from './tree-error';
import { uncommitted } from './uncommitted';
import { unifiedDiff } from './unified';

export type { RangeMail } from './patch-mail';

/** One changed file of a commit. */
export interface ChangedFile {
  readonly oldPath: string;
  readonly newPath: string;
  /** Full ids; null where there is no plain file on that side. */
  readonly oldBlob: string | null;
  readonly newBlob: string | null;
}

const MAX_COMMITS = 200;
const MAX_FILES = 300;
/** Files outside KVM that are shown all the same where a commit has no others, so that it says what it touches. */
const MAX_STRANGERS = 3;
const RANGE = /^([^.]+(?:\.[^.]+)*)\.\.([^.]+(?:\.[^.]+)*)?$/;

/**
 * `A..B`: the commits that B has and A hasn't, oldest first, merges left out. `A..`: what the work tree
 * at `dir` differs from A. Throws TreeError: no such range, no clone, unknown revision, too many commits.
 */
export async function commitsOfRange(dir: string, range: string, options: GitOptions = {}): Promise<RangeMail[]> {
  const parts = RANGE.exec(range);
  const from = safeRevision(parts?.[1] ?? '');
  const to = parts?.[2] === undefined ? null : safeRevision(parts[2]);
  if (from === null || (parts?.[2] !== undefined && to === null)) {
    throw new TreeError(`${printable(range)} is not a range: give A..B for commits, or A.. for what is not committed.`);
  }
  const clone = await openClone(dir, options);
  try {
    const start = await resolve(clone, from);
    if (to === null) return await uncommitted(clone, start, options.signal);
    const commits = await listCommits(clone, start, await resolve(clone, to), range);
    const mails: RangeMail[] = [];
    for (const [at, commit] of commits.entries()) mails.push(await mailOf(clone, commit, at + 1, commits.length));
    return mails;
  } finally {
    await clone.close();
  }
}

async function resolve(clone: GitClone, revision: string): Promise<string> {
  const commit = await clone.commit(revision);
  if (commit === null) throw unknownRevision(clone, revision);
  return commit;
}

async function listCommits(clone: GitClone, from: string, to: string, range: string): Promise<string[]> {
  const count = `--max-count=${MAX_COMMITS + 1}`;
  const args = ['rev-list', '--reverse', '--topo-order', '--no-merges', count, to, `^${from}`];
  const { code, stdout, complaint } = await clone.run(args);
  if (code === null) throw new TreeError(`Listing the commits of ${printable(range)} took too long.`);
  if (code !== 0) throw new TreeError(`The commits of ${printable(range)} can't be listed (${complaint}).`);
  const commits = stdout.toString('latin1').split('\n').filter(Boolean);
  if (commits.length <= MAX_COMMITS) return commits;
  throw new TreeError(`${printable(range)} has more than ${MAX_COMMITS} commits: give a shorter range.`);
}

interface Message {
  readonly author: string;
  readonly subject: string;
  readonly message: string;
  readonly parent: string | null;
}

async function mailOf(clone: GitClone, commit: string, index: number, total: number): Promise<RangeMail> {
  const { author, subject, message, parent } = await messageOf(clone, commit);
  const changed = await changedFiles(clone, commit, parent);
  const { shown, others } = split(changed);
  const made = await diffsOf(clone, shown);
  const all = [...others, ...made.large];
  const remark = remarkOf(all);
  const parts = { commit, author, subject, message, index, total, remark, diff: made.diff, base: parent };
  return { commit, subject, text: patchMail(parts), files: made.files, others: all };
}

async function messageOf(clone: GitClone, commit: string): Promise<Message> {
  const [object] = await clone.objects([commit]);
  if (object?.kind !== 'object' || object.bytes === null) {
    throw new TreeError(`Commit ${commit.slice(0, 12)} of ${printable(clone.dir)} can't be read.`);
  }
  const raw = object.bytes.toString('latin1');
  const end = raw.indexOf('\n\n');
  const head = end < 0 ? raw : raw.slice(0, end);
  const text = decode(object.bytes.subarray(end < 0 ? raw.length : end + 2), /^encoding (\S+)$/m.exec(head)?.[1]);
  const author = Buffer.from(/^author (.*) \d+ [-+]\d+$/m.exec(head)?.[1] ?? '', 'latin1').toString('utf8');
  const [subject = '', ...rest] = text.replace(/^\n+/, '').split(/\n[ \t]*\n/);
  const parent = /^parent ([0-9a-f]{40,64})$/m.exec(head)?.[1] ?? null;
  return { author, subject: subject.replace(/\s*\n\s*/g, ' ').trim(), message: rest.join('\n\n'), parent };
}

function decode(bytes: Uint8Array, encoding = 'utf-8'): string {
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** `git diff-tree --raw`: names and ids, never contents. Only renames without a change are seen as renames. */
async function changedFiles(clone: GitClone, commit: string, parent: string | null): Promise<ChangedFile[]> {
  const flags = ['-r', '--raw', '-z', '--no-abbrev', '--no-commit-id', '-M100%', '--no-ext-diff', '--no-textconv'];
  const trees = parent === null ? ['--root', commit] : [parent, commit];
  const { code, stdout, complaint } = await clone.run(['diff-tree', ...flags, ...trees, '--']);
  if (code === null) throw new TreeError(`Comparing commit ${commit.slice(0, 12)} with its parent took too long.`);
  if (code !== 0)
    throw new TreeError(`Commit ${commit.slice(0, 12)} can't be compared with its parent (${complaint}).`);
  return rawChanges(stdout.toString('utf8').split('\0'));
}

function rawChanges(fields: readonly string[]): ChangedFile[] {
  const changes: ChangedFile[] = [];
  for (let at = 0; at < fields.length; ) {
    const entry = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*$/.exec(fields[at] ?? '');
    at++;
    if (entry === null) continue;
    const two = /[RC]/.test(entry[5] ?? '');
    const oldPath = fields[at] ?? '';
    const newPath = two ? (fields[at + 1] ?? '') : oldPath;
    at += two ? 2 : 1;
    // Symbolic links and submodules have no text to compare.
    const blob = (mode: string | undefined, id: string | undefined) => (mode?.startsWith('100') ? (id ?? null) : null);
    changes.push({ oldPath, newPath, oldBlob: blob(entry[1], entry[3]), newBlob: blob(entry[2], entry[4]) });
  }
  return changes;
}

function split(changed: readonly ChangedFile[]): { shown: ChangedFile[]; others: string[] } {
  const plain = (file: ChangedFile) => file.oldBlob !== null || file.newBlob !== null;
  const own = changed.filter((file) => plain(file) && (isShown(file.oldPath) || isShown(file.newPath)));
  const strangers = changed.filter(
    (file) => plain(file) && isRepositoryPath(file.oldPath) && isRepositoryPath(file.newPath),
  );
  const shown = own.length > 0 ? own.slice(0, MAX_FILES) : strangers.slice(0, MAX_STRANGERS);
  const names = new Set(shown);
  return { shown, others: changed.filter((file) => !names.has(file)).map((file) => file.newPath) };
}

async function diffsOf(clone: GitClone, files: readonly ChangedFile[]) {
  const ids = [...new Set(files.flatMap(({ oldBlob, newBlob }) => [oldBlob ?? [], newBlob ?? []].flat()))];
  const objects = await clone.objects(ids);
  const texts = new Map<string, string>();
  ids.forEach((id, at) => {
    const object = objects[at];
    if (object?.kind === 'object' && object.bytes !== null) texts.set(id, object.bytes.toString('utf8'));
    else if (object?.kind !== 'object') throw lost(clone, id);
  });
  const nothing = '0'.repeat(clone.algorithm === 'sha1' ? 40 : 64);
  const result = { diff: '', files: [] as string[], large: [] as string[] };
  for (const { oldPath, newPath, oldBlob, newBlob } of files) {
    const before = oldBlob === null ? null : texts.get(oldBlob);
    const after = newBlob === null ? null : texts.get(newBlob);
    if (before === undefined || after === undefined) {
      result.large.push(newPath);
      continue;
    }
    const change = { oldPath, newPath, before, after, oldBlob: oldBlob ?? nothing, newBlob: newBlob ?? nothing };
    const text = unifiedDiff(change);
    if (text === '') continue;
    result.diff += text;
    result.files.push(newPath);
  }
  return result;
}

function lost(clone: GitClone, id: string): TreeError {
  const why = clone.partial ? ' (a partial clone; nothing is fetched)' : '';
  return new TreeError(`${printable(clone.dir)} lacks the blob ${id.slice(0, 12)} of a commit in the range${why}.`);
}

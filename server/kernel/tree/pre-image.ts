/**
 * The pre-image of one file: asks each place in turn, best evidence first, and keeps what each had to say
 * for the case that none has it.
 */

import type { Hunk } from '../../patch/types';
import { blobId, isBlobOf, isNullId } from './blob-id';
import type { GitClone } from './clone';
import { fitHunks, undoHunks } from './hunk-fit';
import { isRepositoryPath } from './kernel-path';
import type { PreImage } from './locate';
import type { CommitSource, TreeSource } from './source';
import { printable, TreeError } from './tree-error';

/** A file that a patch changes, by its old path, with the ids of its `index` line. */
export interface Wanted {
  readonly path: string;
  readonly hunks: readonly Hunk[];
  readonly oldBlob: string | null;
  readonly newBlob: string | null;
}

/** Where a pre-image may lie. `head` is set only where no commit is named. */
export interface Place {
  readonly clone: GitClone | null;
  readonly tree: TreeSource | null;
  readonly base: CommitSource | null;
  readonly trailer: CommitSource | null;
  readonly head: CommitSource | null;
  readonly overlay: ReadonlyMap<string, string | null>;
}

export interface FoundFile {
  readonly preImage: PreImage;
  readonly origin: 'series' | 'clone' | 'tree';
  /** Full id of the object in the clone that decided, pre-image or post-image. */
  readonly blob: string | null;
  readonly notes: readonly string[];
}

/** One place's answer: the file, or why not. */
type Answer = FoundFile | { readonly why: string };

/** The file's pre-image, or one sentence that says where it was looked for. Throws TreeError where git fails. */
export async function findPreImage(wanted: Wanted, place: Place): Promise<FoundFile | { readonly missing: string }> {
  if (!isRepositoryPath(wanted.path)) {
    return { missing: `${printable(wanted.path)}: this is no path inside a kernel tree.` };
  }
  if (place.overlay.get(wanted.path) === null) {
    return { missing: `${printable(wanted.path)}: an earlier patch of the series deletes this file.` };
  }
  const tried: string[] = [];
  for (const ask of [fromSeries, fromClone, fromBase, fromTrailer, fromTree, fromHead]) {
    const answer = await ask(wanted, place);
    if (answer === null) continue;
    if ('preImage' in answer) return place.overlay.has(wanted.path) ? besideSeries(answer) : answer;
    tried.push(answer.why);
  }
  return { missing: missingSentence(wanted, place, tried) };
}

function fromSeries(wanted: Wanted, { overlay }: Place): Answer | null {
  const text = overlay.get(wanted.path);
  if (text === undefined || text === null) return null;
  return judge(wanted, text, 'the result of the earlier patches', { how: 'applies', proven: 'blob' }, 'series');
}

/** A file that earlier patches of the series change, too, but not into what this patch was made on. */
function besideSeries(found: FoundFile): FoundFile {
  if (found.origin === 'series') return found;
  const note = `${printable(found.preImage.path)}: the patch was not made on what the earlier ones of the series leave.`;
  return { ...found, notes: [...found.notes, note] };
}

/** The blob that the `index` line names, or the one that it makes: then the patch is there already. */
async function fromClone(wanted: Wanted, { clone }: Place): Promise<Answer | null> {
  if (clone === null || wanted.oldBlob === null || isNullId(wanted.oldBlob)) return null;
  const before = await blobText(clone, wanted.oldBlob, wanted.hunks);
  if (before !== null) {
    const { text, id } = before;
    if (text === null) return { why: `blob ${id.slice(0, 12)} has ${before.size} bytes, more than are read` };
    const fits = fitHunks(text, wanted.hunks) !== null;
    const note = `${printable(wanted.path)}: the hunks don't fit the blob ${id.slice(0, 12)} that the patch names.`;
    const preImage: PreImage = { path: wanted.path, text, how: 'blob' };
    return { preImage, origin: 'clone', blob: id, notes: fits ? [] : [note] };
  }
  const after = wanted.newBlob === null ? null : await blobText(clone, wanted.newBlob, wanted.hunks);
  const found = after === null || after.text === null ? null : undone(wanted, after.text, 'blob', 'clone', after.id);
  return found ?? { why: `the clone ${printable(clone.dir)} has no such blob${lackOf(clone)}` };
}

function lackOf(clone: GitClone): string {
  if (clone.partial) return ' (a partial clone: what was left at the server is not fetched)';
  return clone.shallow ? ' (a shallow clone: older objects are not there)' : '';
}

/** The blob of that id; of several with the same first digits, the one that the hunks fit. */
async function blobText(clone: GitClone, id: string, hunks: readonly Hunk[]) {
  const ids = await clone.blobs(id);
  const texts = (await clone.objects(ids)).flatMap((object) =>
    object.kind === 'object'
      ? [{ id: object.id, size: object.size, text: object.bytes === null ? null : object.bytes.toString('utf8') }]
      : [],
  );
  if (texts.length <= 1) return texts[0] ?? null;
  return texts.find(({ text }) => text !== null && fitHunks(text, hunks) !== null) ?? null;
}

const fromBase = (wanted: Wanted, { base }: Place) => fromCommit(wanted, base, 'base');
const fromTrailer = (wanted: Wanted, { trailer }: Place) => fromCommit(wanted, trailer, 'trailer');
const fromHead = (wanted: Wanted, { head }: Place) => fromCommit(wanted, head, 'applies');

async function fromCommit(wanted: Wanted, source: CommitSource | null, how: PreImage['how']): Promise<Answer | null> {
  if (source === null) return null;
  const where = `${how === 'trailer' ? 'the base-' : ''}${source.described}`;
  return fromSource(wanted, source, where, { how, proven: 'blob' }, 'clone');
}

async function fromTree(wanted: Wanted, { tree, clone, head, base, trailer }: Place): Promise<Answer | null> {
  if (tree === null) return null;
  const proof = { how: 'applies', proven: 'work-tree-blob' } as const;
  const answer = await fromSource(wanted, tree, `the ${tree.described}`, proof, 'tree');
  const commit = base ?? trailer ?? head;
  if (answer === null || 'preImage' in answer || clone === null || commit === null) return answer;
  const dirty = await isDirty(wanted, tree, clone, commit);
  return { why: `${answer.why}${dirty ? `, and it differs from ${commit.described}` : ''}` };
}

async function isDirty(wanted: Wanted, tree: TreeSource, clone: GitClone, commit: CommitSource): Promise<boolean> {
  const text = (await tree.read([wanted.path])).get(wanted.path) ?? null;
  const [object] = await clone.inspect([`${commit.commit}:${wanted.path}`]);
  return text !== null && object?.kind === 'object' && blobId(text, clone.algorithm) !== object.id;
}

interface Proof {
  /** What a fit alone is worth, and what a matching blob id is. */
  readonly how: PreImage['how'];
  readonly proven: PreImage['how'];
}

async function fromSource(
  wanted: Wanted,
  source: TreeSource,
  where: string,
  proof: Proof,
  origin: FoundFile['origin'],
): Promise<Answer> {
  let text: string | null;
  try {
    text = (await source.read([wanted.path])).get(wanted.path) ?? null;
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    // What to do is said once, for all places.
    return { why: error.message.replace(/(;[^;]*)?\.$/, '') };
  }
  if (text === null) return { why: `${where} has no such file` };
  return judge(wanted, text, where, proof, origin);
}

/** Whether the text is what the patch was made on: by its id, else because the hunks fit. */
function judge(wanted: Wanted, text: string, where: string, proof: Proof, origin: FoundFile['origin']): Answer {
  const { path, oldBlob, newBlob, hunks } = wanted;
  if (isBlobOf(oldBlob, text)) {
    return { preImage: { path, text, how: proof.proven }, origin, blob: null, notes: [] };
  }
  if (isBlobOf(newBlob, text)) {
    const found = undone(wanted, text, proof.proven, origin, null);
    if (found !== null) return found;
  }
  const fit = fitHunks(text, hunks);
  if (fit === null) return { why: `the hunks don't fit the file of ${where}` };
  const name = printable(path);
  const before = fit.already ? undoHunks(text, hunks) : null;
  const how: Readonly<Record<typeof fit.quality, string>> = {
    exact: '',
    offset: `${name}: the hunks fit the file of ${where} at other lines than they say.`,
    whitespace: `${name}: the hunks fit the file of ${where} but for white space.`,
    fuzz: `${name}: the hunks fit the file of ${where} without all of their context lines.`,
    unknown: `${name}: whether the file of ${where} is the one meant can't be told before the mail is recovered.`,
  };
  const notes = [how[fit.quality], before === null ? '' : alreadyNote(name, where)].filter((note) => note !== '');
  return { preImage: { path, text: before ?? text, how: proof.how }, origin, blob: null, notes };
}

function alreadyNote(name: string, where: string): string {
  return `${name}: the patch is already in ${where}; the file before it was made by taking the hunks back.`;
}

/** The pre-image from a file that is the patch's post-image; null where the hunks can't be taken back. */
function undone(
  wanted: Wanted,
  text: string,
  how: PreImage['how'],
  origin: FoundFile['origin'],
  blob: string | null,
): FoundFile | null {
  const before = undoHunks(text, wanted.hunks);
  if (before === null) return null;
  const name = printable(wanted.path);
  const notes = [`${name}: the patch is already there; the file before it was made by taking the hunks back.`];
  if (wanted.oldBlob !== null && !isBlobOf(wanted.oldBlob, before)) {
    notes.push(
      `${name}: what that gave is not the blob ${printable(wanted.oldBlob.slice(0, 12))} that the patch names.`,
    );
  }
  return { preImage: { path: wanted.path, text: before, how }, origin, blob, notes };
}

function missingSentence(wanted: Wanted, { clone, base }: Place, tried: readonly string[]): string {
  const blob = wanted.oldBlob === null ? 'the patch names no blob' : `wanted is blob ${wanted.oldBlob.slice(0, 12)}`;
  const advice = clone?.partial
    ? 'check the commit out there on which the patch was made, or give a full clone'
    : clone?.shallow
      ? 'fetch the rest of the history there (git fetch --unshallow), or give a full clone'
      : clone === null
        ? 'give a work tree of the commit on which the patch was made, or with --git a clone that has it'
        : `fetch the branch on which the patch was made, or name ${base === null ? 'its' : 'another'} base with --base`;
  return `${printable(wanted.path)}: its pre-image was not found (${[blob, ...tried].join('; ')}); ${advice}.`;
}

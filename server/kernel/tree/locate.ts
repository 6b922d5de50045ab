/**
 * Finds, for each file that a patch touches, the text that the patch was made on, best evidence first; and
 * the tree in which it is reviewed. It opens clones and work trees; what a hunk does is place.ts's matter.
 */

import type { FileDiff } from '../../patch/types';
import { inScope } from '../scope';
import { type GitClone, openClone } from './clone';
import { type Chosen, chooseCommit } from './commit-choice';
import type { GitOptions } from './git';
import { findPreImage, type Place, type Wanted } from './pre-image';
import { type CommitSource, commitOf, openWorkTree, type TreeSource, unknownRevision } from './source';
import { printable, TreeError } from './tree-error';

export interface PreImage {
  /** The old path of a renamed file. */
  readonly path: string;
  readonly text: string;
  /**
   * `blob`: the blob id of the `index` line, in the clone or of an earlier patch's result. `base`, `trailer`:
   * the hunks fit the file of that commit. `work-tree-blob`: a work tree file with that id. `applies`: no
   * better evidence than that the hunks fit.
   */
  readonly how: 'blob' | 'base' | 'trailer' | 'work-tree-blob' | 'applies';
}

export interface LocatedPatch {
  /** The tree of which the pre-images are part. It is closed with the locator. */
  readonly source: TreeSource;
  /** By path. A file that the patch adds has none. */
  readonly preImages: ReadonlyMap<string, PreImage>;
  readonly notes: readonly string[];
  /** One sentence per file of KVM that was not found: the blob wanted, where it was looked for, what to do. */
  readonly missing: readonly string[];
}

/** Where to look: a work tree, a git clone, or both. `base` is a revision of the clone. */
export interface Where {
  readonly tree?: string | undefined;
  readonly git?: string | undefined;
  readonly base?: string | undefined;
}

/** The part of a patch that decides where it belongs. */
export interface PatchToLocate {
  readonly files: readonly FileDiff[];
  readonly baseCommit: string | null;
}

export interface Locator {
  /**
   * `overlay`: texts that replace the source's, by path, null for files that are gone: what the patches of
   * the series before this one made. Throws TreeError: no commit of the clone can be used, or git failed.
   */
  locate(patch: PatchToLocate, overlay?: ReadonlyMap<string, string | null>): Promise<LocatedPatch>;
  /** Closes every source that `locate` returned. */
  close(): Promise<void>;
}

/** A patch may touch any number of files; those of KVM come first. */
const MAX_FILES = 200;

/** Opens what `where` names. Throws TreeError: nothing named, no kernel tree, no clone, unknown base. */
export async function openLocator(where: Where, options: GitOptions = {}): Promise<Locator> {
  if (where.git === undefined && where.base !== undefined) {
    throw new TreeError(`The base ${printable(where.base)} is a commit, and no git clone is named that could have it.`);
  }
  const tree = where.tree === undefined ? null : await openWorkTree(where.tree, options);
  if (where.git === undefined) {
    if (tree === null) throw new TreeError('Neither a kernel tree nor a git clone is named.');
    return new PatchLocator(tree, null, null, null);
  }
  const clone = await openClone(where.git, options);
  try {
    if (where.base !== undefined) return new PatchLocator(tree, clone, await baseOf(clone, where.base), null);
    const head = await clone.commit('HEAD');
    return new PatchLocator(tree, clone, null, head === null ? null : await commitOf(clone, head));
  } catch (error) {
    await clone.close();
    throw error;
  }
}

async function baseOf(clone: GitClone, revision: string): Promise<CommitSource> {
  const commit = await clone.commit(revision);
  if (commit === null) throw unknownRevision(clone, revision);
  return commitOf(clone, commit);
}

class PatchLocator implements Locator {
  private readonly commits = new Map<string, CommitSource>();
  /** Where the last patch was found: the patches of a series lie in one tree. */
  private last: TreeSource | null = null;

  constructor(
    private readonly tree: TreeSource | null,
    private readonly clone: GitClone | null,
    private readonly base: CommitSource | null,
    /** What is checked out, where no base is named. */
    private readonly checkedOut: CommitSource | null,
  ) {}

  async locate(patch: PatchToLocate, overlay: ReadonlyMap<string, string | null> = new Map()): Promise<LocatedPatch> {
    const notes: string[] = [];
    const trailer = await this.trailerOf(patch.baseCommit, notes);
    const head = trailer === null ? this.checkedOut : null;
    const place: Place = { clone: this.clone, tree: this.tree, base: this.base, trailer, head, overlay };
    const preImages = new Map<string, PreImage>();
    const evidence = new Map<string, string>();
    const missing: string[] = [];
    let fromTree = 0;
    let others = 0;
    for (const wanted of wantedFiles(patch.files, notes)) {
      const found = await findPreImage(wanted, place);
      if ('missing' in found) {
        if (inScope([wanted.path])) missing.push(found.missing);
        else others++;
        continue;
      }
      preImages.set(wanted.path, found.preImage);
      if (found.blob !== null) evidence.set(wanted.path, found.blob);
      if (found.origin === 'tree') fromTree++;
      notes.push(...found.notes);
    }
    if (others > 0)
      notes.push(`${others} touched files outside KVM were not found in the tree; the tree's own are used.`);
    const onlyTree = fromTree > 0 && fromTree === preImages.size;
    const source = await this.sourceFor({ trailer, head, evidence, onlyTree, follows: overlay.size > 0 }, notes);
    if (fromTree > 0 && !onlyTree && source !== this.tree) {
      notes.push(`Some files are those of the ${this.tree?.described ?? 'work tree'}, the rest of the kernel is not.`);
    }
    this.last = source;
    return { source, preImages, notes, missing };
  }

  async close(): Promise<void> {
    await Promise.all([this.tree?.close(), this.clone?.close()]);
  }

  private async sourceFor(
    found: {
      readonly trailer: CommitSource | null;
      readonly head: CommitSource | null;
      readonly evidence: ReadonlyMap<string, string>;
      readonly onlyTree: boolean;
      readonly follows: boolean;
    },
    notes: string[],
  ): Promise<TreeSource> {
    if (this.tree !== null && (found.onlyTree || this.clone === null)) return this.tree;
    const named = this.base ?? found.trailer;
    if (named !== null) return named;
    if (found.evidence.size === 0 && found.follows && this.last !== null) return this.last;
    if (this.clone !== null && found.evidence.size > 0) {
      const chosen = await chooseCommit(this.clone, found.head, found.evidence);
      if (chosen !== null) return this.chosenSource(chosen, notes);
    }
    const source = found.head ?? this.tree;
    if (source !== null) return source;
    throw new TreeError(`${printable(this.clone?.dir ?? '')} has no commit checked out: name one with --base.`);
  }

  private async chosenSource(chosen: Chosen, notes: string[]): Promise<TreeSource> {
    notes.push(chosen.note);
    return this.commit(chosen.commit);
  }

  private async trailerOf(id: string | null, notes: string[]): Promise<CommitSource | null> {
    if (id === null || this.clone === null) return null;
    const commit = /^[0-9a-f]{7,64}$/.test(id) ? await this.clone.commit(id) : null;
    const source = commit === null ? null : await this.commit(commit).catch(() => null);
    if (source !== null) return source;
    const why = commit !== null ? ' as a kernel tree' : this.clone.shallow ? ', which is shallow' : '';
    notes.push(`The patch's base-commit ${printable(id.slice(0, 12))} is not in ${printable(this.clone.dir)}${why}.`);
    return null;
  }

  private async commit(id: string): Promise<CommitSource> {
    const known = this.commits.get(id);
    if (known !== undefined) return known;
    if (this.clone === null) throw new TreeError('There is no git clone.');
    const source = await commitOf(this.clone, id);
    this.commits.set(id, source);
    return source;
  }
}

/** The files that have a pre-image, those of KVM first. Hunks of one file in several diffs come together. */
function wantedFiles(files: readonly FileDiff[], notes: string[]): Wanted[] {
  const byPath = new Map<string, Wanted>();
  let nameless = 0;
  for (const file of files) {
    if (file.binary || file.hunks.length === 0 || file.status === 'added') continue;
    const path = file.oldPath ?? file.newPath;
    if (path === null) {
      nameless++;
      continue;
    }
    const before = byPath.get(path);
    byPath.set(path, {
      path,
      hunks: [...(before?.hunks ?? []), ...file.hunks],
      oldBlob: before === undefined ? file.oldBlob : before.oldBlob,
      newBlob: file.newBlob,
    });
  }
  if (nameless > 0) notes.push(`${nameless} diffs name no file, so no file was looked for.`);
  const all = [...byPath.values()];
  const sorted = [...all.filter(({ path }) => inScope([path])), ...all.filter(({ path }) => !inScope([path]))];
  if (sorted.length > MAX_FILES) notes.push(`The patch touches ${sorted.length} files; ${MAX_FILES} were looked for.`);
  return sorted.slice(0, MAX_FILES);
}

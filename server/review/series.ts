/**
 * Places the patches of one input, each on top of the ones before it: into the tree that they were made for
 * where one is known and has their files, else into the reference. It says which, and why.
 */

import type { VmType } from '../../model/machine/types';
import { mergePlacements } from '../kernel/merge';
import { placePatch } from '../kernel/place';
import type { Reference } from '../kernel/reference';
import { inScope } from '../kernel/scope';
import { indexSources, type SourceIndex } from '../kernel/source-index';
import { divide } from '../kernel/tree/divide';
import { type LocatedPatch, type Locator, openLocator } from '../kernel/tree/locate';
import { placeInTree } from '../kernel/tree/place';
import { snapshotTree } from '../kernel/tree/snapshot';
import { openWorkTree, TreeError, type TreeSource } from '../kernel/tree/source';
import type { Placement } from '../kernel/types';
import type { FileDiff, PatchMail } from '../patch/types';
import { standIns } from './compile-tree';
import type { TreeRef } from './jobs';
import { type PlacedPatch, placedPatch } from './placed';

/** Where the kernel's own code may be found. */
export interface TreeChoice {
  /** A kernel work tree. */
  readonly tree?: string | undefined;
  /** A git clone. */
  readonly git?: string | undefined;
  /** A revision of the clone. */
  readonly base?: string | undefined;
  /**
   * Somebody named it, and expects it to be used: a review that can't is incomplete at best. Otherwise it
   * was found by itself.
   */
  readonly named: boolean;
  /** How it was found if nobody named it: `which holds the working directory`. */
  readonly found?: string | undefined;
  /** The files before the change, where the caller knows them: an editor's. The rest is the work tree's. */
  readonly known?: KnownFiles | undefined;
}

export interface KnownFiles {
  /** Text by path; a file that is new is left out. */
  readonly before: ReadonlyMap<string, string>;
  /** Texts that stand for those of the work tree, before the change and after it: other files being edited. */
  readonly around: ReadonlyMap<string, string>;
}

/** A patch in its place, and what its runs need to know of that place. */
export interface InPlace {
  readonly patch: PlacedPatch;
  /** Null: the reference. */
  readonly tree: TreeRef | null;
  /** VM types that the tree has no code for. */
  readonly lacks: readonly VmType[];
  readonly notes: readonly string[];
  /** A tree was named and could not be used, or a part of the change runs in what stands for a file of it. */
  readonly disappointed: boolean;
}

export interface Series {
  /** Places the next patch of the input. */
  place(patch: Pick<PatchMail, 'files' | 'baseCommit'>): Promise<InPlace>;
  close(): Promise<void>;
}

/** What the tree tier is made of; tests give their own. */
export interface TreeParts {
  readonly locator: typeof openLocator;
  readonly snapshot: typeof snapshotTree;
}

export const TREE_PARTS: TreeParts = { locator: openLocator, snapshot: snapshotTree };

/** Opens nothing until the first patch is placed. */
export function openSeries(
  reference: Reference,
  choice: TreeChoice | null,
  signal: AbortSignal | null,
  parts: TreeParts = TREE_PARTS,
): Series {
  return new PlacedSeries(reference, choice, signal, parts);
}

class PlacedSeries implements Series {
  private locator: Locator | null = null;
  /** What the patches so far leave of the reference, and of the tree. */
  private texts: ReadonlyMap<string, string>;
  private readonly overlay = new Map<string, string | null>();
  /** What the patches so far leave of the stand-ins around a tree's KVM; null while none touched them. */
  private standIns: ReadonlyMap<string, string> | null = null;

  constructor(
    private readonly reference: Reference,
    private readonly choice: TreeChoice | null,
    private readonly signal: AbortSignal | null,
    private readonly parts: TreeParts,
  ) {
    this.texts = reference.files;
    // The snapshot stays the same while the file under change is edited and saved.
    for (const [path, text] of [...(choice?.known?.around ?? []), ...(choice?.known?.before ?? [])])
      this.overlay.set(path, text);
  }

  async place(patch: Pick<PatchMail, 'files' | 'baseCommit'>): Promise<InPlace> {
    if (this.choice === null) return this.inReference(patch.files, []);
    try {
      const found = await this.inTree(patch, this.choice);
      if ('patch' in found) return found;
      return this.inReference(patch.files, found.why);
    } catch (error) {
      if (!(error instanceof TreeError)) throw error;
      return this.inReference(patch.files, [error.message]);
    }
  }

  async close(): Promise<void> {
    await this.locator?.close();
  }

  private async inTree(
    patch: Pick<PatchMail, 'files' | 'baseCommit'>,
    choice: TreeChoice,
  ): Promise<InPlace | { why: readonly string[] }> {
    this.locator ??= await this.open(choice);
    const located = await this.locator.locate(patch, this.overlay);
    if (isLost(patch.files, located)) return { why: located.missing };
    const snapshot = await this.parts.snapshot(located.source, this.overlay, standIns(this.reference));
    const texts = new Map([...located.preImages].map(([path, { text }]) => [path, text]));
    const kernel = snapshot.kernel ?? located.source.kernel ?? 'unknown';
    const { placement, notes: stoodIn } = this.placeWithStandIns(patch.files, texts);
    const placed = placedPatch(placement, 'tree', kernel);
    this.apply(patch.files, placed);
    const notes = [
      `the code is that of ${located.source.described}${choice.found === undefined ? '' : `, ${choice.found}`}`,
      ...located.notes,
      ...located.missing,
      ...stoodIn,
      ...snapshot.notes,
      ...snapshot.lacks.map((vm) => `${vm} is not applicable: this kernel has no such VM type`),
    ];
    // What a stand-in does with a change is no proof of what the file itself does with it.
    const disappointed = stoodIn.length > 0;
    return { patch: placed, tree: snapshot.ref, lacks: snapshot.lacks, notes, disappointed };
  }

  /**
   * Files of KVM that are not compiled from the tree, and that one of our stand-ins takes the place of, have
   * their hunks placed into it by structure; but for those to functions that are compiled from the tree.
   */
  private placeWithStandIns(
    files: readonly FileDiff[],
    texts: ReadonlyMap<string, string>,
  ): { placement: Placement; notes: string[] } {
    const { inTree, stoodIn } = divide(files, texts, this.reference.kernel);
    const placement = placeInTree(inTree, texts);
    if (stoodIn.length === 0) return { placement, notes: [] };
    this.standIns ??= this.reference.kernel;
    const inStandIns = placePatch(stoodIn, indexOf(this.standIns, this.reference));
    const changed = inStandIns.images.map(({ path, post }) => [path, post.text] as const);
    this.standIns = new Map([...this.standIns, ...changed]);
    const names = stoodIn.map(({ oldPath }) => oldPath).join(', ');
    return {
      placement: mergePlacements(placement, inStandIns),
      notes: [
        `${names}: what the patch changes there is not compiled from the tree; it was placed by structure into what ` +
          'stands for it, so that a run without a finding is no clean verdict',
      ],
    };
  }

  private async open({ tree, git, base, known }: TreeChoice): Promise<Locator> {
    const options = this.signal === null ? {} : { signal: this.signal };
    if (known !== undefined && tree !== undefined) return knowingLocator(await openWorkTree(tree, options), known);
    return this.parts.locator({ tree, git, base }, options);
  }

  private apply(files: readonly FileDiff[], placed: PlacedPatch): void {
    for (const [path, text] of Object.entries(placed.texts.post)) this.overlay.set(path, text);
    for (const { status, oldPath } of files)
      if (status === 'deleted' && oldPath !== null) this.overlay.set(oldPath, null);
  }

  private inReference(files: readonly FileDiff[], why: readonly string[]): InPlace {
    const index = indexOf(this.texts, this.reference);
    const patch = placedPatch(placePatch(files, index), 'reference', 'reference');
    this.texts = new Map([...this.texts, ...Object.entries(patch.texts.post)]);
    const notes = why.length === 0 ? [] : [...why, 'no kernel tree was used: the patch was run in the reference'];
    return { patch, tree: null, lacks: [], notes, disappointed: this.choice?.named === true };
  }
}

/** A work tree whose files before the change are known: nothing is looked for. */
function knowingLocator(source: TreeSource, { before }: KnownFiles): Locator {
  const preImages = new Map([...before].map(([path, text]) => [path, { path, text, how: 'blob' as const }]));
  return { locate: async () => ({ source, preImages, notes: [], missing: [] }), close: () => source.close() };
}

/** Whether none of the files of KVM that the patch changes was found. */
function isLost(files: readonly FileDiff[], located: LocatedPatch): boolean {
  if (located.missing.length === 0) return false;
  return !files.some(({ oldPath }) => oldPath !== null && inScope([oldPath]) && located.preImages.has(oldPath));
}

/** Indexing the reference takes longer than placing a patch into it, and most patches share it. */
const indexes = new WeakMap<ReadonlyMap<string, string>, SourceIndex>();

function indexOf(texts: ReadonlyMap<string, string>, reference: Reference): SourceIndex {
  const index = indexes.get(texts) ?? indexSources(texts, reference.builtins.values());
  indexes.set(texts, index);
  return index;
}

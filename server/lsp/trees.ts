/**
 * Which kernel tree goes with a document: the one that the settings name, else the one that holds the
 * document or a folder of the workspace. Runs in the review's thread; the server's own opens no file.
 */

import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { pathScope } from '../kernel/scope';
import { findKernelTree } from '../kernel/tree/find';
import { openCommit, TreeError } from '../kernel/tree/source';
import type { TreeChoice } from '../review/index';
import { type WorkingPatch, workingPatch } from '../review/working-file';
import type { ReviewInput, TreeWish } from './reviewer';

/** Where the code of a document's review comes from. */
export interface DocumentTree {
  /** Null: the reference. */
  readonly choice: TreeChoice | null;
  /** Folder in which a trace's files are opened; null without a tree. */
  readonly root: string | null;
  /** What the reader should know of the choice. */
  readonly notes: readonly string[];
}

const NONE: DocumentTree = { choice: null, root: null, notes: [] };

/** The tree for a patch. Never throws: a tree that can't be used is the review's to say. */
export async function treeForPatch(wish: TreeWish | undefined): Promise<DocumentTree> {
  if (wish === undefined) return NONE;
  if (!wish.trusted) return { ...NONE, notes: [UNTRUSTED] };
  if (wish.setting !== '') {
    const root = resolve(wish.setting);
    const found = await findKernelTree(root);
    // Else it may be a clone without a work tree; what it isn't, the review says.
    const own = found?.tree === root ? { tree: root, git: found.git ?? undefined } : { git: root };
    return { choice: { ...own, named: true }, root, notes: [] };
  }
  for (const folder of wish.folders) {
    const found = await findKernelTree(folder);
    if (found === null) continue;
    const choice = { tree: found.tree, git: found.git ?? undefined, named: false, found: 'found beside this text' };
    return { choice, root: found.tree, notes: [] };
  }
  return NONE;
}

const UNTRUSTED = 'no kernel tree was looked for: the workspace is not trusted, and git is not run in it';

/** A C file under change, ready for review, or why there is nothing to review. */
export type WorkingDocument =
  | { readonly patch: WorkingPatch; readonly path: string; readonly choice: TreeChoice; readonly root: string }
  | { readonly idle: string };

/** The difference of a C file to its clone's HEAD. Never throws. */
export async function workingDocument({ text, tree: wish, file, others = [] }: ReviewInput): Promise<WorkingDocument> {
  if (wish === undefined || file === undefined) return { idle: 'this file is in no kernel tree' };
  if (!wish.trusted) return { idle: 'the workspace is not trusted, and git is not run in it' };
  const found = await findKernelTree(dirname(file));
  const path = found === null ? null : pathIn(found.tree, file);
  if (found === null || path === null || pathScope(path) === 'out') {
    return { idle: 'this file belongs to no kernel tree with KVM' };
  }
  if (found.git === null)
    return { idle: 'the kernel tree of this file is no git clone, so there is no HEAD to compare with' };
  try {
    const before = await textAtHead(found.git, path);
    const patch = await workingPatch({ path, before, after: text });
    if (patch === null) return { idle: 'this file is as it is in HEAD' };
    const around = new Map(
      others.flatMap((other) => {
        const own = pathIn(found.tree, other.file);
        return own === null || own === path ? [] : [[own, other.text] as const];
      }),
    );
    const known = { before: new Map(before === null ? [] : [[path, before]]), around };
    return { patch, path, choice: { tree: found.tree, git: found.git, named: true, known }, root: found.tree };
  } catch (error) {
    if (error instanceof TreeError) return { idle: error.message };
    throw error;
  }
}

async function textAtHead(git: string, path: string): Promise<string | null> {
  const head = await openCommit(git, 'HEAD');
  try {
    return (await head.read([path])).get(path) ?? null;
  } finally {
    await head.close();
  }
}

function pathIn(root: string, file: string): string | null {
  const path = relative(root, file);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? null : path.split(sep).join('/');
}

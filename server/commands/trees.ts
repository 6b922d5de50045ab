/**
 * Which kernel a command runs on: the tree or clone that was named, else the tree that holds the working
 * directory, else none. It opens what was named, so that a slip is told before minutes of work.
 */

import { findKernelTree } from '../kernel/tree/find';
import { openLocator } from '../kernel/tree/locate';
import { commitsOfRange } from '../kernel/tree/range';
import { TreeError } from '../kernel/tree/source';
import type { ReviewInput, TreeChoice } from '../review/index';
import { UsageError } from './usage';

export interface TreeOptions {
  readonly tree?: string;
  readonly git?: string;
  readonly base?: string;
  readonly range?: string;
}

/** The tree to use; null for the reference. Errors: `UsageError` where one was named and can't be used. */
export async function treeOf(options: TreeOptions, folder = process.cwd()): Promise<TreeChoice | null> {
  const { tree, base, range } = options;
  const needsGit = base !== undefined ? '--base' : range !== undefined ? '--range' : null;
  const found = tree === undefined && options.git === undefined ? await findKernelTree(folder) : null;
  // A revision is one of the named tree's own clone where no other is named.
  const git = options.git ?? (needsGit === null ? undefined : tree) ?? found?.git ?? undefined;
  if (needsGit !== null && git === undefined)
    throw new UsageError(`${needsGit} needs a git clone: name one with --git, or start inside one`);
  const named = tree !== undefined || options.git !== undefined || needsGit !== null;
  const choice: TreeChoice = { tree: tree ?? found?.tree, git, base, named, found: found ? FOUND : undefined };
  if (choice.tree === undefined && git === undefined) return null;
  if (named) await usage(async () => (await openLocator(choice)).close());
  return choice;
}

const FOUND = 'which holds the working directory';

/** The patches of `--range`, oldest first, each an input of its own. Errors: `UsageError`. */
export async function inputsOfRange(range: string, choice: TreeChoice | null): Promise<ReviewInput[]> {
  const dir = choice?.git;
  if (dir === undefined) throw new UsageError('--range needs a git clone: name one with --git, or start inside one');
  const mails = await usage(() => commitsOfRange(dir, range));
  if (mails.length === 0) throw new UsageError(`there is nothing in ${range} of ${dir} to review`);
  return mails.map(({ commit, text }) => ({
    name: commit === null ? range : commit.slice(0, 12),
    bytes: Buffer.from(text, 'utf8'),
    replay: ['--range', commit === null ? range : `${commit.slice(0, 12)}^..${commit.slice(0, 12)}`],
  }));
}

async function usage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TreeError) throw new UsageError(error.message.replace(/\.$/, ''));
    throw error;
  }
}

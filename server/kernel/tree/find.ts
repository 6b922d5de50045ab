/** Finds the kernel tree that holds a folder, by looking upwards: nothing is searched, nothing run. */

import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { LANDMARK } from './source';

export interface FoundTree {
  readonly tree: string;
  /** The same folder where it is a git clone too, else null. */
  readonly git: string | null;
}

const MAX_LEVELS = 64;

/**
 * The innermost kernel tree with KVM that holds `start`; null where there is none. It looks no higher than
 * the file system on which `start` lies, and not at the home folder or above it. Never throws.
 */
export async function findKernelTree(start: string, home: string = homedir()): Promise<FoundTree | null> {
  const device = await deviceOf(resolve(start));
  let dir = resolve(start);
  for (let level = 0; level < MAX_LEVELS; level++) {
    if (dir === resolve(home) || device === null || (await deviceOf(dir)) !== device) return null;
    if (await isThere(join(dir, LANDMARK))) {
      return { tree: dir, git: (await isThere(join(dir, '.git'))) ? dir : null };
    }
    const above = dirname(dir);
    if (above === dir) return null;
    dir = above;
  }
  return null;
}

async function deviceOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ dev }) => dev,
    () => null,
  );
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

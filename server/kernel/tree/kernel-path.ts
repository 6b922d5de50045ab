/** Paths inside a kernel tree, as patches and C files name them, and files that are read by them. */

import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { errorCode, printable, TreeError } from './tree-error';

const MAX_PATH = 1024;

/** Whether this is a plain path below the top of a repository: relative, without `..`, not into `.git`. */
export function isRepositoryPath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (path === '' || path.length > MAX_PATH || /[\u0000-\u001f\u007f\\]/.test(path) || /^[A-Za-z]:/.test(path)) {
    return false;
  }
  const steps = path.split('/');
  if (/^\.git$/i.test(steps[0] ?? '')) return false;
  return steps.every((step) => step !== '' && step !== '.' && step !== '..');
}

/** The file that a path names below `root`, symbolic links followed; null where that lies outside. Throws as realpath. */
async function realBelow(root: string, path: string): Promise<string | null> {
  if (!isRepositoryPath(path)) return null;
  const inside = root.endsWith(sep) ? root : root + sep;
  const real = await realpath(join(root, path));
  const below = real.startsWith(inside) ? real.slice(inside.length).split(sep).join('/') : '';
  return isRepositoryPath(below) ? real : null;
}

/** Whether a plain file is there, below `root` (itself free of symbolic links). */
export async function isFileBelow(root: string, path: string): Promise<boolean> {
  try {
    const real = await realBelow(root, path);
    return real !== null && (await stat(real)).isFile();
  } catch {
    return false;
  }
}

/**
 * Bytes of a plain file below `root` (itself free of symbolic links); null where there is none, where it
 * is no plain file, or where a symbolic link leads out of the tree. Throws TreeError where it is larger
 * than `limit` bytes or can't be read.
 */
export async function readBelow(root: string, path: string, limit: number): Promise<Buffer | null> {
  try {
    const real = await realBelow(root, path);
    if (real === null) return null;
    // A pipe must not hold us up, nor a link that was put there after the check.
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) return null;
      if (found.size > limit) throw tooLarge(path, found.size, limit);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof TreeError) throw error;
    const code = errorCode(error) ?? 'unknown';
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENAMETOOLONG'].includes(code)) return null;
    throw new TreeError(`${printable(join(root, path))} can't be read (${code}).`);
  }
}

/** The one sentence for a file that is too large to be source code. */
export function tooLarge(path: string, bytes: number, limit: number): TreeError {
  return new TreeError(`${printable(path)} has ${bytes} bytes: more than the ${limit} that are read of one file.`);
}

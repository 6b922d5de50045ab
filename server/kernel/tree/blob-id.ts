/** Git's names for contents, computed here: no git is needed to tell whether a file is the one meant. */

import { createHash } from 'node:crypto';

/** Git's object id of a file with these bytes. */
export function blobId(contents: string | Uint8Array, algorithm: 'sha1' | 'sha256' = 'sha1'): string {
  const bytes = typeof contents === 'string' ? Buffer.from(contents, 'utf8') : contents;
  return createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Whether `id`, whole or abbreviated, of either algorithm, is that of the text. */
export function isBlobOf(id: string | null, text: string): boolean {
  if (id === null || !/^[0-9a-f]{7,64}$/.test(id)) return false;
  return blobId(text).startsWith(id) || blobId(text, 'sha256').startsWith(id);
}

/** Whether an `index` line's id stands for "no file". */
export function isNullId(id: string | null): boolean {
  return id !== null && /^0+$/.test(id);
}

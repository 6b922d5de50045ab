/**
 * Files of a cache folder: put in place whole, with a checksum of their name and content that every reader
 * verifies, and bounded in number. A file that was cut short, damaged or renamed is as none, and is made
 * anew. Nothing here waits for a promise: a worker compiles and runs without one.
 */

import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

/** A SHA-256 stands before the content. Bytes. */
const CHECKSUM = 32;

/** The content of a file, which now counts as used; null where there is none, or not the one that was kept. Never throws. */
export function loadKept(file: string): Buffer | null {
  try {
    const bytes = readFileSync(file);
    const content = bytes.subarray(CHECKSUM);
    if (!checksum(file, content).equals(bytes.subarray(0, CHECKSUM))) return null;
    const now = new Date();
    utimesSync(file, now, now);
    return content;
  } catch {
    return null;
  }
}

/** Put content in place whole: a reader, of this process or another, sees all of it or nothing. Throws what the file system says. */
export function keepFile(file: string, content: Uint8Array): void {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(aside, Buffer.concat([checksum(file, content), content]), { mode: 0o600 });
    renameSync(aside, file);
  } catch (error) {
    discard(aside);
    throw error;
  }
}

/** The value in a file, as `loadKept`. Never throws. */
export function loadValue(file: string): unknown {
  try {
    const content = loadKept(file);
    return content === null ? null : deserialize(content);
  } catch {
    return null;
  }
}

/** Keep a value, as `keepFile`. Never throws: where the disk refuses, nothing is kept. */
export function keepValue(file: string, value: unknown): void {
  try {
    keepFile(file, serialize(value));
  } catch {
    // It will be made again.
  }
}

/** Where a folder holds more than `most` files, only the `left` that were used last stay. Never throws. */
export function trimKept(folder: string, most: number, left = most): void {
  try {
    const names = readdirSync(folder);
    if (names.length <= most) return;
    const dated = names.map((name) => ({ name, used: statSync(join(folder, name)).mtimeMs }));
    dated.sort((a, b) => b.used - a.used);
    for (const { name } of dated.slice(left)) discard(join(folder, name));
  } catch {
    // Another process trims at the same time.
  }
}

/** The name is part of it, since it says what the content is the answer to. */
function checksum(file: string, content: Uint8Array): Buffer {
  return createHash('sha256')
    .update(`${basename(file)}\n`)
    .update(content)
    .digest();
}

/** `force` forgives a file that is not there, but not a folder that can not be written. */
function discard(file: string): void {
  try {
    rmSync(file, { force: true, recursive: true });
  } catch {
    // It stays.
  }
}

/**
 * Values kept in files of a cache folder, for callers that can't wait for a promise: a worker compiles and
 * runs without one. Where the disk refuses, nothing is kept and nothing is said.
 */

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

/** The value in a file, which now counts as used; null where there is none that can be read. Never throws. */
export function loadKept(file: string): unknown {
  try {
    const value: unknown = deserialize(readFileSync(file));
    const now = new Date();
    utimesSync(file, now, now);
    return value;
  } catch {
    return null;
  }
}

/** Put a value in place whole: a reader, of this process or another, sees all of it or nothing. Never throws. */
export function keepValue(file: string, value: unknown): void {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(aside, serialize(value), { mode: 0o600 });
    renameSync(aside, file);
  } catch {
    discard(aside);
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

/** `force` forgives a file that is not there, but not a folder that is none. */
function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It stays.
  }
}

/**
 * From the names on the command line to bytes: files, folders and standard input. It opens nothing
 * else, and says in words what it could not read. It knows nothing of what the bytes mean.
 */

import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ReviewInput } from '../review/index';
import { UsageError } from './usage';

/** No input is read beyond this; a mailbox of a busy list's year stays below. Bytes. */
const LARGEST_INPUT = 256 * 1024 * 1024;
/** Files taken from one folder. */
const MOST_FILES = 1000;

/** A folder stands for the files in it, hidden ones left out, in order of name. Errors: `UsageError`. */
export function expand(name: string): string[] {
  if (name === '-') return [name];
  try {
    if (!statSync(name).isDirectory()) return [name];
    const files = readdirSync(name, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => join(name, entry.name))
      .sort();
    if (files.length > MOST_FILES)
      throw new UsageError(`${name} holds ${files.length} files; name up to ${MOST_FILES}`);
    if (files.length === 0) throw new UsageError(`${name} holds no files`);
    return files;
  } catch (error) {
    throw cannot('read', name, error);
  }
}

/** The bytes of an input: a file, a pipe, or standard input for `-`. Errors: `UsageError`. */
export function readBytes(name: string): ReviewInput {
  const chunks: Buffer[] = [];
  let total = 0;
  let file = 0;
  try {
    if (name !== '-') file = openSync(name, 'r');
    const kind = fstatSync(file);
    if (name !== '-' && !kind.isFile() && !kind.isFIFO()) throw new UsageError(`${name} is neither a file nor a pipe`);
    for (;;) {
      const chunk = Buffer.allocUnsafe(1 << 20);
      const size = readChunk(file, chunk);
      if (size === 0) break;
      total += size;
      if (total > LARGEST_INPUT) throw new UsageError(`${name} is larger than ${LARGEST_INPUT >> 20} MiB; split it`);
      chunks.push(chunk.subarray(0, size));
    }
    return { name, bytes: Buffer.concat(chunks) };
  } catch (error) {
    throw cannot('read', name, error);
  } finally {
    if (file !== 0) closeSync(file);
  }
}

function readChunk(file: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(file, chunk, 0, chunk.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      // Standard input may be a non-blocking terminal or pipe: wait a little and ask again.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ELOOP: 'its symbolic links go in circles',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
  ENOSPC: 'no space is left',
  EROFS: 'the file system is read-only',
  EIO: 'the device failed',
};

/** One sentence for what the system refused; a `UsageError` stays as it is. */
export function cannot(what: 'read' | 'write', name: string, error: unknown): UsageError {
  if (error instanceof UsageError) return error;
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  return new UsageError(`cannot ${what} ${name === '-' ? 'standard input' : name}: ${REASONS[code] ?? code}`);
}

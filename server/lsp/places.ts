/**
 * From names of C files, as traces and findings give them, to URIs that an editor can open, and from
 * our places (from 1) to LSP ranges (from 0). It opens nothing outside the folders it is given.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Range } from 'vscode-languageserver';

/** The URI of a file, or null when there is nothing to open. */
export type ResolveFile = (file: string) => string | null;

/** Where the package keeps the C that traces point into, relative to its root. */
const SHIPPED = ['', 'model/reference', 'model/scenarios', 'model/builtins', 'model/kernel', 'model/edge'];

/** Looks in the package's own C; remembers its answers. */
export function createResolver(root: string): ResolveFile {
  const known = new Map<string, string | null>();
  return (file) => {
    let uri = known.get(file);
    if (uri === undefined) {
      uri = find(root, file);
      known.set(file, uri);
    }
    return uri;
  };
}

function find(root: string, file: string): string | null {
  if (file === '' || file.includes('\0')) return null;
  for (const folder of SHIPPED) {
    const candidate = path.resolve(root, folder, file);
    if (candidate.startsWith(root + path.sep) && /\.[ch]$/.test(candidate) && existsSync(candidate)) {
      return pathToFileURL(candidate).href;
    }
  }
  return null;
}

/** Looks in a kernel tree; null where it has no such C file. Nothing above the tree is named. */
export function createTreeResolver(root: string): ResolveFile {
  const top = path.resolve(root);
  return (file) => {
    if (file.includes('\0') || !/\.[ch]$/.test(file)) return null;
    const candidate = path.resolve(top, file);
    return candidate.startsWith(top + path.sep) && existsSync(candidate) ? pathToFileURL(candidate).href : null;
  };
}

/** A stretch of one line; columns from 1, half open. Without columns, the whole line. */
export function lineRange(line: number, column = 1, endColumn = Number.MAX_SAFE_INTEGER): Range {
  const at = Math.max(0, line - 1);
  const start = Math.max(0, column - 1);
  const end = Math.min(Math.max(start, endColumn - 1), 0x7fffffff);
  return { start: { line: at, character: start }, end: { line: at, character: end } };
}

/**
 * Keeps which functions a complete run of unmodified code entered, so that the next patch to that code need
 * not run a scenario again to learn that it never comes to what the patch changes.
 */

import { join } from 'node:path';
import { keepValue, loadValue, trimKept } from '../cache/kept-files';

/** Records kept; each is a few kilobytes. */
const KEPT = 2000;
/** Records written between two looks at how many there are. */
const TRIM_EVERY = 100;

export interface EnteredStore {
  /** The functions that the run entered; null where that is not known. */
  load(key: string): readonly string[] | null;
  save(key: string, functions: readonly string[]): void;
}

/** A store in a folder; null keeps nothing. Neither call throws. */
export function enteredStore(folder: string | null): EnteredStore {
  if (folder === null) return { load: () => null, save: () => {} };
  const known = new Set<string>();
  const load = (key: string): readonly string[] | null => {
    const value = loadValue(join(folder, key));
    return Array.isArray(value) && value.every((name) => typeof name === 'string') ? value : null;
  };
  return {
    load,
    save(key, functions) {
      if (known.has(key)) return;
      known.add(key);
      // Reading a file is quick; putting one in another's place waits for the disk.
      if (load(key) !== null) return;
      keepValue(join(folder, key), [...functions]);
      if (known.size % TRIM_EVERY === 1) trimKept(folder, KEPT);
    },
  };
}

/**
 * Keeps lowered functions in a folder: one file for each set of declarations and engine. Lowering a tree
 * takes longer than all else that a compilation does, and most patches change one function.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { LoweredFunctions, LoweringStore } from '../c/index';
import { hashOf } from './run-cache';

/** Files kept; each is some megabytes. */
const KEPT = 12;

/** A store in a folder. `engine` names the program that lowers: another one's results are not read. */
export function loweringStore(folder: string, engine: string): LoweringStore {
  const fileOf = (key: string): string => join(folder, hashOf(`${engine} ${key}`));
  return {
    load(key) {
      try {
        const lowered = deserialize(readFileSync(fileOf(key))) as LoweredFunctions;
        const now = new Date();
        utimesSync(fileOf(key), now, now);
        return lowered.functions instanceof Map && typeof lowered.origins === 'number' ? lowered : null;
      } catch {
        return null;
      }
    },
    save(key, lowered) {
      const file = fileOf(key);
      const aside = `${file}.${process.pid}.${Math.trunc(performance.now())}`;
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(aside, serialize(lowered), { mode: 0o600 });
        renameSync(aside, file);
        trim(folder);
      } catch {
        rmSync(aside, { force: true });
      }
    },
  };
}

function trim(folder: string): void {
  const dated = readdirSync(folder).map((name) => ({ name, used: statSync(join(folder, name)).mtimeMs }));
  dated.sort((a, b) => b.used - a.used);
  for (const { name } of dated.slice(KEPT)) rmSync(join(folder, name), { force: true });
}

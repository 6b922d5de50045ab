/**
 * Keeps scopes in a folder: one file for each set of declarations and engine. Reading a tree's declarations
 * and lowering its functions takes longer than all else that a compilation does, and most patches change
 * one function.
 */

import { join } from 'node:path';
import type { KeptScope, ScopeStore } from '../c/index';
import { keepValue, loadValue, trimKept } from '../cache/kept-files';
import { hashOf } from './run-cache';

/** Files kept; each is some megabytes. */
const KEPT = 12;

/** A store in a folder. `engine` names the program that lowers: another one's results are not read. */
export function scopeStore(folder: string, engine: string): ScopeStore {
  const fileOf = (key: string): string => join(folder, hashOf(`${engine} ${key}`));
  return {
    load(key) {
      const kept = loadValue(fileOf(key)) as Partial<KeptScope> | null;
      const { functions, origins, unit } = kept ?? {};
      const whole = functions instanceof Map && typeof origins === 'number' && unit?.names instanceof Map;
      return whole ? (kept as KeptScope) : null;
    },
    save(key, scope) {
      keepValue(fileOf(key), scope);
      trimKept(folder, KEPT);
    },
  };
}

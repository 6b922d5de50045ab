/**
 * Keeps lowered functions in a folder: one file for each set of declarations and engine. Lowering a tree
 * takes longer than all else that a compilation does, and most patches change one function.
 */

import { join } from 'node:path';
import type { LoweredFunctions, LoweringStore } from '../c/index';
import { keepValue, loadValue, trimKept } from '../cache/kept-files';
import { hashOf } from './run-cache';

/** Files kept; each is some megabytes. */
const KEPT = 12;

/** A store in a folder. `engine` names the program that lowers: another one's results are not read. */
export function loweringStore(folder: string, engine: string): LoweringStore {
  const fileOf = (key: string): string => join(folder, hashOf(`${engine} ${key}`));
  return {
    load(key) {
      const lowered = loadValue(fileOf(key)) as Partial<LoweredFunctions> | null;
      const whole = lowered?.functions instanceof Map && typeof lowered.origins === 'number';
      return whole ? (lowered as LoweredFunctions) : null;
    },
    save(key, lowered) {
      keepValue(fileOf(key), lowered);
      trimKept(folder, KEPT);
    },
  };
}

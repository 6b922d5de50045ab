/**
 * Keeps the results of complete runs on disk, named by everything that they depend on: the texts that
 * were compiled, the engine, scenario, VM type, memory order, bounds and rules. A run is deterministic, so that its
 * result can be had without running it again; the side before a patch is most often the unmodified code.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RunResult } from '../../model/explore/types';
import { keepValue, loadValue, trimKept } from '../cache/kept-files';
import type { Overrides, RunJob } from './jobs';

/** Results kept at most; the least recently used go first. */
const KEPT = 4000;
/** Results written between two looks at how many there are. */
const TRIM_EVERY = 200;

export interface RunCache {
  /** The kept result, or that of `run`, which is kept if it is complete. */
  get(key: string, run: () => RunResult): RunResult;
}

/** A cache in a folder; null keeps nothing. Never throws: where the disk refuses, runs are run. */
export function openRunCache(folder: string | null): RunCache {
  if (folder === null) return { get: (_, run) => run() };
  let written = 0;
  return {
    get(key, run) {
      const file = join(folder, key);
      const known = load(file);
      if (known !== null) return known;
      const result = run();
      if (!result.complete) return result;
      keepValue(file, result);
      if (++written % TRIM_EVERY === 1) trimKept(folder, KEPT, KEPT * 0.9);
      return result;
    },
  };
}

/**
 * Names the texts of a program, each pair of objects once: `base` are the files that stand where `overrides` name
 * none. Which files are overridden counts even where their texts are the same: a result has the lines of their
 * macros, and no others'.
 */
export function codeNamer(engine: string): (base: Texts, overrides: Overrides) => string {
  const hashes = new WeakMap<Texts, ReadonlyMap<string, string>>();
  const names = new WeakMap<Texts, WeakMap<Overrides, string>>();
  const nameOf = (base: Texts, overrides: Overrides): string => {
    const all = new Map(kept(hashes, base, () => hashesOf(base)));
    for (const [path, hash] of hashesOf(overrides)) all.set(path, hash);
    const texts = [...all].map(([path, hash]) => `${path} ${hash}`).sort();
    return hashOf(JSON.stringify([engine, Object.keys(overrides).sort(), texts]));
  };
  return (base, overrides) =>
    kept(
      kept(names, base, () => new WeakMap<Overrides, string>()),
      overrides,
      () => nameOf(base, overrides),
    );
}

type Texts = Readonly<Record<string, string>>;

const hashesOf = (texts: Texts): Map<string, string> =>
  new Map(Object.entries(texts).map(([path, text]) => [path, hashOf(text)]));

/** What is kept for an object, made the first time. */
function kept<K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** A short name for a text: equal names, equal texts. */
export function hashOf(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Names a run: `code` names engine and texts. */
export function runKey(
  code: string,
  {
    scenario,
    vm,
    bounds,
    invariants,
    memoryOrder = 'sc',
  }: Pick<RunJob, 'scenario' | 'vm' | 'bounds' | 'invariants' | 'memoryOrder'>,
): string {
  const limits = Object.entries(bounds).sort(([a], [b]) => (a < b ? -1 : 1));
  return hashOf(JSON.stringify([code, scenario, vm, limits, invariants, memoryOrder]));
}

function load(file: string): RunResult | null {
  const result = loadValue(file) as Partial<RunResult> | null;
  return typeof result?.scenario === 'string' ? (result as RunResult) : null;
}

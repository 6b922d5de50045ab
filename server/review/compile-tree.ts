/**
 * Compiles a tree's own KVM, with texts of its files replaced, together with what stands for the rest of
 * the kernel and the scenarios' drivers. It knows snapshots and nothing of patches.
 */

import type { Program } from '../../model/execute/program';
import { type CParser, compile, type LoweringCache } from '../c/index';
import { loadKept } from '../cache/kept-files';
import type { Reference } from '../kernel/reference';
import { DEFINES, FIXED, MUTE, probe, treeUnits } from '../kernel/tree/environment';
import { includeRules, includer, type StandIns } from '../kernel/tree/includes';
import type { SnapshotTexts } from '../kernel/tree/snapshot';
import { CONSTANTS } from './compile';
import type { Overrides, TreeRef } from './jobs';

/** Several times what a tree's KVM has. */
const LIMITS = { tokens: 3_000_000, expansions: 2_000_000 };

/** Snapshots kept at once by a worker. */
const KEPT = 4;

/** What stands around a tree's KVM, from the package. */
export function standIns({ kernel, builtins, scenarios }: Reference): StandIns {
  return new Map([...kernel, ...builtins, ...scenarios]);
}

/** Reads snapshots, each once. Errors: the file is gone or broken; the next review makes it anew. */
export function snapshotReader(): (ref: TreeRef) => SnapshotTexts {
  const kept = new Map<string, SnapshotTexts>();
  return ({ id, file }) => {
    const texts = kept.get(id) ?? readSnapshot(file);
    kept.delete(id);
    kept.set(id, texts);
    const oldest = kept.keys().next();
    if (kept.size > KEPT && !oldest.done) kept.delete(oldest.value);
    return texts;
  };
}

function readSnapshot(file: string): SnapshotTexts {
  const content = loadKept(file);
  if (content === null) throw new Error(`${file} was removed or damaged while it was in use; start the review again`);
  return JSON.parse(content.toString('utf8')) as SnapshotTexts;
}

/** Files named in `overrides` take that text, our stand-ins too; other files that a patch changes are none of KVM's. */
export function compileTree(
  texts: SnapshotTexts,
  stand: StandIns,
  overrides: Overrides,
  parser: CParser,
  cache: LoweringCache,
): Program {
  const tree = (path: string): string | null => own(overrides, path) ?? own(texts, path);
  const around = new Map([...stand].map(([path, text]) => [path, tree(path) ?? text]));
  return compile(
    {
      units: treeUnits(around, tree),
      include: includer(includeRules(around), tree),
      defines: { ...DEFINES, ...probe(tree) },
      fixed: FIXED,
      mute: MUTE,
      constants: CONSTANTS,
      limits: LIMITS,
      pruneExcept: Object.keys(overrides),
      expandedFrom: Object.keys(overrides),
    },
    parser,
    cache,
  );
}

/** An include may ask for `toString`, which every object has. */
function own(texts: Readonly<Record<string, string>>, path: string): string | null {
  return Object.hasOwn(texts, path) ? (texts[path] ?? null) : null;
}

/**
 * Collects the texts of a tree that its KVM is compiled from, and keeps them in a file that the workers
 * read: named by its content, so that equal trees are kept, sent and compiled once.
 */

import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VmType } from '../../../model/machine/types';
import { cacheFolder } from '../../cache/folder';
import { keepFile, loadKept, trimKept } from '../../cache/kept-files';
import type { TreeRef } from '../../review/jobs';
import { IN_PART, lacks, UNITS } from './environment';
import { includeRules, includesOf, type StandIns } from './includes';
import type { TreeSource } from './source';

export interface Snapshot {
  readonly ref: TreeRef;
  readonly kernel: string | null;
  readonly notes: string[];
  /** VM types that the tree has no code for. */
  readonly lacks: VmType[];
}

/** What a snapshot's file holds. */
export type SnapshotTexts = Readonly<Record<string, string>>;

/** Snapshots kept; each is a megabyte or two. */
const KEPT = 40;

/** Headers inside headers; the real ones are six deep. */
const DEPTH = 24;

/**
 * `overlay` replaces files of the source, null taking one away; `stand` are our stand-ins, which include
 * headers of the tree too. Throws TreeError when the source cannot be read.
 */
export async function snapshotTree(
  source: TreeSource,
  overlay: ReadonlyMap<string, string | null>,
  stand: StandIns,
): Promise<Snapshot> {
  const texts = await collect(source, overlay, stand);
  const found = Object.fromEntries([...texts].sort(([a], [b]) => (a < b ? -1 : 1)));
  const content = JSON.stringify(found);
  const id = createHash('sha256').update(content).digest('hex');
  return {
    ref: { id, file: keep(id, Buffer.from(content, 'utf8')) },
    kernel: source.kernel,
    notes: [],
    lacks: lacks((path) => found[path] ?? null),
  };
}

/** The units and every header that they may ask for, whatever the conditions around the includes. */
async function collect(
  source: TreeSource,
  overlay: ReadonlyMap<string, string | null>,
  stand: StandIns,
): Promise<Map<string, string>> {
  const rules = includeRules(stand);
  const texts = new Map<string, string>();
  const asked = new Set<string>();
  const wantedBy = (path: string, text: string): string[] =>
    includesOf(text).flatMap(({ name, angled }) =>
      rules.own(name, path) === null ? rules.candidates(name, path, angled) : [],
    );
  let wanted = [...UNITS, ...Object.keys(IN_PART), ...[...stand].flatMap(([path, text]) => wantedBy(path, text))];
  for (let depth = 0; depth < DEPTH && wanted.length > 0; depth++) {
    const fresh = [...new Set(wanted)].filter((path) => !asked.has(path));
    for (const path of fresh) asked.add(path);
    const read = await source.read(fresh.filter((path) => !overlay.has(path)));
    wanted = [];
    for (const path of fresh) {
      const text = overlay.has(path) ? overlay.get(path) : read.get(path);
      if (text === null || text === undefined) continue;
      texts.set(path, text);
      // what a file includes of which only functions are taken, its stand-in includes
      if (!Object.hasOwn(IN_PART, path)) wanted.push(...wantedBy(path, text));
    }
  }
  // Stand-ins that an earlier patch of the series has changed.
  for (const [path, text] of overlay) if (stand.has(path) && text !== null) texts.set(path, text);
  return texts;
}

/** Where no cache can be written, a temporary folder serves. */
function keep(id: string, content: Uint8Array): string {
  let why: unknown = null;
  for (const base of [cacheFolder(), join(tmpdir(), `kvm-mmu-review-${process.getuid?.() ?? 0}`)]) {
    const folder = join(base, 'trees');
    const file = join(folder, id);
    try {
      if (loadKept(file) !== null) return file;
      keepFile(file, content);
      trimKept(folder, KEPT);
      return file;
    } catch (error) {
      why = error;
    }
  }
  throw why;
}

/**
 * The kernel releases that tests run whole, unmodified: found through KMR_KERNEL_7_3 and so on, which
 * test/run.mjs sets. Each is taken up and compiled as the review does it, once in a test file.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../../../../model/execute/program';
import type { VmType } from '../../../../model/machine/types';
import { createParser, LoweringCache } from '../../../../server/c';
import { loadReference } from '../../../../server/kernel/reference';
import { lacks } from '../../../../server/kernel/tree/environment';
import type { StandIns } from '../../../../server/kernel/tree/includes';
import { type SnapshotTexts, snapshotTree } from '../../../../server/kernel/tree/snapshot';
import { LANDMARK, openWorkTree, type TreeSource } from '../../../../server/kernel/tree/source';
import { compileTree, snapshotReader, standIns } from '../../../../server/review/compile-tree';
import type { Overrides } from '../../../../server/review/jobs';

const ROOT = process.cwd();

export interface Kernel {
  /** `7.3` */
  readonly release: string;
  /** `7.3.4`, as its Makefile says; empty where the kernel is not there. */
  readonly version: string;
  /** VM types that the tree has no code for. */
  readonly lacks: readonly VmType[];
  /** A file of the tree, empty where there is none. */
  text(path: string): string;
  /** The tree's own KVM, compiled, with texts in place of some of its files. */
  program(overrides?: Overrides): Promise<Program>;
}

/** Under CI a release that is not there fails its tests; elsewhere they are skipped. */
export const RELEASES: readonly Kernel[] = ['7.3', '7.2', '6.12'].map(kernelOf);
export const isThere = (kernel: Kernel): boolean => process.env.CI === 'true' || kernel.text(LANDMARK) !== '';

function kernelOf(release: string): Kernel {
  const name = `KMR_KERNEL_${release.replace('.', '_')}`;
  const folder = process.env[name] ?? '';
  const read = (path: string): string | null => {
    const file = join(folder, path);
    return folder !== '' && existsSync(file) ? readFileSync(file, 'utf8') : null;
  };
  let compiling: Promise<(overrides: Overrides) => Program> | undefined;
  let unmodified: Program | undefined;
  return {
    release,
    version: versionOf(read('Makefile') ?? ''),
    lacks: lacks(read),
    text: (path) => read(path) ?? '',
    program: async (overrides) => {
      if (folder === '') throw new Error(`${name} names no folder with kernel ${release}`);
      compiling ??= compilerOf(folder);
      const compile = await compiling;
      if (overrides !== undefined) return compile(overrides);
      unmodified ??= compile({});
      return unmodified;
    },
  };
}

function versionOf(makefile: string): string {
  const parts = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(
    (name) => makefile.match(new RegExp(`^${name} = (\\d+)$`, 'm'))?.[1],
  );
  return parts.every((part) => part !== undefined) ? parts.join('.') : '';
}

async function compilerOf(folder: string): Promise<(overrides: Overrides) => Program> {
  const [parser, reference, source] = await Promise.all([
    createParser('auto'),
    loadReference(ROOT),
    openWorkTree(folder),
  ]);
  const stand = standIns(reference);
  const texts = await textsOf(source, stand);
  const cache = new LoweringCache();
  return (overrides) => compileTree(texts, stand, overrides, parser, cache);
}

/** Through a snapshot, in a cache that is gone afterwards: the user's is left alone. */
async function textsOf(source: TreeSource, stand: StandIns): Promise<SnapshotTexts> {
  const before = process.env.XDG_CACHE_HOME;
  const cache = mkdtempSync(join(tmpdir(), 'kvm-mmu-review-kernels-'));
  process.env.XDG_CACHE_HOME = cache;
  try {
    const { ref } = await snapshotTree(source, new Map(), stand);
    return snapshotReader()(ref);
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
    rmSync(cache, { recursive: true, force: true });
  }
}

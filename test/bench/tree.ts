/** How long a reviewer waits on a kernel tree: with empty caches, with warm ones, with the process kept open. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Edit } from '../kernel/edit';
import { makePatch } from '../kernel/make-patch';
import { type Measured, recorded, row } from './baselines';
import type { TreeMoments, TreeReviews } from './tree-reviews';

/** Seconds per patch; a short benchmark cuts verdicts off, and says so. */
const BUDGET = { short: 12, whole: 600 };

type Three = readonly [Edit, Edit, Edit];

const edit = (file: string, name: string, find: string, replace: string): Edit => ({
  id: name,
  title: `KVM: x86/mmu: Rework ${name}()`,
  file: `arch/x86/kvm/mmu/${file}`,
  function: name,
  changes: [{ find, replace }],
  breaks: [],
  vm: ['tdx'],
});

/** Three patches of one hunk for each file, each of which breaks something. */
const PATCHES: readonly (readonly [Measured, Three])[] = [
  [
    'mmu.c',
    [
      edit('mmu.c', 'kvm_arch_flush_shadow_memslot', 'KVM_FILTER_PRIVATE | KVM_FILTER_SHARED', 'KVM_FILTER_SHARED'),
      edit('mmu.c', 'is_page_fault_stale', 'return fault->slot &&', 'return fault->slot && !fault->is_private &&'),
      edit('mmu.c', 'kvm_unmap_gfn_range', 'tdp_mmu_enabled', 'tdp_mmu_enabled && range->may_block'),
    ],
  ],
  [
    'tdp_mmu.c',
    [
      edit('tdp_mmu.c', 'kvm_tdp_mmu_alloc_root', 'root->tdp_mmu_root_count, 2', 'root->tdp_mmu_root_count, 1'),
      edit('tdp_mmu.c', 'kvm_tdp_mmu_unmap_gfn_range', 'range->start, range->end', 'range->start, range->end - 1'),
      edit('tdp_mmu.c', 'kvm_tdp_mmu_unmap_gfn_range', '| KVM_INVALID_ROOTS', ''),
    ],
  ],
];

/** Prints the moments of three patches to each of two files. `short`: of one, and not to the end. */
export async function treeTimes(short: boolean): Promise<void> {
  const tree = process.env.KMR_KERNEL_7_3 ?? '';
  if (tree === '') {
    console.log('\nOn a kernel tree: skipped, since no kernel 7.3 is here (node test/kernel/fetch.mjs 7.3 fetches it)');
    return;
  }
  for (const [file, edits] of short ? PATCHES.slice(0, 1) : PATCHES) {
    const folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-bench-tree-'));
    try {
      const patches = edits.map((each, at) => written(join(folder, `${at}.patch`), tree, each));
      printTimes(file, reviewTimes(folder, tree, patches, short));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function written(path: string, tree: string, each: Edit): string {
  writeFileSync(path, makePatch(tree, each));
  return path;
}

interface Times {
  readonly cold: TreeMoments;
  readonly open: TreeMoments;
  readonly fresh: TreeMoments;
  /** Left out of a short benchmark. */
  readonly again: TreeMoments | undefined;
}

/** The first process finds an empty cache folder; the second finds what the first has left there. */
function reviewTimes(folder: string, tree: string, patches: readonly string[], short: boolean): Times {
  const [first = '', second = '', third = ''] = patches;
  const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
  const reviews = (...files: string[]): TreeMoments[] => {
    const wanted: TreeReviews = { tree, files, budgetSeconds: short ? BUDGET.short : BUDGET.whole };
    const args = [__filename, '--tree', JSON.stringify(wanted)];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env }));
  };
  const [cold, open] = reviews(first, second);
  const [fresh, again] = reviews(third, ...(short ? [] : [third]));
  if (!cold || !open || !fresh) throw new Error('a review is missing');
  return { cold, open, fresh, again };
}

function printTimes(file: Measured, { cold, open, fresh, again }: Times): void {
  const sparse = recorded('sparse', file);
  const smatch = recorded('smatch', file);
  const cut = ({ complete }: TreeMoments): string => (complete ? '' : ', cut off');
  console.log(`\nFrom input to finding on a kernel tree: patches of one hunk to ${file}`);
  row('first finding, empty cache', cold.finding, sparse);
  row('first finding, next patch, kept open', open.finding, sparse);
  row('first finding, new process, cache on disk', fresh.finding, sparse);
  row('verdict, empty cache', cold.verdict, smatch, cut(cold));
  row('verdict, next patch, kept open', open.verdict, smatch, cut(open));
  row('verdict, new process, cache on disk', fresh.verdict, smatch, cut(fresh));
  if (again) row('verdict, same patch again', again.verdict, smatch, cut(again));
}

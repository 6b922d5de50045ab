/** How long a reviewer waits, beside the tools of which a reviewer would wait for the same file. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Baseline, RECORDED_CHECKPATCH, recorded, row } from './baselines';
import type { Moments } from './cold';

/** A kernel tree to run checkpatch.pl from: named by KMR_KERNEL_7_3. */
function checkpatchTime(patch: string): Baseline {
  const tree = process.env.KMR_KERNEL_7_3 ?? '';
  const script = join(tree, 'scripts', 'checkpatch.pl');
  if (tree === '' || !existsSync(script)) return { name: 'checkpatch.pl', ms: RECORDED_CHECKPATCH, recorded: true };
  const times = Array.from({ length: 3 }, () => {
    const from = performance.now();
    spawnSync('perl', [script, '--no-tree', '--no-signoff', patch], { cwd: tree });
    return performance.now() - from;
  });
  return {
    name: 'checkpatch.pl --no-tree',
    ms: times.sort((a, b) => a - b)[1] ?? RECORDED_CHECKPATCH,
    recorded: false,
  };
}

/** Prints the moments of each example patch: with an empty cache folder, and when it is given once more. */
export async function patchTimes(_short: boolean): Promise<void> {
  const sparse = recorded('sparse', 'mmu.c');
  const smatch = recorded('smatch', 'mmu.c');
  for (const name of readdirSync('test/patches').sort()) {
    const file = join('test/patches', name);
    const { cold, warm } = momentsOf(file);
    const checkpatch = checkpatchTime(file);
    console.log(`\nFrom input to finding, without a tree: ${file}`);
    row('first remark, empty cache', cold.remark, checkpatch);
    row('first remark, same patch again', warm.remark, checkpatch);
    row('first finding, empty cache', cold.finding, sparse);
    row('first finding, same patch again', warm.finding, sparse);
    row('verdict, empty cache', cold.verdict, smatch);
    row('verdict, same patch again', warm.verdict, smatch);
  }
}

function momentsOf(file: string): { cold: Moments; warm: Moments } {
  const cache = mkdtempSync(join(tmpdir(), 'kvm-mmu-bench-cache-'));
  try {
    const env = { ...process.env, XDG_CACHE_HOME: cache };
    return JSON.parse(execFileSync(process.execPath, [__filename, '--cold', file], { encoding: 'utf8', env }));
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

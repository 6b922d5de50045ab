/** How long a reviewer waits, beside the tools of which a reviewer would wait for the same file. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Moments } from './cold';

interface Baseline {
  readonly name: string;
  /** Milliseconds. */
  readonly ms: number;
  readonly recorded: boolean;
}

/**
 * Figures of the same machine class for mmu.c of kernel 7.3.4, used where the tool, or the configured
 * tree that it needs, is not here.
 */
const RECORDED = { checkpatch: 300, sparse: 270, smatch: 6600 };

/** A kernel tree to run checkpatch.pl from: named by KMR_KERNEL_7_3. */
function checkpatchTime(patch: string): Baseline {
  const tree = process.env.KMR_KERNEL_7_3 ?? '';
  const script = join(tree, 'scripts', 'checkpatch.pl');
  if (tree === '' || !existsSync(script)) return { name: 'checkpatch.pl', ms: RECORDED.checkpatch, recorded: true };
  const times = Array.from({ length: 3 }, () => {
    const from = performance.now();
    spawnSync('perl', [script, '--no-tree', '--no-signoff', patch], { cwd: tree });
    return performance.now() - from;
  });
  return {
    name: 'checkpatch.pl --no-tree',
    ms: times.sort((a, b) => a - b)[1] ?? RECORDED.checkpatch,
    recorded: false,
  };
}

function row(what: string, ms: number | null, baseline: Baseline): void {
  const ours = ms === null ? 'none' : `${Math.round(ms)} ms`;
  const ratio = ms === null ? '' : (ms / baseline.ms).toFixed(2);
  const mark = baseline.recorded ? ', recorded' : '';
  console.log(
    `  ${what.padEnd(26)}${ours.padStart(9)}   ${ratio.padStart(6)} of ${baseline.name} (${Math.round(baseline.ms)} ms${mark})`,
  );
}

/** Prints the moments of each example patch, cold and warm. */
export async function patchTimes(_short: boolean): Promise<void> {
  const sparse = { name: 'sparse on mmu.c', ms: RECORDED.sparse, recorded: true };
  const smatch = { name: 'smatch on mmu.c', ms: RECORDED.smatch, recorded: true };
  for (const name of readdirSync('test/patches').sort()) {
    const file = join('test/patches', name);
    const printed = execFileSync(process.execPath, [__filename, '--cold', file], { encoding: 'utf8' });
    const { cold, warm } = JSON.parse(printed) as { cold: Moments; warm: Moments };
    const checkpatch = checkpatchTime(file);
    console.log(`\nFrom input to finding: ${file}`);
    row('first remark, cold', cold.remark, checkpatch);
    row('first remark, warm', warm.remark, checkpatch);
    row('first finding, cold', cold.finding, sparse);
    row('first finding, warm', warm.finding, sparse);
    row('verdict, cold', cold.verdict, smatch);
    row('verdict, warm', warm.verdict, smatch);
  }
}

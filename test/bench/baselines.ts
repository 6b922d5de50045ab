/** The tools for which a reviewer would wait on the same file, and how a figure is printed beside one. */

export interface Baseline {
  readonly name: string;
  /** Milliseconds. */
  readonly ms: number;
  readonly recorded: boolean;
}

/**
 * Milliseconds on kernel 7.3.4 and the same machine class, medians: sparse is the fastest of the two that
 * were measured, smatch runs without its database. Used where the tool, or the configured tree that it
 * needs, is not here.
 */
const RECORDED = {
  'mmu.c': { sparse: 270, smatch: 6600 },
  'tdp_mmu.c': { sparse: 180, smatch: 1700 },
} as const;

/** checkpatch.pl on a patch of one hunk, recorded likewise. */
export const RECORDED_CHECKPATCH = 300;

export type Measured = keyof typeof RECORDED;

/** The recorded figure of a tool for a file. */
export function recorded(tool: 'sparse' | 'smatch', file: Measured): Baseline {
  return { name: `${tool} on ${file}`, ms: RECORDED[file][tool], recorded: true };
}

/** Prints a figure of ours (null: there was none), the one it is held against, and the ratio. */
export function row(what: string, ms: number | null, baseline: Baseline, remark = ''): void {
  const ours = ms === null ? 'none' : `${Math.round(ms)} ms`;
  const ratio = ms === null ? '' : (ms / baseline.ms).toFixed(2);
  const mark = baseline.recorded ? ', recorded' : '';
  const held = `${ratio.padStart(6)} of ${baseline.name} (${Math.round(baseline.ms)} ms${mark})`;
  console.log(`  ${what.padEnd(42)}${ours.padStart(9)}   ${held}${remark}`);
}

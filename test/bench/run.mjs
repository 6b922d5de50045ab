/**
 * `npm run bench`: bundles the benchmarks and runs them. `--short` keeps to the figures that take
 * seconds. Figures never fail anything: the exit code is 0 unless a benchmark could not run at all.
 */
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';
import { META_URL } from '../../build.mjs';
import { fetchKernel, haveKernel } from '../kernel/fetch.mjs';

/** The kernel of the figures on a tree: one that is here; under CI it is fetched, and has to be had. */
process.env.KMR_KERNEL_7_3 = haveKernel('7.3') ?? (process.env.CI === 'true' ? fetchKernel('7.3') : '');
process.env.KMR_KERNEL_7_2 = haveKernel('7.2') ?? '';

await build({
  entryPoints: ['test/bench/main.ts'],
  outfile: 'dist/bench.js',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['tree-sitter', 'tree-sitter-c'],
  logLevel: 'warning',
  ...META_URL,
});
const { status } = spawnSync(process.execPath, ['dist/bench.js', ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);

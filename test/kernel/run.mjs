/**
 * `npm run test:kernel`: the proving ground. Its parts are TypeScript (proving/); this bundles them and runs
 * them. `--help` lists the options.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-review-prove-'));
const outfile = join(folder, 'main.mjs');
try {
  const entryPoints = [join(root, 'test/kernel/proving/main.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' });
  const { main } = await import(pathToFileURL(outfile));
  process.exitCode = await main(root, process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

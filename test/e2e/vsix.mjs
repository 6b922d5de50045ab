/** Packages the extension into one .vsix, either as it is shipped or with the fake reviewer inside. */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from '../../build.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Returns the path of the package; `folder` is emptied first. */
export async function packageExtension(folder, { fake }) {
  rmSync(folder, { recursive: true, force: true });
  const stage = path.join(folder, 'extension');
  mkdirSync(stage, { recursive: true });
  const dist = path.join(stage, 'dist');
  await buildAll(fake ? { dist, programs: FAKE, pages: false } : { dist });
  for (const name of ['syntaxes', 'LICENSE', 'README.md', '.vscodeignore']) {
    if (existsSync(path.join(root, name))) cpSync(path.join(root, name), path.join(stage, name), { recursive: true });
  }
  const { scripts, devDependencies, dependencies, ...manifest } = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  writeFileSync(path.join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  const vsix = path.join(folder, 'kvm-mmu-review.vsix');
  const vsce = path.join(root, 'node_modules', '.bin', 'vsce');
  const args = ['package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix];
  const done = spawnSync(vsce, args, { cwd: stage, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`vsce: ${done.stderr}${done.stdout}`);
  return vsix;
}

const FAKE = {
  server: 'test/e2e/fake/server.ts',
  'review-worker': 'test/server/lsp/fake-worker.ts',
  cli: null,
  worker: null,
};

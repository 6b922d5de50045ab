/**
 * Bundles the programs of the package and the trace view into `dist`, and puts beside them what they
 * read at run time: the reference KVM, the scenarios' C, headers, the .wasm grammar and the pages of
 * the invariants. It compiles nothing native: a native parser is used where npm installed one.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** Loaded from node_modules where there is one; else the .wasm grammar stands in. VS Code supplies `vscode`. */
const EXTERNAL = ['vscode', 'tree-sitter', 'tree-sitter-c'];

/** CommonJS has no import.meta; a bundle's own place stands in for that of its modules. */
export const META_URL = {
  define: { 'import.meta.url': '__bundleUrl' },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
};

/** Output name -> entry. All run in Node. */
const PROGRAMS = {
  client: 'client/extension.ts',
  server: 'server/main.ts',
  cli: 'server/cli.ts',
  worker: 'server/worker.ts',
  'review-worker': 'server/lsp/review-worker.ts',
};

const COPIED = ['model/reference', 'model/scenarios', 'model/builtins', 'model/kernel', 'model/edge'];

/** Build everything into `dist`. For tests with a stand-in: `programs` replaces entries (null: none), `pages` may be left out. */
export async function buildAll({ dist = path.join(root, 'dist'), programs = {}, pages = true } = {}) {
  // Built aside and then put in place, so that a program that runs from `dist` is not left without its parts for long.
  const aside = `${dist}.${process.pid}`;
  await mkdir(aside, { recursive: true });
  try {
    await Promise.all([bundlePrograms(aside, { ...PROGRAMS, ...programs }), bundleTraceView(aside)]);
    await Promise.all([copySources(aside), copyGrammar(aside), ...(pages ? [writePages(aside)] : [])]);
    await rm(dist, { recursive: true, force: true });
    await rename(aside, dist);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function bundlePrograms(dist, programs) {
  const entryPoints = Object.entries(programs)
    .filter(([, entry]) => entry !== null)
    .map(([out, entry]) => ({ in: path.resolve(root, entry), out }));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: dist,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: EXTERNAL,
    mainFields: ['module', 'main'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    ...META_URL,
  });
  await writeNotices(dist, Object.keys(metafile.inputs));
}

/** The licences of what the bundles hold, as they demand. The two .wasm files are copied, not bundled. */
async function writeNotices(dist, inputs) {
  const bundled = inputs.map((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter(Boolean);
  const folders = [...new Set([...bundled, 'node_modules/web-tree-sitter', 'node_modules/tree-sitter-c'])].sort();
  const notices = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(path.join(root, folder)).find((one) => /^(licen[cs]e|copying)/i.test(one));
    const text = file === undefined ? '' : readFileSync(path.join(root, folder, file), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}`;
  });
  const text = `This package contains:\n\n${[...new Set(notices)].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
  await writeFile(path.join(dist, 'THIRD-PARTY-NOTICES.txt'), text);
}

async function bundleTraceView(dist) {
  await build({
    absWorkingDir: root,
    entryPoints: [
      { in: path.join(root, 'client/trace/webview.ts'), out: 'trace' },
      { in: path.join(root, 'client/trace/trace.css'), out: 'trace' },
    ],
    outdir: dist,
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    logLevel: 'warning',
  });
}

/** C and headers only; their TypeScript is in the bundles. */
async function copySources(dist) {
  for (const folder of COPIED) {
    const files = (await readdir(path.join(root, folder), { recursive: true })).filter((name) => /\.[ch]$/.test(name));
    for (const file of files) {
      const to = path.join(dist, folder, file);
      await mkdir(path.dirname(to), { recursive: true });
      await cp(path.join(root, folder, file), to);
    }
  }
}

async function copyGrammar(dist) {
  const engine = path.dirname(require.resolve('web-tree-sitter'));
  const grammar = path.dirname(require.resolve('tree-sitter-c/package.json'));
  await cp(path.join(engine, 'tree-sitter.wasm'), path.join(dist, 'tree-sitter.wasm'));
  await cp(path.join(grammar, 'tree-sitter-c.wasm'), path.join(dist, 'tree-sitter-c.wasm'));
}

/** The records of `model/invariants` as one page of Markdown each, for links from diagnostics. */
async function writePages(dist) {
  const bundle = path.join(dist, '.invariants.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: [path.join(root, 'model/invariants/index.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  const { invariants } = await import(`${pathToFileURL(bundle).href}?${Date.now()}`);
  await rm(bundle);
  const folder = path.join(dist, 'model', 'invariants');
  await mkdir(folder, { recursive: true });
  await Promise.all(invariants.map((one) => writeFile(path.join(folder, `${one.id}.md`), pageOf(one))));
}

function pageOf({ id, title, statement, why, source, example, vm, kind }) {
  const applies = `*Applies to:* ${vm.join(', ')} (${kind})`;
  return [
    `# ${title}`,
    `\`${id}\``,
    statement,
    `## Why\n\n${why}`,
    `## A change that breaks it\n\n${example}`,
    `*Source:* ${source}`,
    applies,
  ]
    .join('\n\n')
    .concat('\n');
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await buildAll();
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  console.log(`kvm-mmu-review ${version}: built into dist`);
}

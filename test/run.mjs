/**
 * `npm test`: builds, sets up what the tests need, runs them all, and ends with a line that counts
 * them. Debian packages are installed where this runs as root; elsewhere what is missing is named and
 * what needs it is skipped. Under CI nothing is skipped: what is missing is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fetchKernel } from './kernel/fetch.mjs';

const ci = process.env.CI === 'true';

/** Programs that tests use, the Debian packages that have them, and what is skipped without. */
const needs = [
  { program: 'cc', packages: ['gcc', 'libc6-dev'], without: 'the comparison of the C engine with a C compiler' },
  { program: 'git', packages: ['git'], without: 'the tests with git clones' },
  { program: 'chromium', packages: ['chromium'], without: 'the tests in a real VS Code' },
  { program: 'rg', packages: ['ripgrep'], without: 'the tests in a real VS Code' },
  { program: 'make', packages: ['make', 'g++', 'python3', 'libkrb5-dev'], without: 'the tests in a real VS Code' },
  { program: 'nvim', packages: ['neovim'], without: 'the tests with Neovim' },
];

function has(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'inherit', ...options }).status ?? 1;
}

function setUp() {
  const missing = needs.filter(({ program }) => !has(program));
  if (missing.length === 0) return;
  const packages = missing.flatMap((need) => need.packages);
  const root = process.getuid?.() === 0;
  if (root && has('apt-get')) {
    console.log(`installing ${packages.join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['-qq', 'update'], { env });
    run('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...packages], { env });
  }
  for (const { program, without } of needs) {
    if (has(program)) continue;
    console.log(`${ci ? 'missing' : 'skipped'}: ${without} (there is no ${program})`);
    if (ci) process.exit(1);
  }
}

/** The kernel sources that tests edit, compile and run. Those that are named in the environment are taken as they are. */
function fetchSources() {
  for (const release of ['7.3', '7.2', '6.12']) {
    const name = `KMR_KERNEL_${release.replace('.', '_')}`;
    if (process.env[name]) continue;
    try {
      process.env[name] = fetchKernel(release);
    } catch (error) {
      console.log(`${ci ? 'missing' : 'skipped'}: what needs kernel ${release} (${error.message})`);
      if (ci) process.exit(1);
    }
  }
}

function counts(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  return { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests };
}

setUp();
fetchSources();
if (run('npm', ['run', '--silent', 'build']) !== 0) process.exit(1);
const folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-review-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
let status = 0;
const suites = [
  { name: 'unit', args: [], when: true },
  { name: 'e2e', args: ['--config', 'test/e2e/vitest.config.ts'], when: existsSync('test/e2e/vitest.config.ts') },
];
for (const { name, args, when } of suites) {
  if (!when) continue;
  const file = join(folder, `${name}.json`);
  const code = run('npx', [
    'vitest',
    'run',
    ...args,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const done = counts(file);
  for (const key of Object.keys(total)) total[key] += done[key];
  if (code !== 0) {
    status = 1;
    if (done.failed === 0) total.failed++;
  }
}
rmSync(folder, { recursive: true, force: true });
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(status);

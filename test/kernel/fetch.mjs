/**
 * Fetches the parts of a kernel release that the tests read, from Debian's `linux-source-*` package,
 * into a cache outside the repository, and prints where they are. Uses a private source list and list
 * folder, with the mirror and the keyring that the system's own apt sources name; the system's are
 * left alone. Needs apt-get, dpkg-deb and tar, not root.
 *
 *   node test/kernel/fetch.mjs 7.3
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const SUITES = ['sid', 'trixie-backports', 'bookworm-backports'];
const PARTS = ['arch/x86/kvm', 'arch/x86/include', 'arch/x86/virt', 'virt/kvm', 'include'];
const FILES = ['scripts/checkpatch.pl', 'MAINTAINERS'];
/** What makes a cached folder whole. The top Makefile names the version. */
const LANDMARKS = ['arch/x86/kvm/mmu/mmu.c', 'Makefile'];

function run(command, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (status !== 0)
    throw new Error(
      `${command} ${args.slice(-2).join(' ')} failed: ${String(stderr ?? '')
        .trim()
        .slice(-300)}`,
    );
  return stdout;
}

/** Mirror and keyring of the system's Debian archive. */
function systemSource() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  for (const file of files.filter(existsSync)) {
    for (const stanza of readFileSync(file, 'utf8').split(/\n\s*\n/)) {
      const uri = /^(?:URIs:|deb\s+(?:\[[^\]]*\]\s*)?)\s*(\S+\/debian\/?)(?:\s|$)/m.exec(stanza)?.[1];
      const key = /^Signed-By:\s*(\S+)$/m.exec(stanza)?.[1] ?? /signed-by=([^\s\]]+)/.exec(stanza)?.[1];
      if (uri !== undefined) return { uri, key: key ?? '/usr/share/keyrings/debian-archive-keyring.gpg' };
    }
  }
  throw new Error('the system names no Debian mirror in its apt sources');
}

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kvm-mmu-review');

/** Where the source of `release` is without fetching it: KMR_KERNEL_7_3 (and so on), else the cache; null if nowhere. */
export function haveKernel(release) {
  const named = process.env[`KMR_KERNEL_${release.replace('.', '_')}`];
  const folder = named || join(cache, `linux-${release}`);
  return existsSync(join(folder, LANDMARKS[0])) ? folder : null;
}

/** Folder with the unpacked parts of the newest `release` that the suites hold. Errors: one sentence. */
export function fetchKernel(release) {
  const target = join(cache, `linux-${release}`);
  const missing = LANDMARKS.filter((file) => !existsSync(join(target, file)));
  if (missing.length === 0) return target;
  try {
    return download(release, target);
  } catch (error) {
    // A folder of an earlier version of this script lacks only the name of its version.
    if (!missing.includes(LANDMARKS[0])) return target;
    throw error;
  }
}

function download(release, target) {
  const apt = join(cache, 'apt');
  const packages = join(apt, 'download');
  for (const name of ['lists/partial', 'cache/archives/partial', 'download'])
    mkdirSync(join(apt, name), { recursive: true });
  const { uri, key } = systemSource();
  const list = join(apt, 'sources.list');
  writeFileSync(list, SUITES.map((suite) => `deb [signed-by=${key}] ${uri} ${suite} main\n`).join(''));
  const options = [
    ['Dir::Etc::sourcelist', list],
    ['Dir::Etc::sourceparts', '-'],
    ['Dir::State::lists', join(apt, 'lists')],
    ['Dir::Cache', join(apt, 'cache')],
    ['APT::Sandbox::User', process.getuid?.() === 0 ? 'root' : ''],
  ].flatMap(([name, value]) => (value === '' ? [] : ['-o', `${name}=${value}`]));
  const name = `linux-source-${release}`;
  run('apt-get', [...options, '-qq', 'update']);
  run('apt-get', [...options, '-qq', 'download', name], { cwd: packages });
  const archive = readdirSync(packages).find((file) => file.startsWith(`${name}_`));
  if (archive === undefined) throw new Error(`${name} was not downloaded`);
  const unpacked = join(apt, 'unpacked');
  run('dpkg-deb', ['-x', join(packages, archive), unpacked]);
  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  // A `*` matches slashes too, so the top Makefile is named with its folder.
  const wanted = [...PARTS.map((part) => `*/${part}/*`), ...FILES.map((file) => `*/${file}`), `${name}/Makefile`];
  const tarball = join(unpacked, 'usr/src', `${name}.tar.xz`);
  run('tar', ['-xf', tarball, '-C', partial, '--strip-components=1', '--wildcards', ...wanted]);
  rmSync(unpacked, { recursive: true, force: true });
  rmSync(join(packages, archive), { force: true });
  const replaced = `${target}.replaced`;
  rmSync(replaced, { recursive: true, force: true });
  if (existsSync(target)) renameSync(target, replaced);
  renameSync(partial, target);
  rmSync(replaced, { recursive: true, force: true });
  return target;
}

if (process.argv[1]?.endsWith('fetch.mjs')) console.log(fetchKernel(process.argv[2] ?? '7.3'));

/**
 * Installs what the end-to-end tests run in: code-server (VS Code with a Node extension host) from
 * the npm registry into a cache outside the repository, and Debian's chromium, neovim and ripgrep
 * where they are missing and can be installed. What cannot be had is said, with its reason; under
 * CI=true that is an error.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** VS Code 1.100, the last line for Node 20. */
export const CODE_SERVER_VERSION = '4.100.3';

const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
const home = path.join(cache, 'kvm-mmu-review', `code-server-${CODE_SERVER_VERSION}`);
const server = path.join(home, 'node_modules', 'code-server');
const stamp = path.join(home, 'ready.json');

/** Debian package of each program that the tests start. */
const PACKAGES = { chromium: 'chromium', nvim: 'neovim', rg: 'ripgrep' };

/** Paths of everything that there is; `missing` has a sentence for everything that there isn't. */
export function setUp() {
  const missing = [];
  const programs = Object.fromEntries(Object.keys(PACKAGES).map((name) => [name, find(name)]));
  const wanted = Object.keys(PACKAGES).filter((name) => programs[name] === null);
  if (wanted.length > 0) installDebian(wanted.map((name) => PACKAGES[name]));
  for (const name of wanted) {
    programs[name] = find(name);
    if (programs[name] === null) missing.push(`${name} is not installed (Debian package ${PACKAGES[name]})`);
  }
  let codeServer = null;
  if (programs.rg !== null) {
    try {
      codeServer = installCodeServer(programs.rg);
    } catch (error) {
      missing.push(`code-server ${CODE_SERVER_VERSION} could not be installed: ${error.message}`);
    }
  }
  if (missing.length > 0 && process.env.CI === 'true') throw new Error(missing.join('; '));
  return { codeServer, chromium: programs.chromium, nvim: programs.nvim, missing };
}

function find(program) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, program);
    if (folder !== '' && existsSync(candidate)) return candidate;
  }
  return null;
}

/** Only as root: the tests never ask for a password. */
function installDebian(packages) {
  if (process.getuid?.() !== 0 || find('apt-get') === null) return;
  console.log(`installing ${packages.join(', ')} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: 'ignore', env });
}

function installCodeServer(ripgrep) {
  const entry = path.join(server, 'out', 'node', 'entry.js');
  if (isReady()) return entry;
  console.log(`installing code-server ${CODE_SERVER_VERSION} into ${home}; this takes a minute or two`);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  writeFileSync(path.join(home, 'package.json'), '{ "private": true }\n');
  const vscode = path.join(server, 'lib', 'vscode');
  run('npm', ['install', '--ignore-scripts', `code-server@${CODE_SERVER_VERSION}`], home);
  run('npm', ['install', '--ignore-scripts', '--omit=dev'], vscode);
  run('npm', ['install', '--ignore-scripts', '--omit=dev'], path.join(vscode, 'extensions'));
  // Without node-pty there is no terminal; nothing here needs one.
  run('npm', ['rebuild', '@vscode/spdlog', 'native-watchdog', '@parcel/watcher'], vscode);
  const bin = path.join(vscode, 'node_modules', '@vscode', 'ripgrep', 'bin');
  mkdirSync(bin, { recursive: true });
  link(ripgrep, path.join(bin, 'rg'));
  link('node_modules', path.join(vscode, 'node_modules.asar'));
  const gyp = path.join(home, 'node_modules', '.bin', 'node-pre-gyp');
  run(gyp, ['rebuild', '--build-from-source'], path.join(home, 'node_modules', 'argon2'));
  writeFileSync(stamp, JSON.stringify({ version: CODE_SERVER_VERSION, node: process.version }));
  return entry;
}

/** The native parts belong to one version of Node. */
function isReady() {
  if (!existsSync(stamp)) return false;
  const { version, node } = JSON.parse(readFileSync(stamp, 'utf8'));
  return version === CODE_SERVER_VERSION && node === process.version;
}

function link(target, from) {
  rmSync(from, { force: true });
  symlinkSync(target, from);
}

function run(command, args, cwd) {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', env: buildEnvironment(), maxBuffer: 64 << 20 });
  if (done.status !== 0) {
    const last = `${done.stderr ?? ''}`.trim().split('\n').slice(-5).join(' | ');
    throw new Error(`${command} ${args[0]} failed: ${done.error?.message ?? last}`);
  }
}

/** Native builds need Node's headers: those beside this Node are used, else node-gyp downloads them. */
function buildEnvironment() {
  const prefix = path.resolve(path.dirname(process.execPath), '..');
  const hasHeaders = existsSync(path.join(prefix, 'include', 'node', 'node.h'));
  return hasHeaders ? { ...process.env, npm_config_nodedir: prefix } : process.env;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { codeServer, missing } = setUp();
  for (const sentence of missing) console.log(`skipped: ${sentence}`);
  if (codeServer !== null) console.log(`code-server ${CODE_SERVER_VERSION} is ready`);
}

/**
 * The built command as a user runs it: bundled into a temporary folder, started with `node`, seen by
 * its output, its exit code and its memory. It knows nothing of what is inside.
 */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PatchReview, Report } from '../../../server/review/types';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Largest resident memory in MiB; 0 where the system does not tell. */
  readonly peak: number;
  readonly seconds: number;
}

export interface Command {
  /** A folder for the test's own files; it goes with the command. */
  readonly folder: string;
  readonly dist: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  remove(): Promise<void>;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  /** Another build to run; this one's otherwise. */
  readonly dist?: string;
  readonly cwd?: string;
}

/** Build the command. Takes about a second. */
export async function buildCommand(): Promise<Command> {
  const folder = await mkdtemp(join(tmpdir(), 'kvm-mmu-review-acceptance-'));
  const dist = join(folder, 'dist');
  const { buildAll } = await import(pathToFileURL(join(process.cwd(), 'build.mjs')).href);
  await buildAll({ dist });
  return {
    folder,
    dist,
    run: (args, options = {}) => start(join(options.dist ?? dist, 'cli.js'), args, options),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function start(program: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const begun = performance.now();
  const child = spawn(process.execPath, [program, ...args], { cwd: options.cwd });
  let stdout = '';
  let stderr = '';
  let peak = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // The command may end before it has read everything.
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const look = setInterval(() => {
    peak = Math.max(peak, residentPeak(child.pid));
  }, 20);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(look);
      resolve({ code, stdout, stderr, peak, seconds: (performance.now() - begun) / 1000 });
    });
  });
}

function residentPeak(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The report that a run printed as JSON. */
export function reportOf(ended: Ended): Report {
  return JSON.parse(ended.stdout) as Report;
}

/** The only patch of a report. Errors: none, or several. */
export function onlyPatch(ended: Ended): PatchReview {
  const { patches } = reportOf(ended);
  const [patch] = patches;
  if (patch === undefined || patches.length !== 1) throw new Error(`${patches.length} patches\n${ended.stderr}`);
  return patch;
}

/** The mails that the project started from; they lie beside the repository, not in it. */
export const SEEDS = process.env.KVM_MMU_REVIEW_SEEDS ?? join(process.cwd(), '..', 'shared', 'seeds');
export const seedsAreThere = existsSync(SEEDS);

/** Path of the seed with this number. */
export function seed(number: string): string {
  const name = readdirSync(SEEDS).find((each) => each.startsWith(number));
  if (name === undefined) throw new Error(`no seed ${number} in ${SEEDS}`);
  return join(SEEDS, name);
}

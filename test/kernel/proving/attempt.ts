/** Runs the built command line on the patch of a case, in a process of its own that cannot outlive its time. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../../server/review/types';
import type { Attempt } from './judge';

export interface Command {
  /** The command line's JavaScript file. */
  readonly cli: string;
  /** Kernel source tree; null in the reference tier. */
  readonly tree: string | null;
  /** Seconds. */
  readonly budget: number;
  /** Preemption bound. */
  readonly preemptions: number;
  /** An empty folder, outside any kernel tree, that takes the patches and the reports. */
  readonly folder: string;
  /** Folder that keeps them; null: none does. */
  readonly keep: string | null;
}

/** Milliseconds beyond the budget after which a review counts as hung: preparing a tree takes its time, too. */
const GRACE = 240_000;

function argumentsOf({ cli, tree, budget, preemptions }: Command, patch: string, output: string): string[] {
  return [
    cli,
    'check',
    patch,
    ...(tree === null ? [] : ['--tree', tree]),
    ...['--format', 'json', '--output', output, '--fail-on', 'never', '--jobs', '1', '--budget', `${budget}`],
    ...['--preemptions', `${preemptions}`],
  ];
}

/** Resolves to what went wrong, or to an empty text. */
function finish(args: readonly string[], folder: string, limit: number): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limit);
    child.stderr.on('data', (data: Buffer) => {
      said = `${said}${data}`.slice(-2000);
    });
    child.on('error', (error) => {
      said = error.message;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const last = said.trim().split('\n').at(-1) ?? '';
      if (late) resolve(`no answer within ${Math.round(limit / 1000)} s`);
      else resolve(code === 0 || code === 3 ? '' : `exit code ${code}: ${last}`);
    });
  });
}

function readReport(file: string): Report | string {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch (error) {
    return `no report: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Never throws: what goes wrong is the attempt's `failure`. */
export async function attempt(id: string, mail: string, command: Command): Promise<Attempt> {
  const patch = join(command.folder, `${id}.patch`);
  const output = join(command.folder, `${id}.json`);
  writeFileSync(patch, mail);
  const started = Date.now();
  const failure = await finish(argumentsOf(command, patch, output), command.folder, command.budget * 1000 + GRACE);
  const milliseconds = Date.now() - started;
  if (failure !== '') return { failure, milliseconds };
  if (command.keep !== null) {
    mkdirSync(command.keep, { recursive: true });
    for (const file of [patch, output]) copyFileSync(file, join(command.keep, file.slice(command.folder.length + 1)));
  }
  return attemptOf(readReport(output), milliseconds);
}

/** What an earlier run has kept of the same patch; null where it has not. */
export function keptAttempt(id: string, mail: string, folder: string): Attempt | null {
  const [patch, output] = [join(folder, `${id}.patch`), join(folder, `${id}.json`)];
  if (!existsSync(patch) || !existsSync(output) || readFileSync(patch, 'utf8') !== mail) return null;
  const report = readReport(output);
  return typeof report === 'object' ? attemptOf(report, report.patches[0]?.runs.milliseconds ?? 0) : null;
}

function attemptOf(report: Report | string, milliseconds: number): Attempt {
  if (typeof report !== 'object') return { failure: report, milliseconds };
  const [review] = report.patches;
  if (review === undefined || report.patches.length > 1) {
    return { failure: `${report.patches.length} reviews of one patch`, milliseconds };
  }
  return { review, milliseconds };
}

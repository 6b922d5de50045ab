#!/usr/bin/env node
/** Entry of the command line: `kvm-mmu-review`. Parses arguments and leaves the work to the commands. */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { VM_TYPES, type VmType } from '../model/machine/types';
import { version } from '../package.json';
import { runCheck } from './commands/check';
import { runExplain, runList } from './commands/list';
import { runSimulate } from './commands/simulate';
import { UsageError } from './commands/usage';

const USAGE = 2;
const root = __dirname;
const workerScript = join(__dirname, 'worker.js');

function vmList(text: string): VmType[] {
  return text.split(',').map(vmType);
}

function vmType(text: string): VmType {
  const found = VM_TYPES.find((type) => type === text.trim());
  if (found === undefined) throw new InvalidArgumentError(`VM types are ${VM_TYPES.join(', ')}.`);
  return found;
}

function idList(text: string): string[] {
  const ids = text.split(',').map((id) => id.trim());
  if (ids.includes('')) throw new InvalidArgumentError('Ids are wanted, separated by commas.');
  return ids;
}

/** A whole number from `least` on. */
const count = (least: number) => (text: string) => {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new InvalidArgumentError(`A whole number, ${least} or more, is wanted.`);
  return value;
};

function seconds(text: string): number {
  const value = Number(text);
  // Timers take no more than 2^31 milliseconds.
  if (!(value > 0 && value <= 2_000_000)) throw new InvalidArgumentError('Seconds above 0, up to 2000000, are wanted.');
  return value;
}

/** Formats that the contract names and that come with a later part of the tool. */
const later = (known: readonly string[], coming: readonly string[]) => (text: string) => {
  if (known.includes(text)) return text;
  if (coming.includes(text)) throw new InvalidArgumentError(`${text} is not there yet; there are ${known.join(', ')}.`);
  throw new InvalidArgumentError(`Formats are ${known.join(', ')}.`);
};

/** How memory is modelled. */
const memoryOrder = () =>
  new Option('--memory-order <order>', 'sequentially consistent, or stores wait in buffers as on x86')
    .choices(['sc', 'x86'])
    .default('sc');

function build(): Command {
  const program = new Command('kvm-mmu-review')
    .description('Reviews Linux KVM MMU patches for confidential VMs by running them before and after the change.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(kvm-mmu-review --help tells more)');
  program
    .command('check')
    .description('review patches: mails, mboxes, diffs')
    .argument('[patch...]', 'files, folders, or - for standard input')
    .option('--tree <dir>', 'kernel work tree that the patch applies to')
    .option('--git <dir>', 'git clone that has the files as they were before the patch')
    .option('--base <rev>', 'commit of the clone that the patch applies to')
    .option('--range <A..B>', 'instead of patches: these commits of the clone; A.. what is not committed')
    .option('--vm <list>', `VM types: ${VM_TYPES.join(',')}`, vmList)
    .option('--scenario <list>', 'scenario ids, e.g. S02,S10', idList)
    .option('--invariant <list>', 'invariant ids', idList)
    .option('--preemptions <n>', 'preemption bound', count(0), 2)
    .addOption(memoryOrder())
    .option('--budget <seconds>', 'wall clock per patch', seconds, 60)
    .option('--jobs <n>', 'worker threads', count(1), availableParallelism())
    .option('--format <format>', 'text or json', later(['text', 'json'], ['sarif', 'b4', 'reply']), 'text')
    .option('--output <file>', 'write the report there')
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 from this severity on')
        .choices(['error', 'warning', 'never'])
        .default('error'),
    )
    .action(async (patches, options) => {
      process.exitCode = await runCheck(patches, options, { root, workerScript });
    });
  program
    .command('simulate')
    .description('run one scenario, with a patch or on the unmodified reference, and show the interleaving')
    .argument('[patch]', 'a patch, or - for standard input')
    .option('--tree <dir>', 'kernel work tree that the patch applies to')
    .option('--git <dir>', 'git clone that has the files as they were before the patch')
    .option('--base <rev>', 'commit of the clone that the patch applies to')
    .option('--range <A..B>', 'instead of a patch: a commit of the clone; A.. what is not committed')
    .option('--patch <n>', 'which patch of an input that holds several, from 1; those before it are applied', count(0))
    .requiredOption('--scenario <id>', 'scenario id, e.g. S02')
    .requiredOption('--vm <type>', `one VM type: ${VM_TYPES.join(',')}`, vmType)
    .option('--schedule <text>', 'replay this schedule')
    .addOption(new Option('--side <side>', 'which side of the patch').choices(['pre', 'post']).default('post'))
    .option('--preemptions <n>', 'preemption bound', count(0), 2)
    .addOption(memoryOrder())
    .option('--budget <seconds>', 'wall clock', seconds, 60)
    .option('--format <format>', 'text or json', later(['text', 'json'], ['svg']), 'text')
    .action(async (patch, options) => {
      process.exitCode = await runSimulate(patch ?? null, options, { root, workerScript });
    });
  program
    .command('list')
    .description('list invariants, scenarios or the vocabulary')
    .argument('<what>', 'invariants, scenarios or vocabulary')
    .option('--format <format>', 'text or json', later(['text', 'json'], []), 'text')
    .action((what, options) => runList(what, options.format));
  program
    .command('explain')
    .description('explain an invariant, a scenario or a word')
    .argument('<id>')
    .action((id) => runExplain(id));
  program
    .command('lsp')
    .description('language server')
    .option('--stdio', 'talk over standard input and output')
    .action(async () => {
      const { startServer } = await import('./lsp/start');
      startServer({ root, workerScript });
    });
  return program;
}

async function main(): Promise<void> {
  try {
    await build().parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : USAGE;
    } else if (error instanceof UsageError) {
      process.stderr.write(`kvm-mmu-review: ${error.message}\n`);
      process.exitCode = USAGE;
    } else {
      const what = error instanceof Error ? error.message : String(error);
      process.stderr.write(`kvm-mmu-review: internal error, please report it: ${what}\n`);
      process.exitCode = USAGE;
    }
  }
}

// A reader that has seen enough (`| head`) closes the pipe: no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

void main();

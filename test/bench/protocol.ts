/**
 * The explorer beside spin on one protocol: protocol.c through the C engine, protocol.pml through
 * spin's generator, gcc and the verifier it makes, each timed apart and both without reductions. Where
 * spin or gcc is missing, the recorded rates stand in and are marked.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createParser } from '../../server/c/index';
import { exploreProtocol, type Instance } from './explorer';

interface SpinRun {
  readonly generate: number;
  readonly compile: number;
  readonly verify: number;
  readonly states: number;
  readonly megabytes: number;
}

/** Milliseconds of spin's verifier alone, of the same machine class. */
const INSTANCES: readonly (Instance & { readonly recorded: number; readonly recordedStates: number })[] = [
  { name: 'C1', n: 2, g: 2, f: 2, z: 1, recorded: 50, recordedStates: 112_334 },
  { name: 'C1z', n: 2, g: 2, f: 2, z: 2, recorded: 200, recordedStates: 411_107 },
  { name: 'C1n', n: 3, g: 2, f: 1, z: 1, recorded: 280, recordedStates: 424_598 },
];

/** Run a program in `cwd`; null when it is missing or fails. */
function timed(cwd: string, command: string, args: readonly string[]): { ms: number; output: string } | null {
  const from = performance.now();
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return status === 0 ? { ms: performance.now() - from, output: stdout } : null;
}

function runSpin(instance: Instance): SpinRun | null {
  const { n, g, f, z } = instance;
  const folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-bench-'));
  try {
    const model = resolve('test/bench/protocol.pml');
    const generate = timed(folder, 'spin', ['-a', `-DN=${n}`, `-DG=${g}`, `-DF=${f}`, `-DZ=${z}`, model]);
    const flags = ['-O2', '-DNOREDUCE', '-DSAFETY', '-DMEMLIM=4000', '-o', 'pan', 'pan.c'];
    const compile = generate && timed(folder, 'gcc', flags);
    const verify = compile && timed(folder, './pan', ['-m1000000', '-E', '-w24']);
    if (!generate || !compile || !verify) return null;
    const states = Number(/(\d+) states, stored/.exec(verify.output)?.[1] ?? 0);
    const megabytes = Number(/([\d.]+)\s+total actual memory usage/.exec(verify.output)?.[1] ?? 0);
    return { generate: generate.ms, compile: compile.ms, verify: verify.ms, states, megabytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const whole = (ms: number): string => `${Math.round(ms)} ms`;

/** Prints one paragraph per instance. */
export async function protocolTimes(): Promise<void> {
  const parser = await createParser('auto');
  const text = readFileSync('test/bench/protocol.c', 'utf8');
  console.log('\nThe mirror / S-EPT protocol, every interleaving, without reductions');
  for (const instance of INSTANCES) {
    const { n, g, f, z } = instance;
    const ours = exploreProtocol(text, instance, parser);
    const rate = Math.round((ours.result.states * 1000) / ours.explore);
    console.log(`  ${instance.name}: ${n} vCPUs, ${g} frames, ${f} faults each, ${z} holes`);
    console.log(
      `    ours  ${ours.result.states} states, ${ours.result.transitions} transitions in ${whole(ours.explore)}` +
        ` (${rate} states/s); compiling the C ${whole(ours.compile)}`,
    );
    const spin = runSpin(instance);
    const verify = spin?.verify ?? instance.recorded;
    const theirs = Math.round(((spin?.states ?? instance.recordedStates) * 1000) / verify);
    console.log(
      spin === null
        ? `    spin  ${instance.recordedStates} states in ${whole(verify)} (${theirs} states/s), recorded`
        : `    spin  ${spin.states} states in ${whole(verify)} (${theirs} states/s, ${Math.round(spin.megabytes)} MB);` +
            ` generating ${whole(spin.generate)}, compiling ${whole(spin.compile)}`,
    );
    const total = spin === null ? null : spin.generate + spin.compile + spin.verify;
    const totals =
      total === null ? '' : `; in all ${((ours.explore + ours.compile) / total).toFixed(2)} of spin's time`;
    console.log(`    ratio ${(rate / theirs).toFixed(2)} of spin's states/s${totals}`);
  }
}

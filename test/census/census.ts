/**
 * The census (`model/scenarios/census.json`): what complete runs of unmodified code have. Tests hold each of
 * their runs against it; with KMR_CENSUS=write (`npm run census`) they write it instead.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Program } from '../../model/execute/program';
import type { RunResult } from '../../model/explore/types';

const FILE = join(import.meta.dirname, '../../model/scenarios/census.json');

interface Census {
  runs: Record<string, Record<string, [number, number]>>;
  entered: Record<string, string[]>;
  notEntered: Record<string, string[]>;
}

const writing = process.env.KMR_CENSUS === 'write';

export interface Tally {
  /** Counts a run, and expects of it what was counted before. */
  count(result: RunResult): void;
  /** If all runs were counted: the functions of `program` that none has entered are what was known. */
  close(program: Program): void;
}

const read = (): Census => JSON.parse(readFileSync(FILE, 'utf8')) as Census;

/** Counts the runs of one kernel (`reference`, `7.3.4`). One that was never counted is expected to be so first. */
export function tallyOf(kernel: string): Tally {
  const known = read().runs[kernel];
  const runs: Record<string, [number, number]> = {};
  const entered = new Set<string>();
  let counted = 0;
  return {
    count({ scenario, vm, states, transitions, functions }) {
      counted++;
      for (const name of functions) entered.add(name);
      runs[`${scenario} ${vm}`] = [states, transitions];
      if (writing || known === undefined) return;
      expect({ states, transitions }, 'npm run census writes what runs come to now').toEqual({
        states: known[`${scenario} ${vm}`]?.[0],
        transitions: known[`${scenario} ${vm}`]?.[1],
      });
    },
    close(program) {
      const own = namesOfKvm(program);
      const of = { entered: own.filter((name) => entered.has(name)), not: own.filter((name) => !entered.has(name)) };
      if (writing) write(kernel, runs, of.entered, of.not);
      else if (known !== undefined && own.length > 0 && counted === Object.keys(known).length)
        expect(of.entered).toEqual(read().entered[kernel]);
    },
  };
}

/** Functions of the kernel's own KVM, in the order of their names; none of the reference. */
function namesOfKvm({ functions, files }: Program): string[] {
  return Object.values(functions)
    .filter(({ file }) => /^(arch\/x86|virt)\/kvm\//.test(files[file] ?? ''))
    .map(({ name }) => name)
    .sort();
}

function write(kernel: string, runs: Census['runs'][string], entered: string[], notEntered: string[]): void {
  const census = read();
  census.runs[kernel] = runs;
  if (entered.length > 0) {
    census.entered[kernel] = entered;
    census.notEntered[kernel] = notEntered;
  }
  writeFileSync(FILE, `${text(census)}\n`);
}

/** A line for each situation and for each kernel's names, so that a change reads well as a diff. */
function text({ runs, entered, notEntered }: Census): string {
  const kernels = Object.entries(runs).map(([kernel, counts]) => {
    const lines = Object.entries(counts).map(
      ([name, count]) => `      ${JSON.stringify(name)}: ${JSON.stringify(count)}`,
    );
    return `    ${JSON.stringify(kernel)}: {\n${lines.join(',\n')}\n    }`;
  });
  const names = (all: Record<string, string[]>): string =>
    Object.entries(all)
      .map(
        ([kernel, list]) =>
          `    ${JSON.stringify(kernel)}: [\n${list.map((name) => `      "${name}"`).join(',\n')}\n    ]`,
      )
      .join(',\n');
  return [
    '{',
    `  "runs": {\n${kernels.join(',\n')}\n  },`,
    `  "entered": {\n${names(entered)}\n  },`,
    `  "notEntered": {\n${names(notEntered)}\n  }`,
    '}',
  ].join('\n');
}

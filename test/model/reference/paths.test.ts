/**
 * Walks through the parts of the reference KVM that no scenario reaches (paths.c), each on every VM
 * type for which it makes sense: nothing may be violated or left not understood. Interleavings are the
 * scenarios' matter; here one thread runs.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Program } from '../../../model/execute/program';
import { run } from '../../../model/explore';
import type { RunResult, Scenario } from '../../../model/explore/types';
import { invariants } from '../../../model/invariants';
import type { VmType } from '../../../model/machine/types';
import { createParser, LoweringCache } from '../../../server/c';
import { loadReference } from '../../../server/kernel/reference';
import { compileReference } from '../../../server/review/compile';

const ROOT = join(import.meta.dirname, '../../..');
const ALL: readonly VmType[] = ['default', 'sw-protected', 'tdx'];

/** Entry of the thread, what it shows, VM types, set-up. */
const PATHS: readonly (readonly [string, string, readonly VmType[], string?])[] = [
  ['path_destroy', 'a VM is destroyed with everything that it maps', ALL],
  ['path_exit', 'the process exits before its descriptors are closed', ALL],
  ['path_round_trip', 'the guest converts a page to shared and back', ['sw-protected', 'tdx']],
  ['path_image', 'a page of the initial image needs no acceptance', ['tdx'], 'path_image_setup'],
  ['path_mmio', 'gfns without a memslot are left to user space', ALL],
  ['path_mixed', 'huge pages become mixed and whole again', ['sw-protected', 'tdx'], 'path_wide_setup'],
  ['path_slots', 'memslots that overlap, or are not there, are refused', ALL],
  ['path_gmem', 'memory fails in a guest_memfd and is replaced', ['sw-protected', 'tdx']],
  ['path_zaps', 'zaps for other reasons leave the data of the guest alone', ALL],
  ['path_apicv', 'APICv is inhibited and allowed again', ['default', 'sw-protected']],
  ['path_dirty_log', 'dirty logging starts, or is refused', ALL],
  ['path_age', 'accessed bits are tested and cleared', ALL],
];

const scenarioOf = (entry: string, setup: string): Scenario => ({
  id: entry,
  name: entry,
  title: entry,
  description: '',
  vm: ALL,
  source: 'test/model/reference/paths.c',
  assumption: null,
  driver: 'paths.c',
  setup,
  threads: [{ name: 'vcpu0', entry, args: [] }],
  invariants: [],
  words: [],
  faults: 0,
  mutations: [],
});

let program: Program;

function walk(entry: string, vm: VmType, setup: string): RunResult {
  const bounds = {
    preemptions: 0,
    states: 20_000,
    transitions: 50_000,
    steps: 20_000_000,
    stepsPerTransition: 1_000_000,
    bytes: 2 ** 29,
  };
  return run(program, scenarioOf(entry, setup), vm, bounds, { invariants });
}

/** What went wrong, one line each. */
function complaints(result: RunResult): string[] {
  return [
    ...result.violations.map(
      ({ invariant, message, stack }) =>
        `${invariant}: ${message} (${stack.map(({ function: name, line }) => `${name}:${line}`).join(' < ')})`,
    ),
    ...result.unknowns.map(({ what, place }) => `not understood: ${what} (${place?.function}:${place?.line})`),
    ...(result.incomplete === null ? [] : [result.incomplete]),
  ];
}

beforeAll(async () => {
  const [parser, reference, paths] = await Promise.all([
    createParser(),
    loadReference(ROOT),
    readFile(join(import.meta.dirname, 'paths.c'), 'utf8'),
  ]);
  program = compileReference(reference, { 'model/scenarios/paths.c': paths }, parser, new LoweringCache());
});

describe('the reference KVM', () => {
  it('compiles without a problem', () => {
    expect(program.problems).toEqual([]);
  });

  it('gives the tables of a TD back before the TD is gone', () => {
    const { functions } = walk('path_destroy', 'tdx', 'path_setup');
    expect(functions).toEqual(
      expect.arrayContaining(['tdx_mmu_release_hkid', 'tdx_sept_free_private_spt', 'kvm_gmem_release']),
    );
  });

  it('adds image pages, and maps later ones empty', () => {
    const { functions } = walk('path_image', 'tdx', 'path_image_setup');
    expect(functions).toContain('tdx_mem_page_add');
    expect(functions).not.toContain('tdx_mem_page_aug');
  });

  for (const [entry, title, vms, setup] of PATHS) {
    for (const vm of vms) {
      it(`${title}: ${vm}`, () => {
        expect(complaints(walk(entry, vm, setup ?? 'path_setup'))).toEqual([]);
      });
    }
  }
});

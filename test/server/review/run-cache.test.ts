import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../../model/explore/types';
import { keepFile, keepValue } from '../../../server/cache/kept-files';
import { DEFAULT_BOUNDS, type RunJob } from '../../../server/review/jobs';
import { codeNamer, openRunCache, runKey } from '../../../server/review/run-cache';
import { freshFolder } from '../kernel/tree/kernel-repository';

const RESULT: RunResult = {
  scenario: 'S02',
  vm: 'tdx',
  preemptions: 2,
  complete: true,
  incomplete: null,
  states: 7,
  transitions: 9,
  steps: 100,
  violations: [],
  unknowns: [],
  lines: { 'model/reference/mmu.c': [3, 4] },
  functions: ['kvm_unmap_gfn_range'],
  vacuous: [],
  facts: [],
};
const JOB: RunJob = {
  kind: 'run',
  overrides: {},
  scenario: 'S02',
  vm: 'tdx',
  bounds: DEFAULT_BOUNDS,
  invariants: null,
  cancel: new SharedArrayBuffer(4),
  urgency: 'verdict',
};
const BASE = { 'model/reference/mmu.c': 'int a;\n', 'model/reference/mmu.h': '#define A 1\n' };

/** Runs that are counted. */
function counted(result: RunResult = RESULT) {
  const run = () => {
    run.times++;
    return result;
  };
  run.times = 0;
  return run;
}

/** Bytes in which the number of states is another: still a result to whoever reads it. */
function swapped(bytes: Buffer, from: number, to: number): Buffer {
  const at = bytes.indexOf('states') + 'states'.length;
  // V8's form: a letter for the kind of number, then twice its value.
  expect([bytes[at], bytes[at + 1]]).toEqual(['I'.charCodeAt(0), 2 * from]);
  bytes[at + 1] = 2 * to;
  return bytes;
}

describe('a result that is kept', () => {
  it('is had again without a run, by another process too', () => {
    const folder = join(freshFolder(), 'runs');
    const run = counted();
    expect(openRunCache(folder).get('key', run)).toEqual(RESULT);
    expect(openRunCache(folder).get('key', run)).toEqual(RESULT);
    expect(run.times).toBe(1);
    expect(readdirSync(folder)).toEqual(['key']);
    openRunCache(folder).get('another', run);
    expect(run.times).toBe(2);
  });

  it('is complete: what was cut off is run again', () => {
    const folder = join(freshFolder(), 'runs');
    const run = counted({ ...RESULT, complete: false, incomplete: 'cancelled' });
    openRunCache(folder).get('key', run);
    expect(openRunCache(folder).get('key', run).complete).toBe(false);
    expect(run.times).toBe(2);
  });

  it.each([
    ['empty', (file: string) => writeFileSync(file, '')],
    ['cut short', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 40))],
    ['damaged in one number', (file: string) => writeFileSync(file, swapped(readFileSync(file), RESULT.states, 8))],
    ['of no value', (file: string) => keepFile(file, Buffer.from('x'))],
    ['of something else', (file: string) => keepValue(file, ['S02'])],
    ['of nothing', (file: string) => keepValue(file, null)],
  ])('is as none where its file is %s, and is made anew', (_, damage) => {
    const folder = freshFolder();
    keepValue(join(folder, 'key'), RESULT);
    damage(join(folder, 'key'));
    const run = counted();
    for (let time = 0; time < 2; time++) expect(openRunCache(folder).get('key', run)).toEqual(RESULT);
    expect(run.times).toBe(1);
  });

  it('is none where the folder can not be written, and where nothing shall be kept', () => {
    const file = join(freshFolder(), 'a-file');
    writeFileSync(file, 'x');
    const blocked = freshFolder();
    mkdirSync(join(blocked, 'key'));
    for (const folder of [join(file, 'runs'), blocked, null]) {
      const run = counted();
      const cache = openRunCache(folder);
      for (let time = 0; time < 2; time++) expect(cache.get('key', run)).toEqual(RESULT);
      expect(run.times).toBe(2);
    }
    expect(readFileSync(file, 'utf8')).toBe('x');
    expect(readdirSync(blocked)).toEqual(['key']);
  });
});

describe('the name of a run', () => {
  const key = (job: Partial<RunJob>) => runKey('code', { ...JOB, ...job });

  it('says scenario, VM type, memory order, bounds and rules', () => {
    const others = [
      key({ scenario: 'S03' }),
      key({ vm: 'default' }),
      key({ memoryOrder: 'x86' }),
      key({ invariants: ['unmap-before-free'] }),
      key({ invariants: [] }),
      ...Object.keys(DEFAULT_BOUNDS).map((name) => key({ bounds: { ...DEFAULT_BOUNDS, [name]: 1 } })),
      runKey('other code', JOB),
    ];
    expect(new Set([key({}), ...others]).size).toBe(others.length + 1);
  });

  it('does not say who waits for it, nor in which order its bounds are written', () => {
    const turned = Object.fromEntries(Object.entries(DEFAULT_BOUNDS).reverse()) as unknown as RunJob['bounds'];
    expect(key({ memoryOrder: 'sc' })).toBe(key({}));
    expect(key({ urgency: 'look', cancel: new SharedArrayBuffer(4), bounds: turned })).toBe(key({}));
  });
});

describe('the name of a program', () => {
  const name = codeNamer('engine');

  it('says engine and texts', () => {
    const names = [
      name(BASE, {}),
      codeNamer('other engine')(BASE, {}),
      name(BASE, { 'model/reference/mmu.c': 'int b;\n' }),
      name(BASE, { 'model/reference/mmu.h': '#define A 2\n' }),
      name(BASE, { 'model/reference/new.c': '' }),
      name({ ...BASE, 'model/reference/mmu.c': 'int b;\n' }, {}),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(codeNamer('engine')({ ...BASE }, {})).toBe(name(BASE, {}));
  });

  it('says which files the patch changes: only the lines of their macros stand in a result', () => {
    const [c, h] = Object.keys(BASE) as ['model/reference/mmu.c', 'model/reference/mmu.h'];
    const names = [name(BASE, {}), name(BASE, { [c]: BASE[c] }), name(BASE, { [h]: BASE[h] })];
    expect(new Set(names).size).toBe(names.length);
    expect(name(BASE, { [h]: BASE[h], [c]: BASE[c] })).toBe(name(BASE, { [c]: BASE[c], [h]: BASE[h] }));
  });
});

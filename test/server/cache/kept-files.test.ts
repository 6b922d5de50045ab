import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../../server/cache/folder';
import { keepFile, keepValue, loadKept, loadValue, trimKept } from '../../../server/cache/kept-files';
import { freshFolder } from '../kernel/tree/kernel-repository';

/** Files of these names, the first used last. */
function aged(names: readonly string[]): string {
  const folder = freshFolder();
  for (const [at, name] of names.entries()) {
    keepFile(join(folder, name), Buffer.from(name));
    const used = new Date(Date.UTC(2026, 0, 1) - at * 1000);
    utimesSync(join(folder, name), used, used);
  }
  return folder;
}

const textOf = (file: string): string | undefined => loadKept(file)?.toString('utf8');

describe('the cache folder', () => {
  it('is the one that the environment names, else one in the home folder', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/cache' })).toBe(join('/cache', 'kvm-mmu-review'));
    for (const env of [{}, { XDG_CACHE_HOME: '' }]) {
      expect(cacheFolder(env).startsWith(homedir())).toBe(true);
      expect(cacheFolder(env)).toContain('kvm-mmu-review');
    }
  });
});

describe('a file that is kept', () => {
  it('is put in place whole, in folders made for it, for its owner alone', () => {
    const folder = freshFolder();
    const file = join(folder, 'a', 'b', 'tree');
    keepFile(file, Buffer.from('first'));
    keepFile(file, Buffer.from('second'));
    expect(textOf(file)).toBe('second');
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['tree']);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is never seen in part: who reads it while it is put in place has the one before', () => {
    const file = join(freshFolder(), 'tree');
    keepFile(file, Buffer.from('first'));
    const before = readFileSync(file);
    const open = openSync(file, 'r');
    keepFile(file, Buffer.from('second'));
    expect(readFileSync(open).equals(before)).toBe(true);
    closeSync(open);
    expect(textOf(file)).toBe('second');
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['cut to its checksum', (bytes: Buffer) => bytes.subarray(0, 32)],
    ['empty', () => Buffer.alloc(0)],
    ['longer', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')])],
    [
      'damaged in its last byte',
      (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))),
    ],
    ['damaged in its checksum', (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte)))],
  ])('is none where it is %s, until it is made anew', (_, damage) => {
    const file = join(freshFolder(), 'run');
    keepFile(file, Buffer.from('content'));
    writeFileSync(file, damage(readFileSync(file)));
    expect(loadKept(file)).toBeNull();
    keepFile(file, Buffer.from('content'));
    expect(textOf(file)).toBe('content');
  });

  it('is none under the name of another', () => {
    const folder = freshFolder();
    keepFile(join(folder, 'one'), Buffer.from('content'));
    renameSync(join(folder, 'one'), join(folder, 'two'));
    expect(loadKept(join(folder, 'two'))).toBeNull();
  });

  it('leaves nothing behind where it can not be put in place', () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'taken', 'x'), { recursive: true });
    expect(() => keepFile(join(folder, 'taken'), Buffer.from('text'))).toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
    writeFileSync(join(folder, 'file'), 'x');
    expect(() => keepFile(join(folder, 'file', 'tree'), Buffer.from('text'))).toThrow();
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('x');
  });

  it('was used when it was asked for', () => {
    const folder = aged(['new', 'old']);
    expect(loadKept(join(folder, 'none'))).toBeNull();
    expect(textOf(join(folder, 'old'))).toBe('old');
    trimKept(folder, 1);
    expect(readdirSync(folder)).toEqual(['old']);
  });
});

describe('a value that is kept', () => {
  it('comes back as it was', () => {
    const file = join(freshFolder(), 'value');
    const value = { functions: new Map([['a', [1, 2]]]), none: null };
    keepValue(file, value);
    expect(loadValue(file)).toEqual(value);
  });

  it('is none where the file is not that of a value', () => {
    const file = join(freshFolder(), 'value');
    keepFile(file, Buffer.from('no value'));
    expect(loadValue(file)).toBeNull();
  });

  it('is not kept where the disk refuses, and nobody is told', () => {
    const file = join(freshFolder(), 'file');
    writeFileSync(file, 'x');
    keepValue(join(file, 'value'), 1);
    expect(loadValue(join(file, 'value'))).toBeNull();
  });
});

describe('trimming', () => {
  it('removes what was used longest ago, folders too', () => {
    const folder = aged(['1', '2', '3', '4', '5']);
    mkdirSync(join(folder, 'folder', 'inner'), { recursive: true });
    utimesSync(join(folder, 'folder'), new Date(0), new Date(0));
    trimKept(folder, 3);
    expect(readdirSync(folder).sort()).toEqual(['1', '2', '3']);
  });

  it('goes below the limit where it is told to, so that it is not needed again at once', () => {
    const folder = aged(['1', '2', '3', '4']);
    trimKept(folder, 3, 1);
    expect(readdirSync(folder)).toEqual(['1']);
  });

  it('leaves a folder alone that is not too full, and one that is not there', () => {
    const folder = aged(['1', '2', '3']);
    trimKept(folder, 3);
    trimKept(join(folder, 'none'), 3);
    expect(readdirSync(folder)).toHaveLength(3);
  });
});

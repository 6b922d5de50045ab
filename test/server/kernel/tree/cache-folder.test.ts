import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder, isKept, keepFile, trim } from '../../../../server/kernel/tree/cache-folder';
import { freshFolder } from './kernel-repository';

/** Files of these names, the first used last. */
function aged(names: readonly string[]): string {
  const folder = freshFolder();
  for (const [at, name] of names.entries()) {
    writeFileSync(join(folder, name), name);
    const used = new Date(Date.UTC(2026, 0, 1) - at * 1000);
    utimesSync(join(folder, name), used, used);
  }
  return folder;
}

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
  it('is put in place whole, in folders made for it, for its owner alone', async () => {
    const folder = freshFolder();
    const file = join(folder, 'a', 'b', 'tree.json');
    await keepFile(file, 'first');
    await keepFile(file, Buffer.from('second'));
    expect(readFileSync(file, 'utf8')).toBe('second');
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['tree.json']);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is never seen in part, however many write it at once', async () => {
    const file = join(freshFolder(), 'tree.json');
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(1_000_000));
    await keepFile(file, texts[0] ?? '');
    let writing = true;
    const seen = new Set<string>();
    const reader = (async () => {
      while (writing) {
        seen.add(readFileSync(file, 'utf8'));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let round = 0; round < 3; round++) await Promise.all(texts.map((text) => keepFile(file, text)));
    writing = false;
    await reader;
    expect([...seen].filter((text) => !texts.includes(text))).toEqual([]);
    expect(readdirSync(join(file, '..'))).toEqual(['tree.json']);
  });

  it('leaves nothing behind where it can not be put in place', async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'taken', 'x'), { recursive: true });
    await expect(keepFile(join(folder, 'taken'), 'text')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
    writeFileSync(join(folder, 'file'), 'x');
    await expect(keepFile(join(folder, 'file', 'tree.json'), 'text')).rejects.toThrow();
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('x');
  });

  it('was used when it was asked for', async () => {
    const folder = aged(['new', 'old']);
    expect(await isKept(join(folder, 'none'))).toBe(false);
    expect(existsSync(join(folder, 'none'))).toBe(false);
    expect(await isKept(join(folder, 'old'))).toBe(true);
    await trim(folder, 1);
    expect(readdirSync(folder)).toEqual(['old']);
  });
});

describe('trimming', () => {
  it('removes what was used longest ago, folders too', async () => {
    const folder = aged(['1', '2', '3', '4', '5']);
    mkdirSync(join(folder, 'folder', 'inner'), { recursive: true });
    utimesSync(join(folder, 'folder'), new Date(0), new Date(0));
    await trim(folder, 3);
    expect(readdirSync(folder).sort()).toEqual(['1', '2', '3']);
  });

  it('leaves a folder alone that is not too full, and one that is not there', async () => {
    const folder = aged(['1', '2', '3']);
    await trim(folder, 3);
    await trim(join(folder, 'none'));
    expect(readdirSync(folder)).toHaveLength(3);
  });
});

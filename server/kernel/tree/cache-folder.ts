/** Where derived files are kept between runs: nothing in it is needed, all of it can be made again. */

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Files of one kind that are kept; the least recently used go first. */
const KEPT = 40;

/** The user's cache folder for this program: XDG_CACHE_HOME, or what the system uses. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'kvm-mmu-review');
  if (process.platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'kvm-mmu-review', 'Cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'kvm-mmu-review');
  return join(homedir(), '.cache', 'kvm-mmu-review');
}

/** Put a file in place whole: a reader sees all of it or nothing. Throws what the file system says. */
export async function keepFile(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(aside, content, { mode: 0o600 });
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
}

/** Is it there? Then it was used now. */
export async function isKept(path: string): Promise<boolean> {
  const now = new Date();
  return utimes(path, now, now).then(
    () => true,
    () => false,
  );
}

/** Remove the least recently used files of a folder. Never throws. */
export async function trim(folder: string, kept = KEPT): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length <= kept) return;
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      used: await stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    })),
  );
  const old = dated.sort((a, b) => b.used - a.used).slice(kept);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true, recursive: true }).catch(() => {})));
}

/** Where derived files are kept between runs: nothing in it is needed, all of it can be made again. */

import { homedir } from 'node:os';
import { join } from 'node:path';

/** The user's cache folder for this program: XDG_CACHE_HOME, or what the system uses. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'kvm-mmu-review');
  if (process.platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'kvm-mmu-review', 'Cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'kvm-mmu-review');
  return join(homedir(), '.cache', 'kvm-mmu-review');
}

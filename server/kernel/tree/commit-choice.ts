/** Which commit's headers go with files that are known by their blob ids alone. */

import type { GitClone } from './clone';
import type { CommitSource } from './source';

export interface Chosen {
  readonly commit: string;
  readonly note: string;
}

/** Commits that are looked at, in two steps: most patches are made on a recent one. */
const STEPS = [20, 200];
/** Milliseconds of walking through history; a kernel clone without a commit graph is slow. */
const WALK = 15_000;

/**
 * The commit whose tree has these blobs at these paths: HEAD if it has them all, else the newest one of any
 * branch, else HEAD with a note; null where there is no HEAD and no such commit.
 */
export async function chooseCommit(
  clone: GitClone,
  head: CommitSource | null,
  blobs: ReadonlyMap<string, string>,
): Promise<Chosen | null> {
  if (head !== null && (await holding(clone, [head.commit], blobs)) !== null) {
    return { commit: head.commit, note: `Headers and other files are those of HEAD, ${head.described}.` };
  }
  for (const count of STEPS) {
    const commits = await touching(clone, [...blobs.keys()], head !== null, count);
    const commit = await holding(clone, commits, blobs);
    if (commit !== null) {
      const note = `Headers and other files are those of commit ${commit.slice(0, 12)}, which has the files that the patch names.`;
      return { commit, note };
    }
    if (commits.length < count) break;
  }
  if (head === null) return null;
  const note = `No commit among the last ${STEPS.at(-1)} that touch the patch's files has all of them as the patch names them; headers and other files are those of HEAD, ${head.described}.`;
  return { commit: head.commit, note };
}

/** The first of the commits whose tree has every blob at its path. */
async function holding(
  clone: GitClone,
  commits: readonly string[],
  blobs: ReadonlyMap<string, string>,
): Promise<string | null> {
  const entries = [...blobs];
  for (const commit of commits) {
    const found = await clone.inspect(entries.map(([path]) => `${commit}:${path}`));
    if (found.every((object, at) => object.kind === 'object' && object.id === entries[at]?.[1])) return commit;
  }
  return null;
}

/** The newest commits of HEAD and all branches that touch one of the paths. What was found in time, at least. */
async function touching(clone: GitClone, paths: readonly string[], head: boolean, count: number): Promise<string[]> {
  const from = ['--branches', '--remotes', '--tags', ...(head ? ['HEAD'] : [])];
  const { stdout } = await clone.run(['rev-list', `--max-count=${count}`, ...from, '--', ...paths], WALK);
  const lines = stdout.toString('latin1').split('\n');
  return lines.filter((line) => /^[0-9a-f]{40,64}$/.test(line));
}

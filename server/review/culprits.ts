/**
 * Culprit lines: the smallest set of a patch's edits that is enough to make a violation appear, by
 * delta debugging (Zeller and Hildebrandt, 2002) over the edits. It knows neither C nor runs: the
 * caller says whether a set of edits violates.
 */

/**
 * Returns a 1-minimal subset of `edits` for which `violates` holds, given that it holds for all of
 * them. A set that cannot be judged (it doesn't compile) counts as not violating. At most `tests`
 * calls; what is left when they run out is returned as it stands.
 */
export async function minimalEdits<T>(
  edits: readonly T[],
  violates: (subset: readonly T[]) => Promise<boolean>,
  tests = 64,
): Promise<readonly T[]> {
  let current = edits;
  let pieces = 2;
  let left = tests;
  const test = async (subset: readonly T[]): Promise<boolean> => {
    if (left <= 0 || subset.length === 0) return false;
    left--;
    return violates(subset);
  };
  while (current.length > 1 && left > 0) {
    const smaller = await reduceOnce(current, pieces, test);
    if (smaller !== null) {
      pieces = smaller.complement ? Math.max(pieces - 1, 2) : 2;
      current = smaller.edits;
    } else if (pieces < current.length) {
      pieces = Math.min(current.length, pieces * 2);
    } else {
      break;
    }
  }
  return current;
}

async function reduceOnce<T>(
  current: readonly T[],
  pieces: number,
  test: (subset: readonly T[]) => Promise<boolean>,
): Promise<{ edits: readonly T[]; complement: boolean } | null> {
  const chunks = split(current, pieces);
  for (const chunk of chunks) {
    if (chunk.length < current.length && (await test(chunk))) return { edits: chunk, complement: false };
  }
  if (pieces <= 2) return null;
  for (const chunk of chunks) {
    const rest = current.filter((edit) => !chunk.includes(edit));
    if (await test(rest)) return { edits: rest, complement: true };
  }
  return null;
}

function split<T>(items: readonly T[], pieces: number): T[][] {
  const chunks: T[][] = [];
  for (let i = 0; i < pieces; i++) {
    const chunk = items.slice(Math.floor((i * items.length) / pieces), Math.floor(((i + 1) * items.length) / pieces));
    if (chunk.length > 0) chunks.push(chunk);
  }
  return chunks;
}

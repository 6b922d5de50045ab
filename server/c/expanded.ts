/**
 * Which lines of macro bodies stand behind each origin of a lowered function, so that a line of a macro
 * counts as run when a step that was expanded from it ran. Knows tokens, not steps.
 */

import type { CachedFunction } from './cache';
import type { FileRef, MacroPlace, PPToken } from './pp-token';

interface Line {
  readonly file: number;
  readonly line: number;
}

const NONE: ReadonlyMap<number, readonly Line[]> = new Map();

/** More lines than any file has. */
const LINES = 2 ** 24;

/**
 * The lines per origin (by index in `made.origins`): those that the origin's own token came through;
 * and, of the tokens that follow it, the lines that have no step of their own, such as a constant within
 * an expression or the value of a statement expression. `start..end` are the function's tokens; `fileOf` gives the Program's index of a file.
 */
export function expandedLines(
  made: CachedFunction,
  tokens: readonly PPToken[],
  start: number,
  end: number,
  fileOf: (file: FileRef) => number,
): ReadonlyMap<number, readonly Line[]> {
  let first = start;
  while (first < end && tokens[first]?.from === null) first++;
  if (first === end) return NONE;
  const out = new Map<number, Map<number, Line>>();
  const add = (origin: number, place: MacroPlace, unless: ReadonlySet<number> | null): void => {
    for (let p: MacroPlace | null = place; p !== null; p = p.up) {
      const file = fileOf(p.file);
      const key = file * LINES + p.line;
      if (unless?.has(key)) continue;
      let lines = out.get(origin);
      if (!lines) out.set(origin, (lines = new Map()));
      lines.set(key, { file, line: p.line });
    }
  };
  const originAt = new Map<number, number>();
  for (const [i, { token }] of made.origins.entries()) {
    if (!originAt.has(token)) originAt.set(token, i);
    const from = tokens[start + token]?.from ?? null;
    if (from !== null) add(i, from, null);
  }
  const stepped = new Set([...out.values()].flatMap((lines) => [...lines.keys()]));
  let origin = -1;
  let last: MacroPlace | null = null;
  // What follows a block belongs to what stood before it, not to the block's last step.
  const blocks: number[] = [];
  for (let i = start; i < end; i++) {
    const { text, from } = tokens[i] as PPToken;
    if (text === '{') blocks.push(origin);
    else if (text === '}') origin = blocks.pop() ?? origin;
    const here = originAt.get(i - start);
    if (here !== undefined) origin = here;
    if (from !== null && origin >= 0 && (from !== last || text === '}' || here !== undefined))
      add(origin, from, stepped);
    last = from;
  }
  return new Map([...out].map(([i, lines]) => [i, [...lines.values()]]));
}

/**
 * How alike two statements are, and the best alignment of a hunk's units with a source's. Order matters,
 * white space and comments don't. Knows nothing of patches.
 */

import { isWord, type Unit } from './statements';

/** A unit made ready for comparing: its token texts with names already mapped to the source's. */
export interface Comparable {
  readonly unit: Unit;
  readonly words: readonly string[];
  readonly key: string;
  /** Of all words: what they count when two units are compared. */
  readonly weight: number;
}

export function comparable(unit: Unit, rename: (name: string) => string): Comparable {
  const words = unit.tokens.map((token) => (isWord(token.text) ? rename(token.text) : token.text));
  return { unit, words, key: words.join(' '), weight: weightOf(words) };
}

/** A statement that is less alike than this is another statement. */
export const ALIKE = 0.6;
const MAX_WORDS = 80;

/** 0 to 1: shared words in order over all words, names and numbers counting more than punctuation. */
export function similarity(a: Comparable, b: Comparable): number {
  if (!sameShape(a, b)) return 0;
  if (a.key === b.key) return 1;
  const total = a.weight + b.weight;
  if (total === 0 || (2 * Math.min(a.weight, b.weight)) / total < ALIKE) return 0;
  const left = a.words.slice(0, MAX_WORDS);
  const right = b.words.slice(0, MAX_WORDS);
  return Math.min(0.99, (2 * sharedWeight(left, right)) / (weightOf(left) + weightOf(right)));
}

function sameShape(a: Comparable, b: Comparable): boolean {
  const kinds = [a.unit.kind, b.unit.kind];
  if (a.unit.kind !== b.unit.kind) {
    const loose = kinds.every((kind) => /^(statement|element|partial|init-open)$/.test(kind));
    if (!loose && !kinds.includes('partial')) return false;
  }
  if (a.unit.kind === 'open' || a.unit.kind === 'close') {
    return a.unit.opener === '' || b.unit.opener === '' || sharesOpener(a.unit.opener, b.unit.opener);
  }
  if (a.unit.kind === 'label' || a.unit.kind === 'directive') return a.key === b.key || sameMacro(a, b);
  if (a.unit.kind === 'head' && b.unit.kind === 'head') return a.words[0] === b.words[0];
  return true;
}

/** Blocks whose heads differ can still be the same block of which the condition was edited. */
function sharesOpener(a: string, b: string): boolean {
  return a.split(' ')[0] === b.split(' ')[0];
}

function sameMacro(a: Comparable, b: Comparable): boolean {
  return a.words[1] === 'define' && b.words[1] === 'define' && a.words[2] === b.words[2];
}

function wordWeight(word: string): number {
  return /^[\w"'$]/.test(word) ? 1 : 0.25;
}

function weightOf(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + wordWeight(word), 0);
}

/** Weight of the longest common subsequence. */
function sharedWeight(a: readonly string[], b: readonly string[]): number {
  let row = new Float64Array(b.length + 1);
  for (const word of a) {
    const next = new Float64Array(b.length + 1);
    for (let j = 1; j <= b.length; j++) {
      const match = b[j - 1] === word ? (row[j - 1] ?? 0) + wordWeight(word) : 0;
      next[j] = Math.max(match, row[j] ?? 0, next[j - 1] ?? 0);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Index pairs of the longest common subsequence of two word lists. */
export function commonWords(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const down = table[(i + 1) * width + j] ?? 0;
      const right = table[i * width + j + 1] ?? 0;
      const both = a[i] === b[j] ? (table[(i + 1) * width + j + 1] ?? 0) + 1 : 0;
      table[i * width + j] = Math.max(down, right, both);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const here = table[i * width + j] ?? 0;
    if (a[i] === b[j] && here === (table[(i + 1) * width + j + 1] ?? 0) + 1) pairs.push([i++, j++]);
    else if ((table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return pairs;
}

const CONTIGUOUS = 0.25;
const SKIP_SOURCE = 0.01;
const MAX_CELLS = 1_000_000;

/**
 * For each unit of the hunk the index of its counterpart in the source, or -1. The pairs are in order;
 * what the source lacks is skipped, and neighbours that stay neighbours are preferred.
 */
export function alignUnits(hunk: readonly Comparable[], source: readonly Comparable[]): number[] {
  const n = hunk.length;
  const m = source.length;
  if (n === 0 || m === 0 || n * m > MAX_CELLS) return hunk.map(() => -1);
  const width = m + 1;
  const best = new Float64Array((n + 1) * width);
  const paired = new Float64Array((n + 1) * width).fill(Number.NEGATIVE_INFINITY);
  const step = new Uint8Array((n + 1) * width);
  for (let i = 1; i <= n; i++) {
    const unit = hunk[i - 1] as Comparable;
    for (let j = 1; j <= m; j++) {
      const at = i * width + j;
      const value = pairValue(unit, source[j - 1] as Comparable);
      if (value > 0) {
        const follows = (paired[at - width - 1] ?? 0) + Math.min(CONTIGUOUS, value);
        paired[at] = value + Math.max(follows, best[at - width - 1] ?? 0);
      }
      const up = best[at - width] ?? 0;
      const left = (best[at - 1] ?? 0) - SKIP_SOURCE * (i > 0 && i < n ? 1 : 0);
      const pair = paired[at] ?? 0;
      best[at] = Math.max(pair, up, left);
      step[at] = pair >= up && pair >= left ? 1 : up >= left ? 2 : 3;
    }
  }
  return traceBack(n, m, width, step, paired, best, hunk, source);
}

function pairValue(a: Comparable, b: Comparable): number {
  const alike = similarity(a, b);
  if (alike < ALIKE) return 0;
  const brace = a.unit.kind === 'open' || a.unit.kind === 'close';
  if (brace) return 0.05;
  // Calls of other functions with the same argument are alike, and many of them are not worth one that is the same.
  return alike ** 3 * Math.min(1, 0.4 + weightOf(a.words) / 10);
}

function traceBack(
  n: number,
  m: number,
  width: number,
  step: Uint8Array,
  paired: Float64Array,
  best: Float64Array,
  hunk: readonly Comparable[],
  source: readonly Comparable[],
): number[] {
  const result = hunk.map(() => -1);
  let i = n;
  let j = m;
  let mustPair = false;
  while (i > 0 && j > 0) {
    const at = i * width + j;
    if (mustPair || step[at] === 1) {
      result[i - 1] = j - 1;
      // The pair before must be taken too if this one's value counted on being its neighbour.
      const value = pairValue(hunk[i - 1] as Comparable, source[j - 1] as Comparable);
      const before = at - width - 1;
      mustPair = (paired[at] ?? 0) - value > (best[before] ?? 0) + 1e-9;
      i--;
      j--;
    } else if (step[at] === 2) i--;
    else j--;
  }
  return result;
}

/**
 * The text that a patch's unit gets in an image: its own lines with names of other eras replaced, or, where
 * the source's statement differs from the patch's pre-image, the source's statement with the change made in it.
 */

import { type Comparable, commonWords } from './align';
import type { Side, SideUnit } from './hunk-units';
import { isWord } from './statements';
import type { PatchOrigin, Splice } from './types';

export type Lines = Splice['lines'];

/** The unit's lines as the patch has them, comments left out, each with its place in the patch. */
export function linesOfUnit(side: Side, unit: SideUnit, rename: (name: string) => string): Lines {
  const byLine = new Map<number, string>();
  const { tokens } = unit.unit;
  tokens.forEach((token, at) => {
    const before = tokens[at - 1];
    const raw = side.lines[token.line]?.text ?? '';
    const word = isWord(token.text) ? rename(token.text) : token.text;
    const gap = before && before.line === token.line && before.end < token.start ? ' ' : '';
    byLine.set(token.line, `${byLine.get(token.line) ?? indentOf(raw)}${gap}${word}`);
  });
  const entries = [...byLine];
  const glue = unit.unit.kind === 'directive' ? ' \\' : '';
  return entries.map(([line, text], at) => ({
    text: text + (at < entries.length - 1 ? glue : ''),
    origin: originAt(side, line),
  }));
}

function indentOf(raw: string): string {
  return raw.trimStart().startsWith('#') ? '' : (/^[\t ]*/.exec(raw)?.[0] ?? '');
}

export function originAt(side: Side, line: number): PatchOrigin | null {
  const from = side.lines[line];
  return from ? { span: from.span, kind: from.kind } : null;
}

/**
 * Makes in the source's statement the change that leads from `before` to `after`; null where the words
 * around the change aren't in the source's statement.
 */
export function mergeWords(before: Comparable, after: Comparable, source: Comparable): string[] | null {
  const toSource = new Map(commonWords(before.words, source.words));
  const result: string[] = [];
  let copied = 0;
  for (const region of regionsOf(before.words, after.words)) {
    const left = region.from === 0 ? -1 : toSource.get(region.from - 1);
    const right = region.to === before.words.length ? source.words.length : toSource.get(region.to);
    if (left === undefined || right === undefined || right <= left || left + 1 < copied) return null;
    // Words between the two that the patch doesn't know would be lost with the change.
    if (right - left - 1 > region.to - region.from) return null;
    result.push(...source.words.slice(copied, left + 1), ...after.words.slice(region.start, region.end));
    copied = right;
  }
  result.push(...source.words.slice(copied));
  return result;
}

interface Region {
  /** Words `from..to` of the first list became words `start..end` of the second. */
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

function regionsOf(before: readonly string[], after: readonly string[]): Region[] {
  const regions: Region[] = [];
  let i = 0;
  let j = 0;
  for (const [a, b] of [...commonWords(before, after), [before.length, after.length] as const]) {
    if (a > i || b > j) regions.push({ from: i, to: a, start: j, end: b });
    i = a + 1;
    j = b + 1;
  }
  return regions;
}

/** Words as one line of C. */
export function joinWords(words: readonly string[]): string {
  return `\t${words.join(' ')}`;
}

/**
 * Local variables and fields that the source calls differently: learned from statements that correspond
 * word by word. Names that the source's function uses itself are never replaced.
 */
export function learnRenames(pairs: readonly (readonly [Comparable, Comparable])[]): Map<string, string> {
  const votes = new Map<string, string | null>();
  const sourceWords = new Set(pairs.flatMap(([, source]) => source.words));
  for (const [own, source] of pairs) {
    if (own.words.length !== source.words.length) continue;
    own.words.forEach((word, at) => {
      const other = source.words[at] ?? word;
      if (word === other || !isWord(word) || !isWord(other) || own.words[at + 1] === '(') return;
      const known = votes.get(word);
      votes.set(word, known === undefined || known === other ? other : null);
    });
  }
  const result = new Map<string, string>();
  for (const [word, other] of votes) if (other !== null && !sourceWords.has(word)) result.set(word, other);
  return result;
}

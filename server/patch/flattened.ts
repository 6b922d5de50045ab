/**
 * Diffs inside a mail whose line ends an archive has removed (seed 004). Finds the headers, keeps every
 * token with its column, and makes a first guess at the lines; recover.ts does better with a pre-image.
 */

import { cleanPath, leavesTree } from './diff-path';
import { type FlatKind, headParens, linesOfTokens } from './flat-lines';
import { endsLine, type FlatToken, flatTokens, markCost, parenDepths } from './flat-tokens';
import { spanOf, type TextLine } from './text-line';
import type { FileDiff, Hunk, InputProblem, InputSpan } from './types';

export interface FlattenedRead {
  readonly files: readonly FileDiff[];
  readonly problems: readonly InputProblem[];
  readonly prose: readonly { readonly text: string; readonly span: InputSpan }[];
}

const FILE =
  /(?:^|\s)(?:diff --git (\S+) (\S+)(?: (?:new|deleted) file mode \d+)?(?: index ([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: \d+)?)? )?--- (\S+) \+\+\+ (\S+)(?= @@ -\d)/g;
const HUNK = /(?:^|\s)@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(?=\s|$)/g;
const SIGNATURE = /\s-- (?:\d+\.\d+[\w.-]*)(?=\s|$)/;
const STAT = /\s(?:--- )?\S+\s+\|\s+\d+ [+-]+ \d+ files? changed(?:, \d+ (?:insertions?\(\+\)|deletions?\(-\)))*/;
/** git cuts a section heading off after 80 bytes. */
const HEADING_BYTES = 80;
const MAX_UNSURE = 14;
const MAX_MATCHES = 1000;

/** Offset of the first flattened file header in a line, or null for an ordinary line. */
export function findFlattened(text: string): number | null {
  if (!text.includes('@@ -') || !text.includes('+++ ')) return null;
  const at = text.search(FILE);
  return at < 0 ? null : at;
}

/** Reads all file diffs of a flattened line. */
export function readFlattened(line: TextLine): FlattenedRead {
  const heads = takeMatches(line.text, FILE);
  const files: FileDiff[] = [];
  const problems: InputProblem[] = [];
  const first = heads[0]?.index ?? 0;
  const tail = SIGNATURE.exec(line.text.slice(first));
  const end = tail ? first + tail.index : line.text.length;
  heads.forEach((head, index) => {
    const stop = heads[index + 1]?.index ?? end;
    if (index === MAX_MATCHES - 1) {
      problems.push({
        message: `Only the first ${MAX_MATCHES} file diffs of this line were read.`,
        span: spanOf(line, head.index, head.index + head[0].length),
      });
    }
    const file = readFile(line, head, Math.max(stop, head.index), problems);
    if (file) files.push(file);
  });
  return { files, problems, prose: proseBefore(line, first) };
}

/** At most MAX_MATCHES, so that hostile text can't multiply. */
function takeMatches(text: string, pattern: RegExp): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (const match of text.matchAll(pattern)) {
    found.push(match);
    if (found.length >= MAX_MATCHES) break;
  }
  return found;
}

function proseBefore(line: TextLine, end: number): { text: string; span: InputSpan }[] {
  const text = line.text.slice(0, end);
  const stat = STAT.exec(text);
  const stop = stat ? stat.index : end;
  return text.slice(0, stop).trim() === '' ? [] : [{ text: text.slice(0, stop), span: spanOf(line, 0, stop) }];
}

function readFile(line: TextLine, head: RegExpExecArray, stop: number, problems: InputProblem[]): FileDiff | null {
  const from = head.index + head[0].length;
  const lead = /^\s/.test(head[0]) ? 1 : 0;
  const span = spanOf(line, head.index + lead, from);
  const oldPath = cleanPath(head[5] ?? '');
  const newPath = cleanPath(head[6] ?? '');
  if (leavesTree(oldPath) || leavesTree(newPath)) {
    problems.push({ message: `The path ${newPath ?? oldPath} leaves the kernel tree; its diff was ignored.`, span });
    return null;
  }
  const marks = takeMatches(line.text.slice(from, stop), HUNK);
  const hunks = marks.map((mark, index) => {
    const next = marks[index + 1];
    return readFlatHunk(line, from + mark.index, mark, next ? from + next.index : stop, problems);
  });
  const status = oldPath === null ? 'added' : newPath === null ? 'deleted' : 'modified';
  return { oldPath, newPath, status, binary: false, oldBlob: head[3] ?? null, newBlob: head[4] ?? null, span, hunks };
}

function readFlatHunk(line: TextLine, at: number, head: RegExpExecArray, stop: number, problems: InputProblem[]): Hunk {
  const lead = /^\s/.test(head[0]) ? 1 : 0;
  const from = at + head[0].length;
  const counts = {
    oldStart: Number(head[1]),
    oldCount: Number(head[2] ?? 1),
    newStart: Number(head[3]),
    newCount: Number(head[4] ?? 1),
  };
  const tokens = flatTokens(line.text, from, stop);
  const headingEnd = guessHeading(line.text, from, stop, tokens);
  const span = spanOf(line, at + lead, from);
  const marks = chooseMarks(tokens, headingEnd, counts.newCount - counts.oldCount);
  if (!marks.exact) {
    problems.push({
      message: `In this flattened hunk no reading of its "+" and "-" agrees with its header (${counts.oldCount} lines before, ${counts.newCount} after); the likeliest is used.`,
      span,
    });
  }
  return {
    ...counts,
    heading: line.text.slice(from, headingEnd).trim(),
    span,
    lines: linesOfTokens(line, tokens, guessKinds(tokens, headingEnd, marks.chosen), counts),
    damage: 'flattened',
    tokens: tokens.map((token) => ({ text: token.text, span: spanOf(line, token.at, token.at + token.text.length) })),
  };
}

/** Offset behind the section heading: a function's head up to its closing parenthesis, or git's 80 bytes. */
function guessHeading(text: string, from: number, stop: number, tokens: readonly FlatToken[]): number {
  const first = tokens[0];
  if (!first || /^[+-]$/.test(first.text) || first.comment || !/^[A-Za-z_]/.test(first.text)) return from;
  const limit = Math.min(stop, first.at + HEADING_BYTES);
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.at >= limit || (depth > 0 && !/^[\w*,()]/.test(token.text)))
      return cutHeading(text, tokens, index, limit, from);
    if (token.text === ';' || token.text === '=') return from;
    if (token.text === '{' && depth === 0) return /^(struct|union|enum)$/.test(first.text) ? token.at + 1 : from;
    if (token.text === '(') depth++;
    if (token.text === ')' && --depth === 0) {
      // One word before the parenthesis is a call or a macro, not the head of a function.
      return index >= 3 && tokens[1]?.text !== '(' && tokens[index + 1]?.text !== '{' ? token.at + 1 : from;
    }
  }
  return from;
}

/** A heading is one line of the source: parameters that go on in the next one end it at a comma, or git at 80 bytes. */
function cutHeading(text: string, tokens: readonly FlatToken[], end: number, limit: number, from: number): number {
  if ((tokens[end]?.at ?? 0) >= limit && /\s/.test(text[limit] ?? ' ')) return limit;
  for (let index = end - 1; index > 2; index--) {
    if (tokens[index]?.text === ',') return (tokens[index]?.at ?? 0) + 1;
  }
  return from;
}

function firstFrom(tokens: readonly FlatToken[], from: number): number {
  const index = tokens.findIndex((token) => token.at >= from);
  return index < 0 ? tokens.length : index;
}

/** Which `+` and `-` are marks: the cheapest choice whose difference is what the header's counts say. */
function chooseMarks(
  tokens: readonly FlatToken[],
  from: number,
  difference: number,
): { chosen: Set<number>; exact: boolean } {
  const depths = parenDepths(tokens, firstFrom(tokens, from));
  const chosen = new Set<number>();
  const unsure: { index: number; sign: number; gain: number }[] = [];
  let sum = 0;
  tokens.forEach((token, index) => {
    const cost = token.at < from ? null : markCost(tokens, index, depths[index] ?? 0);
    if (!cost) return;
    const sign = token.text === '+' ? 1 : -1;
    const marked = cost.mark < cost.text;
    if (marked) chosen.add(index);
    if (marked) sum += sign;
    if (Math.abs(cost.mark - cost.text) < 6) unsure.push({ index, sign, gain: Math.abs(cost.mark - cost.text) });
  });
  if (sum === difference) return { chosen, exact: true };
  const flips = cheapestFlips(unsure, chosen, difference - sum);
  for (const index of flips ?? []) {
    if (!chosen.delete(index)) chosen.add(index);
  }
  return { chosen, exact: flips !== null };
}

function cheapestFlips(
  unsure: readonly { index: number; sign: number; gain: number }[],
  chosen: ReadonlySet<number>,
  wanted: number,
): number[] | null {
  const few = [...unsure].sort((a, b) => a.gain - b.gain).slice(0, MAX_UNSURE);
  let best: number[] | null = null;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let set = 1; set < 1 << few.length; set++) {
    const picked = few.filter((_, bit) => set & (1 << bit));
    const change = picked.reduce((sum, one) => sum + (chosen.has(one.index) ? -one.sign : one.sign), 0);
    const cost = picked.reduce((sum, one) => sum + one.gain, 0);
    if (change === wanted && cost < bestCost) {
      best = picked.map((one) => one.index);
      bestCost = cost;
    }
  }
  return best;
}

/** A mark's line ends where a line of kernel style would; what stands behind it up to the next mark is context. */
function guessKinds(tokens: readonly FlatToken[], from: number, marks: ReadonlySet<number>): FlatKind[] {
  const depths = parenDepths(tokens, firstFrom(tokens, from));
  const heads = headParens(tokens);
  let kind: FlatKind = 'context';
  return tokens.map((token, index) => {
    if (token.at < from) return 'heading';
    if (marks.has(index)) {
      kind = token.text === '+' ? 'add' : 'delete';
      return token.text === '+' ? 'mark-add' : 'mark-delete';
    }
    const here = kind;
    if (endsLine(tokens, index, depths[index] ?? 0, heads.has(index))) kind = 'context';
    return here;
  });
}

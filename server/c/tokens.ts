/**
 * C text to preprocessing tokens. Knows lines, comments and line splices; knows nothing of macros,
 * keywords or types. Never fails: a character that starts no token becomes a token of kind `other`.
 */

export type TokenKind = 'ident' | 'number' | 'string' | 'char' | 'punct' | 'other' | 'comment' | 'space';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** UTF-16 offset into the text. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1, UTF-16 units. */
  readonly column: number;
  /** First token of its (spliced) line: where a `#` is a directive. */
  readonly first: boolean;
  /** White space or a comment stands before it. */
  readonly spaced: boolean;
}

const THREE = new Set(['...', '<<=', '>>=']);
const TWO = new Set(
  '-> ++ -- << >> <= >= == != && || += -= *= /= %= &= |= ^= ## :: <% %> <: :> %:'.split(' ').filter((s) => s !== '::'),
);

const isIdentStart = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c === 36 || c > 127;
const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isSpace = (c: number): boolean => c === 32 || (c >= 9 && c <= 13) || c === 0xfeff || c === 0xa0;

/** End of the identifier that starts at `i`. */
function identEnd(text: string, i: number): number {
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (!isIdentStart(c) && !isDigit(c)) break;
    i++;
  }
  return i;
}

/** End of a preprocessing number: digits, letters, dots, and a sign after an exponent. */
function numberEnd(text: string, i: number): number {
  const hex = text.charCodeAt(i) === 48 && (text.charCodeAt(i + 1) | 32) === 120;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    const sign = c === 43 || c === 45;
    const before = text.charCodeAt(i - 1) | 32;
    if (sign && (hex ? before === 112 : before === 101)) i++;
    else if (isIdentStart(c) || isDigit(c) || c === 46) i++;
    else break;
  }
  return i;
}

/** End of a quoted literal; an unclosed one ends at its line end. */
function quoteEnd(text: string, i: number): number {
  const quote = text.charCodeAt(i++);
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === 10) return i;
    if (c === 92) i += text.charCodeAt(i + 1) === 13 ? 3 : 2;
    else if (c === quote) return i + 1;
    else i++;
  }
  return Math.min(i, text.length);
}

function commentEnd(text: string, i: number): number {
  if (text.charCodeAt(i + 1) === 42) {
    const end = text.indexOf('*/', i + 2);
    return end < 0 ? text.length : end + 2;
  }
  let end = text.indexOf('\n', i);
  while (end > 0 && text.charCodeAt(end - 1) === 92) end = text.indexOf('\n', end + 1);
  return end < 0 ? text.length : end;
}

/** Length of a line splice (backslash, line end) at `i`, or 0. */
function spliceLength(text: string, i: number): number {
  if (text.charCodeAt(i) !== 92) return 0;
  if (text.charCodeAt(i + 1) === 10) return 2;
  return text.charCodeAt(i + 1) === 13 && text.charCodeAt(i + 2) === 10 ? 3 : 0;
}

function kindAt(text: string, i: number): TokenKind {
  const c = text.charCodeAt(i);
  if (isIdentStart(c)) {
    const prefixed = c === 76 || c === 117 || c === 85;
    const next = text.charCodeAt(i + 1);
    if (prefixed && (next === 34 || next === 39)) return next === 34 ? 'string' : 'char';
    return 'ident';
  }
  if (isDigit(c) || (c === 46 && isDigit(text.charCodeAt(i + 1)))) return 'number';
  if (c === 34) return 'string';
  if (c === 39) return 'char';
  if (c === 47 && (text.charCodeAt(i + 1) === 47 || text.charCodeAt(i + 1) === 42)) return 'comment';
  return c > 32 && c < 127 && c !== 64 && c !== 96 && c !== 92 ? 'punct' : 'other';
}

function endOf(text: string, i: number, kind: TokenKind): number {
  switch (kind) {
    case 'ident':
      return identEnd(text, i);
    case 'number':
      return numberEnd(text, i);
    case 'string':
    case 'char':
      return quoteEnd(text, text.charCodeAt(i) === 34 || text.charCodeAt(i) === 39 ? i : i + 1);
    case 'comment':
      return commentEnd(text, i);
    case 'punct':
      if (THREE.has(text.slice(i, i + 3))) return i + 3;
      return TWO.has(text.slice(i, i + 2)) ? i + 2 : i + 1;
    default:
      return i + 1;
  }
}

/**
 * All tokens of `text`, in order. Comments and white space are skipped, unless `keepTrivia`: then
 * the texts of the tokens, joined, are the input.
 */
export function tokenize(text: string, keepTrivia = false): Token[] {
  const out: Token[] = [];
  let i = 0;
  let line = 1;
  let lineStart = 0;
  let first = true;
  let spaced = false;
  const count = (from: number, to: number): void => {
    for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) {
      line++;
      lineStart = at + 1;
    }
  };
  const push = (kind: TokenKind, end: number): void => {
    out.push({ kind, text: text.slice(i, end), offset: i, line, column: i - lineStart + 1, first, spaced });
  };
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (isSpace(c) || c === 92) {
      const start = i;
      let end = i;
      let ended = false;
      while (end < text.length) {
        const splice = spliceLength(text, end);
        if (splice > 0) end += splice;
        else if (isSpace(text.charCodeAt(end))) ended = text.charCodeAt(end++) === 10 || ended;
        else break;
      }
      if (end > start) {
        if (keepTrivia) push('space', end);
        count(start, end);
        i = end;
        spaced = true;
        first ||= ended;
        continue;
      }
    }
    const kind = kindAt(text, i);
    const end = endOf(text, i, kind);
    if (kind === 'comment') {
      if (keepTrivia) push('comment', end);
      count(i, end);
      spaced = true;
    } else {
      push(kind, end);
      if (kind === 'string' || kind === 'char') count(i, end);
      first = false;
      spaced = false;
    }
    i = end;
  }
  return out;
}

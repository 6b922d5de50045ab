/**
 * The token that flows through the preprocessor: text, origin, and the macros that may no longer
 * expand in it. Knows no directives.
 */

import { type TokenKind, tokenize } from './tokens';

/** A source file; identity matters, its index in the Program is given at the end. */
export interface FileRef {
  readonly path: string;
}

/** Names of macros that produced a token, as a shared list. */
export interface HideSet {
  readonly name: string;
  readonly rest: HideSet | null;
}

/**
 * A line of a macro's body that a token came through on its way into the stream, innermost first. The
 * same line reached in the same way is the same object within one run of the preprocessor.
 */
export interface MacroPlace {
  readonly file: FileRef;
  readonly line: number;
  readonly up: MacroPlace | null;
}

export interface PPToken {
  readonly kind: TokenKind;
  readonly text: string;
  readonly file: FileRef;
  readonly line: number;
  readonly first: boolean;
  readonly spaced: boolean;
  readonly hide: HideSet | null;
  /** Null for a token that stands in a file as it is. */
  readonly from: MacroPlace | null;
}

export function isHidden(set: HideSet | null, name: string): boolean {
  for (let s = set; s !== null; s = s.rest) if (s.name === name) return true;
  return false;
}

export function hideUnion(a: HideSet | null, b: HideSet | null): HideSet | null {
  if (a === b || b === null) return a;
  if (a === null) return b;
  let out = a;
  for (let s: HideSet | null = b; s !== null; s = s.rest) {
    if (!isHidden(out, s.name)) out = { name: s.name, rest: out };
  }
  return out;
}

export function hideIntersection(a: HideSet | null, b: HideSet | null): HideSet | null {
  if (a === b) return a;
  let out: HideSet | null = null;
  for (let s = a; s !== null; s = s.rest) if (isHidden(b, s.name)) out = { name: s.name, rest: out };
  return out;
}

/** Tokens of one file, each pointing at it. */
export function readTokens(file: FileRef, text: string): PPToken[] {
  return tokenize(text).map((t) => ({
    kind: t.kind,
    text: t.text,
    file,
    line: t.line,
    first: t.first,
    spaced: t.spaced,
    hide: null,
    from: null,
  }));
}

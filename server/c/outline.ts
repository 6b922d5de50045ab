/** The functions of a raw C file, found by brackets and layout alone; directives are skipped, not run. */

import type { CParser } from './parser';
import { type Token, tokenize } from './tokens';

export interface FunctionOutline {
  readonly name: string;
  /** Line of the definition's first token, from 1. */
  readonly startLine: number;
  /** Line of the closing brace. */
  readonly endLine: number;
  /** Line of the opening brace. */
  readonly bodyStartLine: number;
}

/** Tokens without directives. */
function codeTokens(text: string): Token[] {
  const out: Token[] = [];
  let directive = false;
  for (const token of tokenize(text)) {
    if (token.first) directive = token.text === '#';
    if (!directive) out.push(token);
  }
  return out;
}

/**
 * The `}` that ends the body opened at `open`. Groups of #if and #else may open a brace twice: a `}` in
 * the first column ends a body that began there, as kernel style has it.
 */
function bodyEnd(tokens: readonly Token[], open: number): number {
  const atMargin = tokens[open]?.column === 1;
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const text = tokens[i]?.text;
    if (text === '{') depth++;
    else if (text === '}') {
      depth--;
      if (depth === 0 || (atMargin && tokens[i]?.column === 1)) return i;
    }
  }
  return tokens.length - 1;
}

/** Index behind the `)` or `]` that matches the bracket at `open`. */
function groupEnd(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const text = tokens[i]?.text;
    if (text === '(' || text === '[') depth++;
    else if ((text === ')' || text === ']') && --depth === 0) return i + 1;
  }
  return tokens.length;
}

/** All function definitions, in order. The parser is not needed: damaged text must work, too. */
export function functionsOf(text: string, _parser?: CParser): FunctionOutline[] {
  const tokens = codeTokens(text);
  const out: FunctionOutline[] = [];
  let start = 0;
  let name: Token | null = null;
  for (let i = 0; i < tokens.length; ) {
    const token = tokens[i] as Token;
    if (token.text === '(') {
      const before = tokens[i - 1];
      const attribute = before?.text.startsWith('__attribute') === true;
      if (before?.kind === 'ident' && name === null && !attribute) name = before;
      i = groupEnd(tokens, i);
    } else if (token.text === '{') {
      const end = bodyEnd(tokens, i);
      const isFunction = name !== null && tokens[i - 1]?.text !== '=';
      if (isFunction && name) {
        const startLine = (tokens[start] as Token).line;
        out.push({ name: name.text, startLine, endLine: (tokens[end] as Token).line, bodyStartLine: token.line });
      }
      i = end + 1;
      if (isFunction || tokens[i]?.text === ';') {
        start = tokens[i]?.text === ';' ? i + 1 : i;
        name = null;
      }
    } else {
      i++;
      if (token.text === ';') {
        start = i;
        name = null;
      } else if (token.text === '=') name = null;
    }
  }
  return out;
}

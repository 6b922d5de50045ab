/**
 * Splits a token stream into file-scope items (declarations, function definitions) by brackets alone,
 * so that each can be parsed by itself: a mistake in one can't swallow the next. Knows no grammar.
 */

import type { PPToken } from './pp-token';

export interface Item {
  /** Half-open range of tokens. */
  readonly start: number;
  readonly end: number;
  /** Index of the `{` of a function's body, or -1 for a declaration. */
  readonly body: number;
}

const ATTRIBUTE = new Set(['__attribute__', '__attribute', '__asm__', 'asm', '__asm', '__declspec']);

/**
 * Index just behind the bracket that matches the one at `open`; `end` when there is none. Braces are
 * matched by braces alone, so that a stray parenthesis can't end a body; a parenthesis that is never
 * closed ends where the block around it does.
 */
export function matching(tokens: readonly PPToken[], open: number, end: number): number {
  const brace = tokens[open]?.text === '{';
  let depth = 0;
  let braces = 0;
  for (let i = open; i < end; i++) {
    const t = tokens[i] as PPToken;
    if (t.kind !== 'punct') continue;
    if (t.text === '{') braces++;
    else if (t.text === '}') {
      braces--;
      if (brace && braces === 0) return i + 1;
      if (braces < 0) return i;
    } else if (brace) continue;
    else if (t.text === '(' || t.text === '[') depth++;
    else if ((t.text === ')' || t.text === ']') && --depth === 0) return i + 1;
  }
  return end;
}

/** One item starting at `start`: up to its `;`, or to the end of a function's body. */
function itemAt(tokens: readonly PPToken[], start: number): Item {
  let call = false;
  let assigned = tokens[start]?.text === 'typedef';
  let i = start;
  while (i < tokens.length) {
    const t = tokens[i] as PPToken;
    if (t.kind === 'punct') {
      if (t.text === ';') return { start, end: i + 1, body: -1 };
      if (t.text === '}') return { start, end: i + 1, body: -1 };
      if (t.text === '=') assigned = true;
      if (t.text === '(' || t.text === '[') {
        if (t.text === '(' && !ATTRIBUTE.has(tokens[i - 1]?.text ?? '')) call = true;
        i = matching(tokens, i, tokens.length);
        continue;
      }
      if (t.text === '{') {
        const end = matching(tokens, i, tokens.length);
        // An attribute macro that nobody defined may stand in between.
        const named = tokens[i - 1]?.kind === 'ident' && tokens[i - 2]?.text === ')';
        const afterParen = tokens[i - 1]?.text === ')' || named;
        if (call && afterParen && !assigned) return { start, end, body: i };
        i = end;
        continue;
      }
    }
    i++;
  }
  return { start, end: tokens.length, body: -1 };
}

export function splitItems(tokens: readonly PPToken[]): Item[] {
  const items: Item[] = [];
  for (let i = 0; i < tokens.length; ) {
    if (tokens[i]?.text === ';') {
      i++;
      continue;
    }
    const item = itemAt(tokens, i);
    items.push(item);
    i = item.end;
  }
  return items;
}

/** Index of the `;` that ends a declaration starting at `i`, at bracket depth 0. */
export function declarationEnd(tokens: readonly PPToken[], i: number, end: number): number {
  while (i < end) {
    const text = tokens[i]?.text;
    if (text === ';') return i;
    i = text === '(' || text === '[' || text === '{' ? matching(tokens, i, end) : i + 1;
  }
  return end;
}

const NOT_A_NAME = new Set(['const', 'volatile', '__restrict', 'restrict', '__user', 'struct', 'union', 'enum']);

/** Indices of the names that the `typedef` at `start` defines. */
export function typedefNames(tokens: readonly PPToken[], start: number, end: number): number[] {
  const stop = declarationEnd(tokens, start, end);
  const names: number[] = [];
  let last = -1;
  let found = -1;
  const finish = (): void => {
    const name = found >= 0 ? found : last;
    if (name >= 0) names.push(name);
    found = -1;
    last = -1;
  };
  for (let i = start + 1; i < stop; ) {
    const t = tokens[i] as PPToken;
    if (t.text === '(' || t.text === '[' || t.text === '{') {
      const close = matching(tokens, i, stop);
      const before = tokens[i - 1]?.text ?? '';
      const skipped = ATTRIBUTE.has(before) || before.includes('typeof') || before === '_Alignas';
      if (t.text === '(' && !skipped && found < 0) found = nameInGroup(tokens, i, close, last);
      i = close;
      continue;
    }
    if (t.text === ',') finish();
    else if (t.kind === 'ident' && !NOT_A_NAME.has(t.text) && !ATTRIBUTE.has(t.text)) last = i;
    i++;
  }
  finish();
  return names;
}

/** `( *name )` and `( name )` hold the name inside; else the group is a parameter list behind it. */
function nameInGroup(tokens: readonly PPToken[], open: number, close: number, last: number): number {
  const pointer = tokens[open + 1]?.text === '*';
  const followed = tokens[close]?.text === '(' || tokens[close]?.text === '[';
  if (!pointer && !(followed && tokens[open + 1]?.kind === 'ident')) return last;
  for (let i = open + 1; i < close; i++) {
    const t = tokens[i] as PPToken;
    if (t.kind === 'ident' && !NOT_A_NAME.has(t.text)) return i;
  }
  return last;
}

/** What an item defines as a function: the name before its first bracket. */
function functionName(tokens: readonly PPToken[], item: Item): string | null {
  for (let i = item.start; i < item.body; i++) {
    const token = tokens[i];
    if (token?.kind === 'ident' && token.text !== '__attribute__' && tokens[i + 1]?.text === '(') return token.text;
  }
  return null;
}

function isWeak(tokens: readonly PPToken[], item: Item): boolean {
  for (let i = item.start; i < item.body; i++) if (tokens[i]?.text === '__weak__') return true;
  return false;
}

/** Weak functions of which the unit has another definition are left out, as a linker does. */
export function withoutOverridden(tokens: readonly PPToken[], items: readonly Item[]): readonly Item[] {
  const weak = new Set(items.filter((item) => isWeak(tokens, item)));
  if (weak.size === 0) return items;
  const names = new Set([...weak].map((item) => functionName(tokens, item)));
  const strong = new Set<string | null>();
  for (const item of items) {
    if (item.body < 0 || weak.has(item)) continue;
    const name = functionName(tokens, item);
    if (names.has(name)) strong.add(name);
  }
  return items.filter((item) => !weak.has(item) || !strong.has(functionName(tokens, item)));
}

/** Macros whose bodies hold statements: where such a body starts. A macro that is an expression has none. */

import type { Token } from './statements';

const STATEMENT = /^(if|while|for|switch|do)$/;
/** Names of macros that are the head of a loop. */
export const LOOP_MACRO = /for_each/;

/** Index of the first token of a `#define`'s body, if statements stand in it; else null. */
export function statementBody(define: readonly Token[]): number | null {
  const name = define[2];
  if (define[1]?.text !== 'define' || !name) return null;
  let at = 3;
  const open = define[at];
  if (open?.text === '(' && open.line === name.line && open.start === name.end) {
    while (at < define.length && define[at]?.text !== ')') at++;
    at++;
  }
  const first = define[at]?.text ?? '';
  const call = define[at + 1]?.text === '(';
  const loop = (STATEMENT.test(first) || LOOP_MACRO.test(first)) && call;
  const statements = define.slice(at).some(({ text }) => text === ';');
  return at < define.length && (loop || statements) ? at : null;
}

/** Assignment, compound assignment, increment and decrement. */

import type { Context } from './context';
import { expression, operate } from './expression';
import * as F from './fold';
import type { SyntaxNode } from './parser';
import { place } from './place';
import { firstPiece, need, pieceAfter } from './source';
import * as T from './types';
import { convert, load, needScalar, type Place, save, store, type Val } from './value';

/** `left = right`, or `left op= right`; the value is the left side's new one. */
export function assignment(cx: Context, node: SyntaxNode): Val {
  const left = need(node, 'left');
  const op = pieceAfter(cx.source, left)?.text ?? '=';
  const target = place(cx, left);
  if (op === '=') return store(cx, target, expression(cx, need(node, 'right')));
  const right = expression(cx, need(node, 'right'));
  return modify(cx, target, op.slice(0, -1), right);
}

function modify(cx: Context, target: Place, op: string, right: Val): Val {
  const old = load(cx, target);
  return store(cx, target, convert(cx, operate(cx, op, old, right), target.type));
}

/** `x++`, `--x`: the value is the old one for the postfix form, if it is wanted at all. */
export function update(cx: Context, node: SyntaxNode, wanted = true): Val {
  const argument = need(node, 'argument');
  const postfix = argument.start === node.start;
  const op = (postfix ? pieceAfter(cx.source, argument) : firstPiece(cx.source, node))?.text === '++' ? '+' : '-';
  const target = place(cx, argument);
  const loaded = load(cx, target);
  // A variable's register is about to change: its old value must be kept.
  const keep = wanted && postfix && 'reg' in target.at;
  const old = keep ? { type: loaded.type, e: save(cx, needScalar(loaded.type), loaded.e) } : loaded;
  const one: Val = { type: T.INT, e: F.constant('i32', 1) };
  const made = store(cx, target, convert(cx, operate(cx, op, old, one), target.type));
  return postfix ? old : made;
}

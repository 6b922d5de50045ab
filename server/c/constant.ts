/** Constant expressions: lowered like any other and required to leave no step behind. */

import type { Expr } from '../../model/execute/program';
import type { Context } from './context';
import { expression } from './expression';
import { constantValue } from './fold';
import type { SyntaxNode } from './parser';
import { LowerError } from './types';
import type { Val } from './value';

/** The value without any step; null when it needs some. The code emitted meanwhile is dropped. */
export function pureValue(cx: Context, node: SyntaxNode): Val | null {
  const { code } = cx;
  const position = code.position();
  code.quiet++;
  try {
    const value = expression(cx, node);
    return code.position() === position ? value : null;
  } finally {
    code.quiet--;
    code.cut(position);
  }
}

/** An integer constant expression's value. */
export function constantOf(cx: Context, node: SyntaxNode): bigint {
  const value = pureValue(cx, node);
  const constant = value && constantValue(value.e);
  if (constant === null) throw new LowerError('a constant is expected');
  return constant;
}

/** A constant or the address of an object or function, as a static initialiser needs it. */
export function staticValue(cx: Context, node: SyntaxNode): Val {
  const value = pureValue(cx, node);
  if (!value || !isStatic(value.e)) throw new LowerError('an initialiser that is not constant');
  return value;
}

const isStatic = (e: Expr): boolean =>
  e.k === 'const' || e.k === 'global' || e.k === 'func' || (e.k === 'cast' && isStatic(e.a));

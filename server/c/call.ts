/** Calls: of functions by name, through pointers, with and returning structs. */

import type { Callee, Expr } from '../../model/execute/program';
import type { Context } from './context';
import { expression } from './expression';
import * as F from './fold';
import { intrinsic } from './intrinsics';
import type { SyntaxNode } from './parser';
import { firstPiece, nameOf, need } from './source';
import * as T from './types';
import { type CType, type FuncType, LowerError } from './types';
import { convert, needScalar, type Val } from './value';

/** An undeclared function: called by name; its value is kept whole until the caller converts it. */
const UNDECLARED: FuncType = { k: 'func', returns: T.LONG, params: [], variadic: true, unspecified: true };

function calleeOf(cx: Context, node: SyntaxNode): { callee: Callee; type: FuncType } {
  const name = node.type === 'identifier' ? nameOf(cx.source, node) : null;
  if (name !== null && cx.scope.find(name) === null) return { callee: { name }, type: UNDECLARED };
  const value = expression(cx, node);
  const type = value.type.k === 'ptr' ? value.type.to : value.type;
  if (type.k !== 'func') throw new LowerError(`a call of ${T.typeName(value.type)}`);
  if (value.e.k === 'func') return { callee: { name: value.e.name }, type };
  return { callee: { pointer: value.e }, type };
}

/** Default argument promotions, for what a prototype doesn't cover. */
function promoted(cx: Context, v: Val): Val {
  return T.isInteger(v.type) ? convert(cx, v, T.promote(v.type)) : v;
}

/** A struct is passed as the address of a copy. */
function copyOf(cx: Context, v: Val): Expr {
  const size = T.sizeOf(v.type);
  const off = cx.code.frame(size, T.alignOf(v.type), '', '');
  if (size > 0) cx.code.emit({ s: 'copy', to: { k: 'frame', off }, from: v.e, size });
  return { k: 'frame', off };
}

function argument(cx: Context, node: SyntaxNode, param: CType | undefined): Expr {
  const value = expression(cx, node);
  const type = param ?? value.type;
  if (type.k === 'struct') {
    if (value.type !== type) throw new LowerError(`${T.typeName(value.type)} passed as ${T.typeName(type)}`);
    return copyOf(cx, value);
  }
  if (value.type.k === 'void') throw new LowerError('a void argument');
  const converted = param ? convert(cx, value, param) : promoted(cx, value);
  needScalar(converted.type);
  return converted.e;
}

function callArguments(cx: Context, node: SyntaxNode, type: FuncType): Expr[] {
  const nodes = need(node, 'arguments').children;
  if (
    !type.unspecified &&
    (nodes.length < type.params.length || (nodes.length > type.params.length && !type.variadic))
  ) {
    throw new LowerError(`a call with ${nodes.length} arguments where ${type.params.length} are expected`);
  }
  return nodes.map((n, i) => argument(cx, n, type.unspecified ? undefined : type.params[i]));
}

export function call(cx: Context, node: SyntaxNode): Val {
  const target = need(node, 'function');
  if (target.type === 'identifier') {
    const piece = firstPiece(cx.source, target);
    const name = nameOf(cx.source, target);
    const made =
      cx.scope.find(name) === null ? intrinsic(cx, name, need(node, 'arguments').children, piece.token) : null;
    if (made) return made;
  }
  const { callee, type } = calleeOf(cx, target);
  const line = cx.code.at;
  const args = callArguments(cx, node, type);
  cx.code.at = line;
  return emitCall(cx, callee, type.returns, args);
}

/** The call step itself; a returned struct goes through a hidden first argument. */
export function emitCall(cx: Context, callee: Callee, returns: CType, args: readonly Expr[]): Val {
  const { code } = cx;
  if (returns.k === 'struct') {
    const off = code.frame(T.sizeOf(returns), T.alignOf(returns), '', '');
    const hidden: Expr = { k: 'frame', off };
    code.emit({ s: 'call', r: null, t: 'void', callee, args: [hidden, ...args] });
    return { type: returns, e: hidden };
  }
  if (returns.k === 'void') {
    code.emit({ s: 'call', r: null, t: 'void', callee, args });
    return { type: returns, e: F.constant('i32', 0) };
  }
  const t = needScalar(returns);
  const r = code.temp(t);
  code.emit({ s: 'call', r, t, callee, args });
  return { type: returns, e: { k: 'reg', t, r } };
}

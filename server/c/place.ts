/** Lowers expressions to places: variables, members, elements, dereferences, literals in memory. */

import type { Expr } from '../../model/execute/program';
import { unescapeBytes } from './condition';
import type { Context, GlobalDraft } from './context';
import { descriptorType } from './declare';
import { expression, pointerArithmetic } from './expression';
import * as F from './fold';
import { completeArray, initialise, initialiseGlobal } from './initialise';
import { findMember } from './layout';
import type { SyntaxNode } from './parser';
import { firstPiece, nameOf, need, pieceAfter } from './source';
import * as T from './types';
import { type CType, LowerError } from './types';
import { inMemory, type Place, settle } from './value';

/** Whether the node designates an object rather than computing a value. */
export function isPlaceNode(cx: Context, node: SyntaxNode): boolean {
  switch (node.type) {
    case 'identifier':
    case 'type_identifier': {
      const piece = firstPiece(cx.source, node);
      if (piece.role === 'offsetof' || piece.role === 'compatible') return false;
      const symbol = cx.scope.find(piece.token.text);
      return symbol !== null && symbol.k !== 'const' && symbol.k !== 'func';
    }
    case 'field_expression':
    case 'subscript_expression':
    case 'string_literal':
    case 'concatenated_string':
    case 'compound_literal_expression':
      return true;
    case 'pointer_expression':
      return firstPiece(cx.source, node).text === '*';
    case 'parenthesized_expression':
      return node.children.length === 1 && isPlaceNode(cx, node.children[0] as SyntaxNode);
    default:
      return false;
  }
}

export function place(cx: Context, node: SyntaxNode): Place {
  switch (node.type) {
    case 'identifier':
    case 'type_identifier':
      return variable(cx, node);
    case 'parenthesized_expression': {
      const inner = node.children[0];
      if (inner && node.children.length === 1 && isPlaceNode(cx, inner)) return place(cx, inner);
      return fromValue(cx, node);
    }
    case 'field_expression':
      return field(cx, node);
    case 'subscript_expression':
      return element(cx, node);
    case 'pointer_expression':
      if (firstPiece(cx.source, node).text === '*') return dereference(cx, need(node, 'argument'));
      throw new LowerError('an address is not an object');
    case 'string_literal':
    case 'concatenated_string':
      return stringPlace(cx, firstPiece(cx.source, node).token.text);
    case 'compound_literal_expression':
      return literalPlace(cx, node);
    default:
      return fromValue(cx, node);
  }
}

/** A struct that an expression gives lives in memory; its members can be read. */
function fromValue(cx: Context, node: SyntaxNode): Place {
  const value = expression(cx, node);
  if (value.type.k !== 'struct') throw new LowerError('not an object');
  return inMemory(value.type, value.e);
}

const FUNCTION_NAME = new Set(['__func__', '__FUNCTION__', '__PRETTY_FUNCTION__']);

function variable(cx: Context, node: SyntaxNode): Place {
  const name = nameOf(cx.source, node);
  const symbol = cx.scope.find(name);
  if (symbol === null) {
    if (FUNCTION_NAME.has(name)) return stringPlace(cx, `"${cx.fn?.name ?? ''}"`);
    throw new LowerError(`undeclared identifier '${name}'`);
  }
  switch (symbol.k) {
    case 'reg':
      return { type: symbol.type, at: { reg: symbol.reg }, bits: null };
    case 'frame':
      return inMemory(symbol.type, { k: 'frame', off: symbol.off });
    case 'pointee':
      return inMemory(symbol.type, { k: 'reg', t: 'ptr', r: symbol.reg });
    case 'global':
      return inMemory(symbol.type, { k: 'global', name: symbol.name, off: 0 });
    case 'func':
      return inMemory(symbol.type, { k: 'func', name: symbol.name });
    case 'bad':
      throw new LowerError(`'${name}': ${symbol.why}`);
    default:
      throw new LowerError(`'${name}' is not an object`);
  }
}

function dereference(cx: Context, node: SyntaxNode): Place {
  const value = expression(cx, node);
  if (value.type.k !== 'ptr') throw new LowerError(`* of ${T.typeName(value.type)}`);
  return inMemory(value.type.to, value.e);
}

/** The place of a member of the struct at `base`. */
export function memberPlace(type: CType, base: Expr, name: string): Place {
  if (type.k !== 'struct') throw new LowerError(`field '${name}' of ${T.typeName(type)}, which is no struct`);
  if (type.members === null) throw new LowerError(`field '${name}' of ${T.typeName(type)}, which is incomplete`);
  const member = findMember(type, name);
  if (!member) throw new LowerError(`unknown field '${name}' of ${T.typeName(type)}`);
  const address = F.binary('add', 'ptr', base, F.constant('ptr', member.off));
  const found = { type: member.type, at: { address }, bits: member.bits };
  return type.mute === null || type.mute.includes(name) ? found : { ...found, mute: true };
}

function field(cx: Context, node: SyntaxNode): Place {
  const argument = need(node, 'argument');
  const name = nameOf(cx.source, need(node, 'field'));
  const op = pieceAfter(cx.source, argument)?.text;
  if (op === '->') {
    const value = expression(cx, argument);
    if (value.type.k !== 'ptr') throw new LowerError(`-> on ${T.typeName(value.type)}`);
    return memberPlace(value.type.to, value.e, name);
  }
  const base = place(cx, argument);
  if (!('address' in base.at)) throw new LowerError(`field '${name}' of ${T.typeName(base.type)}, which is no struct`);
  const member = memberPlace(base.type, base.at.address, name);
  return base.mute ? { ...member, mute: true } : member;
}

function element(cx: Context, node: SyntaxNode): Place {
  const array = expression(cx, need(node, 'argument'));
  const index = expression(cx, need(node, 'index'));
  const sum = pointerArithmetic(cx, '+', array, index);
  if (sum.type.k !== 'ptr') throw new LowerError('a subscript on something that is no pointer');
  return inMemory(sum.type.to, sum.e);
}

/** Bytes of a string literal, its final zero included. */
export function stringBytes(text: string): number[] {
  const body = /^(?:u8)?"([\s\S]*)"$/.exec(text)?.[1];
  if (body === undefined) throw new LowerError('a string that is not supported');
  return [...unescapeBytes(body), 0];
}

/** A string literal is a global object, named by its text, so that equal ones are one. */
function stringPlace(cx: Context, text: string): Place {
  const name = `.str${text}`;
  const known = cx.globals.find(name);
  if (known) return inMemory({ k: 'array', of: T.CHAR, n: known.size }, { k: 'global', name, off: 0 });
  const bytes = stringBytes(text);
  if (bytes.length > 1 << 16) throw new LowerError('a string longer than 64 KiB');
  const init: GlobalDraft['init'] = [];
  for (const [off, v] of bytes.entries()) if (v !== 0) init.push({ off, t: 'i8', v: (v << 24) >> 24 });
  cx.globals.add({ name, size: bytes.length, align: 1, type: `char[${bytes.length}]`, init });
  return inMemory({ k: 'array', of: T.CHAR, n: bytes.length }, { k: 'global', name, off: 0 });
}

/** `(T){ ... }`: an object of the enclosing block, or at file scope a nameless global. */
export function literalPlace(cx: Context, node: SyntaxNode): Place {
  const list = need(node, 'value');
  const type = completeArray(cx, descriptorType(cx, need(node, 'type')), list);
  if (cx.fn === null) {
    let name = '.literal';
    for (let i = 0; cx.globals.find(name); i++) name = `.literal.${i}`;
    const draft: GlobalDraft = { name, size: T.sizeOf(type), align: T.alignOf(type), type: T.typeName(type), init: [] };
    cx.globals.add(draft);
    initialiseGlobal(cx, draft, type, list);
    return inMemory(type, { k: 'global', name, off: 0 });
  }
  const off = cx.code.frame(T.sizeOf(type), T.alignOf(type), '', '');
  const target = inMemory(type, { k: 'frame', off });
  initialise(cx, target, list);
  return target;
}

/** The place of something used twice (`+=`): its address is computed once. */
export function settledPlace(cx: Context, node: SyntaxNode): Place {
  const target = place(cx, node);
  if ('reg' in target.at || F.isTrivial(target.at.address)) return target;
  const address = settle(cx, { type: T.VOID_POINTER, e: target.at.address }).e;
  return { ...target, at: { address } };
}

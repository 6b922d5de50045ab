/** Declarations inside functions: variables in registers or frame memory, static locals, clean-ups. */

import { emitCall } from './call';
import type { Context, GlobalDraft } from './context';
import { AUTO, attributesIn, type Declared, declaratorType, specifierType, storageOf } from './declare';
import { expression } from './expression';
import { completeArray, initialise, initialiseGlobal } from './initialise';
import type { SyntaxNode } from './parser';
import { firstToken, need } from './source';
import * as T from './types';
import { type CType, LowerError } from './types';
import { inMemory, type Place, settle, store } from './value';

export function typeDefinition(cx: Context, node: SyntaxNode): void {
  const base = specifierType(cx, need(node, 'type'));
  for (const declarator of node.children) {
    if (declarator.field !== 'declarator') continue;
    const { name, type } = declaratorType(cx, base, declarator);
    if (name === null) continue;
    if (type.k === 'struct' && type.tag === '<anonymous>') (type as { tag: string }).tag = name;
    if (name !== 'bool') cx.scope.declare(name, { k: 'typedef', type });
  }
}

export function declaration(cx: Context, node: SyntaxNode): void {
  const storage = storageOf(cx, node);
  const base = specifierType(cx, need(node, 'type'));
  const declarators = node.children.filter((c) => c.field === 'declarator');
  for (const declarator of declarators) {
    const init = declarator.type === 'init_declarator';
    const value = init ? need(declarator, 'value') : null;
    const mark = cx.code.mark();
    variable(cx, base, init ? need(declarator, 'declarator') : declarator, value, storage, node);
    cx.code.release(mark);
  }
}

function variable(
  cx: Context,
  base: CType,
  declarator: SyntaxNode,
  value: SyntaxNode | null,
  storage: ReadonlySet<string>,
  node: SyntaxNode,
): void {
  const { code } = cx;
  const line = code.at;
  code.at = firstToken(cx.source, declarator);
  if (base === AUTO) autoVariable(cx, declarator, value);
  else {
    const declared = declaratorType(cx, base, declarator);
    const name = declared.name ?? '';
    const type = value ? completeArray(cx, declared.type, value) : declared.type;
    if (type.k === 'func') cx.scope.declare(name, { k: 'func', type, name });
    else if (storage.has('extern')) externVariable(cx, name, type);
    else if (storage.has('static')) staticVariable(cx, name, type, value);
    else automatic(cx, declared, type, value, cleanupOf(cx, node, declarator), declarator.start);
  }
  code.at = line;
}

function cleanupOf(cx: Context, node: SyntaxNode, declarator: SyntaxNode): string | null {
  const specifier = need(node, 'type');
  const before = attributesIn(cx, node.start, specifier.start);
  const own = attributesIn(cx, declarator.start, declarator.end);
  const cleanup = [...before, ...own].find((a) => a.name === 'cleanup');
  return cleanup?.argument?.text ?? null;
}

function externVariable(cx: Context, name: string, type: CType): void {
  if (cx.scope.root().find(name)?.k !== 'global') cx.scope.declare(name, { k: 'global', type, name });
}

function staticVariable(cx: Context, name: string, type: CType, value: SyntaxNode | null): void {
  const fn = cx.fn;
  if (!fn) throw new LowerError('a static local outside a function');
  let global = `${fn.name}.${name}`;
  while (cx.globals.find(global)) global = `${fn.name}.${name}.${++fn.statics}`;
  const draft: GlobalDraft = {
    name: global,
    size: T.sizeOf(type),
    align: T.alignOf(type),
    type: T.typeName(type),
    init: [],
  };
  cx.scope.declare(name, { k: 'global', type, name: global });
  if (value) initialiseGlobal(cx, draft, type, value);
  cx.globals.add(draft);
}

/** `__auto_type x = value`. */
function autoVariable(cx: Context, declarator: SyntaxNode, value: SyntaxNode | null): void {
  if (!value) throw new LowerError('__auto_type without an initialiser');
  const made = settle(cx, expression(cx, value));
  const declared = declaratorType(cx, made.type, declarator);
  const place = storageFor(cx, declared.name ?? '', made.type, false);
  store(cx, place, made);
}

/** Declare a local and say where it lives. */
export function storageFor(cx: Context, name: string, type: CType, inFrame: boolean): Place {
  const addressed = inFrame || cx.fn?.addressed.has(name) === true;
  if (T.scalarOf(type) !== null && !addressed) {
    const reg = cx.code.variable(name);
    cx.scope.declare(name, { k: 'reg', type, reg });
    return { type, at: { reg }, bits: null };
  }
  const off = cx.code.frame(T.sizeOf(type), T.alignOf(type), name, T.typeName(type));
  cx.scope.declare(name, { k: 'frame', type, off });
  return inMemory(type, { k: 'frame', off });
}

function automatic(
  cx: Context,
  declared: Declared,
  type: CType,
  value: SyntaxNode | null,
  cleanup: string | null,
  position: number,
): void {
  if (type.k === 'void') throw new LowerError('a void variable');
  const place = storageFor(cx, declared.name ?? '', type, cleanup !== null);
  if (value) {
    const aggregate = type.k === 'struct' || type.k === 'array';
    if (aggregate) initialise(cx, place, value);
    else if (value.type !== 'initializer_list') store(cx, place, expression(cx, value));
    else {
      const only = value.children[0];
      if (only) store(cx, place, expression(cx, only));
    }
  }
  if (cleanup !== null) addCleanup(cx, place, cleanup, position);
}

/** When its block is left, the function gets the variable's address. */
function addCleanup(cx: Context, place: Place, name: string, position: number): void {
  const block = cx.fn?.blocks.at(-1);
  if (!block || !('address' in place.at)) throw new LowerError('a clean-up outside a block');
  const symbol = cx.scope.find(name);
  const type = symbol?.k === 'func' && symbol.type.k === 'func' ? symbol.type.returns : T.VOID;
  const { address } = place.at;
  const run = (): void => {
    const mark = cx.code.mark();
    emitCall(cx, { name }, type, [address]);
    cx.code.release(mark);
  };
  block.cleanups.push({ run, position });
}

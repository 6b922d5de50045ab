/**
 * Declaration specifiers and declarators to C types: structs, unions, enums, pointers, arrays,
 * functions, typeof. Declares tags and enumerators in the scope; objects are declared by its callers.
 */

import { constantOf } from './constant';
import type { Context } from './context';
import { typeOfNode } from './expression';
import { layOut, type MemberInput } from './layout';
import type { SyntaxNode } from './parser';
import type { PPToken } from './pp-token';
import type { Attribute, Piece } from './respell';
import { childOf, firstPiece, nameOf, need, pieceIndex } from './source';
import * as T from './types';
import { type CType, LowerError } from './types';

export interface Declared {
  readonly name: string | null;
  readonly token: PPToken;
  readonly type: CType;
  /** Names of the parameters where the declarator is a function's. */
  readonly params: readonly (string | null)[];
}

/** `__auto_type`: the type comes from the initialiser. */
export const AUTO: CType = { k: 'float', size: 0, name: '__auto_type' };

const PRIMITIVES: Readonly<Record<string, CType>> = {
  void: T.VOID,
  bool: T.BOOL,
  _Bool: T.BOOL,
  char: T.CHAR,
  int: T.INT,
  float: { k: 'float', size: 4, name: 'float' },
  double: { k: 'float', size: 8, name: 'double' },
};

/** Attributes attached to the pieces of the text range. */
export function attributesIn(cx: Context, start: number, end: number): Attribute[] {
  const out: Attribute[] = [];
  if (end <= start) return out;
  const last = pieceIndex(cx.source, end - 1);
  for (let i = pieceIndex(cx.source, start); i <= last; i++) out.push(...(cx.source.pieces[i]?.attributes ?? []));
  return out;
}

/** Largest alignment that the attributes ask for, 0 when none does. */
function alignment(cx: Context, attributes: readonly Attribute[]): number {
  let align = 0;
  for (const attribute of attributes) {
    if (attribute.name !== 'aligned') continue;
    const value = attribute.probe < 0 ? 16n : constantOf(cx, probeValue(cx, attribute.probe));
    if (value < 1n || value > 1n << 20n) throw new LowerError('an alignment out of range');
    align = Math.max(align, Number(value));
  }
  return align;
}

/** The expression of a probe that was parsed beside the item. */
export function probeValue(cx: Context, probe: number): SyntaxNode {
  const node = cx.source.probes.get(probe);
  const value = node && childOf(node, 'declarator') && childOf(need(node, 'declarator'), 'value');
  if (!value) throw new LowerError('a type argument does not parse');
  return value;
}

/** The type that a `sizeof (...)` probe names, or that its expression has. */
export function probeType(cx: Context, probe: number): CType {
  const known = cx.source.probeTypes.get(probe);
  if (known) return known;
  const node = probeValue(cx, probe);
  const type = sizeofOperand(cx, node);
  cx.source.probeTypes.set(probe, type);
  return type;
}

/** The operand of a sizeof node: a type, or an expression that only looks like one. */
export function sizeofOperand(cx: Context, node: SyntaxNode): CType {
  const descriptor = childOf(node, 'type');
  if (!descriptor) return typeOfNode(cx, need(node, 'value'));
  const inner = childOf(descriptor, 'type');
  if (inner?.type === 'type_identifier' && !childOf(descriptor, 'declarator')) return typeOfNode(cx, inner);
  return descriptorType(cx, descriptor);
}

/** `int *[3]` in a cast or sizeof. */
export function descriptorType(cx: Context, node: SyntaxNode): CType {
  const base = specifierType(cx, need(node, 'type'));
  const declarator = childOf(node, 'declarator');
  return declarator ? declaratorType(cx, base, declarator).type : base;
}

/** The type that a type_specifier node stands for. */
export function specifierType(cx: Context, node: SyntaxNode): CType {
  switch (node.type) {
    case 'primitive_type': {
      const name = nameOf(cx.source, node);
      const type = PRIMITIVES[name];
      if (!type) throw new LowerError(`unknown type ${name}`);
      return type;
    }
    case 'sized_type_specifier':
      return sizedType(cx, node);
    case 'struct_specifier':
    case 'union_specifier':
      return structType(cx, node);
    case 'enum_specifier':
      return enumType(cx, node);
    case 'type_identifier': {
      const name = nameOf(cx.source, node);
      const symbol = cx.scope.find(name);
      if (symbol?.k === 'typedef') return symbol.type;
      if (name === '__int128') return { k: 'float', size: 16, name };
      if (name === '__builtin_va_list') return T.VOID_POINTER;
      throw new LowerError(`unknown type ${name}`);
    }
    default:
      throw new LowerError('a type that does not parse');
  }
}

function sizedType(cx: Context, node: SyntaxNode): CType {
  const words: string[] = [];
  const last = pieceIndex(cx.source, node.end - 1);
  for (let i = pieceIndex(cx.source, node.start); i <= last; i++) words.push(cx.source.pieces[i]?.text ?? '');
  const has = (w: string): boolean => words.includes(w);
  const unsigned = has('unsigned');
  const longs = words.filter((w) => w === 'long').length;
  if (has('__int128')) return { k: 'float', size: 16, name: 'unsigned __int128' };
  if (has('double')) return { k: 'float', size: 16, name: 'long double' };
  if (has('char')) return unsigned ? T.UCHAR : has('signed') ? T.SCHAR : T.CHAR;
  if (has('short')) return unsigned ? T.USHORT : T.SHORT;
  if (longs >= 2) return unsigned ? T.ULLONG : T.LLONG;
  if (longs === 1) return unsigned ? T.ULONG : T.LONG;
  return unsigned ? T.UINT : T.INT;
}

/** Placeholders that stand where a struct's name would. */
function placeholder(cx: Context, piece: Piece): CType | null {
  if (piece.role === 'auto') return AUTO;
  if (piece.role === 'typeof') return probeType(cx, piece.probe);
  if (piece.role !== 'typedef') return null;
  const name = piece.token.text;
  const symbol = cx.scope.find(name);
  if (symbol?.k === 'typedef') return symbol.type;
  if (symbol?.k === 'bad') throw new LowerError(symbol.why);
  throw new LowerError(`unknown type ${name}`);
}

function structType(cx: Context, node: SyntaxNode): CType {
  const special = placeholder(cx, firstPiece(cx.source, node));
  if (special) return special;
  const union = node.type === 'union_specifier';
  const name = childOf(node, 'name');
  const body = childOf(node, 'body');
  const tag = name ? nameOf(cx.source, name) : '<anonymous>';
  const key = `${union ? 'union' : 'struct'} ${tag}`;
  if (!body) {
    const known = cx.scope.findTag(key);
    if (known) return known;
  }
  let type = name ? (cx.scope.ownTag(key) as T.StructType | null) : null;
  if (!type) {
    type = { k: 'struct', union, tag, mute: cx.scope.muteExcept(tag), members: null, size: 0, align: 1 };
    if (name) (body ? cx.scope : cx.scope.root()).declareTag(key, type);
  }
  if (!body) return type;
  if (type.members !== null) throw new LowerError(`${key} is defined twice`);
  const outside = [
    ...attributesIn(cx, node.start, body.start + 1),
    ...(cx.source.pieces[pieceIndex(cx.source, node.end - 1)]?.attributes ?? []),
  ];
  const packed = outside.some((a) => a.name === 'packed');
  layOut(type, members(cx, body), packed, alignment(cx, outside));
  return type;
}

function members(cx: Context, body: SyntaxNode): MemberInput[] {
  const out: MemberInput[] = [];
  for (const field of body.children) {
    if (field.type !== 'field_declaration') {
      if (field.type === 'ERROR' || field.missing) throw new LowerError('a member does not parse');
      continue;
    }
    if (field.children.some((c) => c.type === 'ERROR' || c.missing)) throw new LowerError('a member does not parse');
    fieldMembers(cx, field, out);
  }
  return out;
}

function fieldMembers(cx: Context, field: SyntaxNode, out: MemberInput[]): void {
  const specifier = need(field, 'type');
  const base = specifierType(cx, specifier);
  const declarators = field.children.filter((c) => c.field === 'declarator');
  if (declarators.length === 0) {
    // The struct's own attributes stand on its brackets; they were applied to it.
    if (base.k === 'struct') out.push({ name: null, type: base, width: null, align: 0, packed: false });
    return;
  }
  for (const [i, declarator] of declarators.entries()) {
    const end = declarators[i + 1]?.start ?? field.end;
    const clause = field.children.find(
      (c) => c.type === 'bitfield_clause' && c.start >= declarator.end && c.start < end,
    );
    const declared = declaratorType(cx, base, declarator);
    const attributes = attributesIn(cx, declarator.start, clause ? clause.end : declarator.end);
    const width = clause?.children[0] ? Number(constantOf(cx, clause.children[0])) : null;
    const anonymous = firstPiece(cx.source, declarator).role === 'anonymous';
    out.push({
      name: anonymous ? null : declared.name,
      type: declared.type,
      width,
      align: alignment(cx, attributes),
      packed: attributes.some((a) => a.name === 'packed'),
    });
  }
}

function enumType(cx: Context, node: SyntaxNode): CType {
  const name = childOf(node, 'name');
  const body = childOf(node, 'body');
  const tag = name ? nameOf(cx.source, name) : '<anonymous>';
  const key = `enum ${tag}`;
  if (!body) {
    const known = cx.scope.findTag(key);
    if (known) return known;
  }
  const type: T.EnumType = { k: 'enum', tag, t: 'u32' };
  if (name) cx.scope.declareTag(key, type);
  if (!body) return type;
  let next = 0n;
  let least = 0n;
  let most = 0n;
  for (const item of body.children) {
    if (item.type !== 'enumerator') continue;
    const value = childOf(item, 'value');
    if (value) next = constantOf(cx, value);
    cx.scope.declare(nameOf(cx.source, need(item, 'name')), { k: 'const', type: enumeratorType(next), value: next });
    if (next < least) least = next;
    if (next > most) most = next;
    next++;
  }
  const wide = most > 0xffffffffn || (least < 0n && most > 0x7fffffffn) || least < -0x80000000n;
  type.t = wide ? (least < 0n ? 'i64' : 'u64') : least < 0n ? 'i32' : 'u32';
  // gcc: an enumerator that doesn't fit in int has the enumeration's own type.
  for (const item of body.children) {
    if (item.type !== 'enumerator') continue;
    const key = nameOf(cx.source, need(item, 'name'));
    const symbol = cx.scope.own(key);
    if (symbol?.k === 'const' && symbol.type !== T.INT) cx.scope.declare(key, { ...symbol, type: T.promote(type) });
  }
  return type;
}

function enumeratorType(value: bigint): T.IntType {
  if (value >= -0x80000000n && value <= 0x7fffffffn) return T.INT;
  if (value >= 0n && value <= 0xffffffffn) return T.UINT;
  return value <= 0x7fffffffffffffffn ? T.LONG : T.ULONG;
}

const NAMES = new Set(['identifier', 'field_identifier', 'type_identifier', 'primitive_type']);

/** Apply a declarator to the type that its specifiers gave. */
export function declaratorType(cx: Context, base: CType, node: SyntaxNode, depth = 0): Declared {
  if (depth > 60) throw new LowerError('a declarator that nests too deeply');
  if (NAMES.has(node.type)) {
    const token = firstPiece(cx.source, node).token;
    return { name: nameOf(cx.source, node), token, type: base, params: [] };
  }
  const inner = childOf(node, 'declarator');
  const next = (type: CType): Declared =>
    inner
      ? declaratorType(cx, type, inner, depth + 1)
      : { name: null, token: firstPiece(cx.source, node).token, type, params: [] };
  switch (node.type) {
    case 'pointer_declarator':
    case 'abstract_pointer_declarator':
      return next(T.pointerTo(base));
    case 'array_declarator':
    case 'abstract_array_declarator': {
      const size = childOf(node, 'size');
      const n = size ? Number(constantOf(cx, size)) : -1;
      if (n > 1 << 24 || n < -1) throw new LowerError('an array size out of range');
      return next({ k: 'array', of: base, n });
    }
    case 'function_declarator':
    case 'abstract_function_declarator': {
      const { type, names } = functionType(cx, base, need(node, 'parameters'));
      const declared = next(type);
      return declared.type === type ? { ...declared, params: names } : declared;
    }
    default: {
      const child = inner ?? node.children.find((c) => c.type.endsWith('declarator') || NAMES.has(c.type));
      if (!child || node.type === 'ERROR') throw new LowerError('a declarator that does not parse');
      return declaratorType(cx, base, child, depth + 1);
    }
  }
}

/** An array or function parameter is a pointer. */
export function adjust(type: CType): CType {
  if (type.k === 'array') return T.pointerTo(type.of);
  return type.k === 'func' ? T.pointerTo(type) : type;
}

function functionType(cx: Context, returns: CType, list: SyntaxNode): { type: T.FuncType; names: (string | null)[] } {
  const params: CType[] = [];
  const names: (string | null)[] = [];
  let variadic = false;
  for (const child of list.children) {
    if (child.type === 'variadic_parameter') variadic = true;
    else if (child.type === 'identifier') variadic = true;
    if (child.type !== 'parameter_declaration') continue;
    const base = specifierType(cx, need(child, 'type'));
    const declarator = childOf(child, 'declarator');
    const declared = declarator ? declaratorType(cx, base, declarator) : null;
    params.push(adjust(declared?.type ?? base));
    names.push(declared?.name ?? null);
  }
  const unspecified = list.children.length === 0;
  const only = params[0];
  if (params.length === 1 && only?.k === 'void')
    return { type: { k: 'func', returns, params: [], variadic, unspecified: false }, names: [] };
  return { type: { k: 'func', returns, params, variadic, unspecified }, names };
}

/** Storage classes written before the type. */
export function storageOf(cx: Context, node: SyntaxNode): ReadonlySet<string> {
  return new Set(
    node.children.filter((c) => c.type === 'storage_class_specifier').map((c) => firstPiece(cx.source, c).text),
  );
}

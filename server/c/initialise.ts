/**
 * Initialisers: walks braces, designators and elided braces alongside the type, for locals (stores, one
 * line each) and for globals (contents).
 */

import type { Expr } from '../../model/execute/program';
import { constantOf, staticValue } from './constant';
import type { Context, GlobalDraft } from './context';
import { expression, typeOfNode } from './expression';
import * as F from './fold';
import { findMember } from './layout';
import type { SyntaxNode } from './parser';
import { stringBytes } from './place';
import { firstPiece, firstToken, nameOf, need } from './source';
import * as T from './types';
import { type CType, LowerError } from './types';
import { convert, inMemory, type Place, store } from './value';

interface Target {
  readonly type: CType;
  /** Bytes from the start of the object. */
  readonly off: number;
  readonly bits: { readonly shift: number; readonly width: number } | null;
}

/** Called for each scalar, string or whole struct; `element` is the list's element, for its line. */
type Visit = (target: Target, value: SyntaxNode, element: SyntaxNode) => void;

interface Elements {
  readonly list: readonly SyntaxNode[];
  at: number;
}

const MAX_ELEMENTS = 1 << 16;
const isString = (node: SyntaxNode): boolean => node.type === 'string_literal' || node.type === 'concatenated_string';
const isCharArray = (type: CType): boolean => type.k === 'array' && type.of.k === 'int' && T.sizeOf(type.of) === 1;

/** The parts of an aggregate by position: members of a struct, elements of an array. */
function part(type: CType, off: number, index: number): Target | null {
  if (type.k === 'array') {
    if (type.n >= 0 && index >= type.n) return null;
    return { type: type.of, off: off + index * T.sizeOf(type.of), bits: null };
  }
  if (type.k !== 'struct') return null;
  if (type.members === null) throw new LowerError(`${T.typeName(type)} is incomplete`);
  const member = type.union && index > 0 ? undefined : type.members[index];
  return member ? { type: member.type, off: off + member.off, bits: member.bits } : null;
}

class Walker {
  /** One more than the highest index given to the outermost array. */
  length = 0;
  private visits = 0;
  constructor(
    private readonly cx: Context,
    private readonly visit: Visit,
  ) {}

  braced(target: Target, list: SyntaxNode, element: SyntaxNode, outer = false): void {
    const elements = { list: list.children, at: 0 };
    const first = elements.list[0];
    if (list.children.some((c) => c.type === 'ERROR' || c.missing)) throw new LowerError('it does not parse');
    if (T.scalarOf(target.type) !== null) {
      if (first) this.leaf(target, first, element);
    } else if (first && elements.list.length === 1 && isString(first) && isCharArray(target.type)) {
      this.leaf(target, first, element);
    } else this.aggregate(target, elements, true, outer);
  }

  private leaf(target: Target, value: SyntaxNode, element: SyntaxNode): void {
    if (++this.visits > MAX_ELEMENTS) throw new LowerError('an initialiser with too many elements');
    if (value.type === 'initializer_list') this.braced(target, value, element);
    else this.visit(target, value, element);
  }

  /** Fill an aggregate from the elements; without braces of its own it takes what it needs and stops. */
  private aggregate(target: Target, elements: Elements, braced: boolean, outer = false): void {
    let index = 0;
    while (elements.at < elements.list.length) {
      const element = elements.list[elements.at] as SyntaxNode;
      if (element.type === 'initializer_pair') {
        if (!braced) return;
        elements.at++;
        index = this.designated(target, element, outer) + 1;
        continue;
      }
      const next = part(target.type, target.off, index);
      if (next === null) {
        if (braced) throw new LowerError('too many initialisers');
        return;
      }
      index++;
      if (outer) this.length = Math.max(this.length, index);
      this.consume(next, elements, element);
    }
  }

  private consume(target: Target, elements: Elements, element: SyntaxNode): void {
    const aggregate = target.type.k === 'struct' || target.type.k === 'array';
    const whole =
      !aggregate ||
      element.type === 'initializer_list' ||
      (isString(element) && isCharArray(target.type)) ||
      (target.type.k === 'struct' && typeOfNode(this.cx, element) === target.type);
    if (whole) {
      elements.at++;
      this.leaf(target, element, element);
    } else this.aggregate(target, elements, false);
  }

  /** `.a.b[2] = v` or `[1 ... 3] = v`; returns the position of the outermost designated part. */
  private designated(target: Target, pair: SyntaxNode, outer: boolean): number {
    const designators = pair.children.filter((c) => c.field === 'designator');
    const value = need(pair, 'value');
    const [head, ...rest] = designators;
    if (!head) throw new LowerError('it does not parse');
    const [low, high] = this.range(target.type, head);
    if (outer) this.length = Math.max(this.length, high + 1);
    if (high - low > MAX_ELEMENTS) throw new LowerError('an initialiser with too many elements');
    for (let i = low; i <= high; i++) this.designate(this.sub(target, head, i), rest, value, pair);
    return target.type.k === 'struct' ? this.position(target.type, nameOf(this.cx.source, this.fieldOf(head))) : high;
  }

  private designate(target: Target, rest: readonly SyntaxNode[], value: SyntaxNode, pair: SyntaxNode): void {
    const [head, ...more] = rest;
    if (!head) {
      this.leaf(target, value, pair);
      return;
    }
    const [low, high] = this.range(target.type, head);
    for (let i = low; i <= high; i++) this.designate(this.sub(target, head, i), more, value, pair);
  }

  private fieldOf(designator: SyntaxNode): SyntaxNode {
    return designator.type === 'field_identifier' ? designator : (designator.children[0] ?? designator);
  }

  private range(type: CType, designator: SyntaxNode): [number, number] {
    if (type.k !== 'array') return [0, 0];
    if (designator.type === 'subscript_range_designator') {
      const [low, high] = [
        constantOf(this.cx, need(designator, 'start')),
        constantOf(this.cx, need(designator, 'end')),
      ];
      return [Number(low), Number(high)];
    }
    const index = designator.type === 'subscript_designator' ? designator.children[0] : undefined;
    if (!index) throw new LowerError('a field designator for an array');
    const at = Number(constantOf(this.cx, index));
    return [at, at];
  }

  private sub(target: Target, designator: SyntaxNode, index: number): Target {
    const { type } = target;
    if (type.k === 'array') {
      const next = index >= 0 ? part(type, target.off, index) : null;
      if (!next) throw new LowerError('an array designator out of range');
      return next;
    }
    const name = nameOf(this.cx.source, this.fieldOf(designator));
    if (type.k !== 'struct') throw new LowerError(`designator .${name} for ${T.typeName(type)}`);
    const member = findMember(type, name);
    if (!member) throw new LowerError(`unknown field '${name}' of ${T.typeName(type)}`);
    return { type: member.type, off: target.off + member.off, bits: member.bits };
  }

  /** Index of the member that holds the named one, directly or through anonymous members. */
  private position(type: T.StructType, name: string): number {
    const holds = (m: { name: string | null; type: CType }): boolean =>
      m.name === name || (m.name === null && m.type.k === 'struct' && findMember(m.type, name) !== null);
    return (type.members ?? []).findIndex(holds);
  }
}

/** The type of an object with this initialiser: `int a[] = {...}` gets its length. */
export function completeArray(cx: Context, type: CType, value: SyntaxNode): CType {
  if (type.k !== 'array' || type.n >= 0) return type;
  if (isString(value)) return { ...type, n: stringBytes(firstPiece(cx.source, value).token.text).length };
  if (value.type !== 'initializer_list') return type;
  const only = value.children[0];
  if (only && value.children.length === 1 && isString(only) && isCharArray(type)) return completeArray(cx, type, only);
  const walker = new Walker(cx, () => {});
  walker.braced({ type, off: 0, bits: null }, value, value, true);
  return { ...type, n: walker.length };
}

/** Initialise a local object in memory. */
export function initialise(cx: Context, object: Place, value: SyntaxNode): void {
  const { code } = cx;
  if (!('address' in object.at)) throw new LowerError('an aggregate in a register');
  const base = object.at.address;
  if (value.type !== 'initializer_list' && !isString(value)) {
    store(cx, object, expression(cx, value));
    return;
  }
  const outer = code.at;
  const size = T.sizeOf(object.type);
  if (size > 0) code.emit({ s: 'zero', a: base, size });
  const write: Visit = (target, node, element) => {
    code.at = firstToken(cx.source, element);
    writeLocal(cx, target, base, node);
  };
  const whole = { type: object.type, off: 0, bits: null };
  if (isString(value)) write(whole, value, value);
  else new Walker(cx, write).braced(whole, value, value);
  code.at = outer;
}

function writeLocal(cx: Context, target: Target, base: Expr, node: SyntaxNode): void {
  const address = F.binary('add', 'ptr', base, F.constant('ptr', target.off));
  if (isString(node) && target.type.k === 'array') {
    for (const [i, byte] of fittingBytes(cx, target, node).entries()) {
      if (byte === 0) continue;
      const a = F.binary('add', 'ptr', address, F.constant('ptr', i));
      cx.code.emit({ s: 'store', t: 'u8', a, e: F.constant('u8', byte), access: 'plain' });
    }
    return;
  }
  const place = target.bits ? { ...inMemory(target.type, address), bits: target.bits } : inMemory(target.type, address);
  store(cx, place, expression(cx, node));
}

function fittingBytes(cx: Context, target: Target, node: SyntaxNode): number[] {
  const bytes = stringBytes(firstPiece(cx.source, node).token.text);
  return target.type.k === 'array' && target.type.n >= 0 ? bytes.slice(0, target.type.n) : bytes;
}

/** Fill in a global's contents. */
export function initialiseGlobal(cx: Context, draft: GlobalDraft, type: CType, value: SyntaxNode): void {
  const units = new Map<number, bigint>();
  const write: Visit = (target, node) => writeGlobal(cx, draft, units, target, node);
  const walker = new Walker(cx, write);
  const whole = { type, off: 0, bits: null };
  if (value.type === 'initializer_list') walker.braced(whole, value, value);
  else write(whole, value, value);
}

function writeGlobal(
  cx: Context,
  draft: GlobalDraft,
  units: Map<number, bigint>,
  target: Target,
  node: SyntaxNode,
): void {
  const { type, off, bits } = target;
  if (isString(node) && type.k === 'array') {
    for (const [i, v] of fittingBytes(cx, target, node).entries()) {
      if (v !== 0) draft.init.push({ off: off + i, t: 'u8', v });
    }
    return;
  }
  if (type.k === 'struct' || type.k === 'array') {
    let inner = node;
    while (inner.type === 'parenthesized_expression' && inner.children[0]) inner = inner.children[0];
    if (inner.type !== 'compound_literal_expression') throw new LowerError('an initialiser that is not constant');
    new Walker(cx, (t, n) => writeGlobal(cx, draft, units, t, n)).braced(target, need(inner, 'value'), node);
    return;
  }
  const e = convert(cx, staticValue(cx, node), type).e;
  if (bits) writeBits(draft, units, target, bits, e);
  else pushInit(draft, off, e);
}

/** Bit-fields of one unit are gathered into one word. */
function writeBits(
  draft: GlobalDraft,
  units: Map<number, bigint>,
  target: Target,
  bits: { shift: number; width: number },
  e: Expr,
): void {
  const value = F.constantValue(e);
  const t = T.scalarOf(target.type);
  if (value === null || t === null) throw new LowerError('an initialiser that is not constant');
  const low = (1n << BigInt(bits.width)) - 1n;
  const unit = (units.get(target.off) ?? 0n) | ((value & low) << BigInt(bits.shift));
  units.set(target.off, unit);
  const at = draft.init.findIndex((i) => i.off === target.off);
  const entry = { off: target.off, t, v: F.wrap(t, unit) } as const;
  if (at >= 0) draft.init[at] = entry;
  else draft.init.push(entry);
}

function pushInit(draft: GlobalDraft, off: number, e: Expr): void {
  const inner = e.k === 'cast' && T.scalarSize(e.to) === 8 ? e.a : e;
  if (inner.k === 'global') draft.init.push({ off, t: 'ptr', global: inner.name, add: inner.off });
  else if (inner.k === 'func') draft.init.push({ off, t: 'ptr', func: inner.name });
  else if (e.k === 'const') {
    if (BigInt(e.v) !== 0n) draft.init.push({ off, t: e.t, v: e.v } as GlobalDraft['init'][number]);
  } else throw new LowerError('an initialiser that is not constant');
}

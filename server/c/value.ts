/** Values and places of C expressions in step form, and the steps that read, write and convert them. */

import type { Access, Expr, Scalar } from '../../model/execute/program';
import type { Context } from './context';
import * as F from './fold';
import * as T from './types';
import { type CType, LowerError } from './types';

/** A value. For a struct, `e` is the address of its bytes. Arrays and functions have decayed to pointers. */
export interface Val {
  readonly type: CType;
  readonly e: Expr;
}

/** Something that can be read, written or (in memory) pointed to. */
export interface Place {
  readonly type: CType;
  readonly at: { readonly reg: number } | { readonly address: Expr };
  readonly bits: { readonly shift: number; readonly width: number } | null;
  /** A store to it has no effect. */
  readonly mute?: boolean;
}

export const inMemory = (type: CType, address: Expr): Place => ({ type, at: { address }, bits: null });

/** The scalar of a type; throws for what the step form has no scalar for. */
export function needScalar(type: CType): Scalar {
  const t = T.scalarOf(type);
  if (t === null) throw new LowerError(`${T.typeName(type)} used as a scalar`);
  return t;
}

/** Keep a value in a fresh temporary. */
export function save(cx: Context, t: Scalar, e: Expr): Expr {
  const r = cx.code.temp(t);
  cx.code.emit({ s: 'set', r, e });
  return { k: 'reg', t, r };
}

/** A value that later steps can't change and that may be used twice. */
export function settle(cx: Context, v: Val): Val {
  if (v.e.k === 'const' || v.e.k === 'frame' || v.e.k === 'global' || v.e.k === 'func') return v;
  if (v.type.k === 'struct') return { type: v.type, e: save(cx, 'ptr', v.e) };
  return { type: v.type, e: save(cx, needScalar(v.type), v.e) };
}

function loadScalar(cx: Context, t: Scalar, a: Expr, access: Access): Expr {
  const r = cx.code.temp(t);
  cx.code.emit({ s: 'load', r, t, a, access });
  return { k: 'reg', t, r };
}

/** The value of a bit-field within its unit: shifted down, with its sign. */
function extract(unit: Expr, t: Scalar, bits: { shift: number; width: number }): Expr {
  const size = T.scalarSize(t) * 8;
  const count = (n: number): Expr => F.constant('i32', n);
  if (T.isUnsigned(t)) {
    const mask = F.constant(t, (1n << BigInt(bits.width)) - 1n);
    return F.binary('and', t, F.binary('shr', t, unit, count(bits.shift)), mask);
  }
  const up = F.binary('shl', t, unit, count(size - bits.shift - bits.width));
  return F.binary('shr', t, up, count(size - bits.width));
}

/** gcc: a bit-field narrower than int promotes to int, one as wide as an unsigned int to that. */
function bitFieldType(type: CType, width: number): CType {
  if (T.isBool(type)) return type;
  const unsigned = T.isUnsigned(needScalar(type));
  if (width < 32 || (width === 32 && !unsigned)) return T.INT;
  return width === 32 ? T.UINT : type.k === 'enum' ? T.promote(type) : type;
}

/** Arithmetic on bit-fields is done in at least 32 bits, whatever their unit. */
function widen(type: CType): { unit: Scalar; work: Scalar } {
  const unit = needScalar(type);
  if (T.scalarSize(unit) >= 4) return { unit, work: unit };
  return { unit, work: T.isUnsigned(unit) ? 'u32' : 'i32' };
}

function loadBits(cx: Context, place: Place, address: Expr, bits: { shift: number; width: number }): Val {
  const { unit, work } = widen(place.type);
  const raw = F.cast(work, loadScalar(cx, unit, address, 'plain'));
  const value = extract(raw, work, bits);
  const type = bitFieldType(place.type, bits.width);
  return { type, e: F.cast(needScalar(type), value) };
}

/** Read a place. An array gives its address, a struct the address of its bytes. */
export function load(cx: Context, place: Place, access: Access = 'plain'): Val {
  const { type, at } = place;
  if ('reg' in at) return { type, e: { k: 'reg', t: needScalar(type), r: at.reg } };
  if (place.bits) return loadBits(cx, place, at.address, place.bits);
  if (type.k === 'array') return { type: T.pointerTo(type.of), e: at.address };
  if (type.k === 'func') return { type: T.pointerTo(type), e: at.address };
  if (type.k === 'struct') return { type, e: at.address };
  if (type.k === 'void') return { type, e: F.constant('i32', 0) };
  return { type, e: loadScalar(cx, needScalar(type), at.address, access) };
}

function storeBits(cx: Context, place: Place, address: Expr, bits: { shift: number; width: number }, e: Expr): Val {
  const { unit, work } = widen(place.type);
  const low = (1n << BigInt(bits.width)) - 1n;
  const shift = F.constant('i32', bits.shift);
  const value = F.binary('and', work, F.cast(work, e), F.constant(work, low));
  const old = F.cast(work, loadScalar(cx, unit, address, 'plain'));
  const kept = F.binary('and', work, old, F.constant(work, ~(low << BigInt(bits.shift))));
  const made = F.binary('or', work, kept, F.binary('shl', work, value, shift));
  cx.code.emit({ s: 'store', t: unit, a: address, e: F.cast(unit, made), access: 'plain' });
  const type = bitFieldType(place.type, bits.width);
  const stored = extract(value, work, { shift: 0, width: bits.width });
  return { type, e: F.cast(needScalar(type), stored) };
}

/** Write a converted value to a place; the result is the place's new value. */
export function store(cx: Context, place: Place, value: Val, access: Access = 'plain'): Val {
  const { type, at } = place;
  if (type.k === 'struct') return copyStruct(cx, place, value);
  if (type.k === 'array') throw new LowerError('assignment to an array');
  const v = convert(cx, value, type);
  if (place.mute) return v;
  if ('reg' in at) {
    cx.code.emit({ s: 'set', r: at.reg, e: v.e });
    return { type, e: { k: 'reg', t: needScalar(type), r: at.reg } };
  }
  if (place.bits) return storeBits(cx, place, at.address, place.bits, v.e);
  cx.code.emit({ s: 'store', t: needScalar(type), a: at.address, e: v.e, access });
  return v;
}

function copyStruct(cx: Context, place: Place, value: Val): Val {
  if (value.type !== place.type) {
    throw new LowerError(`${T.typeName(value.type)} assigned to ${T.typeName(place.type)}`);
  }
  const size = T.sizeOf(place.type);
  if (!('address' in place.at)) throw new LowerError('a struct in a register');
  if (size > 0) cx.code.emit({ s: 'copy', to: place.at.address, from: value.e, size });
  return { type: place.type, e: place.at.address };
}

/** Convert as assignment and casts do. */
export function convert(_cx: Context, v: Val, to: CType): Val {
  if (v.type === to) return v;
  if (to.k === 'void') return { type: to, e: F.constant('i32', 0) };
  if (to.k === 'struct') {
    throw new LowerError(`${T.typeName(v.type)} converted to ${T.typeName(to)}`);
  }
  const t = needScalar(to);
  const from = T.scalarOf(v.type);
  if (from === null) throw new LowerError(`${T.typeName(v.type)} converted to ${T.typeName(to)}`);
  if (T.isBool(to)) return { type: to, e: T.isBool(v.type) ? v.e : F.cast('u8', F.truth(v.e)) };
  return { type: to, e: F.cast(t, v.e) };
}

/** i32 1 or 0: whether the value is not zero. */
export function truthOf(v: Val): Expr {
  needScalar(v.type);
  return F.truth(v.e);
}

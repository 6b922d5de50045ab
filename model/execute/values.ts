/**
 * Values of the step form, how they lie in a buffer, and the conversions between C's scalar types. It knows
 * widths and signs, not registers, steps or the simulated memory.
 */

import type { Scalar, Value } from './program';

const TWO32 = 2 ** 32;
const TWO64 = 2 ** 64;

/** 64-bit integers are BigInt, everything else is a number. */
export function isBig(t: Scalar): boolean {
  return t === 'i64' || t === 'u64';
}

export function isSigned(t: Scalar): boolean {
  return t === 'i8' || t === 'i16' || t === 'i32' || t === 'i64' || t === 'ptr';
}

const BITS: Readonly<Record<Scalar, number>> = {
  i8: 8,
  u8: 8,
  i16: 16,
  u16: 16,
  i32: 32,
  u32: 32,
  i64: 64,
  u64: 64,
  ptr: 64,
};

export function bitsOf(t: Scalar): number {
  return BITS[t];
}

/** Bytes of a scalar. */
export function sizeOf(t: Scalar): number {
  return BITS[t] >>> 3;
}

/** The scalar that lies at an offset of a buffer, of any alignment. */
export function scalarIn(view: DataView, t: Scalar, off: number): Value {
  switch (t) {
    case 'i8':
      return view.getInt8(off);
    case 'u8':
      return view.getUint8(off);
    case 'i16':
      return view.getInt16(off, true);
    case 'u16':
      return view.getUint16(off, true);
    case 'i32':
      return view.getInt32(off, true);
    case 'u32':
      return view.getUint32(off, true);
    case 'i64':
      return view.getBigInt64(off, true);
    case 'u64':
      return view.getBigUint64(off, true);
    case 'ptr':
      return view.getInt32(off + 4, true) * TWO32 + view.getUint32(off, true);
  }
}

export function zeroOf(t: Scalar): Value {
  return isBig(t) ? 0n : 0;
}

/** Cut a number (of up to 53 bits) to a type of at most 32 bits. */
export function wrapNumber(t: Scalar, v: number): number {
  switch (t) {
    case 'i8':
      return (v << 24) >> 24;
    case 'u8':
      return v & 0xff;
    case 'i16':
      return (v << 16) >> 16;
    case 'u16':
      return v & 0xffff;
    case 'u32':
      return v >>> 0;
    case 'i32':
      return v | 0;
    default:
      return v;
  }
}

/** The value as type `t`, whichever way it is held: C's conversion, by value modulo 2^width. */
export function convert(t: Scalar, v: Value | undefined): Value {
  if (v === undefined) return zeroOf(t);
  if (typeof v === 'bigint') {
    if (t === 'u64') return BigInt.asUintN(64, v);
    if (t === 'i64') return BigInt.asIntN(64, v);
    if (t === 'ptr') return Number(BigInt.asIntN(64, v));
    return wrapNumber(t, Number(BigInt.asIntN(32, v)));
  }
  if (t === 'u64') return BigInt.asUintN(64, BigInt(v));
  if (t === 'i64') return BigInt.asIntN(64, BigInt(v));
  return wrapNumber(t, v);
}

/** A pointer's 64 bits as an unsigned number: its order is that of C's pointer comparison. */
export function unsignedPointer(v: number): number {
  return v < 0 ? v + TWO64 : v;
}

/** Bitwise work on pointers, which are numbers of more than 32 bits. */
export function pointerBits(op: 'and' | 'or' | 'xor' | 'shl' | 'shr', a: number, b: number): number {
  const x = BigInt(a);
  const y = BigInt(b);
  switch (op) {
    case 'and':
      return Number(x & y);
    case 'or':
      return Number(x | y);
    case 'xor':
      return Number(x ^ y);
    case 'shl':
      return Number(BigInt.asIntN(64, x << y));
    case 'shr':
      return Number(BigInt.asUintN(64, x) >> y);
  }
}

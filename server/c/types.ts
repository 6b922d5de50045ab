/**
 * C types on LP64: their sizes, conversions and compatibility, and how they map to the step form's
 * scalars. Struct layout is in layout.ts. Knows no syntax.
 */

import type { Scalar } from '../../model/execute/program';

export type Rank = 'bool' | 'char' | 'schar' | 'short' | 'int' | 'long' | 'llong';

export interface IntType {
  readonly k: 'int';
  readonly t: Scalar;
  readonly rank: Rank;
  readonly name: string;
}

export interface Member {
  /** null for an anonymous struct or union. */
  readonly name: string | null;
  readonly type: CType;
  /** Bytes; of the storage unit for a bit-field. */
  readonly off: number;
  readonly bits: { readonly shift: number; readonly width: number } | null;
}

/** A struct or union; `members` is null until it is complete. */
export interface StructType {
  readonly k: 'struct';
  readonly union: boolean;
  readonly tag: string;
  /** Stores to its members have no effect, but for those named here; null: all stores have one. */
  readonly mute: readonly string[] | null;
  members: readonly Member[] | null;
  size: number;
  align: number;
}

export interface EnumType {
  readonly k: 'enum';
  readonly tag: string;
  t: Scalar;
}

export interface FuncType {
  readonly k: 'func';
  readonly returns: CType;
  readonly params: readonly CType[];
  readonly variadic: boolean;
  /** `()`: nothing is known of the parameters. */
  readonly unspecified: boolean;
}

export type CType =
  | { readonly k: 'void' }
  | IntType
  | EnumType
  | { readonly k: 'float'; readonly size: number; readonly name: string }
  | { readonly k: 'ptr'; readonly to: CType }
  /** `n` is -1 for an incomplete or flexible array. */
  | { readonly k: 'array'; readonly of: CType; readonly n: number }
  | StructType
  | FuncType;

const int = (t: Scalar, rank: Rank, name: string): IntType => ({ k: 'int', t, rank, name });

export const VOID: CType = { k: 'void' };
export const BOOL = int('u8', 'bool', '_Bool');
export const CHAR = int('i8', 'char', 'char');
export const SCHAR = int('i8', 'schar', 'signed char');
export const UCHAR = int('u8', 'schar', 'unsigned char');
export const SHORT = int('i16', 'short', 'short');
export const USHORT = int('u16', 'short', 'unsigned short');
export const INT = int('i32', 'int', 'int');
export const UINT = int('u32', 'int', 'unsigned int');
export const LONG = int('i64', 'long', 'long');
export const ULONG = int('u64', 'long', 'unsigned long');
export const LLONG = int('i64', 'llong', 'long long');
export const ULLONG = int('u64', 'llong', 'unsigned long long');

export const pointerTo = (to: CType): CType => ({ k: 'ptr', to });
export const VOID_POINTER = pointerTo(VOID);

/** What the lowering can't do; the smallest enclosing statement is poisoned with this reason. */
export class LowerError extends Error {}

const SCALAR_SIZE: Readonly<Record<Scalar, number>> = {
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  ptr: 8,
};

export const scalarSize = (t: Scalar): number => SCALAR_SIZE[t];
export const isUnsigned = (t: Scalar): boolean => t === 'ptr' || t.startsWith('u');
export const isBig = (t: Scalar): boolean => t === 'i64' || t === 'u64';

/** The type as C would write it. */
export function typeName(type: CType): string {
  switch (type.k) {
    case 'void':
      return 'void';
    case 'int':
    case 'float':
      return type.name;
    case 'enum':
      return `enum ${type.tag}`;
    case 'struct':
      return `${type.union ? 'union' : 'struct'} ${type.tag}`;
    case 'ptr':
      if (type.to.k === 'func') return `${typeName(type.to.returns)} (*)(${type.to.params.map(typeName).join(', ')})`;
      return `${typeName(type.to)}${type.to.k === 'ptr' ? '*' : ' *'}`;
    case 'array':
      return `${typeName(type.of)}[${type.n < 0 ? '' : type.n}]`;
    case 'func':
      return `${typeName(type.returns)} (${type.params.map(typeName).join(', ')})`;
  }
}

/** Bytes; throws for a type that has none. */
export function sizeOf(type: CType): number {
  switch (type.k) {
    case 'int':
    case 'enum':
      return SCALAR_SIZE[type.t];
    case 'ptr':
      return 8;
    case 'float':
      return type.size;
    case 'array':
      if (type.n < 0) throw new LowerError('size of an incomplete array');
      return type.n * sizeOf(type.of);
    case 'struct':
      if (type.members === null) throw new LowerError(`${typeName(type)} is incomplete`);
      return type.size;
    case 'void':
    case 'func':
      // GNU: both count as one byte.
      return 1;
  }
}

export function alignOf(type: CType): number {
  switch (type.k) {
    case 'array':
      return alignOf(type.of);
    case 'struct':
      return type.align;
    default:
      return Math.min(sizeOf(type), 16);
  }
}

/** The step form's scalar for values of this type; null for aggregates, void and floating types. */
export function scalarOf(type: CType): Scalar | null {
  switch (type.k) {
    case 'int':
    case 'enum':
      return type.t;
    case 'ptr':
    case 'func':
      return 'ptr';
    default:
      return null;
  }
}

export const isInteger = (type: CType): boolean => type.k === 'int' || type.k === 'enum';
export const isBool = (type: CType): boolean => type.k === 'int' && type.rank === 'bool';

const RANKS: readonly Rank[] = ['bool', 'char', 'schar', 'short', 'int', 'long', 'llong'];

/** Integer promotion; an enum counts as its integer type. */
export function promote(type: CType): IntType {
  if (type.k === 'enum') return type.t === 'u32' ? UINT : type.t === 'i32' ? INT : type.t === 'i64' ? LONG : ULONG;
  if (type.k !== 'int') throw new LowerError(`${typeName(type)} used as an integer`);
  return RANKS.indexOf(type.rank) < RANKS.indexOf('int') ? INT : type;
}

/** The usual arithmetic conversions. */
export function commonType(a: CType, b: CType): IntType {
  const x = promote(a);
  const y = promote(b);
  if (x.t === y.t) return RANKS.indexOf(x.rank) >= RANKS.indexOf(y.rank) ? x : y;
  const [high, low] = RANKS.indexOf(x.rank) >= RANKS.indexOf(y.rank) ? [x, y] : [y, x];
  if (isUnsigned(high.t) || !isUnsigned(low.t)) return high;
  // The higher-ranked is signed, the other unsigned: it wins if it is wider, else becomes unsigned.
  if (SCALAR_SIZE[high.t] > SCALAR_SIZE[low.t]) return high;
  return high.rank === 'int' ? UINT : high.rank === 'long' ? ULONG : ULLONG;
}

/** Compatible in the sense of `__builtin_types_compatible_p`. */
export function sameType(a: CType, b: CType): boolean {
  if (a === b) return true;
  if (a.k !== b.k) return false;
  switch (a.k) {
    case 'int':
      return b.k === 'int' && a.rank === b.rank && a.t === b.t;
    case 'float':
      return b.k === 'float' && a.size === b.size;
    case 'ptr':
      return b.k === 'ptr' && sameType(a.to, b.to);
    case 'array':
      return b.k === 'array' && sameType(a.of, b.of) && (a.n === b.n || a.n < 0 || b.n < 0);
    case 'func':
      return (
        b.k === 'func' &&
        sameType(a.returns, b.returns) &&
        a.params.length === b.params.length &&
        a.params.every((p, i) => sameType(p, b.params[i] ?? VOID))
      );
    default:
      return a.k === 'void';
  }
}

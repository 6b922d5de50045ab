/** Calls that the compiler itself answers: marked accesses, atomics, and gcc's builtins. */

import type { Access, AtomicOp } from '../../model/execute/program';
import { emitCall } from './call';
import { pureValue } from './constant';
import type { Context } from './context';
import { expression } from './expression';
import * as F from './fold';
import type { SyntaxNode } from './parser';
import { isPlaceNode, place } from './place';
import type { PPToken } from './pp-token';
import * as T from './types';
import { type CType, LowerError } from './types';
import { convert, inMemory, load, needScalar, type Place, store, type Val } from './value';

type Intrinsic = (cx: Context, args: readonly SyntaxNode[]) => Val;

const INT = (n: number | bigint): Val => ({ type: T.INT, e: F.constant('i32', n) });

function arg(args: readonly SyntaxNode[], i: number): SyntaxNode {
  const node = args[i];
  if (!node) throw new LowerError('an intrinsic with too few arguments');
  return node;
}

function readOnce(cx: Context, args: readonly SyntaxNode[]): Val {
  const node = arg(args, 0);
  if (!isPlaceNode(cx, node)) return expression(cx, node);
  return load(cx, place(cx, node), 'once');
}

function markedStore(access: Access): Intrinsic {
  return (cx, args) => {
    const target = place(cx, arg(args, 0));
    return store(cx, target, expression(cx, arg(args, 1)), access);
  };
}

/** The word that an atomic works on. */
function atomicTarget(cx: Context, node: SyntaxNode): { place: Place; type: CType } {
  const pointer = expression(cx, node);
  if (pointer.type.k !== 'ptr') throw new LowerError('an atomic on something that is no pointer');
  needScalar(pointer.type.to);
  return { place: inMemory(pointer.type.to, pointer.e), type: pointer.type.to };
}

function atomic(op: AtomicOp): Intrinsic {
  return (cx, args) => {
    const target = atomicTarget(cx, arg(args, 0));
    const operands = args.slice(1).map((n) => convert(cx, expression(cx, n), target.type).e);
    const [first, second] = operands;
    const wanted = op === 'cmpxchg' ? second : first;
    if (!first || !wanted || !('address' in target.place.at)) throw new LowerError('an atomic with too few arguments');
    const t = needScalar(target.type);
    const r = cx.code.temp(t);
    const step = { s: 'atomic', op, r, t, a: target.place.at.address, e: wanted } as const;
    cx.code.emit(op === 'cmpxchg' ? { ...step, expected: first } : step);
    return { type: target.type, e: { k: 'reg', t, r } };
  };
}

function constantP(cx: Context, args: readonly SyntaxNode[]): Val {
  const depth = cx.depth;
  try {
    const value = pureValue(cx, arg(args, 0));
    return INT(value && F.constantValue(value.e) !== null ? 1 : 0);
  } catch (error) {
    if (!(error instanceof LowerError)) throw error;
    cx.depth = depth;
    return INT(0);
  }
}

function chooseExpr(cx: Context, args: readonly SyntaxNode[]): Val {
  const test = pureValue(cx, arg(args, 0));
  const value = test && F.constantValue(test.e);
  if (value === null) throw new LowerError('__builtin_choose_expr without a constant');
  return expression(cx, arg(args, value !== 0n ? 1 : 2));
}

/** A bit-counting builtin: folded when constant, else a call by that name. */
function bits(name: string, width: number, count: (v: bigint, width: number) => number): Intrinsic {
  return (cx, args) => {
    const type = width === 64 ? T.ULONG : T.UINT;
    const value = convert(cx, expression(cx, arg(args, 0)), type);
    const known = F.constantValue(value.e);
    if (known !== null) return INT(count(known, width));
    return emitCall(cx, { name }, T.INT, [value.e]);
  };
}

const leading = (v: bigint, width: number): number => width - (v === 0n ? 0 : v.toString(2).length);
const trailing = (v: bigint, width: number): number =>
  v === 0n ? width : (/0*$/.exec(v.toString(2))?.[0].length ?? 0);
const population = (v: bigint): number => v.toString(2).replaceAll('0', '').length;
const findFirst = (v: bigint, width: number): number => (v === 0n ? 0 : trailing(v, width) + 1);

/** `__builtin_add_overflow(a, b, &r)`: exact for results that fit in 64 bits of either sign. */
function overflow(op: '+' | '-' | '*'): Intrinsic {
  return (cx, args) => {
    const [a, b] = [expression(cx, arg(args, 0)), expression(cx, arg(args, 1))];
    const pointer = expression(cx, arg(args, 2));
    if (pointer.type.k !== 'ptr') throw new LowerError('an overflow check without a result');
    const to = pointer.type.to;
    const t = needScalar(to);
    if (T.scalarSize(t) === 8) return wideOverflow(cx, op, a, b, pointer);
    const x = convert(cx, a, T.LONG).e;
    const y = convert(cx, b, T.LONG).e;
    if (T.scalarSize(needScalar(a.type)) === 8 || T.scalarSize(needScalar(b.type)) === 8) {
      throw new LowerError('an overflow check that narrows');
    }
    const exact = F.binary(op === '+' ? 'add' : op === '-' ? 'sub' : 'mul', 'i64', x, y);
    const r: Val = { type: T.LONG, e: exact };
    const stored = store(cx, inMemory(to, pointer.e), r);
    return { type: T.INT, e: F.compare('ne', 'i64', exact, convert(cx, stored, T.LONG).e) };
  };
}

/** Unsigned 64-bit addition and subtraction; the rest is not supported. */
function wideOverflow(cx: Context, op: string, a: Val, b: Val, pointer: Val): Val {
  const unsigned = [a, b].every((v) => T.isUnsigned(needScalar(v.type)));
  if (pointer.type.k !== 'ptr' || needScalar(pointer.type.to) !== 'u64' || !unsigned || op === '*') {
    throw new LowerError('a 64-bit overflow check of this kind');
  }
  const x = convert(cx, a, T.ULONG).e;
  const y = convert(cx, b, T.ULONG).e;
  const sum = F.binary(op === '+' ? 'add' : 'sub', 'u64', x, y);
  const lost = op === '+' ? F.compare('lt', 'u64', sum, x) : F.compare('lt', 'u64', x, y);
  const r = cx.code.temp('i32');
  cx.code.emit({ s: 'set', r, e: lost });
  store(cx, inMemory(pointer.type.to, pointer.e), { type: T.ULONG, e: sum });
  return { type: T.INT, e: { k: 'reg', t: 'i32', r } };
}

const TABLE: Readonly<Record<string, Intrinsic>> = {
  __read_once: readOnce,
  __write_once: markedStore('once'),
  __store_release: markedStore('release'),
  __xchg: atomic('xchg'),
  __cmpxchg: atomic('cmpxchg'),
  __fetch_add: atomic('add'),
  __fetch_sub: atomic('sub'),
  __fetch_and: atomic('and'),
  __fetch_or: atomic('or'),
  __builtin_constant_p: constantP,
  __builtin_choose_expr: chooseExpr,
  __builtin_expect: (cx, args) => {
    const value = expression(cx, arg(args, 0));
    expression(cx, arg(args, 1));
    return convert(cx, value, T.LONG);
  },
  __builtin_assume_aligned: (cx, args) => expression(cx, arg(args, 0)),
  __builtin_object_size: () => ({ type: T.ULONG, e: F.constant('u64', -1) }),
  __builtin_dynamic_object_size: () => ({ type: T.ULONG, e: F.constant('u64', -1) }),
  __builtin_add_overflow: overflow('+'),
  __builtin_sub_overflow: overflow('-'),
  __builtin_mul_overflow: overflow('*'),
  __builtin_clz: bits('__builtin_clz', 32, leading),
  __builtin_clzl: bits('__builtin_clzl', 64, leading),
  __builtin_clzll: bits('__builtin_clzll', 64, leading),
  __builtin_ctz: bits('__builtin_ctz', 32, trailing),
  __builtin_ctzl: bits('__builtin_ctzl', 64, trailing),
  __builtin_ctzll: bits('__builtin_ctzll', 64, trailing),
  __builtin_ffs: bits('__builtin_ffs', 32, findFirst),
  __builtin_ffsl: bits('__builtin_ffsl', 64, findFirst),
  __builtin_ffsll: bits('__builtin_ffsll', 64, findFirst),
  __builtin_popcount: bits('__builtin_popcount', 32, population),
  __builtin_popcountl: bits('__builtin_popcountl', 64, population),
  __builtin_popcountll: bits('__builtin_popcountll', 64, population),
  __builtin_unreachable: () => {
    throw new LowerError('__builtin_unreachable was reached');
  },
};

/** The library functions that gcc knows under a second name. */
const LIBRARY = /^__builtin_(mem(?:cpy|set|move|cmp)|str(?:len|cmp|ncmp|cpy))$/;

/** The value of an intrinsic call, or null if `name` is none. */
export function intrinsic(cx: Context, name: string, args: readonly SyntaxNode[], _token: PPToken): Val | null {
  const known = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined;
  if (known) return known(cx, args);
  const library = LIBRARY.exec(name)?.[1];
  if (library === undefined) return null;
  const symbol = cx.scope.find(library);
  const returns = symbol?.k === 'func' && symbol.type.k === 'func' ? symbol.type.returns : T.VOID_POINTER;
  const params = symbol?.k === 'func' && symbol.type.k === 'func' ? symbol.type.params : [];
  const values = args.map((n, i) => {
    const value = expression(cx, n);
    return (params[i] ? convert(cx, value, params[i]) : value).e;
  });
  return emitCall(cx, { name: library }, returns, values);
}

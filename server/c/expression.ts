/**
 * Lowers expressions to values: the dispatcher, literals, operators, casts, conditionals. Memory
 * accesses become steps of their own, in C's order of evaluation; what is left is pure.
 */

import type { BinaryOp, CompareOp, Expr } from '../../model/execute/program';
import { assignment, update } from './assign';
import { call } from './call';
import { charValue, integerValue } from './condition';
import type { Context } from './context';
import { descriptorType, probeType, sizeofOperand } from './declare';
import * as F from './fold';
import { findMember } from './layout';
import type { SyntaxNode } from './parser';
import { isPlaceNode, place } from './place';
import { childOf, firstPiece, firstToken, nameOf, need, pieceAfter, pieceIndex } from './source';
import { statementExpression } from './statement';
import * as T from './types';
import { type CType, LowerError } from './types';
import { convert, load, needScalar, save, settle, truthOf, type Val } from './value';

const MAX_DEPTH = 300;

/**
 * The value of an expression. Where it starts a new line and no step of that line came out of it, a
 * marker step (the value set into a temporary) makes the line visible to coverage.
 */
export function expression(cx: Context, node: SyntaxNode): Val {
  if (++cx.depth > MAX_DEPTH) {
    cx.depth = 0;
    throw new LowerError('an expression that nests too deeply');
  }
  const { code } = cx;
  const outer = code.at;
  const own = firstToken(cx.source, node);
  const moved = own.line !== outer.line || own.file !== outer.file;
  // Another line of a macro's body: its steps are told apart, but it needs no marker.
  const other = moved || own.from !== outer.from;
  const position = code.position();
  if (other) code.at = own;
  const value = lower(cx, node);
  if (moved) {
    code.at = own;
    if (code.quiet === 0 && !code.touched(position)) markLine(cx, value);
  }
  if (other) code.at = outer;
  cx.depth--;
  return value;
}

/** An expression whose value nobody looks at. */
export function effect(cx: Context, node: SyntaxNode): void {
  if (node.type === 'update_expression') update(cx, node, false);
  else if (node.type === 'comma_expression') {
    effect(cx, need(node, 'left'));
    effect(cx, need(node, 'right'));
  } else expression(cx, node);
}

function markLine(cx: Context, value: Val): void {
  const t = T.scalarOf(value.type) ?? 'ptr';
  if (value.type.k !== 'void') save(cx, value.type.k === 'struct' ? 'ptr' : t, value.e);
}

function lower(cx: Context, node: SyntaxNode): Val {
  switch (node.type) {
    case 'number_literal':
      return literal(firstPiece(cx.source, node).token.text);
    case 'identifier':
    case 'type_identifier':
      return identifier(cx, node);
    case 'parenthesized_expression':
      return parenthesized(cx, node);
    case 'string_literal':
    case 'concatenated_string':
    case 'compound_literal_expression':
    case 'field_expression':
    case 'subscript_expression':
      return load(cx, place(cx, node));
    case 'pointer_expression':
      return pointer(cx, node);
    case 'unary_expression':
      return unary(cx, node);
    case 'binary_expression':
      return binary(cx, node);
    case 'conditional_expression':
      return conditional(cx, node);
    case 'comma_expression':
      expression(cx, need(node, 'left'));
      return expression(cx, need(node, 'right'));
    case 'assignment_expression':
      return assignment(cx, node);
    case 'update_expression':
      return update(cx, node);
    case 'cast_expression':
      return castExpression(cx, node);
    case 'sizeof_expression':
      return sizeofExpression(cx, node);
    case 'call_expression':
      return call(cx, node);
    case 'compound_statement':
      return statementExpression(cx, node);
    case 'generic_expression':
      return generic(cx, node);
    default:
      throw new LowerError(
        node.type === 'ERROR' || node.missing ? 'it does not parse' : `${node.type} is not supported`,
      );
  }
}

const ULONG = (n: number | bigint): Val => ({ type: T.ULONG, e: F.constant('u64', n) });
const INT = (n: number | bigint): Val => ({ type: T.INT, e: F.constant('i32', n) });

function literal(text: string): Val {
  const char = charValue(text);
  if (char !== null) return INT(char);
  const number = integerValue(text);
  if (!number) throw new LowerError(`${text} is not an integer`);
  const { value, suffix, decimal } = number;
  const unsigned = suffix.includes('u');
  const long = suffix.includes('ll') ? 2 : suffix.includes('l') ? 1 : 0;
  const candidates: [T.IntType, bigint][] = [];
  const signed = !unsigned;
  const alsoUnsigned = unsigned || !decimal;
  if (long === 0 && signed) candidates.push([T.INT, 0x7fffffffn]);
  if (long === 0 && alsoUnsigned) candidates.push([T.UINT, 0xffffffffn]);
  const wide: [T.IntType, T.IntType] = long === 2 ? [T.LLONG, T.ULLONG] : [T.LONG, T.ULONG];
  if (signed) candidates.push([wide[0], 0x7fffffffffffffffn]);
  if (alsoUnsigned) candidates.push([wide[1], 0xffffffffffffffffn]);
  const fit = candidates.find(([, most]) => value <= most);
  const type = fit?.[0] ?? T.ULLONG;
  return { type, e: F.constant(type.t, value) };
}

function identifier(cx: Context, node: SyntaxNode): Val {
  const piece = firstPiece(cx.source, node);
  if (piece.role === 'offsetof') return offsetOf(cx, piece.probe, Number(piece.why));
  if (piece.role === 'compatible') {
    return INT(T.sameType(probeType(cx, piece.probe), probeType(cx, Number(piece.why))) ? 1 : 0);
  }
  const name = nameOf(cx.source, node);
  const symbol = cx.scope.find(name);
  if (symbol === null) {
    // The words for which a header's macro may be missing.
    if (name === 'true' || name === 'false') return INT(name === 'true' ? 1 : 0);
    if (name === 'NULL' || name === 'nullptr') return { type: T.VOID_POINTER, e: F.constant('ptr', 0) };
  }
  if (symbol?.k === 'const') return { type: symbol.type, e: F.constant(symbol.type.t, symbol.value) };
  if (symbol?.k === 'func') return { type: T.pointerTo(symbol.type), e: { k: 'func', name: symbol.name } };
  return load(cx, place(cx, node));
}

/** `offsetof(T, a.b[3].c)`: walk the member path of the second probe. */
function offsetOf(cx: Context, typeProbe: number, memberProbe: number): Val {
  const type = probeType(cx, typeProbe);
  const declaration = cx.source.probes.get(memberProbe);
  const path = declaration && childOf(need(declaration, 'declarator'), 'value');
  if (!path) throw new LowerError('an offsetof that does not parse');
  const walk = (node: SyntaxNode): { type: CType; off: Expr } => {
    if (node.type === 'identifier' && firstPiece(cx.source, node).role === 'base')
      return { type, off: F.constant('u64', 0) };
    const inner = walk(need(node, 'argument'));
    if (node.type === 'subscript_expression' && inner.type.k === 'array') {
      const index = convert(cx, expression(cx, need(node, 'index')), T.ULONG);
      const scaled = F.binary('mul', 'u64', index.e, F.constant('u64', T.sizeOf(inner.type.of)));
      return { type: inner.type.of, off: F.binary('add', 'u64', inner.off, scaled) };
    }
    const name = node.type === 'field_expression' ? nameOf(cx.source, need(node, 'field')) : '';
    if (inner.type.k !== 'struct') throw new LowerError('an offsetof of something that is not a struct');
    T.sizeOf(inner.type);
    const member = findMember(inner.type, name);
    if (!member || member.bits) throw new LowerError(`unknown field '${name}' of ${T.typeName(inner.type)}`);
    return { type: member.type, off: F.binary('add', 'u64', inner.off, F.constant('u64', member.off)) };
  };
  return { type: T.ULONG, e: walk(path).off };
}

function parenthesized(cx: Context, node: SyntaxNode): Val {
  const inner = node.children[0];
  if (!inner || node.children.length !== 1) throw new LowerError('it does not parse');
  return inner.type === 'compound_statement' ? statementExpression(cx, inner) : expression(cx, inner);
}

function pointer(cx: Context, node: SyntaxNode): Val {
  const argument = need(node, 'argument');
  if (firstPiece(cx.source, node).text === '*') return load(cx, place(cx, node));
  const inner = argument.type === 'identifier' ? identifierFunction(cx, argument) : null;
  if (inner) return inner;
  const target = place(cx, argument);
  if (!('address' in target.at)) throw new LowerError('address of a register');
  if (target.bits) throw new LowerError('address of a bit-field');
  return { type: T.pointerTo(target.type), e: target.at.address };
}

function identifierFunction(cx: Context, node: SyntaxNode): Val | null {
  const symbol = cx.scope.find(nameOf(cx.source, node));
  return symbol?.k === 'func' ? identifier(cx, node) : null;
}

function unary(cx: Context, node: SyntaxNode): Val {
  const op = firstPiece(cx.source, node).text;
  const value = expression(cx, need(node, 'argument'));
  if (op === '!') return { type: T.INT, e: F.not(F.truth(scalar(value))) };
  const type = T.promote(value.type);
  const e = convert(cx, value, type).e;
  if (op === '-') return { type, e: F.negate(type.t, e) };
  return { type, e: op === '~' ? F.complement(type.t, e) : e };
}

function scalar(v: Val): Expr {
  needScalar(v.type);
  return v.e;
}

const ARITHMETIC: Readonly<Record<string, BinaryOp>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'rem',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  '<<': 'shl',
  '>>': 'shr',
};

const COMPARISON: Readonly<Record<string, CompareOp>> = {
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
};

function binary(cx: Context, node: SyntaxNode): Val {
  const left = need(node, 'left');
  const right = need(node, 'right');
  const op = pieceAfter(cx.source, left)?.text ?? '';
  if (op === '&&' || op === '||') return logical(cx, op, left, right);
  const a = expression(cx, left);
  const b = expression(cx, right);
  return operate(cx, op, a, b);
}

/** The value of `a op b` for any operator but the logical ones. */
export function operate(cx: Context, op: string, a: Val, b: Val): Val {
  const compare = COMPARISON[op];
  if (compare) return { type: T.INT, e: comparison(cx, compare, a, b) };
  const arithmetic = ARITHMETIC[op];
  if (!arithmetic) throw new LowerError(`operator ${op} is not supported`);
  if (a.type.k === 'ptr' || b.type.k === 'ptr') return pointerArithmetic(cx, op, a, b);
  if (arithmetic === 'shl' || arithmetic === 'shr') return shift(cx, arithmetic, a, b);
  const type = T.commonType(a.type, b.type);
  const e = F.binary(arithmetic, type.t, convert(cx, a, type).e, convert(cx, b, type).e);
  return { type, e: canEnd(e) ? save(cx, type.t, e) : e };
}

/** A division or shift by something unknown may end the path: it must not move into a `sel`. */
function canEnd(e: Expr): boolean {
  if (e.k !== 'bin' || e.b.k === 'const')
    return e.k === 'bin' && (e.op === 'div' || e.op === 'rem') && F.constantValue(e.b) === 0n;
  return e.op === 'div' || e.op === 'rem' || e.op === 'shl' || e.op === 'shr';
}

function shift(cx: Context, op: BinaryOp, a: Val, b: Val): Val {
  const type = T.promote(a.type);
  const count = convert(cx, b, T.promote(b.type));
  const e = F.binary(op, type.t, convert(cx, a, type).e, convert(cx, count, T.INT).e);
  return { type, e: canEnd(e) ? save(cx, type.t, e) : e };
}

function comparison(cx: Context, op: CompareOp, a: Val, b: Val): Expr {
  if (a.type.k === 'ptr' || b.type.k === 'ptr') {
    return F.compare(op, 'ptr', convert(cx, a, T.VOID_POINTER).e, convert(cx, b, T.VOID_POINTER).e);
  }
  const type = T.commonType(a.type, b.type);
  return F.compare(op, type.t, convert(cx, a, type).e, convert(cx, b, type).e);
}

function pointee(type: CType): CType {
  if (type.k !== 'ptr') throw new LowerError('pointer arithmetic on something that is no pointer');
  return type.to;
}

/** Pointer plus or minus an integer, scaled; or the difference of two pointers. */
export function pointerArithmetic(cx: Context, op: string, a: Val, b: Val): Val {
  if (op === '-' && a.type.k === 'ptr' && b.type.k === 'ptr') {
    const bytes = F.binary('sub', 'i64', F.cast('i64', a.e), F.cast('i64', b.e));
    return { type: T.LONG, e: F.binary('div', 'i64', bytes, F.constant('i64', T.sizeOf(pointee(a.type)))) };
  }
  if (op === '+' && a.type.k !== 'ptr') return pointerArithmetic(cx, op, b, a);
  if ((op !== '+' && op !== '-') || b.type.k === 'ptr') throw new LowerError(`operator ${op} on a pointer`);
  const index = convert(cx, convert(cx, b, T.promote(b.type)), T.LONG).e;
  const size = T.sizeOf(pointee(a.type));
  const bytes = F.cast('ptr', F.binary('mul', 'i64', index, F.constant('i64', size)));
  return { type: a.type, e: F.binary(op === '+' ? 'add' : 'sub', 'ptr', a.e, bytes) };
}

/** `&&` and `||` as a value: pure if the right side is, else with a branch around it. */
function logical(cx: Context, op: string, left: SyntaxNode, right: SyntaxNode): Val {
  const { code } = cx;
  const a = truthOf(expression(cx, left));
  const known = F.constantValue(a);
  if (known !== null && (known !== 0n) === (op === '||')) return { type: T.INT, e: F.constant('i32', known) };
  const position = code.position();
  const b = truthOf(expression(cx, right));
  const steps = code.take(position);
  if (known !== null) {
    code.put(steps);
    return { type: T.INT, e: b };
  }
  if (steps.length === 0) return { type: T.INT, e: F.binary(op === '&&' ? 'and' : 'or', 'i32', a, b) };
  const result = code.temp('i32');
  const more = code.label();
  const end = code.label();
  code.emit({ s: 'set', r: result, e: a });
  if (op === '&&') code.branch(a, more, end);
  else code.branch(a, end, more);
  code.place(more);
  code.put(steps);
  code.emit({ s: 'set', r: result, e: b });
  code.place(end);
  return { type: T.INT, e: { k: 'reg', t: 'i32', r: result } };
}

/** The type of `c ? a : b`. */
function armsType(a: Val, b: Val): CType {
  if (a.type === b.type) return a.type;
  if (T.isInteger(a.type) && T.isInteger(b.type)) return T.commonType(a.type, b.type);
  if (a.type.k === 'void' || b.type.k === 'void') return T.VOID;
  if (a.type.k === 'ptr' && b.type.k === 'ptr') {
    const nullA = F.constantValue(a.e) === 0n && a.type.to.k === 'void';
    const nullB = F.constantValue(b.e) === 0n && b.type.to.k === 'void';
    if (nullA) return b.type;
    if (nullB) return a.type;
    return a.type.to.k === 'void' ? a.type : b.type.to.k === 'void' ? b.type : a.type;
  }
  if (a.type.k === 'ptr' && T.isInteger(b.type)) return a.type;
  if (b.type.k === 'ptr' && T.isInteger(a.type)) return b.type;
  throw new LowerError(`? with ${T.typeName(a.type)} and ${T.typeName(b.type)}`);
}

function conditional(cx: Context, node: SyntaxNode): Val {
  const { code } = cx;
  const middle = childOf(node, 'consequence');
  let test = expression(cx, need(node, 'condition'));
  if (!middle) test = settle(cx, test);
  const c = truthOf(test);
  const first = code.position();
  const a = middle ? expression(cx, middle) : test;
  const stepsA = code.take(first);
  const b = expression(cx, need(node, 'alternative'));
  const stepsB = code.take(first);
  const type = armsType(a, b);
  const known = F.constantValue(c);
  if (known !== null) {
    code.put(known !== 0n ? stepsA : stepsB);
    return convert(cx, known !== 0n ? a : b, type);
  }
  const t = type.k === 'struct' ? 'ptr' : (T.scalarOf(type) ?? 'i32');
  const yes = convert(cx, a, type).e;
  const no = convert(cx, b, type).e;
  if (stepsA.length === 0 && stepsB.length === 0) return { type, e: F.select(t, c, yes, no) };
  const labels = [code.label(), code.label(), code.label()] as const;
  const result = code.temp(t);
  code.branch(c, labels[0], labels[1]);
  code.place(labels[0]);
  code.put(stepsA);
  if (type.k !== 'void') code.emit({ s: 'set', r: result, e: yes });
  code.jump(labels[2]);
  code.place(labels[1]);
  code.put(stepsB);
  if (type.k !== 'void') code.emit({ s: 'set', r: result, e: no });
  code.place(labels[2]);
  return type.k === 'void' ? { type, e: F.constant('i32', 0) } : { type, e: { k: 'reg', t, r: result } };
}

function castExpression(cx: Context, node: SyntaxNode): Val {
  const to = descriptorType(cx, need(node, 'type'));
  const value = expression(cx, need(node, 'value'));
  if (to.k === 'struct' && to.union && value.type !== to) return castToUnion(cx, to, value);
  return { type: to, e: convert(cx, value, to).e };
}

/** GNU: a cast to a union is a literal with the member of that type set. */
function castToUnion(cx: Context, to: T.StructType, value: Val): Val {
  const member = to.members?.find((m) => T.sameType(m.type, value.type));
  if (!member) throw new LowerError(`${T.typeName(value.type)} cast to ${T.typeName(to)}`);
  const off = cx.code.frame(T.sizeOf(to), T.alignOf(to), '', '');
  cx.code.emit({ s: 'zero', a: { k: 'frame', off }, size: T.sizeOf(to) });
  cx.code.emit({ s: 'store', t: needScalar(member.type), a: { k: 'frame', off }, e: value.e, access: 'plain' });
  return { type: to, e: { k: 'frame', off } };
}

function sizeofExpression(cx: Context, node: SyntaxNode): Val {
  const type = sizeofOperand(cx, node);
  const word = firstPiece(cx.source, node).token.text;
  return ULONG(word === 'sizeof' ? T.sizeOf(type) : T.alignOf(type));
}

/** The type of an expression that is not evaluated; arrays don't decay. */
export function typeOfNode(cx: Context, node: SyntaxNode): CType {
  const { code } = cx;
  const position = code.position();
  const depth = cx.depth;
  code.quiet++;
  try {
    return isPlaceNode(cx, node) ? place(cx, node).type : expression(cx, node).type;
  } finally {
    cx.depth = depth;
    code.quiet--;
    code.cut(position);
  }
}

/** `_Generic`: the arm whose type the operand has, else the default one. */
function generic(cx: Context, node: SyntaxNode): Val {
  const [operand, ...arms] = node.children;
  if (!operand) throw new LowerError('it does not parse');
  const type = expressionType(cx, operand);
  let otherwise: SyntaxNode | null = null;
  for (let i = 0; i + 1 < arms.length; i += 2) {
    const [descriptor, value] = [arms[i] as SyntaxNode, arms[i + 1] as SyntaxNode];
    const head = cx.source.pieces[pieceIndex(cx.source, descriptor.start)];
    if (head?.role === 'generic-default') otherwise = value;
    else if (T.sameType(descriptorType(cx, descriptor), type)) return expression(cx, value);
  }
  if (!otherwise) throw new LowerError('_Generic without a matching arm');
  return expression(cx, otherwise);
}

function expressionType(cx: Context, node: SyntaxNode): CType {
  const { code } = cx;
  const position = code.position();
  code.quiet++;
  const { type } = expression(cx, node);
  code.quiet--;
  code.cut(position);
  return type;
}

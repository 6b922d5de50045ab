/**
 * Lowers statements: blocks, conditions, loops, switch, goto, return, with clean-ups on every exit of
 * a block. A statement that can't be lowered becomes a poisoned step; the ones around it stay.
 */

import type { Label } from './builder';
import { constantOf } from './constant';
import type { Context, FunctionContext, SwitchContext } from './context';
import { specifierType } from './declare';
import { effect, expression } from './expression';
import * as F from './fold';
import { declaration, typeDefinition } from './local';
import type { SyntaxNode } from './parser';
import { Scope } from './scope';
import {
  childOf,
  firstError,
  firstPiece,
  firstToken,
  hasOwnError,
  nameOf,
  need,
  pieceAfter,
  pieceIndex,
} from './source';
import * as T from './types';
import { LowerError } from './types';
import { convert, needScalar, save, settle, truthOf, type Val } from './value';

function functionOf(cx: Context): FunctionContext {
  if (cx.fn === null) throw new LowerError('a statement outside a function');
  return cx.fn;
}

/** Run `body`; where it fails, put a poisoned step in its place and go on behind it. */
export function guarded(cx: Context, node: SyntaxNode, body: () => void): boolean {
  const fn = functionOf(cx);
  const { code, scope, depth } = cx;
  const position = code.position();
  const open = [fn.blocks.length, fn.breaks.length, fn.continues.length, fn.switches.length] as const;
  try {
    body();
    return true;
  } catch (error) {
    const why = reasonOf(error);
    cx.scope = scope;
    cx.depth = depth;
    fn.blocks.length = open[0];
    fn.breaks.length = open[1];
    fn.continues.length = open[2];
    fn.switches.length = open[3];
    code.cut(position);
    poison(cx, node, why);
    return false;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof LowerError) return error.message;
  if (error instanceof RangeError) return 'it nests too deeply';
  throw error;
}

function poison(cx: Context, node: SyntaxNode, why: string): void {
  const token = firstToken(cx.source, node);
  cx.code.at = token;
  cx.code.emit({ s: 'poison', why });
  if (cx.code.quiet > 0) return;
  cx.problems.push({ file: token.file, line: token.line, function: cx.fn?.name ?? null, why });
}

export function statement(cx: Context, node: SyntaxNode): void {
  const mark = cx.code.mark();
  cx.code.at = firstToken(cx.source, node);
  guarded(cx, node, () => {
    if (++cx.depth > 250) throw new LowerError('statements nest too deeply');
    if (hasOwnError(node)) throw new LowerError('it does not parse');
    lower(cx, node);
    cx.depth--;
  });
  cx.code.release(mark);
}

function lower(cx: Context, node: SyntaxNode): void {
  switch (node.type) {
    case 'compound_statement':
      block(cx, node);
      return;
    case 'expression_statement':
      if (node.children[0]) effect(cx, node.children[0]);
      return;
    case 'declaration':
      declaration(cx, node);
      return;
    case 'type_definition':
      typeDefinition(cx, node);
      return;
    case 'struct_specifier':
    case 'union_specifier':
    case 'enum_specifier':
      specifierType(cx, node);
      return;
    case 'if_statement':
      ifStatement(cx, node);
      return;
    case 'while_statement':
      whileStatement(cx, node);
      return;
    case 'do_statement':
      doStatement(cx, node);
      return;
    case 'for_statement':
      forStatement(cx, node);
      return;
    case 'switch_statement':
      switchStatement(cx, node);
      return;
    case 'case_statement':
      caseStatement(cx, node);
      return;
    case 'labeled_statement':
      labeled(cx, node);
      return;
    case 'goto_statement':
      gotoStatement(cx, node);
      return;
    case 'break_statement':
      leaveLoop(cx, functionOf(cx).breaks.at(-1), 'break');
      return;
    case 'continue_statement':
      leaveLoop(cx, functionOf(cx).continues.at(-1), 'continue');
      return;
    case 'return_statement':
      returnStatement(cx, node);
      return;
    case 'attributed_statement':
      for (const child of node.children) if (child.type.endsWith('_statement')) statement(cx, child);
      return;
    default:
      throw new LowerError(`${node.type} is not supported`);
  }
}

/** Open a block: a scope of names and of clean-ups. */
function within(cx: Context, node: SyntaxNode, body: () => void): void {
  const fn = functionOf(cx);
  const outer = cx.scope;
  cx.scope = new Scope(outer);
  fn.blocks.push({ node, cleanups: [] });
  body();
  cx.code.at = (cx.source.pieces[pieceIndex(cx.source, node.end - 1)] as { token: typeof cx.code.at }).token;
  runCleanups(cx, fn.blocks.length - 1);
  fn.blocks.pop();
  cx.scope = outer;
}

function block(cx: Context, node: SyntaxNode): void {
  within(cx, node, () => {
    for (const child of node.children) statement(cx, child);
  });
}

/** Emit the clean-ups of the blocks from `depth` on, innermost first; those declared before `position` stay. */
function runCleanups(cx: Context, depth: number, position = -1): void {
  const { blocks } = functionOf(cx);
  for (let i = blocks.length - 1; i >= depth; i--) {
    const cleanups = blocks[i]?.cleanups ?? [];
    for (let c = cleanups.length - 1; c >= 0; c--) {
      const cleanup = cleanups[c];
      if (cleanup && cleanup.position > position) cleanup.run();
    }
  }
}

const hasCleanups = (fn: FunctionContext): boolean => fn.blocks.some((b) => b.cleanups.length > 0);

/** The block's value is its last statement's, if that is an expression. */
export function statementExpression(cx: Context, node: SyntaxNode): Val {
  const fn = functionOf(cx);
  let value: Val = { type: T.VOID, e: F.constant('i32', 0) };
  const line = cx.code.at;
  within(cx, node, () => {
    const last = node.children.at(-1);
    for (const child of node.children) {
      const operand = child === last && child.type === 'expression_statement' ? child.children[0] : undefined;
      if (!operand) statement(cx, child);
      else {
        if (firstError(child)) throw new LowerError('it does not parse');
        cx.code.at = firstToken(cx.source, child);
        value = expression(cx, operand);
        if (fn.blocks.at(-1)?.cleanups.length && value.type.k !== 'void') value = settle(cx, value);
      }
    }
  });
  cx.code.at = line;
  return value;
}

type Outcome = 'always' | 'never' | 'either';

/** Branch on a condition, operand by operand. */
function condition(cx: Context, node: SyntaxNode, yes: Label, no: Label): Outcome {
  const { code } = cx;
  const inner = node.children[0];
  if (node.type === 'parenthesized_expression' && inner && node.children.length === 1) {
    if (inner.type !== 'compound_statement' && inner.type !== 'comma_expression') return condition(cx, inner, yes, no);
  }
  if (node.type === 'unary_expression' && firstPiece(cx.source, node).text === '!') {
    const outcome = condition(cx, need(node, 'argument'), no, yes);
    return outcome === 'either' ? outcome : outcome === 'always' ? 'never' : 'always';
  }
  if (node.type === 'binary_expression') {
    const left = need(node, 'left');
    const op = pieceAfter(cx.source, left)?.text;
    if (op === '&&' || op === '||') return logical(cx, op, left, need(node, 'right'), yes, no);
  }
  const own = firstToken(cx.source, node);
  const outer = code.at;
  if (own.line !== outer.line || own.file !== outer.file || own.from !== outer.from) code.at = own;
  const position = code.position();
  const test = truthOf(expression(cx, node));
  const known = F.constantValue(test);
  code.branch(test, yes, no);
  const pure = code.position() === position + 1;
  code.at = outer;
  if (known === null || !pure) return 'either';
  return known !== 0n ? 'always' : 'never';
}

function logical(cx: Context, op: string, left: SyntaxNode, right: SyntaxNode, yes: Label, no: Label): Outcome {
  if (++cx.depth > 250) throw new LowerError('an expression that nests too deeply');
  const more = cx.code.label();
  const decides = op === '&&' ? 'never' : 'always';
  const first = op === '&&' ? condition(cx, left, more, no) : condition(cx, left, yes, more);
  if (first === decides) {
    cx.depth--;
    return decides;
  }
  cx.code.place(more);
  const second = condition(cx, right, yes, no);
  cx.depth--;
  return first === 'either' && second !== decides ? 'either' : second;
}

/** A condition that can't be lowered is a poisoned step; what it guards is lowered all the same. */
function guardedCondition(cx: Context, node: SyntaxNode, yes: Label, no: Label): Outcome {
  let outcome: Outcome = 'either';
  guarded(cx, node, () => {
    outcome = condition(cx, node, yes, no);
  });
  return outcome;
}

/** Whether a jump could enter the statement from outside. */
function holdsLabel(node: SyntaxNode, inSwitch = false): boolean {
  if (node.type === 'labeled_statement' || (node.type === 'case_statement' && !inSwitch)) return true;
  return node.children.some((c) => holdsLabel(c, inSwitch || node.type === 'switch_statement'));
}

function ifStatement(cx: Context, node: SyntaxNode): void {
  const { code } = cx;
  const [yes, no, end] = [code.label(), code.label(), code.label()];
  const outcome = guardedCondition(cx, need(node, 'condition'), yes, no);
  const then = need(node, 'consequence');
  const other = childOf(node, 'alternative')?.children.at(-1);
  const lowersOther = other && (outcome !== 'always' || holdsLabel(other));
  code.place(yes);
  if (outcome !== 'never' || holdsLabel(then)) statement(cx, then);
  if (lowersOther) {
    code.at = firstToken(cx.source, other);
    code.jump(end);
  }
  code.place(no);
  if (lowersOther) statement(cx, other);
  code.place(end);
}

/** Run `body` with the targets of `break` and `continue`. */
function inLoop(cx: Context, out: Label, again: Label | null, body: () => void): void {
  const fn = functionOf(cx);
  const depth = fn.blocks.length;
  fn.breaks.push({ label: out, depth });
  if (again !== null) fn.continues.push({ label: again, depth });
  body();
  fn.breaks.pop();
  if (again !== null) fn.continues.pop();
}

function whileStatement(cx: Context, node: SyntaxNode): void {
  const { code } = cx;
  const [test, body, out] = [code.label(), code.label(), code.label()];
  const head = code.at;
  code.place(test);
  const outcome = guardedCondition(cx, need(node, 'condition'), body, out);
  code.place(body);
  const inner = need(node, 'body');
  if (outcome !== 'never' || holdsLabel(inner)) inLoop(cx, out, test, () => statement(cx, inner));
  code.at = head;
  code.jump(test);
  code.place(out);
}

function doStatement(cx: Context, node: SyntaxNode): void {
  const { code } = cx;
  const [body, test, out] = [code.label(), code.label(), code.label()];
  code.place(body);
  inLoop(cx, out, test, () => statement(cx, need(node, 'body')));
  code.place(test);
  const last = need(node, 'condition');
  code.at = firstToken(cx.source, last);
  guardedCondition(cx, last, body, out);
  code.place(out);
}

function forStatement(cx: Context, node: SyntaxNode): void {
  const { code } = cx;
  const [test, body, next, out] = [code.label(), code.label(), code.label(), code.label()];
  const head = code.at;
  within(cx, node, () => {
    const start = childOf(node, 'initializer');
    const check = childOf(node, 'condition');
    const step = childOf(node, 'update');
    if (start?.type === 'declaration') statement(cx, start);
    else if (start) part(cx, start);
    code.at = head;
    code.place(test);
    const mark = code.mark();
    if (check) guardedCondition(cx, check, body, out);
    code.release(mark);
    code.place(body);
    inLoop(cx, out, next, () => statement(cx, need(node, 'body')));
    code.place(next);
    code.at = head;
    if (step) part(cx, step);
    code.at = head;
    code.jump(test);
    code.place(out);
  });
}

/** An expression of a for's head. */
function part(cx: Context, node: SyntaxNode): void {
  const mark = cx.code.mark();
  guarded(cx, node, () => effect(cx, node));
  cx.code.release(mark);
}

function switchStatement(cx: Context, node: SyntaxNode): void {
  const { code } = cx;
  const fn = functionOf(cx);
  const value = expression(cx, need(node, 'condition'));
  const type = T.promote(value.type);
  const e = convert(cx, value, type).e;
  const head = code.at;
  const out = code.label();
  const context: SwitchContext = { type, cases: [], otherwise: null };
  const position = code.position();
  fn.switches.push(context);
  inLoop(cx, out, null, () => statement(cx, need(node, 'body')));
  fn.switches.pop();
  const body = code.take(position);
  code.at = head;
  const cases = context.cases.map((c) => ({ low: F.wrap(type.t, c.low), high: F.wrap(type.t, c.high), to: c.label }));
  code.emit({ s: 'switch', t: type.t, e, cases, otherwise: context.otherwise ?? out });
  code.put(body);
  code.place(out);
}

function caseStatement(cx: Context, node: SyntaxNode): void {
  const context = functionOf(cx).switches.at(-1);
  if (!context) throw new LowerError('case outside a switch');
  const label = cx.code.label();
  cx.code.place(label);
  const value = childOf(node, 'value');
  if (!value) context.otherwise = label;
  else guarded(cx, value, () => context.cases.push({ ...caseRange(cx, value, context.type), label }));
  for (const child of node.children) if (child !== value) statement(cx, child);
}

function caseRange(cx: Context, node: SyntaxNode, type: T.IntType): { low: bigint; high: bigint } {
  const bound = (n: SyntaxNode | undefined): bigint => {
    if (!n) throw new LowerError('it does not parse');
    return BigInt(F.wrap(type.t, constantOf(cx, n)));
  };
  const head = node.type === 'call_expression' ? firstPiece(cx.source, node) : null;
  if (head?.role !== 'case-range') {
    const value = bound(node);
    return { low: value, high: value };
  }
  const [low, high] = need(node, 'arguments').children;
  return { low: bound(low), high: bound(high) };
}

function labeled(cx: Context, node: SyntaxNode): void {
  const name = nameOf(cx.source, need(node, 'label'));
  const known = functionOf(cx).labels.get(name);
  if (known) cx.code.place(known.label);
  for (const child of node.children) if (child.field !== 'label') statement(cx, child);
}

function gotoStatement(cx: Context, node: SyntaxNode): void {
  const fn = functionOf(cx);
  const name = nameOf(cx.source, need(node, 'label'));
  const target = fn.labels.get(name);
  if (!target) throw new LowerError(`goto to the unknown label '${name}'`);
  let common = 0;
  while (common < fn.blocks.length && fn.blocks[common]?.node === target.blocks[common]) common++;
  runCleanups(cx, common);
  // A jump back over declarations of the common block leaves those behind, too.
  if (common > 0) {
    const rest = fn.blocks.splice(common);
    runCleanups(cx, common - 1, target.position);
    fn.blocks.push(...rest);
  }
  cx.code.jump(target.label);
}

function leaveLoop(cx: Context, target: { label: Label; depth: number } | undefined, word: string): void {
  if (!target) throw new LowerError(`${word} outside a loop`);
  runCleanups(cx, target.depth);
  cx.code.jump(target.label);
}

function returnStatement(cx: Context, node: SyntaxNode): void {
  const fn = functionOf(cx);
  const { code } = cx;
  const operand = node.children[0];
  const line = code.at;
  let e = null;
  if (operand) {
    const value = expression(cx, operand);
    if (fn.returns.k === 'struct') returnStruct(cx, fn, value);
    else if (fn.returns.k !== 'void') {
      e = convert(cx, value, fn.returns).e;
      if (hasCleanups(fn)) e = save(cx, needScalar(fn.returns), e);
    }
  }
  code.at = line;
  runCleanups(cx, 0);
  code.at = line;
  if (e === null && fn.returns.k !== 'struct' && fn.returns.k !== 'void') e = F.constant(needScalar(fn.returns), 0);
  code.emit({ s: 'return', e });
}

function returnStruct(cx: Context, fn: FunctionContext, value: Val): void {
  if (value.type !== fn.returns)
    throw new LowerError(`${T.typeName(value.type)} returned as ${T.typeName(fn.returns)}`);
  const size = T.sizeOf(fn.returns);
  if (size > 0) cx.code.emit({ s: 'copy', to: { k: 'reg', t: 'ptr', r: fn.hidden }, from: value.e, size });
}

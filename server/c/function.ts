/** Lowers one function definition to steps. */

import type { FunctionCode, Scalar } from '../../model/execute/program';
import { Builder, type LocalOrigin } from './builder';
import type { Context, FunctionContext, GlobalDraft, Problem } from './context';
import { declaratorType, specifierType } from './declare';
import * as F from './fold';
import { storageFor } from './local';
import type { SyntaxNode } from './parser';
import type { PPToken } from './pp-token';
import { Scope } from './scope';
import { childOf, firstPiece, need, type Source } from './source';
import { guarded, statement } from './statement';
import * as T from './types';
import { type FuncType, LowerError } from './types';
import { needScalar, store } from './value';

/** A function in step form, its origins still counted from its own first one. */
export interface LoweredFunction {
  readonly code: Omit<FunctionCode, 'file' | 'line' | 'endLine'>;
  readonly origins: readonly LocalOrigin[];
  readonly problems: readonly Problem[];
  /** Globals that it brought along: strings, static locals. */
  readonly globals: ReadonlyMap<string, GlobalDraft>;
}

interface Survey {
  readonly labels: FunctionContext['labels'];
  readonly addressed: Set<string>;
}

/** Find labels with the blocks around them, and the locals whose address is taken. */
function survey(source: Source, body: SyntaxNode, code: Builder): Survey {
  const labels: FunctionContext['labels'] = new Map();
  const addressed = new Set<string>();
  const walk = (node: SyntaxNode, blocks: readonly SyntaxNode[]): void => {
    const inner = node.type === 'compound_statement' || node.type === 'for_statement' ? [...blocks, node] : blocks;
    if (node.type === 'labeled_statement') {
      const name = childOf(node, 'label');
      if (name) labels.set(firstPiece(source, name).token.text, { label: code.label(), blocks, position: node.start });
    }
    if (node.type === 'pointer_expression' && firstPiece(source, node).text === '&') {
      const name = addressedName(source, node);
      if (name !== null) addressed.add(name);
    }
    for (const child of node.children) walk(child, inner);
  };
  walk(body, []);
  return { labels, addressed };
}

function addressedName(source: Source, node: SyntaxNode): string | null {
  let inner = childOf(node, 'argument');
  while (inner?.type === 'parenthesized_expression' && inner.children.length === 1) inner = inner.children[0] ?? null;
  return inner?.type === 'identifier' ? firstPiece(source, inner).token.text : null;
}

/** Parameters into the first registers; those that need an address move to the frame. */
function parameters(cx: Context, type: FuncType, names: readonly (string | null)[]): { name: string; t: Scalar }[] {
  const params: { name: string; t: Scalar }[] = [];
  if (type.returns.k === 'struct') params.push({ name: '.ret', t: 'ptr' });
  for (const [i, param] of type.params.entries()) {
    params.push({ name: names[i] ?? '', t: param.k === 'struct' ? 'ptr' : needScalar(param) });
  }
  const registers = params.map((p) => cx.code.variable(p.name));
  const hidden = params.length - type.params.length;
  for (const [i, param] of type.params.entries()) {
    const name = names[i];
    const reg = registers[i + hidden] as number;
    if (name === null || name === undefined) continue;
    if (param.k === 'struct') cx.scope.declare(name, { k: 'pointee', type: param, reg });
    else if (cx.fn?.addressed.has(name)) {
      const place = storageFor(cx, name, param, true);
      store(cx, place, { type: param, e: { k: 'reg', t: needScalar(param), r: reg } });
    } else cx.scope.declare(name, { k: 'reg', type: param, reg });
  }
  return params;
}

export interface FunctionHead {
  readonly name: string;
  readonly type: FuncType;
}

/** Lower a parsed definition. Never throws for bad C: what fails is poisoned and listed. */
export function lowerFunction(
  fileScope: Scope,
  globals: ReadonlyMap<string, GlobalDraft>,
  source: Source,
  head: FunctionHead,
  first: PPToken,
  last: PPToken,
): LoweredFunction {
  const code = new Builder(first);
  const own = new Map<string, GlobalDraft>();
  const problems: Problem[] = [];
  const definition = source.nodes.find((n) => n.type === 'function_definition');
  const body = definition && childOf(definition, 'body');
  const found = body ? survey(source, body, code) : { labels: new Map<string, never>(), addressed: new Set<string>() };
  const fn: FunctionContext = {
    name: head.name,
    returns: head.type.returns,
    hidden: head.type.returns.k === 'struct' ? 0 : -1,
    labels: found.labels,
    blocks: [],
    breaks: [],
    continues: [],
    switches: [],
    addressed: found.addressed,
    statics: 0,
  };
  const scope = new Scope(fileScope);
  const cx: Context = {
    globals: { find: (name) => own.get(name) ?? globals.get(name), add: (draft) => void own.set(draft.name, draft) },
    problems,
    source,
    scope,
    code,
    fn,
    depth: 0,
  };
  const params = enter(cx, definition ?? null, body ?? null, head);
  leave(cx, head, last);
  const steps = code.finish();
  return {
    code: {
      name: head.name,
      params,
      returns: head.type.returns.k === 'struct' ? 'void' : (T.scalarOf(head.type.returns) ?? 'void'),
      registers: code.registers,
      registerNames: code.registerNames,
      frameSize: code.frameSize,
      frameObjects: code.objects,
      steps,
    },
    origins: code.origins,
    problems,
    globals: own,
  };
}

function enter(
  cx: Context,
  definition: SyntaxNode | null,
  body: SyntaxNode | null,
  head: FunctionHead,
): { name: string; t: Scalar }[] {
  const at = definition ?? cx.source.nodes[0];
  let params: { name: string; t: Scalar }[] = [];
  const failed = (why: string): void => {
    cx.code.emit({ s: 'poison', why });
    cx.problems.push({ file: cx.code.at.file, line: cx.code.at.line, function: head.name, why });
  };
  if (!definition || !body || !at) {
    failed('the function does not parse');
    return head.type.params.map((p) => ({ name: '', t: T.scalarOf(p) ?? 'ptr' }));
  }
  try {
    const base = specifierType(cx, need(definition, 'type'));
    const declared = declaratorType(cx, base, need(definition, 'declarator'));
    params = parameters(cx, head.type, declared.params);
  } catch (error) {
    if (!(error instanceof LowerError)) throw error;
    failed(error.message);
  }
  guarded(cx, body, () => statement(cx, body));
  return params;
}

function leave(cx: Context, head: FunctionHead, last: PPToken): void {
  const { returns } = head.type;
  cx.code.at = last;
  const t = returns.k === 'void' || returns.k === 'struct' ? null : T.scalarOf(returns);
  if (!cx.code.closed()) cx.code.emit({ s: 'return', e: t === null ? null : F.constant(t, 0) });
}

/**
 * The file scope of a translation unit: declarations in order, then the heads of functions. Bodies are
 * lowered later (program.ts), when every declaration is known.
 */

import { Builder } from './builder';
import { constantOf } from './constant';
import type { Context, GlobalDraft, Problem } from './context';
import { declaratorType, specifierType, storageOf } from './declare';
import type { FunctionHead } from './function';
import { completeArray, initialiseGlobal } from './initialise';
import type { Item } from './items';
import { typeDefinition } from './local';
import type { CParser, SyntaxNode } from './parser';
import type { PPToken } from './pp-token';
import { type Symbol as Declared, type Mute, Scope } from './scope';
import { childOf, firstError, firstToken, need, parseItem, type Source } from './source';
import * as T from './types';
import { type CType, LowerError } from './types';

/** A problem, placed by its item and the token within it, so that it survives a shift of lines. */
export interface ItemProblem {
  readonly item: number;
  readonly token: number;
  readonly why: string;
}

export interface Unit {
  readonly scope: Scope;
  readonly typedefs: Set<string>;
  readonly globals: Map<string, GlobalDraft>;
  /** By index of the item. */
  readonly heads: ReadonlyMap<number, FunctionHead>;
  readonly problems: readonly ItemProblem[];
}

/** A unit as plain data: its types may refer to one another in circles. */
export interface KeptUnit extends Omit<Unit, 'scope'> {
  readonly names: ReadonlyMap<string, Declared>;
  readonly tags: ReadonlyMap<string, CType>;
  readonly mute: Mute;
}

export function keptUnit({ scope, typedefs, globals, heads, problems }: Unit): KeptUnit {
  const { mute } = scope;
  return { names: new Map(scope.allNames()), tags: new Map(scope.allTags()), mute, typedefs, globals, heads, problems };
}

export function unitFrom({ names, tags, mute, ...rest }: KeptUnit): Unit {
  const scope = new Scope(null, mute);
  for (const [name, symbol] of names) scope.declare(name, symbol);
  for (const [key, type] of tags) scope.declareTag(key, type);
  return { ...rest, scope };
}

const BUILTIN_TYPES = ['__builtin_va_list'];

class UnitReader {
  readonly scope: Scope;
  readonly typedefs = new Set<string>();
  readonly globals = new Map<string, GlobalDraft>();
  readonly heads = new Map<number, FunctionHead>();
  readonly problems: ItemProblem[] = [];
  /** Objects and functions of which more than a declaration was seen. */
  private readonly defined = new Set<string>();
  private readonly bodies = new Set<string>();

  constructor(
    private readonly parser: CParser,
    private readonly tokens: readonly PPToken[],
    mute: Mute,
  ) {
    this.scope = new Scope(null, mute);
    for (const name of BUILTIN_TYPES) {
      this.typedefs.add(name);
      this.scope.declare(name, { k: 'typedef', type: T.VOID_POINTER });
    }
  }

  private context(source: Source, at: PPToken): Context {
    const globals = {
      find: (name: string) => this.globals.get(name),
      add: (draft: GlobalDraft) => void this.globals.set(draft.name, draft),
    };
    const problems: Problem[] = [];
    return { globals, problems, source, scope: this.scope, code: new Builder(at), fn: null, depth: 0 };
  }

  private problem(index: number, token: number, why: string): void {
    this.problems.push({ item: index, token, why });
  }

  /** Run `body`; a failure is a problem of the item at the node's place. */
  private attempt(index: number, item: Item, source: Source, node: SyntaxNode, body: () => void): boolean {
    try {
      body();
      return true;
    } catch (error) {
      if (!(error instanceof LowerError) && !(error instanceof RangeError)) throw error;
      const at = this.tokens.indexOf(firstToken(source, node), item.start);
      this.problem(index, at >= item.start && at < item.end ? at - item.start : 0, error.message);
      return false;
    }
  }

  item(index: number, item: Item): void {
    const isFunction = item.body >= 0;
    const source = parseItem(
      this.parser,
      this.tokens,
      item.start,
      isFunction ? item.body : item.end,
      this.typedefs,
      isFunction ? ';' : '',
    );
    const first = this.tokens[item.start] as PPToken;
    const cx = this.context(source, first);
    for (const node of source.nodes) {
      this.attempt(index, item, source, node, () => {
        if (firstError(node)) throw new LowerError('it does not parse');
        this.node(cx, index, node, isFunction);
      });
    }
  }

  private node(cx: Context, index: number, node: SyntaxNode, isFunction: boolean): void {
    switch (node.type) {
      case 'type_definition':
        typeDefinition(cx, node);
        return;
      case 'struct_specifier':
      case 'union_specifier':
      case 'enum_specifier':
        specifierType(cx, node);
        return;
      case 'declaration':
        this.declaration(cx, index, node, isFunction);
        return;
      case 'expression_statement':
        if (node.children.length === 0) return;
        throw new LowerError('an expression outside a function');
      default:
        throw new LowerError(`${node.type} outside a function`);
    }
  }

  private declaration(cx: Context, index: number, node: SyntaxNode, isFunction: boolean): void {
    const storage = storageOf(cx, node);
    const base = specifierType(cx, need(node, 'type'));
    for (const declarator of node.children) {
      if (declarator.field !== 'declarator') continue;
      const init = declarator.type === 'init_declarator';
      const value = init ? need(declarator, 'value') : null;
      const { name, type } = declaratorType(cx, base, init ? need(declarator, 'declarator') : declarator);
      if (name === null) continue;
      if (type.k !== 'func') {
        if (isFunction) throw new LowerError('a function body behind something that is no function');
        this.object(cx, name, value ? completeArray(cx, type, value) : type, value, storage.has('extern'));
        continue;
      }
      const known = this.scope.find(name);
      // A definition's own types win over an earlier declaration's.
      if (isFunction || known?.k !== 'func') this.scope.declare(name, { k: 'func', type, name });
      if (!isFunction) continue;
      if (this.bodies.has(name)) throw new LowerError(`${name} is defined twice`);
      this.bodies.add(name);
      this.heads.set(index, { name, type });
    }
  }

  private object(cx: Context, name: string, type: CType, value: SyntaxNode | null, extern: boolean): void {
    const known = this.globals.get(name);
    const kept = known && type.k === 'array' && type.n < 0 ? this.scope.find(name) : null;
    const whole = kept?.k === 'global' ? kept.type : type;
    this.scope.declare(name, { k: 'global', type: whole, name });
    if (extern && !value) {
      if (!this.defined.has(name)) return;
    }
    if (whole.k === 'array' && whole.n < 0) throw new LowerError(`the size of ${name} is not known`);
    if (whole.k === 'void') throw new LowerError(`${name} is void`);
    this.defined.add(name);
    if (known && !value) return;
    const draft: GlobalDraft = {
      name,
      size: T.sizeOf(whole),
      align: T.alignOf(whole),
      type: T.typeName(whole),
      init: [],
    };
    this.globals.set(name, draft);
    if (value) initialiseGlobal(cx, draft, whole, value);
  }

  /** Objects that are declared but defined nowhere can't be accessed. */
  finish(): void {
    for (const [name, symbol] of this.scope.allNames()) {
      if (symbol.k !== 'global' || this.globals.has(symbol.name)) continue;
      this.scope.declare(name, { k: 'bad', why: 'declared here but defined nowhere' });
    }
  }
}

/** Read all declarations and heads. */
export function readUnit(parser: CParser, tokens: readonly PPToken[], items: readonly Item[], mute: Mute = {}): Unit {
  const reader = new UnitReader(parser, tokens, mute);
  for (const [index, item] of items.entries()) reader.item(index, item);
  reader.finish();
  return reader;
}

/** The integer value of a constant expression at file scope; null when it isn't one. */
export function evaluateConstant(
  parser: CParser,
  unit: Unit,
  tokens: readonly PPToken[],
): { value: bigint; type: T.IntType } | null {
  if (tokens.length === 0) return null;
  const at = tokens[0] as PPToken;
  const punct = (text: string): PPToken => ({ ...at, kind: 'punct', text });
  const word = (text: string): PPToken => ({ ...at, kind: 'ident', text });
  const list = [word('int'), word('__constant'), punct('='), punct('('), ...tokens, punct(')'), punct(';')];
  const source = parseItem(parser, list, 0, list.length, unit.typedefs);
  const node = source.nodes[0];
  const value = node && childOf(node, 'declarator') && childOf(need(node, 'declarator'), 'value');
  if (!value || firstError(value)) return null;
  const globals = { find: (name: string) => unit.globals.get(name), add: () => {} };
  const cx: Context = { globals, problems: [], source, scope: unit.scope, code: new Builder(at), fn: null, depth: 0 };
  try {
    const constant = constantOf(cx, value);
    return { value: constant, type: constant > 0x7fffffffffffffffn ? T.ULONG : T.LONG };
  } catch (error) {
    if (error instanceof LowerError || error instanceof RangeError) return null;
    throw error;
  }
}

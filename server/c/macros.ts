/**
 * Macro definitions and their expansion on tokens: arguments, `#`, `##`, variadics, hide sets. Knows
 * neither directives nor files. A macro body's tokens take the line of the call; arguments keep theirs.
 * All remember the body's lines that they came through.
 */

import {
  type FileRef,
  type HideSet,
  hideIntersection,
  hideUnion,
  isHidden,
  type MacroPlace,
  type PPToken,
} from './pp-token';
import { tokenize } from './tokens';

export interface Macro {
  readonly name: string;
  /** null for an object-like macro. */
  readonly params: readonly string[] | null;
  /** The parameter that takes the rest: `__VA_ARGS__`, or the name before `...`. */
  readonly rest: string | null;
  readonly body: readonly PPToken[];
  /** `__LINE__` and its like: the value is made at each use. */
  readonly magic?: boolean;
}

export const MAGIC_MACROS: readonly Macro[] = ['__LINE__', '__FILE__', '__COUNTER__'].map((name) => ({
  name,
  params: null,
  rest: null,
  body: [],
  magic: true,
}));

function magicToken(token: PPToken, budget: ExpansionBudget): PPToken {
  const hide = { name: token.text, rest: token.hide };
  if (token.text === '__LINE__') return { ...token, kind: 'number', text: String(token.line), hide };
  if (token.text === '__FILE__') return { ...token, kind: 'string', text: `"${token.file.path}"`, hide };
  return { ...token, kind: 'number', text: String(budget.counter++), hide };
}

/** A source of tokens that can be read one at a time; null at its end. */
export interface TokenSource {
  next(): PPToken | null;
  /** Put tokens back in front. */
  unread(tokens: readonly PPToken[]): void;
}

export interface ExpansionBudget {
  expansions: number;
  tokens: number;
  /** Next value of `__COUNTER__`. */
  counter: number;
  readonly places: MacroPlaces;
}

/** Makes the places of macro bodies, each once, for the files (by path) in which they are wanted. */
export class MacroPlaces {
  private readonly known = new Map<MacroPlace | null, Map<FileRef, Map<number, MacroPlace>>>();
  private last: MacroPlace | null = null;
  constructor(private readonly wanted: ReadonlySet<string>) {}

  /** Whether the places in this macro's body are wanted. */
  has(macro: Macro): boolean {
    return this.wanted.size > 0 && macro.body.length > 0 && this.wanted.has((macro.body[0] as PPToken).file.path);
  }

  of(file: FileRef, line: number, up: MacroPlace | null): MacroPlace {
    const before = this.last;
    if (before !== null && before.line === line && before.up === up && before.file === file) return before;
    let files = this.known.get(up);
    if (!files) this.known.set(up, (files = new Map()));
    let lines = files.get(file);
    if (!lines) files.set(file, (lines = new Map()));
    let place = lines.get(line);
    if (!place) lines.set(line, (place = { file, line, up }));
    this.last = place;
    return place;
  }
}

export class BudgetExceeded extends Error {}

export function listSource(tokens: readonly PPToken[]): TokenSource {
  const stack: { readonly list: readonly PPToken[]; at: number }[] = [{ list: tokens, at: 0 }];
  return {
    next() {
      for (let top = stack.at(-1); top; top = stack.at(-1)) {
        const token = top.list[top.at++];
        if (token) return token;
        stack.pop();
      }
      return null;
    },
    unread(back) {
      if (back.length > 0) stack.push({ list: back, at: 0 });
    },
  };
}

/** The arguments of a call whose `(` has been read; null when the input ends first. */
function readArguments(
  source: TokenSource,
  macro: Macro,
): { args: PPToken[][]; close: PPToken; read: PPToken[] } | null {
  const params = macro.params ?? [];
  const args: PPToken[][] = [[]];
  const read: PPToken[] = [];
  let depth = 0;
  for (;;) {
    const token = source.next();
    if (token === null) {
      source.unread(read);
      return null;
    }
    read.push(token);
    const text = token.kind === 'punct' ? token.text : '';
    if (text === ')' && depth === 0) return { args, close: token, read };
    if (text === '(') depth++;
    else if (text === ')') depth--;
    const inRest = macro.rest !== null && args.length >= params.length;
    if (text === ',' && depth === 0 && !inRest) args.push([]);
    else args.at(-1)?.push(token);
  }
}

function stringize(tokens: readonly PPToken[], at: PPToken): PPToken {
  let text = '';
  for (const [i, t] of tokens.entries()) {
    if (i > 0 && (t.spaced || t.first)) text += ' ';
    text += t.kind === 'string' || t.kind === 'char' ? t.text.replace(/[\\"]/g, '\\$&') : t.text;
  }
  return { ...at, kind: 'string', text: `"${text}"` };
}

function paste(a: PPToken, b: PPToken): PPToken[] {
  const made = tokenize(a.text + b.text);
  const one = made[0];
  if (made.length !== 1 || !one) return [a, { ...b, spaced: false }];
  return [{ ...a, kind: one.kind, text: one.text, hide: hideIntersection(a.hide, b.hide) }];
}

/** Expand every macro in a list, on its own (as arguments are before they are put in). */
export function expandList(
  tokens: readonly PPToken[],
  macros: ReadonlyMap<string, Macro>,
  budget: ExpansionBudget,
  depth = 0,
): PPToken[] {
  if (!tokens.some((t) => t.kind === 'ident' && macros.has(t.text))) return tokens as PPToken[];
  const source = listSource(tokens);
  const out: PPToken[] = [];
  for (let t = source.next(); t !== null; t = source.next()) {
    if (!expandToken(t, source, macros, budget, depth)) out.push(t);
  }
  return out;
}

class Substitution {
  private readonly expanded = new Map<number, readonly PPToken[]>();
  readonly out: PPToken[] = [];
  /** Per token of `out`: the token of the body that stands for it. Null where nobody wants to know. */
  readonly places: PPToken[] | null;
  constructor(
    private readonly macro: Macro,
    private readonly args: readonly PPToken[][],
    private readonly call: PPToken,
    private readonly macros: ReadonlyMap<string, Macro>,
    private readonly budget: ExpansionBudget,
    private readonly depth: number,
  ) {
    this.places = budget.places.has(macro) ? [] : null;
  }

  /** Index of the parameter that `token` names, or -1. */
  private param(token: PPToken | undefined): number {
    if (token?.kind !== 'ident' || !this.macro.params) return -1;
    if (token.text === '__VA_ARGS__' && this.macro.rest !== null) return this.macro.params.length - 1;
    return this.macro.params.indexOf(token.text);
  }

  private raw(index: number): readonly PPToken[] {
    return this.args[index] ?? [];
  }

  private full(index: number): readonly PPToken[] {
    const known = this.expanded.get(index);
    if (known) return known;
    const list = expandList(this.raw(index), this.macros, this.budget, this.depth + 1);
    this.expanded.set(index, list);
    return list;
  }

  private own(token: PPToken): PPToken {
    const { kind, text, spaced, hide } = token;
    return { kind, text, file: this.call.file, line: this.call.line, first: false, spaced, hide, from: this.call.from };
  }

  private push(token: PPToken, place: PPToken): void {
    this.out.push(token);
    this.places?.push(place);
  }

  private pop(): void {
    this.out.pop();
    this.places?.pop();
  }

  private pushArgument(list: readonly PPToken[], place: PPToken): void {
    const head = list[0];
    if (head === undefined) return;
    this.push({ ...head, spaced: place.spaced, first: false }, place);
    for (let i = 1; i < list.length; i++) this.push(list[i] as PPToken, place);
  }

  /** The `##` after `out`'s last token: join it with the next body element. Returns the new body index. */
  private join(body: readonly PPToken[], i: number, leftEmpty: boolean): number {
    const next = body[i];
    if (!next) return i;
    const index = this.param(next);
    const right = index >= 0 ? this.raw(index) : [this.own(next)];
    const isRest = index >= 0 && this.macro.rest !== null && index === (this.macro.params?.length ?? 0) - 1;
    const left = this.out.at(-1);
    if (isRest && left?.text === ',' && left.kind === 'punct') {
      // GNU: the comma goes when the variable argument is absent.
      if (right.length === 0) this.pop();
      else this.pushArgument(this.full(index), next);
      return i + 1;
    }
    const head = right[0];
    if (!head) return i + 1;
    if (left && !leftEmpty) {
      this.pop();
      for (const made of [...paste(left, head), ...right.slice(1)]) this.push(made, next);
    } else for (const token of right) this.push(token, next);
    return i + 1;
  }

  private element(body: readonly PPToken[], i: number): number {
    const token = body[i] as PPToken;
    const next = body[i + 1];
    if (token.text === '#' && this.macro.params && this.param(next) >= 0) {
      this.push(stringize(this.raw(this.param(next)), this.own(token)), token);
      return i + 2;
    }
    if (token.text === '__VA_OPT__' && this.macro.rest !== null && next?.text === '(') return this.vaOpt(body, i + 2);
    const index = this.param(token);
    const pasted = next?.text === '##';
    if (index < 0) this.push(this.own(token), token);
    else if (pasted) this.pushArgument(this.raw(index), token);
    else this.pushArgument(this.full(index), token);
    return i + 1;
  }

  private vaOpt(body: readonly PPToken[], i: number): number {
    const present = this.raw((this.macro.params?.length ?? 1) - 1).length > 0;
    let depth = 0;
    while (i < body.length) {
      const text = body[i]?.text;
      if (text === ')' && depth === 0) return i + 1;
      if (text === '(') depth++;
      if (text === ')') depth--;
      if (present) i = this.element(body, i);
      else i++;
    }
    return i;
  }

  run(): PPToken[] {
    const body = this.macro.body;
    let i = 0;
    while (i < body.length) {
      const before = this.out.length;
      if (body[i]?.text === '##' && i > 0) {
        i = this.join(body, i + 1, this.leftEmpty(body, i));
        continue;
      }
      i = this.element(body, i);
      if (this.out.length > before + 100_000) throw new BudgetExceeded('a macro expands too far');
    }
    return this.out;
  }

  /** Whether what stands before the `##` at `i` gave no token. */
  private leftEmpty(body: readonly PPToken[], i: number): boolean {
    const index = this.param(body[i - 1]);
    return index >= 0 && this.raw(index).length === 0;
  }
}

function withName(name: string, hide: HideSet | null): HideSet {
  return hide !== null && isHidden(hide, name) ? hide : { name, rest: hide };
}

function finish(made: Substitution, hide: HideSet, call: PPToken, places: MacroPlaces): PPToken[] {
  const out: PPToken[] = [];
  for (let i = 0; i < made.out.length; i++) {
    const t = made.out[i] as PPToken;
    const place = made.places?.[i];
    out.push({
      kind: t.kind,
      text: t.text,
      file: t.file,
      line: t.line,
      first: i > 0 && t.first,
      spaced: i === 0 ? call.spaced : t.spaced,
      hide: hideUnion(t.hide, hide),
      from: place ? places.of(place.file, place.line, t.from) : t.from,
    });
  }
  return out;
}

/** Expand the macro that `token` names, if any, by unreading its expansion into `source`. */
export function expandToken(
  token: PPToken,
  source: TokenSource,
  macros: ReadonlyMap<string, Macro>,
  budget: ExpansionBudget,
  depth = 0,
): boolean {
  if (token.kind !== 'ident') return false;
  const macro = macros.get(token.text);
  if (!macro || isHidden(token.hide, token.text)) return false;
  if (macro.magic) {
    source.unread([magicToken(token, budget)]);
    return true;
  }
  if (depth > 100) throw new BudgetExceeded('macros nest too deeply');
  let args: PPToken[][] = [];
  let hide = token.hide;
  if (macro.params !== null) {
    const open = source.next();
    if (open === null || open.kind !== 'punct' || open.text !== '(') {
      if (open !== null) source.unread([open]);
      return false;
    }
    const call = readArguments(source, macro);
    if (call === null) {
      source.unread([open]);
      return false;
    }
    args = call.args;
    hide = hideIntersection(token.hide, call.close.hide);
  }
  if (--budget.expansions < 0) throw new BudgetExceeded('too many macro expansions');
  const made = new Substitution(macro, args, token, macros, budget, depth);
  budget.tokens -= made.run().length;
  if (budget.tokens < 0) throw new BudgetExceeded('too many tokens');
  source.unread(finish(made, withName(macro.name, hide), token, budget.places));
  return true;
}

/**
 * Directives and files: turns C sources into one stream of expanded tokens, each with its origin.
 * Files come through a callback; nothing is read from disk. Mistakes are problems, never exceptions.
 */

import { evaluateCondition } from './condition';
import {
  BudgetExceeded,
  type ExpansionBudget,
  expandList,
  expandToken,
  listSource,
  MAGIC_MACROS,
  type Macro,
  MacroPlaces,
  type TokenSource,
} from './macros';
import { type FileRef, type PPToken, readTokens } from './pp-token';
import { PREDEFINED } from './predefined';

export interface SourceText {
  readonly path: string;
  readonly text: string;
}

export interface PPProblem {
  readonly file: FileRef;
  readonly line: number;
  readonly why: string;
}

export interface PPLimits {
  /** Tokens that the whole unit may have after expansion. */
  readonly tokens: number;
  /** Files inside files. */
  readonly depth: number;
  readonly expansions: number;
}

export interface PPInput {
  readonly units: readonly SourceText[];
  include(name: string, from: string, angled: boolean): SourceText | null;
  readonly defines: Readonly<Record<string, string>>;
  /** Macros (`NAME` or `NAME(x)`) that no file may define otherwise, or undefine. */
  readonly fixed?: Readonly<Record<string, string>>;
  readonly limits: PPLimits;
  /** Paths of the files whose macros' tokens shall remember their line in the macro's body. */
  readonly expandedFrom?: readonly string[];
  /** Tokens of a file, for a caller that keeps them between runs. */
  read?(source: SourceText): readonly PPToken[];
  readonly signal?: { readonly cancelled: boolean };
}

export interface PPResult {
  readonly tokens: readonly PPToken[];
  readonly macros: ReadonlyMap<string, Macro>;
  readonly problems: readonly PPProblem[];
}

interface Frame {
  readonly list: readonly PPToken[];
  at: number;
  /** Set for a file, null for an expansion. */
  readonly file: FileRef | null;
  /** One entry per open #if: whether one of its groups has been taken. */
  readonly conditions: { taken: boolean; line: number }[];
}

const NO_TOKENS: readonly PPToken[] = [];
const IGNORED = new Set(['pragma', 'line', 'ident', 'warning', 'sccs']);

class Preprocessor implements TokenSource {
  readonly macros = new Map<string, Macro>();
  readonly problems: PPProblem[] = [];
  private readonly frames: Frame[] = [];
  private readonly once = new Set<string>();
  private readonly guards = new Map<string, string>();
  private readonly fixed: ReadonlySet<string>;
  readonly budget: ExpansionBudget;

  constructor(private readonly input: PPInput) {
    const places = new MacroPlaces(new Set(input.expandedFrom));
    this.budget = { expansions: input.limits.expansions, tokens: input.limits.tokens, counter: 0, places };
    for (const macro of MAGIC_MACROS) this.macros.set(macro.name, macro);
    const builtin: FileRef = { path: '<defines>' };
    const given = [PREDEFINED, input.defines, input.fixed ?? {}].flatMap((each) => Object.entries(each));
    this.fixed = new Set(Object.keys(input.fixed ?? {}).map((head) => head.replace(/\(.*/, '')));
    for (const [name, value] of given) this.define(readTokens(builtin, `${name} ${value}`), true);
  }

  problem(at: PPToken | null, why: string): void {
    if (at && this.problems.length < 1000) this.problems.push({ file: at.file, line: at.line, why });
  }

  enter(source: SourceText): void {
    const guard = this.guards.get(source.path);
    if (this.once.has(source.path) || (guard !== undefined && this.macros.has(guard))) return;
    const list = this.input.read ? this.input.read(source) : readTokens({ path: source.path }, source.text);
    this.budget.tokens -= list.length;
    if (this.budget.tokens < 0) throw new BudgetExceeded('too many tokens');
    const name = guardOf(list);
    if (name !== null) this.guards.set(source.path, name);
    this.frames.push({ list, at: 0, file: list[0]?.file ?? { path: source.path }, conditions: [] });
  }

  next(): PPToken | null {
    for (let top = this.frames.at(-1); top; top = this.frames.at(-1)) {
      const token = top.list[top.at++];
      if (!token) {
        this.leave(top);
        continue;
      }
      if (token.first && top.file !== null && token.text === '#' && token.kind === 'punct') {
        this.directive(top, token);
        continue;
      }
      return token;
    }
    return null;
  }

  unread(tokens: readonly PPToken[]): void {
    if (tokens.length > 0) this.frames.push({ list: tokens, at: 0, file: null, conditions: [] });
  }

  private leave(top: Frame): void {
    const open = top.conditions.at(-1);
    const last = top.list.at(-1);
    if (open && last) this.problem({ ...last, line: open.line }, '#if without #endif');
    this.frames.pop();
  }

  private restOfLine(frame: Frame): readonly PPToken[] {
    const start = frame.at;
    while (frame.at < frame.list.length && !frame.list[frame.at]?.first) frame.at++;
    return frame.at === start ? NO_TOKENS : frame.list.slice(start, frame.at);
  }

  private directive(frame: Frame, hash: PPToken): void {
    const line = this.restOfLine(frame);
    const name = line[0]?.text ?? '';
    const rest = line.slice(1);
    switch (name) {
      case 'define':
        this.define(rest, false);
        return;
      case 'undef':
        if (!this.isFixed(rest[0])) this.macros.delete(rest[0]?.text ?? '');
        return;
      case 'include':
      case 'include_next':
        this.include(rest, hash);
        return;
      case 'if':
      case 'ifdef':
      case 'ifndef':
        this.open(frame, name, rest, hash);
        return;
      case 'elif':
      case 'else':
        this.alternative(frame, hash);
        return;
      case 'endif':
        if (!frame.conditions.pop()) this.problem(hash, '#endif without #if');
        return;
      case 'error':
        this.problem(hash, `#error ${rest.map((t) => t.text).join(' ')}`);
        return;
      case 'pragma':
        if (rest[0]?.text === 'once') this.once.add(hash.file.path);
        else if (rest[0]?.text === 'pack') this.problem(hash, '#pragma pack is not supported');
        return;
      default:
        if (name !== '' && !IGNORED.has(name)) this.problem(hash, `unknown directive #${name}`);
    }
  }

  private define(tokens: readonly PPToken[], quiet: boolean): void {
    const name = tokens[0];
    if (name?.kind !== 'ident') {
      if (!quiet) this.problem(name ?? null, '#define without a name');
      return;
    }
    if (!quiet && this.isFixed(name)) return;
    let body = 1;
    let params: string[] | null = null;
    let rest: string | null = null;
    if (tokens[1]?.text === '(' && !tokens[1].spaced) {
      params = [];
      body = 2;
      for (; body < tokens.length && tokens[body]?.text !== ')'; body++) {
        const t = tokens[body] as PPToken;
        if (t.text === '...') {
          if (tokens[body - 1]?.kind === 'ident') rest = params.at(-1) ?? null;
          else params.push((rest = '__VA_ARGS__'));
        } else if (t.kind === 'ident') params.push(t.text);
      }
      body++;
    }
    this.macros.set(name.text, { name: name.text, params, rest, body: tokens.slice(body) });
  }

  private isFixed(name: PPToken | undefined): boolean {
    return name !== undefined && this.fixed.has(name.text);
  }

  private include(rest: readonly PPToken[], hash: PPToken): void {
    let tokens = rest;
    if (tokens[0]?.kind === 'ident') tokens = expandList(tokens, this.macros, this.budget);
    const head = tokens[0];
    const angled = head?.text === '<';
    const end = tokens.findIndex((t) => t.text === '>');
    const name = angled
      ? tokens
          .slice(1, end < 0 ? tokens.length : end)
          .map((t) => t.text)
          .join('')
      : (head?.text ?? '').replace(/^"|"$/g, '');
    if (name === '') {
      this.problem(hash, '#include without a name');
      return;
    }
    if (this.frames.filter((f) => f.file !== null).length >= this.input.limits.depth) {
      this.problem(hash, `#include of ${name} nests too deeply`);
      return;
    }
    const source = this.input.include(name, hash.file.path, angled);
    if (source === null) this.problem(hash, `header ${name} was not found`);
    else this.enter(source);
  }

  private open(frame: Frame, name: string, rest: readonly PPToken[], hash: PPToken): void {
    const known = rest[0]?.kind === 'ident' && this.macros.has(rest[0].text);
    const value = name === 'if' ? this.test(rest, hash) : name === 'ifdef' ? known : !known;
    frame.conditions.push({ taken: value, line: hash.line });
    if (!value) this.skip(frame);
  }

  /** An #else or #elif met while its #if's group was being read: the rest is skipped. */
  private alternative(frame: Frame, hash: PPToken): void {
    const open = frame.conditions.at(-1);
    if (!open) {
      this.problem(hash, '#else without #if');
      return;
    }
    open.taken = true;
    this.skip(frame);
  }

  /** Skip groups of the innermost #if until one is to be read, or its #endif. */
  private skip(frame: Frame): void {
    let depth = 0;
    while (frame.at < frame.list.length) {
      const token = frame.list[frame.at++] as PPToken;
      if (!token.first || token.text !== '#') continue;
      const line = this.restOfLine(frame);
      const name = line[0]?.text ?? '';
      if (name === 'if' || name === 'ifdef' || name === 'ifndef') depth++;
      else if (name === 'endif') {
        if (depth-- === 0) {
          frame.conditions.pop();
          return;
        }
      } else if (depth === 0 && (name === 'else' || name === 'elif')) {
        const open = frame.conditions.at(-1);
        if (open && !open.taken && (name === 'else' || this.test(line.slice(1), token))) {
          open.taken = true;
          return;
        }
      }
    }
  }

  private test(tokens: readonly PPToken[], hash: PPToken): boolean {
    try {
      const expanded = expandList(this.resolveDefined(tokens), this.macros, this.budget);
      return evaluateCondition(this.resolveDefined(expanded)) !== 0n;
    } catch (error) {
      if (error instanceof BudgetExceeded) throw error;
      this.problem(hash, `#if cannot be evaluated: ${(error as Error).message}`);
      return false;
    }
  }

  /** Replace `defined X`, `defined(X)` and the `__has_...(X)` tests by 0 or 1. */
  private resolveDefined(tokens: readonly PPToken[]): PPToken[] {
    const out: PPToken[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as PPToken;
      const has = token.text.startsWith('__has_') && tokens[i + 1]?.text === '(';
      if (token.text !== 'defined' && !has) {
        out.push(token);
        continue;
      }
      const parens = tokens[i + 1]?.text === '(';
      const name = tokens[i + (parens ? 2 : 1)];
      const close = parens ? tokens.findIndex((t, at) => at > i && t.text === ')') : i + 1;
      i = close < 0 ? tokens.length : close;
      const value = token.text === 'defined' && name !== undefined && this.macros.has(name.text);
      out.push({ ...token, kind: 'number', text: value ? '1' : '0' });
    }
    return out;
  }
}

/** The include guard of a file that is nothing but `#ifndef G ... #endif`, else null. */
function guardOf(list: readonly PPToken[]): string | null {
  if (list[0]?.text !== '#' || list[1]?.text !== 'ifndef') return null;
  const name = list[2]?.text;
  if (name === undefined || list[3]?.text !== '#' || list[4]?.text !== 'define' || list[5]?.text !== name) return null;
  let depth = 0;
  for (let i = 0; i < list.length; i++) {
    if (list[i]?.text !== '#' || !list[i]?.first) continue;
    const word = list[i + 1]?.text ?? '';
    if (word === 'if' || word === 'ifdef' || word === 'ifndef') depth++;
    else if (word === 'else' || word === 'elif') {
      if (depth === 1) return null;
    } else if (word === 'endif' && --depth === 0) return i + 2 >= list.length ? name : null;
  }
  return null;
}

/** Preprocess the units, in order, as one translation unit. */
export function preprocess(input: PPInput): PPResult {
  const tokens: PPToken[] = [];
  const pp = new Preprocessor(input);
  for (const unit of input.units) {
    let last: PPToken | null = null;
    try {
      pp.enter(unit);
      for (let t = pp.next(); t !== null; t = pp.next()) {
        last = t;
        if (expandToken(t, pp, pp.macros, pp.budget)) continue;
        tokens.push(t);
        if (tokens.length > input.limits.tokens) throw new BudgetExceeded('too many tokens');
        if ((tokens.length & 4095) === 0 && input.signal?.cancelled) throw new BudgetExceeded('cancelled');
      }
    } catch (error) {
      if (!(error instanceof BudgetExceeded)) throw error;
      pp.problem(last ?? { ...EMPTY, file: { path: unit.path } }, `preprocessing stopped: ${error.message}`);
      break;
    }
  }
  return { tokens, macros: pp.macros, problems: pp.problems };
}

const EMPTY = { kind: 'other', text: '', line: 1, first: true, spaced: false, hide: null, from: null } as const;

/** Expand a text with the macros left over by `preprocess`; for constants asked for by name. */
export function expandText(text: string, macros: ReadonlyMap<string, Macro>): PPToken[] {
  const budget = { expansions: 10_000, tokens: 100_000, counter: 0, places: new MacroPlaces(new Set()) };
  const source = listSource(readTokens({ path: '<constants>' }, text));
  const out: PPToken[] = [];
  for (let t = source.next(); t !== null; t = source.next()) {
    if (!expandToken(t, source, macros, budget)) out.push(t);
  }
  return out;
}

/**
 * The C engine's front door: preprocess, split, read declarations, lower bodies, assemble a Program.
 * Never throws for bad C: what fails is poisoned where it stands and listed in `problems`.
 */

import type { FunctionCode, GlobalObject, Origin, Program, StructLayout, Value } from '../../model/execute/program';
import { type CachedFunction, type CachedScope, hashOfText, LoweringCache } from './cache';
import { expandedLines } from './expanded';
import * as F from './fold';
import { lowerFunction } from './function';
import { type Item, splitItems, withoutOverridden } from './items';
import { publicLayout } from './layout';
import type { Macro } from './macros';
import type { CParser } from './parser';
import type { FileRef, MacroPlace, PPToken } from './pp-token';
import { expandText, preprocess, type SourceText } from './preprocess';
import type { Mute } from './scope';
import { firstError, parseFunction } from './source';
import type { CType } from './types';
import { evaluateConstant, readUnit, type Unit } from './unit';

export interface CompileLimits {
  /** Tokens after expansion, over the whole unit. */
  readonly tokens: number;
  /** Files inside files. */
  readonly depth: number;
  readonly expansions: number;
  /** Brackets inside brackets, within one declaration or function. */
  readonly nesting: number;
}

export const DEFAULT_LIMITS: CompileLimits = { tokens: 4_000_000, depth: 100, expansions: 2_000_000, nesting: 200 };

export interface CompileInput {
  /** `.c` files, compiled as one translation unit, in order. */
  readonly units: readonly SourceText[];
  /** The text of an included file, or null when there is none. */
  include(name: string, from: string, angled: boolean): SourceText | null;
  readonly defines: Readonly<Record<string, string>>;
  /** Macros that no file may define otherwise. */
  readonly fixed?: Readonly<Record<string, string>>;
  /** Structs whose members keep their first value: counting there would make every state a new one. */
  readonly mute?: Mute;
  /** Macros whose values are wanted in `Program.constants`. */
  readonly constants?: readonly string[];
  readonly limits?: Partial<CompileLimits>;
  /**
   * Files (by path) whose macros' lines shall stand in `Origin.expanded`: those that a patch changes.
   * Without it none, which is faster.
   */
  readonly expandedFrom?: readonly string[];
  /**
   * Leave out static functions of headers that nothing calls: a kernel's headers define thousands.
   * Those of the files named here stay, since a patch may change them. Without it all are lowered.
   */
  readonly pruneExcept?: readonly string[];
  readonly signal?: { readonly cancelled: boolean };
}

interface ProblemDraft {
  readonly file: FileRef;
  readonly line: number;
  readonly function: string | null;
  readonly why: string;
}

/** Texts of tokens, with the line breaks between them, macro bodies' too: what a function's steps depend on. */
function textOf(tokens: readonly PPToken[], start: number, end: number): string {
  let text = '';
  let line = -1;
  let file: FileRef | null = null;
  let from: MacroPlace | null = null;
  for (let i = start; i < end; i++) {
    const t = tokens[i] as PPToken;
    text += t.line !== line || t.file !== file ? '\n' : t.from !== from ? '\t' : ' ';
    text += t.text;
    line = t.line;
    file = t.file;
    from = t.from;
  }
  return text;
}

function declarationsKey(tokens: readonly PPToken[], items: readonly Item[]): string {
  return items.map((i) => textOf(tokens, i.start, i.body >= 0 ? i.body : i.end)).join('\u0001');
}

/** Items whose brackets nest too deeply are left out: the parser and the lowering recurse. */
function tooDeep(tokens: readonly PPToken[], item: Item, limit: number): boolean {
  let depth = 0;
  for (let i = item.start; i < item.end; i++) {
    const text = tokens[i]?.text;
    if (text === '(' || text === '[' || text === '{') {
      if (++depth > limit) return true;
    } else if (text === ')' || text === ']' || text === '}') depth--;
  }
  return false;
}

function structLayouts(unit: Unit): Record<string, StructLayout> {
  const out: Record<string, StructLayout> = Object.create(null);
  const add = (key: string, type: CType): void => {
    if (type.k === 'struct' && type.members !== null) out[key] = publicLayout(type);
  };
  for (const [key, type] of unit.scope.allTags()) add(key, type);
  for (const [name, symbol] of unit.scope.allNames()) if (symbol.k === 'typedef') add(name, symbol.type);
  return out;
}

function enumerators(unit: Unit): Record<string, Value> {
  const out: Record<string, Value> = Object.create(null);
  for (const [name, symbol] of unit.scope.allNames()) {
    if (symbol.k === 'const') out[name] = F.wrap(symbol.type.t, symbol.value);
  }
  return out;
}

function scopeOf(unit: Unit): CachedScope {
  return { unit, structs: structLayouts(unit), enumerators: enumerators(unit), functions: new Map(), origins: 0 };
}

/** Lower one function and express its places relative to its first token. */
function makeFunction(
  parser: CParser,
  scope: CachedScope,
  tokens: readonly PPToken[],
  item: Item,
  index: number,
): CachedFunction | null {
  const head = scope.unit.heads.get(index);
  if (!head) return null;
  const { unit } = scope;
  const source = parseFunction(parser, tokens, item, unit.typedefs);
  const first = tokens[item.start] as PPToken;
  const last = tokens[item.end - 1] as PPToken;
  const lowered = lowerFunction(unit.scope, unit.globals, source, head, first, last);
  const place = (file: FileRef, line: number): number => {
    for (let i = item.start; i < item.end; i++) {
      const t = tokens[i] as PPToken;
      if (t.line === line && t.file === file) return i - item.start;
    }
    return 0;
  };
  const positions = new Map<PPToken, number>();
  for (let i = item.start; i < item.end; i++) positions.set(tokens[i] as PPToken, i - item.start);
  const base = scope.origins;
  scope.origins += lowered.origins.length;
  const problems = lowered.problems.map((p) => ({ token: place(p.file, p.line), why: p.why }));
  if (problems.length === 0 && source.nodes.some((n) => firstError(n) !== null)) {
    problems.push({ token: 0, why: 'a part of the function does not parse' });
  }
  return {
    code: { ...lowered.code, steps: lowered.code.steps.map((s) => ({ ...s, at: s.at + base })) },
    base,
    origins: lowered.origins.map((o) => ({ token: positions.get(o.token) ?? place(o.file, o.line) })),
    problems,
    globals: [...lowered.globals.values()],
  };
}

/**
 * The functions to lower: all of the kept files, all that are not static, and of the static ones in
 * other headers those that something of these names.
 */
function wanted(
  tokens: readonly PPToken[],
  items: readonly Item[],
  scope: CachedScope,
  kept: ReadonlySet<string>,
): Set<number> {
  const byName = new Map<string, number>();
  for (const [index, head] of scope.unit.heads) byName.set(head.name, index);
  const found = new Set<number>();
  const queue: number[] = [];
  const visit = (start: number, end: number): void => {
    for (let i = start; i < end; i++) {
      const token = tokens[i] as PPToken;
      const index = token.kind === 'ident' ? byName.get(token.text) : undefined;
      if (index === undefined || found.has(index)) continue;
      found.add(index);
      queue.push(index);
    }
  };
  for (const [index, item] of items.entries()) {
    if (item.body < 0) visit(item.start, item.end);
    else if (!scope.unit.heads.has(index)) continue;
    else if (kept.has((tokens[item.start] as PPToken).file.path) || !isStatic(tokens, item)) {
      found.add(index);
      queue.push(index);
    }
  }
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const item = items[next] as Item;
    visit(item.body, item.end);
  }
  return found;
}

function isStatic(tokens: readonly PPToken[], item: Item): boolean {
  for (let i = item.start; i < item.body; i++) if (tokens[i]?.text === 'static') return true;
  return false;
}

class Assembly {
  readonly files: string[] = [];
  private readonly fileIndex = new Map<string, number>();
  private readonly known = new Map<FileRef, number>();
  readonly functions: Record<string, FunctionCode> = Object.create(null);
  readonly globals: Record<string, GlobalObject> = Object.create(null);
  readonly problems: Program['problems'][number][] = [];
  readonly origins: Origin[] = [];

  file(ref: FileRef): number {
    const known = this.known.get(ref);
    if (known !== undefined) return known;
    let index = this.fileIndex.get(ref.path);
    if (index === undefined) {
      index = this.files.push(ref.path) - 1;
      this.fileIndex.set(ref.path, index);
    }
    this.known.set(ref, index);
    return index;
  }

  problem(p: ProblemDraft): void {
    if (this.problems.length < 5000) this.problems.push({ ...p, file: this.file(p.file) });
  }

  add(made: CachedFunction, tokens: readonly PPToken[], item: Item): void {
    const at = (relative: number): PPToken => tokens[item.start + relative] as PPToken;
    const expanded = expandedLines(made, tokens, item.start, item.end, (file) => this.file(file));
    for (const [i, origin] of made.origins.entries()) {
      const token = at(origin.token);
      const place = { file: this.file(token.file), line: token.line };
      const lines = expanded.get(i);
      this.origins[made.base + i] = lines ? { ...place, expanded: lines } : place;
    }
    const { name } = made.code;
    let named = item.start;
    while (named < item.body && tokens[named]?.text !== name) named++;
    const head = tokens[named] ?? at(0);
    const endLine = (tokens[item.end - 1] as PPToken).line;
    this.functions[name] = { ...made.code, file: this.file(head.file), line: head.line, endLine };
    for (const global of made.globals) this.globals[global.name] = global;
    for (const p of made.problems) {
      this.problem({ file: at(p.token).file, line: at(p.token).line, function: name, why: p.why });
    }
  }

  /** Origins of functions that this Program lacks are holes; nothing refers to them. */
  fill(count: number): void {
    for (let i = 0; i < count; i++) this.origins[i] ??= { file: 0, line: 0 };
  }
}

function constantsOf(
  parser: CParser,
  scope: CachedScope,
  macros: ReadonlyMap<string, Macro>,
  names: readonly string[],
): Record<string, Value> {
  const out: Record<string, Value> = Object.assign(Object.create(null), scope.enumerators);
  for (const name of names) {
    if (!macros.has(name)) continue;
    const made = evaluateConstant(parser, scope.unit, expandText(name, macros));
    if (made) out[name] = F.wrap(made.type.t, made.value);
  }
  return out;
}

/** Compile C to a Program. The cache makes the next compilation of nearly the same text cheap. */
export function compile(input: CompileInput, parser: CParser, cache: LoweringCache = new LoweringCache()): Program {
  const limits = { ...DEFAULT_LIMITS, ...input.limits };
  const read = (source: SourceText): readonly PPToken[] => cache.read(source);
  const pp = preprocess({ ...input, limits, read });
  const out = new Assembly();
  for (const unit of input.units) out.file({ path: unit.path });
  for (const problem of pp.problems) out.problem({ ...problem, function: null });
  const { tokens } = pp;
  const items = withoutOverridden(tokens, splitItems(tokens)).filter((item) => {
    if (!tooDeep(tokens, item, limits.nesting)) return true;
    const first = tokens[item.start] as PPToken;
    out.problem({ file: first.file, line: first.line, function: null, why: 'it nests too deeply' });
    return false;
  });
  const readAll = (): Unit => readUnit(parser, tokens, items, input.mute);
  const scope = cache.scope(declarationsKey(tokens, items), readAll, scopeOf);
  for (const p of scope.unit.problems) {
    const token = tokens[(items[p.item] as Item).start + p.token] as PPToken;
    out.problem({ file: token.file, line: token.line, function: null, why: p.why });
  }
  for (const global of scope.unit.globals.values()) out.globals[global.name] = global;
  const kept = input.pruneExcept && new Set([...input.units.map((u) => u.path), ...input.pruneExcept]);
  const lowered = kept ? wanted(tokens, items, scope, kept) : null;
  for (const [index, item] of items.entries()) {
    if (item.body < 0 || (lowered && !lowered.has(index)) || input.signal?.cancelled) continue;
    const key = hashOfText(textOf(tokens, item.start, item.end));
    let made = scope.functions.get(key) ?? null;
    if (!made) {
      made = makeFunction(parser, scope, tokens, item, index);
      if (made) scope.functions.set(key, made);
    }
    if (made) out.add(made, tokens, item);
  }
  if (input.signal?.cancelled) {
    out.problem({
      file: { path: input.units[0]?.path ?? '' },
      line: 1,
      function: null,
      why: 'compilation was cancelled',
    });
  }
  if (!input.signal?.cancelled) cache.done(scope);
  out.fill(scope.origins);
  return {
    files: out.files,
    origins: out.origins,
    functions: out.functions,
    globals: out.globals,
    structs: scope.structs,
    constants: constantsOf(parser, scope, pp.macros, input.constants ?? []),
    problems: out.problems,
  };
}

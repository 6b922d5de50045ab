/**
 * What one compilation leaves for the next: tokens of files, and per set of file-scope declarations
 * the scope and the functions lowered in it. A patch that changes one body re-lowers one function.
 */

import { createHash } from 'node:crypto';
import type { FunctionCode, GlobalObject, StructLayout, Value } from '../../model/execute/program';
import { type FileRef, type PPToken, readTokens } from './pp-token';
import type { SourceText } from './preprocess';
import { type KeptUnit, keptUnit, type Unit, unitFrom } from './unit';

/** A place within an item: its tokens may have moved to other lines. */
export interface RelativePlace {
  /** Token, counted from the item's first one. */
  readonly token: number;
}

export interface CachedFunction {
  readonly code: Omit<FunctionCode, 'file' | 'line' | 'endLine'>;
  /** Index of its first origin in the Program; kept stable so that its steps can be shared. */
  readonly base: number;
  readonly origins: readonly RelativePlace[];
  readonly problems: readonly { readonly token: number; readonly why: string }[];
  readonly globals: readonly GlobalObject[];
}

/** Everything that depends on the file-scope declarations alone. */
export interface CachedScope {
  readonly unit: Unit;
  readonly structs: Readonly<Record<string, StructLayout>>;
  readonly enumerators: Readonly<Record<string, Value>>;
  /** By a hash of the function's text. */
  readonly functions: Map<string, CachedFunction>;
  /** Number of origins given out. */
  origins: number;
}

/** A scope as plain data, but for what is quickly made of the rest again. */
export interface KeptScope {
  readonly unit: KeptUnit;
  readonly functions: ReadonlyMap<string, CachedFunction>;
  readonly origins: number;
}

/** Keeps scopes between processes. Neither call throws. */
export interface ScopeStore {
  load(key: string): KeptScope | null;
  save(key: string, scope: KeptScope): void;
}

/** Functions that are worth the time that writing them takes. */
const WORTH_KEEPING = 100;

export const hashOfText = (text: string): string => createHash('sha256').update(text).digest('base64');

const MAX_SCOPES = 4;
const MAX_FUNCTIONS = 20_000;
const MAX_FILES = 2_000;

export class LoweringCache {
  private readonly scopes = new Map<string, CachedScope>();
  private readonly files = new Map<string, { readonly text: string; readonly tokens: readonly PPToken[] }>();
  /** Functions of a scope that its store has. */
  private readonly stored = new WeakMap<CachedScope, number>();

  constructor(private readonly store: ScopeStore | null = null) {}

  /** Tokens of a source, from the last time if its text is the same. */
  read(source: SourceText): readonly PPToken[] {
    const known = this.files.get(source.path);
    if (known?.text === source.text) return known.tokens;
    const file: FileRef = { path: source.path };
    const tokens = readTokens(file, source.text);
    if (this.files.size >= MAX_FILES) this.files.clear();
    this.files.set(source.path, { text: source.text, tokens });
    return tokens;
  }

  /** The scope of these declarations; where none is known, around their unit, which is read when none is kept. */
  scope(declarations: string, read: () => Unit, around: (unit: Unit) => CachedScope): CachedScope {
    const key = hashOfText(declarations);
    const known = this.scopes.get(key);
    this.scopes.delete(key);
    const scope = known && known.functions.size < MAX_FUNCTIONS ? known : this.restored(key, read, around);
    this.scopes.set(key, scope);
    for (const oldest of this.scopes.keys()) {
      if (this.scopes.size <= MAX_SCOPES) break;
      this.scopes.delete(oldest);
    }
    return scope;
  }

  private restored(key: string, read: () => Unit, around: (unit: Unit) => CachedScope): CachedScope {
    const kept = this.store?.load(key) ?? null;
    // Of too many, most are of edits long gone: a scope starts anew, and so does what is kept of it.
    if (kept === null || kept.functions.size >= MAX_FUNCTIONS) return around(read());
    const scope = around(unitFrom(kept.unit));
    for (const [name, code] of kept.functions) scope.functions.set(name, code);
    scope.origins = kept.origins;
    this.stored.set(scope, kept.functions.size);
    return scope;
  }

  /** A compilation in this scope is done: what it lowered may be kept. */
  done(scope: CachedScope): void {
    if (this.store === null || scope.functions.size - (this.stored.get(scope) ?? 0) < WORTH_KEEPING) return;
    const { functions, origins } = scope;
    for (const [key, each] of this.scopes) {
      if (each === scope) this.store.save(key, { unit: keptUnit(scope.unit), functions, origins });
    }
    this.stored.set(scope, functions.size);
  }
}

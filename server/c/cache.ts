/**
 * What one compilation leaves for the next: tokens of files, and per set of file-scope declarations
 * the scope and the functions lowered in it. A patch that changes one body re-lowers one function.
 */

import type { FunctionCode, GlobalObject, StructLayout, Value } from '../../model/execute/program';
import { type FileRef, type PPToken, readTokens } from './pp-token';
import type { SourceText } from './preprocess';
import type { Unit } from './unit';

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
  /** By text of the function. */
  readonly functions: Map<string, CachedFunction>;
  /** Number of origins given out. */
  origins: number;
}

const MAX_SCOPES = 4;
const MAX_FUNCTIONS = 20_000;
const MAX_FILES = 2_000;

export class LoweringCache {
  private readonly scopes = new Map<string, CachedScope>();
  private readonly files = new Map<string, { readonly text: string; readonly tokens: readonly PPToken[] }>();

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

  /** The scope of these declarations, made when it isn't known. */
  scope(key: string, make: () => CachedScope): CachedScope {
    const known = this.scopes.get(key);
    this.scopes.delete(key);
    const scope = known && known.functions.size < MAX_FUNCTIONS ? known : make();
    this.scopes.set(key, scope);
    for (const oldest of this.scopes.keys()) {
      if (this.scopes.size <= MAX_SCOPES) break;
      this.scopes.delete(oldest);
    }
    return scope;
  }
}

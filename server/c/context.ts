/** What lowering carries along: the unit's file-scope state, the item being read, scope and builder. */

import type { GlobalInit, GlobalObject } from '../../model/execute/program';
import type { Builder, Label } from './builder';
import type { SyntaxNode } from './parser';
import type { FileRef } from './pp-token';
import type { Scope } from './scope';
import type { Source } from './source';
import type { CType, IntType } from './types';

export interface Problem {
  readonly file: FileRef;
  readonly line: number;
  readonly function: string | null;
  readonly why: string;
}

/** A Program's global while it is being built. */
export interface GlobalDraft extends GlobalObject {
  readonly init: GlobalInit[];
}

/** Something to run when a block is left: `__attribute__((cleanup(f)))`. */
export interface Cleanup {
  readonly run: () => void;
  /** Offset of the declaration, to tell whether a jump crosses it. */
  readonly position: number;
}

/** A block that is open at the current place. */
export interface Block {
  /** The compound statement (or loop) node; identity tells blocks apart. */
  readonly node: SyntaxNode;
  readonly cleanups: Cleanup[];
}

export interface FunctionContext {
  readonly name: string;
  readonly returns: CType;
  /** Register of the hidden pointer to the returned struct, or -1. */
  readonly hidden: number;
  readonly labels: Map<
    string,
    { readonly label: Label; readonly blocks: readonly SyntaxNode[]; readonly position: number }
  >;
  readonly blocks: Block[];
  /** Innermost last: where `break` and `continue` go, with the number of blocks open there. */
  readonly breaks: { readonly label: Label; readonly depth: number }[];
  readonly continues: { readonly label: Label; readonly depth: number }[];
  readonly switches: SwitchContext[];
  /** Locals whose address is taken. */
  readonly addressed: ReadonlySet<string>;
  statics: number;
}

export interface SwitchContext {
  readonly type: IntType;
  readonly cases: { readonly low: bigint; readonly high: bigint; readonly label: Label }[];
  otherwise: Label | null;
}

/** Globals of the Program by name. */
export interface GlobalTable {
  find(name: string): GlobalDraft | undefined;
  add(draft: GlobalDraft): void;
}

export interface Context {
  readonly globals: GlobalTable;
  readonly problems: Problem[];
  readonly source: Source;
  scope: Scope;
  readonly code: Builder;
  /** null at file scope. */
  readonly fn: FunctionContext | null;
  depth: number;
}

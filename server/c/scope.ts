/** Names and tags in nested scopes. Knows what a name stands for, not how code uses it. */

import type { CType, IntType } from './types';

export type Symbol =
  | { readonly k: 'typedef'; readonly type: CType }
  /** An object at file scope or a static local; `name` is that of the Program's global. */
  | { readonly k: 'global'; readonly type: CType; readonly name: string }
  | { readonly k: 'func'; readonly type: CType; readonly name: string }
  | { readonly k: 'const'; readonly type: IntType; readonly value: bigint }
  | { readonly k: 'reg'; readonly type: CType; readonly reg: number }
  | { readonly k: 'frame'; readonly type: CType; readonly off: number }
  /** A struct parameter: the register holds the address of the caller's copy. */
  | { readonly k: 'pointee'; readonly type: CType; readonly reg: number }
  /** Its declaration could not be lowered. */
  | { readonly k: 'bad'; readonly why: string };

/** Tags of structs, each with the members that are not mute. */
export type Mute = Readonly<Record<string, readonly string[]>>;

export class Scope {
  private readonly names = new Map<string, Symbol>();
  private readonly tags = new Map<string, CType>();
  constructor(
    readonly parent: Scope | null,
    /** Tags of structs whose members keep their first value (statistics), each with the members that do not. */
    readonly mute: Mute = parent?.mute ?? {},
  ) {}

  /** The members of a mute struct that are not; null for a struct that is not mute. */
  muteExcept(tag: string): readonly string[] | null {
    return Object.hasOwn(this.mute, tag) ? (this.mute[tag] ?? null) : null;
  }

  find(name: string): Symbol | null {
    for (let s: Scope | null = this; s !== null; s = s.parent) {
      const symbol = s.names.get(name);
      if (symbol) return symbol;
    }
    return null;
  }

  own(name: string): Symbol | null {
    return this.names.get(name) ?? null;
  }

  declare(name: string, symbol: Symbol): void {
    this.names.set(name, symbol);
  }

  /** Key: `struct kvm`, `union u`, `enum e`. */
  findTag(key: string): CType | null {
    for (let s: Scope | null = this; s !== null; s = s.parent) {
      const type = s.tags.get(key);
      if (type) return type;
    }
    return null;
  }

  ownTag(key: string): CType | null {
    return this.tags.get(key) ?? null;
  }

  declareTag(key: string, type: CType): void {
    this.tags.set(key, type);
  }

  root(): Scope {
    let s: Scope = this;
    while (s.parent !== null) s = s.parent;
    return s;
  }

  allTags(): Iterable<[string, CType]> {
    return this.tags;
  }

  allNames(): Iterable<[string, Symbol]> {
    return this.names;
  }
}

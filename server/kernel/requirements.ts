/**
 * Which edits only make sense with others: a use with the declaration that the patch adds, a call with the
 * signature that it changes, the body of a new function with its head. Judged by names, not by types.
 */

import type { SideUnit } from './hunk-units';
import { declaredName } from './statements';

/** What an edit turns into what; null where the patch adds or deletes. */
export interface UnitPair {
  readonly pre: SideUnit | null;
  readonly post: SideUnit | null;
}

interface Facts {
  readonly introduces: ReadonlySet<string>;
  readonly retires: ReadonlySet<string>;
  readonly preWords: ReadonlySet<string>;
  readonly postWords: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string | null>;
  /** Functions and macros whose head it adds, deletes or replaces. */
  readonly added: ReadonlySet<string>;
  readonly deleted: ReadonlySet<string>;
  readonly replaced: ReadonlySet<string>;
  readonly returns: boolean;
}

const MAX_EDITS = 300;

/** For each edit the indices of the edits without which it can't be applied. */
export function requirementsOf(edits: readonly (readonly UnitPair[])[]): number[][] {
  if (edits.length > MAX_EDITS) return edits.map(() => []);
  const facts = edits.map(factsOf);
  return facts.map((own, at) => facts.flatMap((other, index) => (index !== at && needs(own, other) ? [index] : [])));
}

function factsOf(pairs: readonly UnitPair[]): Facts {
  const pre = pairs.flatMap((pair) => pair.pre ?? []);
  const post = pairs.flatMap((pair) => pair.post ?? []);
  const declaredBefore = new Set(pre.flatMap(declares));
  const declaredAfter = new Set(post.flatMap(declares));
  const heads = (want: (pair: UnitPair) => boolean) =>
    new Set(
      pairs.flatMap((pair) => {
        const unit = pair.post ?? pair.pre;
        if (unit?.unit.kind === 'macro-head' && want(pair)) return [unit.unit.macro ?? ''];
        return unit?.unit.kind === 'header' && want(pair) ? [declaredName(unit.unit.tokens) ?? ''] : [];
      }),
    );
  return {
    introduces: new Set([...declaredAfter].filter((name) => !declaredBefore.has(name))),
    retires: new Set([...declaredBefore].filter((name) => !declaredAfter.has(name))),
    preWords: new Set(pre.flatMap((unit) => unit.words)),
    postWords: new Set(post.flatMap((unit) => unit.words)),
    scopes: new Set([...pre, ...post].map((unit) => unit.scope)),
    added: heads((pair) => pair.pre === null),
    deleted: heads((pair) => pair.post === null),
    replaced: heads((pair) => pair.pre !== null && pair.post !== null),
    returns: post[0]?.words[0] === 'return',
  };
}

function needs(own: Facts, other: Facts): boolean {
  const shared = [...own.scopes].some((scope) => other.scopes.has(scope));
  if (shared && some(other.introduces, own.postWords)) return true;
  // Parameters and variables are known in their function only; functions and macros everywhere.
  if (some(other.added, own.postWords) || (isGlobal(other) && some(other.introduces, own.postWords))) return true;
  if (shared && [...own.retires].some((name) => other.preWords.has(name) && !other.postWords.has(name))) return true;
  if (isCallOf(own, other.replaced) || isCallOf(other, own.replaced)) return true;
  if (inFunction(own, other.added) || inFunction(other, own.deleted)) return true;
  // A new function without its value is no function.
  return other.returns && inFunction(other, own.added);
}

/** File scope, a record or an enum: what it declares is known everywhere. */
function isGlobal(edit: Facts): boolean {
  return [...edit.scopes].some((scope) => scope === null || /^(struct|union|enum) /.test(scope));
}

function some(names: ReadonlySet<string>, words: ReadonlySet<string>): boolean {
  return [...names].some((name) => words.has(name));
}

function isCallOf(edit: Facts, functions: ReadonlySet<string>): boolean {
  return [...functions].some((name) => edit.preWords.has(name) && edit.postWords.has(name));
}

function inFunction(edit: Facts, functions: ReadonlySet<string>): boolean {
  return [...functions].some((name) => edit.scopes.has(`fn ${name}`) || edit.scopes.has(`macro ${name}`));
}

const NO_DECLARATION = /^(return|goto|else|case|break|continue|do)$/;

/** The names that a unit declares: function and parameters, variables, a label, a macro. */
function declares(unit: SideUnit): string[] {
  const { words } = unit;
  switch (unit.unit.kind) {
    case 'header': {
      const names = words.filter((word, at) => /^\w/.test(word) && /^[,)]$/.test(words[at + 1] ?? ''));
      return [declaredName(unit.unit.tokens) ?? '', ...names];
    }
    case 'label':
      return /^(case|default)$/.test(words[0] ?? '') ? [] : [words[0] ?? ''];
    case 'directive':
      return words[1] === 'define' ? [words[2] ?? ''] : [];
    case 'element':
      return unit.scope?.startsWith('enum ') ? [words[0] ?? ''] : [];
    case 'statement':
    case 'init-open': {
      if (NO_DECLARATION.test(words[0] ?? '')) return [];
      const left = /^((?:\w+ )+(?:\* )*)(\w+)((?: \[[^=]*?\])?(?: , (?:\* )*\w+(?: \[[^=]*?\])?)*) (?:=|;)/.exec(
        unit.key,
      );
      if (!left) return [];
      return [left[2] ?? '', ...[...(left[3] ?? '').matchAll(/, (?:\* )*(\w+)/g)].map((match) => match[1] ?? '')];
    }
    default:
      return [];
  }
}

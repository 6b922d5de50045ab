/**
 * Where an #include of a tree's own KVM leads: to one of KVM's headers in the tree, to one of ours in
 * their place, or to the one header that stands for the rest of the kernel. It reads nothing itself.
 */

import type { SourceText } from '../../c/index';
import { INSTEAD, OWN_FOLDERS, OWN_HEADERS } from './environment';

/** Our texts by path in the package: `model/kernel`, `model/edge`, `model/builtins`, `model/scenarios`. */
export type StandIns = ReadonlyMap<string, string>;

/** The header that stands for every one that is not KVM's own. */
const UMBRELLA = 'kernel.h';

export interface IncludeRules {
  /** Our own text for an include, where it goes before the tree's. */
  own(name: string, from: string): SourceText | null;
  /** Paths in the tree where the header may be, best first. */
  candidates(name: string, from: string, angled: boolean): string[];
  /** What stands for a header that the tree's KVM need not see. */
  readonly umbrella: SourceText | null;
}

export function includeRules(stand: StandIns): IncludeRules {
  const byName = new Map([...stand].map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1), { path, text }]));
  return {
    own: (name, from) => (from.startsWith('model/') || INSTEAD.has(name) ? (byName.get(name) ?? null) : null),
    candidates(name, from, angled) {
      const found: string[] = [];
      if (!angled && !from.startsWith('model/')) found.push(normal(`${from.slice(0, from.lastIndexOf('/'))}/${name}`));
      if (!angled) found.push(normal(`arch/x86/kvm/${name}`));
      if (OWN_HEADERS.some((pattern) => pattern.test(name))) {
        for (const folder of OWN_FOLDERS) if (`${folder}/${name}` !== from) found.push(`${folder}/${name}`);
      }
      return found;
    },
    umbrella: byName.get(UMBRELLA) ?? null,
  };
}

/** The include callback of a compilation, over texts that are at hand. */
export function includer(
  rules: IncludeRules,
  tree: (path: string) => string | null,
): (name: string, from: string, angled: boolean) => SourceText | null {
  return (name, from, angled) => {
    const own = rules.own(name, from);
    if (own !== null) return own;
    for (const path of rules.candidates(name, from, angled)) {
      const text = tree(path);
      if (text !== null) return { path, text };
    }
    return rules.umbrella;
  };
}

/** Headers that a text asks for, whatever conditions stand around them. */
export function includesOf(text: string): { name: string; angled: boolean }[] {
  return [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]/gm)].map((match) => ({
    name: match[2] ?? '',
    angled: match[1] === '<',
  }));
}

function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

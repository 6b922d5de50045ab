/** The vocabulary: every name and word of the field that the model knows, and look-up in it. Knows no scenario records. */

import { CONFIDENTIAL_TERMS } from './confidential';
import { GENERIC_TERMS } from './generic';
import { STATE_TERMS } from './state';
import { MMU_TERMS } from './tdp-mmu';
import type { Term } from './types';
import { WORD_TERMS } from './words';

/** All entries, in the order of the domain specification's tables. */
export const vocabulary: readonly Term[] = [
  ...STATE_TERMS,
  ...GENERIC_TERMS,
  ...MMU_TERMS,
  ...CONFIDENTIAL_TERMS,
  ...WORD_TERMS,
];

const byName = new Map<string, Term>();
const byFoldedName = new Map<string, Term>();
for (const term of vocabulary) {
  if (!byName.has(term.name)) byName.set(term.name, term);
  const folded = fold(term.name);
  if (!byFoldedName.has(folded)) byFoldedName.set(folded, term);
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, ' ');
}

/** Spellings under which C or a mail may use a name: `f()`, `a->b`, `struct s`, `kvm_x86_op`, `.field`. */
function spellings(word: string): string[] {
  const bare = word
    .trim()
    .replace(/\(\)$/, '')
    .replace(/^[.&*]+/, '');
  const member = bare.split(/->|\./).pop() ?? bare;
  const parent = bare.split(/->|\./).slice(-2).join('->');
  return [
    word.trim(),
    bare,
    parent,
    member,
    `fault->${member}`,
    `iter->${member}`,
    `struct ${bare}`,
    `enum ${bare}`,
    bare.replace(/^kvm_x86_/, ''),
    bare.replace(/^CONFIG_/, ''),
    `CONFIG_${bare}`,
  ];
}

/** The entry for a word as it stands in C or in a mail, null when the model doesn't know it. */
export function lookup(word: string): Term | null {
  if (word.length > 200 || word.trim() === '') return null;
  const candidates = spellings(word);
  for (const candidate of candidates) {
    const term = byName.get(candidate);
    if (term !== undefined) return term;
  }
  return byFoldedName.get(fold(candidates[1] ?? word)) ?? null;
}

/**
 * Finds the scenarios that a text is about by the words in it. It knows nothing of mails: callers
 * pass the prose (and, if they like, the subject). What it finds is a pointer for a reader and a
 * choice of scenarios, never a finding.
 */

import { vocabulary } from './lookup';
import type { Term } from './types';

export interface ScenarioSubject {
  /** `S04`. */
  readonly scenario: string;
  /** The words that pointed there, strongest first. */
  readonly words: readonly string[];
}

/** Longer texts are cut: a mail that says what it is about says so early. In characters. */
const MAX_TEXT = 400_000;
/** Below this a scenario isn't named: one giveaway plus a related word, or two names of the field. */
const MIN_SCORE = 3;
/** A scenario far behind the leader is a side remark. */
const MIN_SHARE = 0.34;
const MAX_SCENARIOS = 6;

interface Pattern {
  readonly term: Term;
  /** Words of a phrase, or the one word; lower case unless the name is a single word. */
  readonly tokens: readonly string[];
}

const patternsByFirst = new Map<string, Pattern[]>();
for (const term of vocabulary) {
  const tokens = tokenise(term.name);
  const first = tokens[0];
  if (first === undefined) continue;
  const list = patternsByFirst.get(first) ?? [];
  list.push({ term, tokens });
  patternsByFirst.set(first, list);
}

/** C identifiers and plain words, lower case, hyphens and punctuation as separators. */
function tokenise(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9_]+/g) ?? [];
}

/** Terms that occur in the text, each once. Single-word terms in capitals must stand there in capitals. */
function termsIn(text: string): Term[] {
  const raw = text.match(/[A-Za-z0-9_]+/g) ?? [];
  const lower = raw.map((token) => token.toLowerCase());
  const found = new Set<Term>();
  for (let i = 0; i < lower.length; i++) {
    for (const { term, tokens } of patternsByFirst.get(lower[i] as string) ?? []) {
      if (found.has(term)) continue;
      if (!tokens.every((token, k) => lower[i + k] === token)) continue;
      if (tokens.length === 1 && isAcronym(term.name) && raw[i] !== term.name.match(/[A-Za-z0-9_]+/)?.[0]) continue;
      found.add(term);
    }
  }
  return [...found];
}

function isAcronym(name: string): boolean {
  return name.length <= 6 && name === name.toUpperCase();
}

/**
 * An anchor, or a name that exists nowhere but in KVM and its firmware. Hole punching, RCU and page
 * migration are words of other subsystems too: they add to a score, they never make one.
 */
function anchors(term: Term): boolean {
  if (term.weight === 0) return true;
  return (
    term.weight >= 2 &&
    /kvm|tdp_|tdx|tdh|sept|snp|gmem|spte|rmp|pferr|mmu_invalidate|upm|epfn|spfn|memfd_/i.test(term.name)
  );
}

/**
 * The scenarios a text is about, strongest first; none when the text isn't about KVM's memory
 * management. A word counts more for the first scenario it points at than for the others.
 */
export function scenariosOf(text: string): ScenarioSubject[] {
  const terms = termsIn(text.slice(0, MAX_TEXT));
  if (!terms.some(anchors)) return [];
  const scores = new Map<string, { score: number; strong: boolean; words: Map<string, number> }>();
  const seenMeanings = new Set<string>();
  for (const term of terms) {
    // Several spellings of one thing count once.
    const repeated = seenMeanings.has(term.meaning);
    seenMeanings.add(term.meaning);
    term.scenarios.forEach((scenario, place) => {
      const entry = scores.get(scenario) ?? { score: 0, strong: false, words: new Map() };
      const gain = repeated ? 0 : place === 0 ? term.weight : term.weight * 0.75;
      entry.score += gain;
      entry.strong ||= term.weight > 0 && anchors(term);
      if (!repeated) entry.words.set(term.name, term.weight - place * 0.1);
      scores.set(scenario, entry);
    });
  }
  const best = Math.max(0, ...[...scores.values()].map((entry) => entry.score));
  return [...scores]
    .filter(([, entry]) => entry.strong && entry.score >= Math.max(MIN_SCORE, best * MIN_SHARE))
    .sort(([a, x], [b, y]) => y.score - x.score || (a < b ? -1 : 1))
    .slice(0, MAX_SCENARIOS)
    .map(([scenario, entry]) => ({
      scenario,
      words: [...entry.words].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([word]) => word),
    }));
}

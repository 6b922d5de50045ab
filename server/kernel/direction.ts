/**
 * Decides whether the source is a hunk's pre-image (forward) or already its post-image (reverse), from how
 * well the changed statements of either side are found.
 */

import { similarity } from './align';
import type { Side, SideUnit, UnitChange } from './hunk-units';
import type { SideMatch } from './match';
import type { SourceUnit } from './source-index';
import { isWord } from './statements';

export interface Evidence {
  /** 0 to 1: how much of what the hunk deletes stands in the source; null if it deletes nothing that runs. */
  readonly deleted: number | null;
  /** The same for what it adds. */
  readonly added: number | null;
  /** Whether everything that it deletes is spelled with names that the source knows. */
  readonly deletedNamesKnown: boolean;
  /** Whether the place of an addition or deletion is known on the given side, from its neighbours. */
  readonly anchored: boolean;
}

export type Direction = 'forward' | 'reverse' | 'none';

/**
 * Looks up the changed units (not those that merely moved to another line) of both sides. Statements in
 * `moved`, which one place of the patch deletes and another adds, count only right between their neighbours.
 */
export function evidenceOf(
  changes: readonly UnitChange[],
  pre: Side,
  post: Side,
  preMatch: SideMatch,
  postMatch: SideMatch,
  isKnown: (name: string) => boolean,
  moved: ReadonlySet<string>,
): Evidence {
  const deleted = changes.flatMap((c) => (c.op === 'delete' || c.op === 'replace' ? [c.from] : []));
  const added = changes.flatMap((c) => (c.op === 'insert' || c.op === 'replace' ? [c.to] : []));
  const kept = changes.filter((c) => c.op === 'keep');
  const matchedKept = kept.filter((c) => preMatch.units[c.from] || postMatch.units[c.to]);
  const names = deleted.flatMap((at) => pre.units[at]?.words ?? []).filter(isWord);
  return {
    deleted: foundShare(deleted, pre, preMatch, moved),
    added: foundShare(added, post, postMatch, moved),
    deletedNamesKnown: names.every(isKnown),
    anchored: matchedKept.length > 0,
  };
}

function foundShare(at: readonly number[], side: Side, match: SideMatch, moved: ReadonlySet<string>): number | null {
  let weight = 0;
  let found = 0;
  for (const i of at) {
    const unit = side.units[i];
    if (!unit || unit.unit.kind === 'open' || unit.unit.kind === 'close') continue;
    const own = Math.min(10, unit.words.length);
    weight += own;
    const source = match.units[i];
    const gap = unit.words.length <= 4 || moved.has(unit.key) ? 1 : NEAR;
    if (source && isNear(side, match, i, source, gap)) found += own * exactness(unit, source);
  }
  return weight === 0 ? null : found / weight;
}

function exactness(unit: SideUnit, source: SourceUnit): number {
  const alike = similarity(unit, source);
  return alike === 1 ? 1 : alike * alike * 0.7;
}

const NEAR = 3;

/** A find counts only beside its neighbours: short statements (`return r;`) stand everywhere. */
function isNear(side: Side, match: SideMatch, at: number, source: SourceUnit, gap: number): boolean {
  const neighbour = (step: number) => {
    for (let i = at + step, d = 1; i >= 0 && i < side.units.length && d <= 3; i += step, d++) {
      const other = match.units[i];
      if (other && other.path === source.path) return Math.abs(other.index - source.index) <= gap + d - 1;
    }
    return null;
  };
  const before = neighbour(-1);
  const after = neighbour(1);
  if (before === null && after === null) return side.units.length === 1;
  return before !== false && after !== false ? true : gap > 1 && (before === true || after === true);
}

const FOUND = 0.5;
const THERE = 0.8;
/** More than statements that are merely alike can reach. */
export const EXACT = 0.7;

/** The direction that one hunk's own evidence speaks for; `lean` is what the rest of the patch says. */
export function directionOf(evidence: Evidence, lean: Direction): Direction {
  const { deleted, added } = evidence;
  if (deleted === null && added === null)
    return evidence.anchored ? (lean === 'reverse' ? 'reverse' : 'forward') : 'none';
  if (deleted === null) {
    if ((added ?? 0) >= THERE) return 'reverse';
    return evidence.anchored || (added ?? 0) === 0 ? 'forward' : 'none';
  }
  if (added === null) {
    if (deleted >= FOUND) return 'forward';
    // What is to go isn't there: gone already, or never modelled. Only known names make the first believable.
    return evidence.anchored && (evidence.deletedNamesKnown || lean === 'reverse') ? 'reverse' : 'none';
  }
  // Only what stands there word for word counts as already there.
  if (added > deleted && (added >= EXACT || lean === 'reverse')) return 'reverse';
  if (deleted >= FOUND || added >= FOUND) return 'forward';
  if (lean === 'reverse' && added >= deleted) return 'reverse';
  return evidence.anchored || deleted > 0 ? 'forward' : 'none';
}

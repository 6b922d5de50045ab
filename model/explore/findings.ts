/**
 * What a run has found so far: the first violation of each kind, what was not understood, witnesses
 * and facts. It keeps the earliest and shortest; how the search goes on is not its business.
 */

import type { OracleId } from '../machine/types';
import type { SourcePlace, Unknown } from './types';

/** A violation as the search knows it: `path` are the search's own action words. */
export interface Found {
  readonly invariant: string;
  readonly message: string;
  readonly thread: string;
  readonly place: SourcePlace | null;
  readonly stack: readonly SourcePlace[];
  readonly path: readonly number[];
  readonly preemptions: number;
}

const ORACLES: ReadonlySet<string> = new Set<OracleId>([
  'memory-safety',
  'kernel-bug',
  'kernel-warning',
  'lock-rule',
  'seamcall-refused',
  'deadlock',
  'livelock',
]);

/** Distinct violations and unknowns kept; a program that breaks everywhere need not be listed in full. */
const MAX_KEPT = 200;

export class Findings {
  private readonly found = new Map<string, Found>();
  private readonly notUnderstood = new Map<string, Unknown>();
  readonly witnessed = new Set<string>();
  readonly facts = new Set<string>();

  /** What an exploration with other scheduling points will find again. */
  clearPaths(): void {
    this.found.clear();
    this.notUnderstood.clear();
  }

  clearViolations(): void {
    this.found.clear();
  }

  keyOf(found: Found): string {
    return keyOf(found.invariant, found.place);
  }

  get violations(): readonly Found[] {
    return [...this.found.values()];
  }

  get unknowns(): readonly Unknown[] {
    return [...this.notUnderstood.values()];
  }

  /** Would a violation reached with so many preemptions and transitions be kept? Cheap, for callers that must build a path. */
  wants(invariant: string, place: SourcePlace | null, preemptions: number, length: number): boolean {
    const known = this.found.get(keyOf(invariant, place));
    if (known === undefined) return this.found.size < MAX_KEPT;
    return preemptions < known.preemptions || (preemptions === known.preemptions && length < known.path.length);
  }

  violation(found: Found): void {
    this.found.set(keyOf(found.invariant, found.place), found);
  }

  unknown(what: string, place: SourcePlace | null): void {
    const key = `${what}\0${place ? `${place.file}:${place.line}` : ''}`;
    const known = this.notUnderstood.get(key);
    if (known === undefined && this.notUnderstood.size >= MAX_KEPT) return;
    this.notUnderstood.set(key, { what, place, paths: (known?.paths ?? 0) + 1 });
  }
}

/** Domain invariants once each, oracles once per place. */
function keyOf(invariant: string, place: SourcePlace | null): string {
  return ORACLES.has(invariant) && place ? `${invariant}\0${place.file}:${place.line}` : invariant;
}

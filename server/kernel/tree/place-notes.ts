/** What a reader should know of how the hunks of a file were placed. */

import type { Hunk, HunkLine } from '../../patch/types';
import { nameOf } from './pieces';
import type { FittedHunk, TwoSides } from './rows';

/** `1 hunk`, `2 hunks`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** One sentence for each way in which hunks were placed other than straight at their lines. */
export function fitNotes(path: string, fitted: readonly FittedHunk[], sides: TwoSides): string[] {
  const moved = fitted.filter(({ fit }) => fit.offset !== 0);
  const far = Math.max(0, ...moved.map(({ fit }) => Math.abs(fit.offset)));
  const blank = fitted.filter(({ fit }) => fit.whiteSpaceIgnored).length;
  const fuzzy = fitted.filter(({ fit }) => fit.fuzz > 0);
  const notes = fitted
    .filter(({ fit }) => fit.direction === 'reverse')
    .map(({ hunk }) => {
      const name = functionOf(hunk, sides);
      return `The hunk at input line ${hunk.span.line}${name ? ` in ${name}()` : ''} is already there: reviewed in reverse.`;
    });
  if (moved.length > 0)
    notes.push(
      `${path}: ${counted(moved.length, 'hunk')} of ${fitted.length} placed at an offset of up to ${counted(far, 'line')}.`,
    );
  if (blank > 0) notes.push(`${path}: ${counted(blank, 'hunk')} of ${fitted.length} placed with white space ignored.`);
  if (fuzzy.length > 0)
    notes.push(
      `${path}: ${counted(fuzzy.length, 'hunk')} of ${fitted.length} placed without all of the context (input ${fuzzy.map(({ hunk }) => `line ${hunk.span.line}`).join(', ')}).`,
    );
  return notes;
}

function functionOf(hunk: Hunk, sides: TwoSides): string | null {
  const own = new Set(hunk.lines);
  for (const side of [sides.from, sides.to]) {
    const unit = side.units.find(
      (each) => each.changed && each.unit.tokens.some(({ line }) => has(own, side.lines[line])),
    );
    if (unit) return nameOf(unit);
  }
  return null;
}

function has(lines: ReadonlySet<HunkLine>, line: HunkLine | undefined): boolean {
  return line !== undefined && lines.has(line);
}

/**
 * Which changed lines ran. A changed line counts when a step stands on it, or on the statement that
 * it continues, in the image of its side; it was executed when a run of that side went through such a
 * step. A line of a macro's body has the steps that were expanded from it. It knows runs, images and
 * outlines, not why a scenario was chosen.
 */

import type { RunResult, SourcePlace } from '../../model/explore/types';
import type { ChangedLine } from '../kernel/types';
import type { Outline } from './jobs';
import type { PlacedPatch } from './placed';
import type { Coverage } from './types';

export interface SideRuns {
  readonly outline: Outline;
  readonly text: (path: string) => string | undefined;
  readonly runs: readonly RunResult[];
}

/** Lines executed by any run, per file. */
export function executedLines(runs: readonly RunResult[]): Map<string, Set<number>> {
  const all = new Map<string, Set<number>>();
  for (const run of runs) {
    for (const [file, lines] of Object.entries(run.lines)) {
      const known = all.get(file) ?? new Set<number>();
      for (const line of lines) known.add(line);
      all.set(file, known);
    }
    // The step on which a path ends broke something while it ran.
    for (const { place } of run.violations) {
      for (const { file, line } of linesOf(place)) all.set(file, (all.get(file) ?? new Set<number>()).add(line));
    }
  }
  return all;
}

/** The line of a place, and those of macro bodies behind it. */
function linesOf(place: SourcePlace | null): readonly { readonly file: string; readonly line: number }[] {
  return place === null ? [] : [place, ...(place.expanded ?? [])];
}

interface LineState {
  readonly executable: boolean;
  /** Nothing of it runs unless a WARN fires. */
  readonly behindWarning: boolean;
  readonly executed: boolean;
  readonly poisoned: string | null;
}

/** Coverage, and the lines of the patch that count as not executable since they run only once a WARN has fired. */
export interface CoverageAndWarnings {
  readonly coverage: Coverage;
  readonly behindWarnings: readonly number[];
}

/** Coverage of the patch's changed lines, by their places in the patch. */
export function coverageOf(placement: PlacedPatch, pre: SideRuns, post: SideRuns): CoverageAndWarnings {
  const ran = { pre: executedLines(pre.runs), post: executedLines(post.runs) };
  const sides = { pre, post };
  const notReached: { patchLine: number }[] = [];
  const notUnderstood: { patchLine: number; why: string }[] = [];
  const behindWarnings: number[] = [];
  let changedLines = 0;
  let nonExecutable = 0;
  let executed = 0;
  for (const line of placement.changedLines) {
    const patchLine = line.span.line;
    if (line.status === 'non-executable') {
      nonExecutable++;
    } else if (line.status === 'not-understood' || line.path === null) {
      changedLines++;
      notUnderstood.push({ patchLine, why: line.why ?? 'it could not be placed' });
    } else {
      const state = stateOf(line, sides[line.side], ran[line.side]);
      const nothing = placement.tier === 'tree' && !state.executable && state.poisoned === null;
      const absent = nothing ? notCompiled(line, sides[line.side].outline) : null;
      if (absent !== null) {
        changedLines++;
        notUnderstood.push({ patchLine, why: absent });
        continue;
      }
      if (!state.executable && state.poisoned === null) {
        nonExecutable++;
        continue;
      }
      if (state.behindWarning && !state.executed && state.poisoned === null) {
        nonExecutable++;
        behindWarnings.push(patchLine);
        continue;
      }
      changedLines++;
      if (state.poisoned !== null) notUnderstood.push({ patchLine, why: state.poisoned });
      else if (state.executed) executed++;
      else notReached.push({ patchLine });
    }
  }
  return { coverage: { changedLines, nonExecutable, executed, notReached, notUnderstood }, behindWarnings };
}

/** Of a tree only KVM's own files are compiled, in one configuration: code outside of it is not "no code". */
function notCompiled({ path, executable, imageLines }: ChangedLine, outline: Outline): string | null {
  if (path === null || !executable) return null;
  const own = outline.functions.filter(({ file }) => file === path);
  if (own.some(({ line, endLine }) => imageLines.some((at) => at >= line && at <= endLine))) return null;
  return own.length === 0 && outline.lines[path] === undefined
    ? notAmongCompiled(path)
    : 'nothing that is compiled in this configuration has or uses this line';
}

/** Why a line of a file that no unit has says nothing. */
export const notAmongCompiled = (path: string): string => `${path} is not among the files that are compiled`;

function stateOf(line: ChangedLine, side: SideRuns, ran: ReadonlyMap<string, ReadonlySet<number>>): LineState {
  const path = line.path ?? '';
  const steps = new Set(side.outline.lines[path] ?? []);
  const done = ran.get(path) ?? new Set<number>();
  const text = (side.text(path)?.split('\n') ?? []).map((each) => each.replace(/\s*\\$/, ''));
  const behind = new Set(side.outline.behindWarnings[path] ?? []);
  let executable = false;
  let executed = false;
  let behindWarning = true;
  let poisoned: string | null = null;
  for (const own of line.imageLines) {
    const owner = steps.has(own) ? own : statementLine(text, steps, own);
    const problem = side.outline.problems.find(({ file, line: at }) => file === path && (at === own || at === owner));
    poisoned ??= problem?.why ?? unknownAt(side.runs, path, [own, owner]);
    if (owner === null) continue;
    executable = true;
    behindWarning &&= behind.has(owner);
    executed ||= done.has(owner);
  }
  if (!executable) poisoned ??= unparsed(side.outline, line);
  return { executable, behindWarning, executed, poisoned: executed ? null : poisoned };
}

/** Where a path ended as not understood, the line was met and could not be run. */
function unknownAt(runs: readonly RunResult[], path: string, lines: readonly (number | null)[]): string | null {
  for (const { unknowns } of runs) {
    const here = unknowns.find(({ place }) =>
      linesOf(place).some(({ file, line }) => file === path && lines.includes(line)),
    );
    if (here !== undefined) return here.what;
  }
  return null;
}

/** A function that could not be compiled has no steps: its lines are not understood rather than no code. */
function unparsed(outline: Outline, line: ChangedLine): string | null {
  if (line.function === null || outline.functions.some(({ name }) => name === line.function)) return null;
  return outline.problems.find(({ function: name }) => name === line.function)?.why ?? null;
}

/** How many lines one statement may span before we stop looking for its start or end. */
const LONGEST_STATEMENT = 12;

/**
 * A line without steps of its own may continue a statement that has some, above or below it. Where
 * the line above ends a statement (`;`, `{`, `}`, `:` or a comment), it starts one.
 */
function statementLine(text: readonly string[], steps: ReadonlySet<number>, line: number): number | null {
  if (!/[\w"')(]/.test(text[line - 1] ?? '')) return null;
  for (let at = line; at > line - LONGEST_STATEMENT && at > 1; at--) {
    if (/[;{}:]\s*(\/\*.*\*\/)?\s*$|\*\/\s*$|^\s*(#.*)?$/.test(text[at - 2] ?? '')) break;
    if (steps.has(at - 1)) return at - 1;
  }
  for (let at = line; at < line + LONGEST_STATEMENT && at < text.length; at++) {
    if (/[;{}:]\s*(\/\*.*\*\/)?\s*$/.test(text[at - 1] ?? '')) break;
    if (steps.has(at + 1)) return at + 1;
  }
  return null;
}

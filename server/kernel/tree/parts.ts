/**
 * The parts of a kernel file that are compiled where the whole of it is too much: the functions that the file which
 * stands for it declares weak. The other lines are blank, so that each function keeps its place. It reads texts.
 */

import { type FunctionOutline, functionsOf } from '../../c/index';

/** The functions that a stand-in leaves to the kernel's own file, where that has them. */
export function weakFunctions(standIn: string): ReadonlySet<string> {
  const lines = standIn.split('\n');
  const isWeak = ({ startLine, bodyStartLine }: FunctionOutline): boolean =>
    lines.slice(startLine - 1, bodyStartLine).some((line) => /\b__weak\b/.test(line));
  return new Set(
    functionsOf(standIn)
      .filter(isWeak)
      .map(({ name }) => name),
  );
}

/** A text with the functions of these names alone, on their own lines. */
export function partOf(text: string, names: ReadonlySet<string>): string {
  const kept = linesOfPart(text, names);
  return text
    .split('\n')
    .map((line, at) => (kept.has(at + 1) ? line : ''))
    .join('\n');
}

/** The lines (from 1) of a text that stand in one of these functions. */
export function linesOfPart(text: string, names: ReadonlySet<string>): ReadonlySet<number> {
  const own = functionsOf(text).filter(({ name }) => names.has(name));
  return new Set(own.flatMap(({ startLine, endLine }) => range(startLine, endLine)));
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

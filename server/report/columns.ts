/**
 * An interleaving as kernel developers write it in mail: one column per CPU, a line per step. It
 * knows steps with a thread and a text, nothing of patches or of the model.
 */

export interface ColumnStep {
  readonly thread: string;
  readonly text: string;
  /** Blanks before the text. */
  readonly indent?: number;
  /** Lines that belong to the step: what changed, what broke. */
  readonly under: readonly string[];
}

const NARROWEST = 24;

/** Lines of text, at most `width` characters each where the columns allow. Threads in order of first step. */
export function interleaving(steps: readonly ColumnStep[], width = 100): string[] {
  const threads = [...new Set(steps.map(({ thread }) => thread))];
  const column = Math.max(NARROWEST, Math.floor((width - 2) / Math.max(1, threads.length)));
  const rows: string[] = [
    threads
      .map((thread) => thread.padEnd(column))
      .join('')
      .trimEnd(),
    threads
      .map((thread) => '='.repeat(Math.min(column - 2, thread.length)).padEnd(column))
      .join('')
      .trimEnd(),
  ];
  for (const step of steps) {
    const own = step.indent ?? 0;
    const indent = ' '.repeat(column * threads.indexOf(step.thread) + own);
    for (const line of wrap(step.text, column - 2 - own)) rows.push(indent + line);
    for (const under of step.under) for (const line of wrap(under, column - 4 - own)) rows.push(`${indent}  ${line}`);
  }
  return rows;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

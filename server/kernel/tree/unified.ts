/** The unified diff of one file from its two texts, as git writes it. No program is run for it. */

import { type StructuredPatchHunk, structuredPatch } from 'diff';

/** One file of a change. A null text is a file that isn't there on that side. */
export interface FileChange {
  readonly oldPath: string;
  readonly newPath: string;
  readonly before: string | null;
  readonly after: string | null;
  /** Blob ids for the `index` line; ignored where there is no file. */
  readonly oldBlob: string;
  readonly newBlob: string;
}

const CONTEXT = 3;
/** Changed lines beyond which lines are no longer compared one by one: the work grows with their square. */
const MAX_CHANGED = 6000;

/** The file's diff with header and hunks; empty where nothing differs. */
export function unifiedDiff(change: FileChange): string {
  const { before, after, oldPath, newPath } = change;
  if (before === null && after === null) return '';
  const renamed = before !== null && after !== null && oldPath !== newPath;
  if (before === after && !renamed) return '';
  const header = [`diff --git ${name('a/', oldPath)} ${name('b/', newPath)}`];
  if (before === null) header.push('new file mode 100644');
  if (after === null) header.push('deleted file mode 100644');
  if (renamed) header.push(`rename from ${oldPath}`, `rename to ${newPath}`);
  if (before !== after) header.push(`index ${idOf(before, change.oldBlob)}..${idOf(after, change.newBlob)}`);
  if (isBinary(before) || isBinary(after)) {
    header.push(`Binary files ${name('a/', oldPath)} and ${name('b/', newPath)} differ`);
    return `${header.join('\n')}\n`;
  }
  const lines = hunkLines(before ?? '', after ?? '');
  if (lines.length > 0) {
    header.push(`--- ${before === null ? '/dev/null' : name('a/', oldPath)}`);
    header.push(`+++ ${after === null ? '/dev/null' : name('b/', newPath)}`);
  }
  return `${[...header, ...lines].join('\n')}\n`;
}

function idOf(text: string | null, id: string): string {
  return text === null ? '0'.repeat(id.length) : id;
}

/** As git's own guess: a zero byte near the start. */
function isBinary(text: string | null): boolean {
  return text?.slice(0, 8000).includes('\0') ?? false;
}

/** A path as diff headers have it: in quotes where it holds any. */
function name(prefix: string, path: string): string {
  return path.includes('"') ? `"${prefix}${path.replaceAll('"', '\\"')}"` : `${prefix}${path}`;
}

function hunkLines(before: string, after: string): string[] {
  if (before === after) return [];
  const lines = before.split('\n');
  return hunksOf(before, after).flatMap((hunk) => [
    `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@${heading(lines, hunk.oldStart)}`,
    ...hunk.lines,
  ]);
}

/** A side without lines names the line behind which it stands. */
function range(start: number, lines: number): string {
  return lines === 1 ? `${start}` : `${lines === 0 ? start - 1 : start},${lines}`;
}

function hunksOf(before: string, after: string): readonly StructuredPatchHunk[] {
  const options = { context: CONTEXT, maxEditLength: MAX_CHANGED };
  const compared = structuredPatch('', '', before, after, undefined, undefined, options);
  return compared?.hunks ?? [wholeHunk(before, after)];
}

/** One hunk from the first line that differs to the last: what is left where too much differs to compare. */
function wholeHunk(before: string, after: string): StructuredPatchHunk {
  const old = sideLines(before);
  const now = sideLines(after);
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  const most = Math.min(old.length, now.length) - head;
  while (tail < most && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  const from = Math.max(0, head - CONTEXT);
  const behind = Math.min(tail, CONTEXT);
  const context = (line: string) => ` ${line}`;
  return {
    oldStart: from + 1,
    newStart: from + 1,
    oldLines: old.length - tail + behind - from,
    newLines: now.length - tail + behind - from,
    lines: [
      ...old.slice(from, head).map(context),
      ...old.slice(head, old.length - tail).map((line) => `-${line}`),
      ...now.slice(head, now.length - tail).map((line) => `+${line}`),
      ...old.slice(old.length - tail, old.length - tail + behind).map(context),
    ],
  };
}

function sideLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** What git's C driver puts behind the `@@`: the last line above the hunk that starts a function or a type. */
function heading(lines: readonly string[], firstLine: number): string {
  for (let at = Math.min(firstLine, lines.length) - 2; at >= 0; at--) {
    const line = lines[at] ?? '';
    if (/^[A-Za-z_]/.test(line) && !/^[A-Za-z_]\w*:\s*(?:$|\/[/*])/.test(line))
      return ` ${line.slice(0, 80).trimEnd()}`;
  }
  return '';
}

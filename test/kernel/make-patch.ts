/**
 * Turns a seeded edit into the mail that `git format-patch` would write for it, from a kernel tree given
 * at run time: no kernel text is kept in this project beyond the snippets of the edits themselves.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { applyEdit, type Edit } from './edit';

/** Git's object name of a file with this text, as the `index` line has it. */
function blobId(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex').slice(0, 12);
}

/** What git's `cpp` driver puts behind the @@: the last line above the hunk that starts in column 0 like C. */
function heading(lines: readonly string[], firstLine: number): string {
  for (let at = firstLine - 2; at >= 0; at--) {
    const line = lines[at] as string;
    if (/^[A-Za-z_]/.test(line) && !/^[A-Za-z_]\w*:\s*(?:$|\/[/*])/.test(line)) {
      return ` ${line.slice(0, 80).trimEnd()}`;
    }
  }
  return '';
}

/** The unified diff between two texts of a file, with git's header lines, three lines of context and the functions. */
function diffOf(file: string, before: string, after: string): string {
  const hunks = createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after, undefined, undefined, { context: 3 });
  const lines = before.split('\n');
  const body = hunks
    .slice(hunks.indexOf('--- a/'))
    .replace(/^@@ -(\d+)(?:,\d+)? .*@@$/gm, (header, first) => header + heading(lines, Number(first)));
  return `diff --git a/${file} b/${file}\nindex ${blobId(before)}..${blobId(after)} 100644\n${body}`;
}

/** The file that is edited, without and with the edit. Errors: one that does not apply, or changes nothing. */
function textsOf(kernelRoot: string, edit: Edit): { before: string; after: string } {
  const before = readFileSync(join(kernelRoot, edit.file), 'utf8');
  const after = applyEdit(before, edit);
  if (after === before) throw new Error(`${edit.id}: changes nothing`);
  return { before, after };
}

/** The unified diff of the edit alone. */
export function makeDiff(kernelRoot: string, edit: Edit): string {
  const { before, after } = textsOf(kernelRoot, edit);
  return diffOf(edit.file, before, after);
}

/** The unified diff that takes the edit back, made on the tree with the edit in it. */
export function makeFixDiff(kernelRoot: string, edit: Edit): string {
  const { before, after } = textsOf(kernelRoot, edit);
  return diffOf(edit.file, after, before);
}

function diffstat(diff: string, file: string): string {
  const body = diff.split('\n').slice(4);
  const added = body.filter((line) => line.startsWith('+')).length;
  const removed = body.filter((line) => line.startsWith('-')).length;
  const counts = [
    added > 0 ? `, ${added} insertion${added > 1 ? 's' : ''}(+)` : '',
    removed > 0 ? `, ${removed} deletion${removed > 1 ? 's' : ''}(-)` : '',
  ];
  const bar = '+'.repeat(added) + '-'.repeat(removed);
  return ` ${file} | ${added + removed} ${bar}\n 1 file changed${counts.join('')}\n`;
}

function mailOf(edit: Edit, diff: string): string {
  return [
    'From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n',
    'From: A Developer <developer@example.org>\n',
    'Date: Mon, 2 Nov 2026 10:00:00 +0000\n',
    `Subject: [PATCH] ${edit.title}\n\n`,
    `Rework ${edit.function.includes(' ') ? edit.function : `${edit.function}()`}.\n\n`,
    'Signed-off-by: A Developer <developer@example.org>\n---\n',
    `${diffstat(diff, edit.file)}\n${diff}-- \n2.47.0\n\n`,
  ].join('');
}

/** The whole mail, in `git format-patch` form. The text says only what is touched, never whether it is a bug. */
export function makePatch(kernelRoot: string, edit: Edit): string {
  return mailOf(edit, makeDiff(kernelRoot, edit));
}

/** The mail of the patch that takes the edit back. */
export function makeFix(kernelRoot: string, edit: Edit): string {
  return mailOf({ ...edit, title: `Revert "${edit.title}"` }, makeFixDiff(kernelRoot, edit));
}

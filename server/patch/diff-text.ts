/**
 * Splits the lines of one message into file diffs and prose. Knows how git and plain `diff -u` write
 * headers; hunks are hunk.ts's, mails on a single line are flattened.ts's.
 */

import { cleanPath, gitPaths, leavesTree } from './diff-path';
import { findFlattened, readFlattened } from './flattened';
import { HUNK_HEADER, readHunk } from './hunk';
import { type Quote, quoteLength, quoteOf, unquote } from './quote';
import { dropStart, spanOf, type TextLine } from './text-line';
import type { FileDiff, Hunk, InputProblem, InputSpan } from './types';

export interface DiffText {
  readonly files: readonly FileDiff[];
  readonly prose: readonly { readonly text: string; readonly span: InputSpan }[];
  readonly problems: readonly InputProblem[];
  readonly baseCommit: string | null;
}

interface Reading {
  readonly lines: readonly TextLine[];
  readonly files: FileDiff[];
  readonly prose: { text: string; span: InputSpan }[];
  readonly problems: InputProblem[];
  baseCommit: string | null;
}

interface FileHead {
  oldPath: string | null;
  newPath: string | null;
  status: FileDiff['status'];
  binary: boolean;
  oldBlob: string | null;
  newBlob: string | null;
  span: InputSpan;
}

const DIFFSTAT =
  /^\s*(?:\S+(?: => \S+)?\s+\|\s+(?:\d+ ?[+-]*|Bin .*)|\d+ files? changed\b.*|(?:create|delete) mode \d+ .*|rename .* \(\d+%\))\s*$/;
const BASE_COMMIT = /\bbase-commit: ([0-9a-f]{7,64})\b/;

/** Reads the lines of one text part. Never throws; what can't be used is in `problems`. */
export function readDiffText(lines: readonly TextLine[]): DiffText {
  const reading: Reading = { lines, files: [], prose: [], problems: [], baseCommit: null };
  for (let at = 0; at < lines.length; ) {
    const next = readFileAt(reading, at);
    if (next > at) {
      at = next;
      continue;
    }
    const line = lines[at];
    if (line) addProse(reading, line);
    at++;
  }
  return reading;
}

function addProse(reading: Reading, line: TextLine): void {
  if (findFlattened(line.text) !== null) {
    const read = readFlattened(line);
    for (const file of read.files) reading.files.push(file);
    for (const problem of read.problems) reading.problems.push(problem);
    for (const piece of read.prose) reading.prose.push(piece);
    reading.baseCommit ??= BASE_COMMIT.exec(line.text)?.[1] ?? null;
    return;
  }
  reading.baseCommit ??= BASE_COMMIT.exec(line.text)?.[1] ?? null;
  if (line.text.trim() === '' || DIFFSTAT.test(line.text)) return;
  const bare = dropStart(line, quoteLength(line.text));
  if (bare.text.trim() !== '') reading.prose.push({ text: bare.text, span: spanOf(bare) });
}

/** Reads a file diff (or a hunk without one) that starts at `at`; returns `at` when none does. */
function readFileAt(reading: Reading, at: number): number {
  const line = reading.lines[at];
  if (!line) return at;
  const quote = quoteOf(line.text);
  const bare = unquote(line, quote);
  if (!bare) return at;
  if (findFlattened(line.text) !== null) return at;
  if (/^diff --(cc|combined) /.test(bare.text)) {
    reading.problems.push({
      message: 'A combined (merge) diff was not read: it has more than one pre-image.',
      span: spanOf(bare),
    });
    return skipCombined(reading, at + 1, quote);
  }
  if (bare.text.startsWith('diff --git ')) return readGitFile(reading, at, quote, bare);
  const second = reading.lines[at + 1] && unquote(reading.lines[at + 1] as TextLine, quote);
  if (/^--- \S/.test(bare.text) && second && /^\+\+\+ \S/.test(second.text))
    return readPlainFile(reading, at, quote, bare, second);
  if (HUNK_HEADER.test(bare.text)) return readStrayHunks(reading, at, quote, bare);
  return at;
}

function skipCombined(reading: Reading, from: number, quote: Quote): number {
  let at = from;
  for (; at < reading.lines.length; at++) {
    const line = reading.lines[at];
    const text = line && unquote(line, quote)?.text;
    if (text === undefined || text.startsWith('diff --') || /^--\s*$/.test(text)) break;
    if (!/^([ +-]|@@@|index |mode |new file|deleted file|$)/.test(text)) break;
  }
  return at;
}

function readGitFile(reading: Reading, at: number, quote: Quote, bare: TextLine): number {
  const paths = gitPaths(bare.text.slice('diff --git '.length));
  const head: FileHead = {
    oldPath: paths.old,
    newPath: paths.new,
    status: 'modified',
    binary: false,
    oldBlob: null,
    newBlob: null,
    span: spanOf(bare),
  };
  let next = at + 1;
  let modeChanged = false;
  for (; next < reading.lines.length; next++) {
    const text = unquote(reading.lines[next] as TextLine, quote)?.text;
    if (text === undefined) break;
    if (/^(old|new) mode /.test(text)) modeChanged = true;
    else if (!readExtendedHeader(head, text)) break;
  }
  next = readNames(reading, head, next, quote);
  if (head.binary) next = skipBinary(reading, next, quote);
  const read = readHunks(reading, next, quote);
  if (modeChanged && read.hunks.length === 0 && head.status === 'modified') head.status = 'mode';
  finishFile(reading, head, read.hunks, quote);
  return read.next;
}

function readExtendedHeader(head: FileHead, text: string): boolean {
  const index = /^index ([0-9a-f]{1,64})\.\.([0-9a-f]{1,64})/.exec(text);
  if (index) {
    head.oldBlob = index[1] ?? null;
    head.newBlob = index[2] ?? null;
  } else if (text.startsWith('new file mode ')) {
    head.status = 'added';
    head.oldPath = null;
  } else if (text.startsWith('deleted file mode ')) {
    head.status = 'deleted';
    head.newPath = null;
  } else if (/^(rename|copy) from /.test(text)) {
    head.status = text.startsWith('rename') ? 'renamed' : 'copied';
    head.oldPath = text.replace(/^\w+ from /, '').trim();
  } else if (/^(rename|copy) to /.test(text)) {
    head.newPath = text.replace(/^\w+ to /, '').trim();
  } else if (/^Binary files .* differ/.test(text) || text.startsWith('GIT binary patch')) {
    head.binary = true;
  } else {
    return /^(similarity|dissimilarity) index /.test(text);
  }
  return true;
}

function readNames(reading: Reading, head: FileHead, at: number, quote: Quote): number {
  const first = reading.lines[at] && unquote(reading.lines[at] as TextLine, quote);
  const second = reading.lines[at + 1] && unquote(reading.lines[at + 1] as TextLine, quote);
  if (!first || !second || !first.text.startsWith('--- ') || !second.text.startsWith('+++ ')) return at;
  head.oldPath = cleanPath(first.text.slice(4));
  head.newPath = cleanPath(second.text.slice(4));
  if (head.oldPath === null && head.newPath !== null) head.status = 'added';
  if (head.newPath === null && head.oldPath !== null) head.status = 'deleted';
  return at + 2;
}

function skipBinary(reading: Reading, from: number, quote: Quote): number {
  let at = from;
  for (; at < reading.lines.length; at++) {
    const text = unquote(reading.lines[at] as TextLine, quote)?.text;
    if (text === undefined || !/^((literal|delta) \d+|[A-Za-z][!-~]+|)$/.test(text)) break;
  }
  return at;
}

function readPlainFile(reading: Reading, at: number, quote: Quote, first: TextLine, second: TextLine): number {
  const oldPath = cleanPath(first.text.slice(4));
  const newPath = cleanPath(second.text.slice(4));
  const read = readHunks(reading, at + 2, quote);
  // `---` above a diffstat, or a file list in prose, has no hunk: leave it to the prose.
  if (read.hunks.length === 0) return at;
  const status = oldPath === null ? 'added' : newPath === null ? 'deleted' : 'modified';
  const head: FileHead = { oldPath, newPath, status, binary: false, oldBlob: null, newBlob: null, span: spanOf(first) };
  finishFile(reading, head, read.hunks, quote);
  return read.next;
}

function readStrayHunks(reading: Reading, at: number, quote: Quote, bare: TextLine): number {
  const read = readHunks(reading, at, quote);
  if (read.hunks.length === 0) return at;
  const last = reading.files[reading.files.length - 1];
  if (quote.depth > 0 && last && last.hunks.length > 0 && !last.binary) {
    // A reviewer's remark split the quoted diff: the hunk belongs to the file above it.
    reading.files[reading.files.length - 1] = { ...last, hunks: [...last.hunks, ...read.hunks] };
    return read.next;
  }
  reading.problems.push({
    message: 'This hunk has no file header above it; its place is found by its function only.',
    span: spanOf(bare),
  });
  const none = { oldPath: null, newPath: null, oldBlob: null, newBlob: null };
  reading.files.push({ ...none, status: 'modified', binary: false, span: spanOf(bare), hunks: read.hunks });
  return read.next;
}

function readHunks(reading: Reading, from: number, quote: Quote): { hunks: Hunk[]; next: number } {
  const hunks: Hunk[] = [];
  let next = from;
  for (;;) {
    const read = readHunk(reading.lines, next, quote);
    if (!read) return { hunks, next };
    hunks.push(read.hunk);
    reading.problems.push(...read.problems);
    for (const remark of read.remarks) addProse(reading, remark);
    next = read.next;
  }
}

function finishFile(reading: Reading, head: FileHead, hunks: readonly Hunk[], quote: Quote): void {
  const path = head.newPath ?? head.oldPath;
  if (leavesTree(head.oldPath) || leavesTree(head.newPath)) {
    reading.problems.push({
      message: `The path ${path} leaves the kernel tree; its diff was ignored.`,
      span: head.span,
    });
    return;
  }
  const file = { ...head, hunks };
  const problem = emptyFileProblem(file, path ?? 'a file', quote);
  if (problem) reading.problems.push(problem);
  reading.files.push(file);
}

/** What to say of a file diff that has nothing to run. */
function emptyFileProblem(file: FileDiff, path: string, quote: Quote): InputProblem | null {
  if (file.binary) return { message: `The change to ${path} is binary and can't be reviewed.`, span: file.span };
  if (file.hunks.length > 0) return null;
  const harmless = (message: string): InputProblem => ({ message, span: file.span, harmless: true });
  switch (file.status) {
    case 'renamed':
    case 'copied':
      return harmless(`${file.oldPath} was ${file.status} to ${file.newPath} without a change: nothing to run.`);
    case 'mode':
      return harmless(`Only the mode of ${path} changes: nothing to run.`);
    case 'added':
    case 'deleted':
      return harmless(`${path} is ${file.status} as an empty file: nothing to run.`);
    case 'modified': {
      const why = quote.depth === 0 ? 'the mail may be cut off' : 'the reply may have cut them out';
      return { message: `The diff of ${path} has no hunks; ${why}.`, span: file.span };
    }
  }
}

/**
 * One hunk: from its `@@` line to where its counts say it ends, through what archives do to it (the
 * blank before context lines gone, blank lines gone, long lines broken, remarks in between). The counts
 * decide; what they don't explain is reported.
 */

import { type Quote, unquote } from './quote';
import { spanOf, type TextLine } from './text-line';
import type { Hunk, HunkLine, InputProblem } from './types';

export interface HunkRead {
  readonly hunk: Hunk;
  /** Index of the first line behind the hunk. */
  readonly next: number;
  readonly problems: readonly InputProblem[];
  /** Lines in between that aren't the hunk's: remarks in a quoted reply. */
  readonly remarks: readonly TextLine[];
}

export const HUNK_HEADER = /^@@ -(\d{1,99})(?:,(\d{1,99}))? \+(\d{1,99})(?:,(\d{1,99}))? @@ ?(.*)$/;
const MAX_HUNK_LINES = 200_000;
/** No file is longer; a header that says so lies, and its lines are read all the same. */
const MAX_LINE = 999_999_999;
const SIGNATURE = /^--\s*$/;
/** A marked line behind the counts belongs to the hunk only if it can't be a list item of prose. */
const SURELY_CODE = /^[+-](?:\t| {4,}|[{}#]|static\b|$)/;

interface Draft {
  /** `marked`: its mark was there; an archive may have taken it from a context line. */
  lines: { kind: HunkLine['kind']; text: string; place: TextLine; marked: boolean }[];
  oldLeft: number;
  newLeft: number;
  damaged: boolean;
  /** Marked lines beyond the header's counts. */
  excess: number;
  next: number;
  remarks: TextLine[];
}

/** Reads the hunk whose `@@` line is `lines[at]`; null if that line is no hunk header. */
export function readHunk(lines: readonly TextLine[], at: number, quote: Quote): HunkRead | null {
  const headLine = lines[at] && unquote(lines[at], quote);
  const head = headLine && HUNK_HEADER.exec(headLine.text);
  if (!headLine || !head) return null;
  const counts = { old: lineNumber(head[2]), new: lineNumber(head[4]) };
  const start = { old: lineNumber(head[1]), new: lineNumber(head[3]) };
  let draft = takeLines(lines, at + 1, quote, counts, false);
  // An archive strips every context line; where only some lack their mark, a mailer broke long lines.
  const mixed = draft.lines.some((line) => line.kind === 'context' && line.marked && line.text.trim() !== '');
  if (draft.damaged && (mixed || !isExact(draft))) {
    const joined = takeLines(lines, at + 1, quote, counts, true);
    if (isExact(joined)) draft = joined;
  }
  if (draft.damaged) trimProse(draft);
  const numbered = numberLines(draft, start.old, start.new);
  const hunk: Hunk = {
    oldStart: start.old,
    oldCount: counts.old,
    newStart: start.new,
    newCount: counts.new,
    heading: (head[5] ?? '').trimEnd(),
    span: spanOf(headLine),
    lines: numbered,
    damage: draft.damaged ? 'whitespace' : 'none',
  };
  return { hunk, next: draft.next, problems: countProblems(hunk, draft, lines.length), remarks: draft.remarks };
}

/** A number of a hunk header; one that is left out is 1. */
function lineNumber(digits: string | undefined): number {
  return Math.min(Number(digits ?? 1), MAX_LINE);
}

function isExact(draft: Draft): boolean {
  return draft.oldLeft === 0 && draft.newLeft === 0 && draft.excess === 0;
}

/** `join`: a line without a mark continues the line before it (a mailer broke it) instead of being context. */
function takeLines(
  lines: readonly TextLine[],
  from: number,
  quote: Quote,
  counts: { old: number; new: number },
  join: boolean,
): Draft {
  const draft: Draft = {
    lines: [],
    oldLeft: counts.old,
    newLeft: counts.new,
    damaged: false,
    excess: 0,
    next: from,
    remarks: [],
  };
  let pending: TextLine[] = [];
  for (let at = from; at < lines.length && draft.lines.length < MAX_HUNK_LINES; at++) {
    const done = draft.oldLeft <= 0 && draft.newLeft <= 0;
    const raw = lines[at];
    const line = raw && unquote(raw, quote);
    if (!raw || !line || (quote.depth > 0 && line.text.startsWith('>'))) {
      if (done) break;
      if (raw) pending.push(raw);
      continue;
    }
    if (!takeLine(draft, line, lines, at, quote, join, done)) break;
    // Remarks count as the hunk's only once the hunk goes on behind them.
    for (const remark of pending) draft.remarks.push(remark);
    pending = [];
    draft.next = at + 1;
  }
  return draft;
}

function takeLine(
  draft: Draft,
  line: TextLine,
  lines: readonly TextLine[],
  at: number,
  quote: Quote,
  join: boolean,
  done: boolean,
): boolean {
  const mark = line.text[0] ?? '';
  if (mark === '\\') return true;
  if (endsHunk(line.text, lines[at + 1], quote)) return false;
  if (done) {
    if (!SURELY_CODE.test(line.text)) return false;
    draft.excess++;
  }
  if (mark === '+') return push(draft, 'add', line, 1);
  if (mark === '-') return push(draft, 'delete', line, 1);
  if (mark === ' ') return draft.oldLeft > 0 || draft.newLeft > 0 ? push(draft, 'context', line, 1) : false;
  if (join && line.text.trim() !== '' && draft.lines.length > 0) {
    const last = draft.lines[draft.lines.length - 1];
    if (last) last.text = `${last.text} ${line.text.trim()}`;
    draft.damaged = true;
    return true;
  }
  if (draft.oldLeft <= 0 || draft.newLeft <= 0) return false;
  if (line.text.trim() !== '') draft.damaged = true;
  return push(draft, 'context', line, 0);
}

function push(draft: Draft, kind: HunkLine['kind'], line: TextLine, mark: number): true {
  if (kind !== 'add') draft.oldLeft--;
  if (kind !== 'delete') draft.newLeft--;
  draft.lines.push({ kind, text: line.text.slice(mark), place: line, marked: mark > 0 });
  return true;
}

function endsHunk(text: string, following: TextLine | undefined, quote: Quote): boolean {
  if (SIGNATURE.test(text) || text.startsWith('diff --git ') || HUNK_HEADER.test(text)) return true;
  if (/^(Index: |Only in |From [0-9a-f]{40} )/.test(text)) return true;
  if (!text.startsWith('--- ') || !following) return false;
  return unquote(following, quote)?.text.startsWith('+++ ') ?? false;
}

/** Unmarked lines at the end that read like a sentence are prose: blank context lines had been lost. */
function trimProse(draft: Draft): void {
  let trimmed = 0;
  for (;;) {
    const last = draft.lines[draft.lines.length - 1];
    if (!last || last.marked || last.kind !== 'context') return;
    const blank = last.text.trim() === '';
    if (!(blank ? trimmed > 0 : looksLikeProse(last.text))) return;
    draft.lines.pop();
    draft.oldLeft++;
    draft.newLeft++;
    draft.next--;
    trimmed++;
  }
}

function looksLikeProse(text: string): boolean {
  if (/[;{}=*#]|->|\breturn\b/.test(text)) return false;
  return /^["'(]?[A-Z][\w',]*( ["'(]?[\w',.()/-]+){2,}[.?!:,]?$/.test(text.trim());
}

function numberLines(draft: Draft, oldStart: number, newStart: number): HunkLine[] {
  let oldLine = oldStart;
  let newLine = newStart;
  return draft.lines.map(({ kind, text, place }) => ({
    kind,
    text,
    span: spanOf(place),
    oldLine: kind === 'add' ? null : oldLine++,
    newLine: kind === 'delete' ? null : newLine++,
  }));
}

function countProblems(hunk: Hunk, draft: Draft, end: number): InputProblem[] {
  if (isExact(draft)) return [];
  const old = hunk.lines.filter((l) => l.kind !== 'add').length;
  const now = hunk.lines.filter((l) => l.kind !== 'delete').length;
  const cut = draft.next >= end && (draft.oldLeft > 0 || draft.newLeft > 0) ? ' The input ends inside it.' : '';
  const message =
    `This hunk doesn't add up: its header promises ${hunk.oldCount} lines before and ${hunk.newCount} after, ` +
    `but ${old} and ${now} are there.${cut} The lines that are there are used.`;
  return [{ message, span: hunk.span }];
}

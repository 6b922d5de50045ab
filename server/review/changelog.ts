/**
 * Code names that a mail's own prose uses although neither its diff nor the functions that the diff
 * edits contain them: a sign that the changelog describes another version of the patch. It knows the
 * vocabulary and the shape of a mail; what the diff touches is the caller's to say.
 */

import { lookup } from '../../model/vocabulary/index';
import type { InputSpan, PatchMail } from '../patch/types';

export interface UntouchedName {
  /** Without `()`. */
  readonly name: string;
  /** Where the mail names it first. */
  readonly span: InputSpan;
}

/** More names than this are a list, not a remark. */
const MAX_NAMES = 50;

const TRAILER =
  /^\s*[A-Z][A-Za-z]*(?:-[A-Za-z]+)+\s*:|^\s*(?:Link|Fixes|Closes|Cc|From|To|Date|Subject|Message-Id|In-Reply-To|References)\s*:/i;
const QUOTED = /^\s*(?:>|\|)/;
const ATTRIBUTION = /\bwrote:\s*$/;
const DIFFSTAT = /^\s*\S+\s*\|\s*(?:\d+\s*[+-]*|Bin\b)/;
const SUMMARY = /^\s*\d+ files? changed/;
/** URLs, mail addresses, message ids, file names, commit titles in quotes: none of it is about this diff's code. */
const NOISE = [
  /[a-z][a-z0-9+.-]*:\/\/\S+/gi,
  /<[^<>\s]+@[^<>\s]+>/g,
  /\S+@\S+/g,
  /\b[\w.-]+(?:\/[\w.-]+)+/g,
  /\b[\w-]+\.(?:c|h|S|rst|txt|git|org|com)\b/g,
  /\("[^"]*"\)/g,
];

/** `name()`, `a_b`, `A_B`, `->field`; the second group tells whether it was written as a call. */
const NAME = /[A-Za-z_][A-Za-z0-9_]*(\(\))?/g;

/**
 * Names in the mail's prose that `touchedText` (the diff, and the text of the functions it edits)
 * doesn't contain as words. A quoted reply, trailers, URLs and people are not the patch's own words.
 */
export function untouchedNames(mail: PatchMail, touchedText: string): UntouchedName[] {
  const touched = new Set(touchedText.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []);
  const found = new Map<string, UntouchedName>();
  for (const piece of mail.prose) {
    // A piece is a line of the input; should it hold more, the later ones start at column 1.
    piece.text.split('\n').forEach((line, i) => {
      if (isAside(line)) return;
      const from = { line: piece.span.line + i, column: i === 0 ? piece.span.column : 1 };
      for (const { name, column } of codeNames(blankNoise(line))) {
        if (touched.has(name) || found.has(name) || found.size >= MAX_NAMES) continue;
        const start = from.column + column;
        found.set(name, { name, span: { line: from.line, column: start, endColumn: start + name.length } });
      }
    });
  }
  return [...found.values()];
}

/** A line that isn't the author's text about the change. */
function isAside(line: string): boolean {
  // A flattened mail is one long line that contains everything; it is never an aside as a whole.
  if (line.length > 500) return false;
  return [TRAILER, QUOTED, ATTRIBUTION, DIFFSTAT, SUMMARY].some((pattern) => pattern.test(line));
}

/** Same length, so that columns stay. */
function blankNoise(text: string): string {
  return NOISE.reduce((rest, pattern) => rest.replace(pattern, (match) => ' '.repeat(match.length)), text);
}

function* codeNames(text: string): Generator<{ name: string; column: number }> {
  for (const match of text.matchAll(NAME)) {
    const isCall = match[1] !== undefined;
    const name = isCall ? match[0].slice(0, -2) : match[0];
    if (isCodeName(name, isCall)) yield { name, column: match.index };
  }
}

/** Subsystems and architectures that are spelt like identifiers: prose names them without meaning code. */
const SUBJECTS: ReadonlySet<string> = new Set(['guest_memfd', 'mmu_notifier', 'tdp_mmu', 'x86_64']);

/** An identifier that prose wouldn't contain by chance. */
function isCodeName(name: string, isCall: boolean): boolean {
  if (name.length < 3 || SUBJECTS.has(name)) return false;
  if (isCall) return true;
  if (/[a-zA-Z0-9]_[a-zA-Z0-9]/.test(name)) return true;
  const term = lookup(name);
  return term !== null && term.name === name && term.kind !== 'word' && term.weight >= 2;
}

/**
 * Answers at once for a change that no run can tell: one that changes no token, that stands only in functions of KVM
 * that complete runs of the kernel releases never entered, in files that are not compiled, or nowhere that it could
 * be placed. Nothing is compiled or run for it, and nothing is claimed to hold. It reads texts, and no program.
 */

import { kernelsOfCensus, neverEntered } from '../../model/scenarios/census';
import { type FunctionOutline, functionsOf, tokenize } from '../c/index';
import { isCompiled } from '../kernel/tree/environment';
import type { ChangedLine } from '../kernel/types';
import { notAmongCompiled } from './coverage';
import type { PlacedPatch } from './placed';
import type { PlacedReview } from './review-placed';
import type { Coverage } from './types';

/** The review of a change that needs no run; null where one might come to it. */
export function neverRun(placed: PlacedPatch): PlacedReview | null {
  const paths = [...new Set([...Object.keys(placed.texts.pre), ...Object.keys(placed.texts.post)])];
  const kinds = paths.map((path) => changeOf(placed, path));
  if (kinds.includes('code')) return null;
  const outlines = new Outlines();
  const names = namesOf(placed, outlines);
  const coverage = coverageOf(placed, outlines);
  const unseen = kinds.includes('never entered');
  return {
    findings: [],
    coverage,
    runs: { scenarios: 0, states: 0, transitions: 0, complete: true, vacuous: [] },
    notes: [
      ...placed.notes,
      ...(unseen ? [neverEnteredNote(names)] : []),
      ...(kinds.every((kind) => kind === 'none') && coverage.changedLines === 0 ? [SAME_TOKENS] : []),
    ],
    edited: placed.changedLines.flatMap((line) => enclosing(placed, line, outlines)?.text ?? []),
    incomplete: unseen && coverage.changedLines === 0 ? ['the patch changes functions that no scenario enters'] : [],
  };
}

const SAME_TOKENS = 'the patch changes no token of the code: no run can tell the two sides apart';

/** Names told; a patch that changes more of them is not helped by a longer list. */
const MOST_NAMES = 4;

function neverEnteredNote(names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  const list = names.slice(0, MOST_NAMES).map((name) => `${name}()`);
  return `no scenario enters ${list.join(', ')}${more}, as complete runs of ${kernelsOfCensus.join(', ')} showed: nothing was run`;
}

/**
 * `aside`: no unit has the file. `none`: the same tokens. `never entered`: all that differs stands in functions that
 * no scenario enters. `code`: anything else.
 */
type Change = 'aside' | 'none' | 'never entered' | 'code';

function changeOf({ tier, texts }: PlacedPatch, path: string): Change {
  const [pre, post] = [texts.pre[path], texts.post[path]];
  if (tier === 'tree' && !isCompiled(path)) return 'aside';
  if (pre === undefined || post === undefined) return 'code';
  if (tokensOf(pre) === tokensOf(post)) return 'none';
  return tier === 'tree' && tokensOf(entered(pre)) === tokensOf(entered(post)) ? 'never entered' : 'code';
}

/** Tokens in order; in a directive its end is one of them, and spaces tell a macro with arguments from one without. */
function tokensOf(text: string): string {
  let directive = false;
  const words: string[] = [];
  for (const token of tokenize(text)) {
    if (token.first) {
      if (directive || token.text === '#') words.push('\n');
      directive = token.text === '#';
    }
    words.push(directive && token.spaced ? ` ${token.text}` : token.text);
  }
  return words.join(' ');
}

/** A text without the functions that no scenario enters; directives act on what follows them, wherever they stand. */
function entered(text: string): string {
  const gone = functionsOf(text).filter(({ name }) => neverEntered.has(name));
  return text
    .split('\n')
    .filter(
      (line, at) => /^\s*#/.test(line) || !gone.some((each) => at + 1 >= each.startLine && at + 1 <= each.endLine),
    )
    .join('\n');
}

/** The functions of texts, each looked for once: a patch changes many lines of few files. */
class Outlines {
  private readonly known = new Map<string, readonly FunctionOutline[]>();

  of(text: string): readonly FunctionOutline[] {
    const outline = this.known.get(text) ?? functionsOf(text);
    this.known.set(text, outline);
    return outline;
  }
}

interface Enclosing {
  readonly name: string;
  readonly text: string;
}

/** The function of a compiled file whose text a changed line stands in. */
function enclosing(
  { tier, texts }: PlacedPatch,
  { path, side, imageLines }: ChangedLine,
  outlines: Outlines,
): Enclosing | null {
  const text = path === null ? undefined : texts[side][path];
  if (text === undefined || path === null || (tier === 'tree' && !isCompiled(path))) return null;
  const own = outlines
    .of(text)
    .find(({ startLine, endLine }) => imageLines.some((line) => line >= startLine && line <= endLine));
  if (own === undefined) return null;
  const lines = text.split('\n').slice(own.startLine - 1, own.endLine);
  return { name: own.name, text: lines.join('\n') };
}

function namesOf(placed: PlacedPatch, outlines: Outlines): string[] {
  const names = placed.changedLines.flatMap((line) => enclosing(placed, line, outlines)?.name ?? []);
  return [...new Set(names)].filter((name) => neverEntered.has(name));
}

function coverageOf(placed: PlacedPatch, outlines: Outlines): Coverage {
  const notReached: { patchLine: number }[] = [];
  const notUnderstood: { patchLine: number; why: string }[] = [];
  let nonExecutable = 0;
  for (const line of placed.changedLines) {
    const patchLine = line.span.line;
    const { status, path, executable } = line;
    const aside = placed.tier === 'tree' && path !== null && !isCompiled(path);
    if (status === 'non-executable' || !executable) nonExecutable++;
    else if (status === 'not-understood' || path === null)
      notUnderstood.push({ patchLine, why: line.why ?? 'it could not be placed' });
    else if (aside) notUnderstood.push({ patchLine, why: notAmongCompiled(path) });
    else if (neverEntered.has(enclosing(placed, line, outlines)?.name ?? '')) notReached.push({ patchLine });
    else nonExecutable++;
  }
  const changedLines = notReached.length + notUnderstood.length;
  return { changedLines, nonExecutable, executed: 0, notReached, notUnderstood };
}

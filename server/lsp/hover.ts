/**
 * Hover texts: the rule, reason and evidence behind a finding, and the meaning of a word of the
 * domain in the model, with what this patch does to it. Plain Markdown; it knows no connection.
 */

import type { Hover, Position } from 'vscode-languageserver';
import type { InvariantPage } from '../../model/invariants/types';
import type { Finding, PatchReview } from '../review/types';
import { findingsOf, stepMessage, tellingSteps } from './diagnostics';
import type { Known } from './documents';
import { lineRange } from './places';
import type { OutlineHunk } from './reviewer';

/** What the vocabulary says about a word. */
export interface Word {
  readonly name: string;
  readonly kind: string;
  readonly meaning: string;
  readonly source: string;
  /** Scenario ids. */
  readonly scenarios: readonly string[];
}

export interface HoverContext {
  readonly known: Pick<Known, 'outline' | 'reviews' | 'early'>;
  readonly lookup: (word: string) => Word | null;
  readonly page: (invariant: string) => InvariantPage | null;
}

/** Steps of a trace shown in a hover: its end, where it breaks. */
const LAST_STEPS = 6;

/** What stands at a position (from 0): findings first, then the word; null when neither is known. */
export function hoverAt(lines: readonly string[], position: Position, context: HoverContext): Hover | null {
  const findings = findingsAt(context.known, position).map((finding) => findingText(finding, context));
  const word = wordAt(lines[position.line] ?? '', position.character, context.lookup);
  const parts = [...findings, ...(word === null ? [] : [wordText(word.word, lines, context.known)])];
  if (parts.length === 0) return null;
  const value = parts.join('\n\n---\n\n');
  const contents = { kind: 'markdown' as const, value };
  if (word === null) return { contents };
  return { contents, range: lineRange(position.line + 1, word.start + 1, word.end + 1) };
}

function findingsAt(known: HoverContext['known'], position: Position): Finding[] {
  return findingsOf(known)
    .map(({ finding }) => finding)
    .filter((finding) => {
      const { start, end } = lineRange(finding.patchLine, finding.patchColumn, finding.patchEndColumn);
      return (
        start.line === position.line && start.character <= position.character && position.character <= end.character
      );
    });
}

function findingText(finding: Finding, context: HoverContext): string {
  const page = context.page(finding.invariant);
  const rule =
    page === null
      ? [`**${finding.invariant}**`]
      : [
          `**${page.title}** (\`${finding.invariant}\`)`,
          `${page.statement}`,
          `*Why:* ${page.why}`,
          `*Source:* ${page.source}`,
        ];
  return [...rule, escapeMarkdown(finding.message), ...brokenState(finding)].join('\n\n');
}

/** The end of the interleaving: what the machine did when the rule broke. */
function brokenState(finding: Finding): string[] {
  const told = tellingSteps(finding.trace);
  if (told.length === 0) return [];
  const last = told.slice(-LAST_STEPS);
  const steps = last.map(({ step, index }) => stepMessage(step, index));
  const skipped = told.length > last.length ? ['...'] : [];
  return ['When it breaks:', `\`\`\`text\n${[...skipped, ...steps].join('\n').replaceAll('```', "'''")}\n\`\`\``];
}

function wordText(word: Word, lines: readonly string[], known: HoverContext['known']): string {
  const scenarios = word.scenarios.length === 0 ? [] : [`*Scenarios:* ${word.scenarios.join(', ')}`];
  return [
    `**\`${word.name}\`** (${word.kind})`,
    word.meaning,
    `*Source:* ${word.source}`,
    ...scenarios,
    ...inThisPatch(word.name, lines, known),
  ].join('\n\n');
}

/** How the patch changes a word: on which lines it comes and goes, and what was found about it. */
function inThisPatch(name: string, lines: readonly string[], known: HoverContext['known']): string[] {
  const hunks = known.outline?.patches.flatMap((patch) => patch.hunks) ?? [];
  if (hunks.length === 0) return [];
  const holding = (numbers: (hunk: OutlineHunk) => readonly number[]): number[] =>
    hunks.flatMap(numbers).filter((line) => mentions(lines[line - 1] ?? '', name));
  const added = holding((hunk) => hunk.added);
  const deleted = holding((hunk) => hunk.deleted);
  const inside = hunks.filter(({ heading }) => mentions(heading, name)).length;
  const found = findingsOf(known)
    .map(({ finding }) => finding)
    .filter((finding) => about(finding, name));
  const sentences = [
    ...(deleted.length > 0 ? [`removed on ${lineList(deleted)}`] : []),
    ...(added.length > 0 ? [`added on ${lineList(added)}`] : []),
    ...(inside > 0 ? [`${inside} ${inside === 1 ? 'hunk lies' : 'hunks lie'} inside it`] : []),
    ...found.map((finding) => `${finding.status}: \`${finding.invariant}\` at line ${finding.patchLine}`),
    ...coverageSentences(known.reviews, [...added, ...deleted]),
  ];
  return [`*In this patch:* ${sentences.length === 0 ? 'no changed line names it.' : `${sentences.join('; ')}.`}`];
}

function coverageSentences(reviews: readonly PatchReview[], lines: readonly number[]): string[] {
  const unreached = new Set(reviews.flatMap(({ coverage }) => coverage.notReached.map(({ patchLine }) => patchLine)));
  const unknown = new Set(reviews.flatMap(({ coverage }) => coverage.notUnderstood.map(({ patchLine }) => patchLine)));
  const notRun = lines.filter((line) => unreached.has(line) || unknown.has(line));
  return notRun.length === 0 ? [] : [`${lineList(notRun)} not run`];
}

function about(finding: Finding, name: string): boolean {
  return finding.function === name || finding.culprits.some(({ text }) => mentions(text, name));
}

function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!/\w/.test(text[at - 1] ?? ' ') && !/\w/.test(text[at + name.length] ?? ' ')) return true;
  }
  return false;
}

function lineList(lines: readonly number[]): string {
  const shown = [...new Set(lines)].sort((a, b) => a - b);
  const names = shown.slice(0, 8).join(', ');
  return `${shown.length === 1 ? 'line' : 'lines'} ${names}${shown.length > 8 ? ', ...' : ''}`;
}

/** Characters around the cursor in which a word is looked for; a flattened mail is one long line. */
const REACH = 120;

/** From long to short: `TDH.MEM.PAGE.AUG` before `AUG`, `punch hole` before `hole`, `S-EPT` before `EPT`. */
const SHAPES = [/\w+(?:[.\-/]\w+)+/g, /(?=\b(\w+[ -]\w+)\b)\w/g, /\w+/g, /[A-Za-z0-9]+/g];

/** The longest known word around a column (from 0). */
export function wordAt(
  line: string,
  character: number,
  lookup: (word: string) => Word | null,
): { word: Word; start: number; end: number } | null {
  const from = Math.max(0, character - REACH);
  const near = line.slice(from, character + REACH);
  for (const shape of SHAPES) {
    for (const match of near.matchAll(shape)) {
      const text = match[1] ?? match[0];
      const start = from + match.index;
      const end = start + text.length;
      if (character < start || character > end) continue;
      const word = lookup(text);
      if (word !== null) return { word, start, end };
    }
  }
  return null;
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_<>[\]]/g, '\\$&');
}

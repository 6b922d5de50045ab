/**
 * Reads a flattened hunk again with a pre-image at hand: which `+` and `-` are marks, and where added text
 * ends and context goes on, is what makes the rest resemble the pre-image best, within the header's counts.
 * The pre-image may be a relative of the real one: statements may be missing or differ a little.
 */

import { type FlatKind, headParens, linesOfTokens } from './flat-lines';
import { endsLine, type FlatToken, flatTokens, type MarkCost, markCost, parenDepths } from './flat-tokens';
import type { TextLine } from './text-line';
import type { Hunk } from './types';

const HEADING = 0;
const CONTEXT = 1;
const ADD = 2;
const DELETE = 3;
const STATES = 4;

const SKIP_TOKEN = 1.2;
const SKIP_SOURCE = 0.5;
const FREE_TOKEN = 0.15;
const LEAVE_AT_LINE_END = 0.3;
const LEAVE_ELSEWHERE = 4;
const RUN_ON = 1.5;
const MAX_CELLS = 8_000_000;
/** Tried in turn until the counts agree: how much dearer (or cheaper) it gets to read a sign as a mark. */
const BIASES = [0, 1, -1, 2, -2, 3, -3];

interface Problem {
  readonly tokens: readonly FlatToken[];
  readonly costs: readonly (MarkCost | null)[];
  readonly lineEnds: readonly boolean[];
  readonly source: readonly string[];
  readonly words: readonly string[];
  /** The state whose tokens aren't in the source: ADD for a pre-image, DELETE when the post-image is given. */
  readonly free: typeof ADD | typeof DELETE;
}

/**
 * The hunk with its lines recovered from `image`, the text of the function that it changes (before or
 * after the change). The hunk itself if it isn't flattened, or if no reading agrees with its counts.
 */
export function recoverFlattened(hunk: Hunk, image: string, rename: (name: string) => string = (name) => name): Hunk {
  if (!hunk.tokens || hunk.damage !== 'flattened' || hunk.tokens.length === 0) return hunk;
  const line = rebuildLine(hunk.tokens);
  const tokens = flatTokens(line.text);
  const depths = parenDepths(tokens, flatTokens(hunk.heading).length);
  const heads = headParens(tokens);
  const body = bodyOf(image, hunk.heading);
  const source = flatTokens(body)
    .filter((token) => !token.comment)
    .map((token) => token.text);
  if ((tokens.length + 1) * (source.length + 1) * STATES > MAX_CELLS) return hunk;
  const basis = {
    tokens,
    costs: tokens.map((_, at) => markCost(tokens, at, depths[at] ?? 0)),
    lineEnds: tokens.map((_, at) => endsLine(tokens, at, depths[at] ?? 0, heads.has(at))),
    source,
    words: tokens.map((token) => (/^[A-Za-z_]/.test(token.text) ? rename(token.text) : token.text)),
  };
  const wanted = hunk.newCount - hunk.oldCount;
  for (const bias of BIASES) {
    const readings = ([ADD, DELETE] as const).map((free) => readAgainst({ ...basis, free }, bias));
    const fitting = readings.filter((reading) => countMarks(reading.kinds) === wanted);
    fitting.sort((a, b) => a.cost - b.cost);
    if (fitting[0]) return { ...hunk, lines: linesOfTokens(line, tokens, fitting[0].kinds, hunk) };
  }
  return hunk;
}

/** The input line from the hunk's first token to its last, blanks where nothing is known to stand. */
function rebuildLine(tokens: NonNullable<Hunk['tokens']>): TextLine {
  const first = tokens[0]?.span ?? { line: 1, column: 1, endColumn: 1 };
  const parts: string[] = [];
  let column = first.column;
  for (const token of tokens) {
    if (token.span.column > column) parts.push(' '.repeat(token.span.column - column));
    parts.push(token.text);
    column = token.span.column + token.text.length;
  }
  return { text: parts.join(''), line: first.line, column: first.column };
}

/** Without the function's own head, which the section heading only repeats. */
function bodyOf(image: string, heading: string): string {
  const brace = image.indexOf('{');
  return heading !== '' && brace >= 0 ? image.slice(brace + 1) : image;
}

function countMarks(kinds: readonly FlatKind[]): number {
  return kinds.reduce((sum, kind) => sum + (kind === 'mark-add' ? 1 : kind === 'mark-delete' ? -1 : 0), 0);
}

interface Table {
  readonly cost: Float32Array;
  /** How each cell was reached: previous state in bits 0-1, whether a token was taken in 2, a source word in 3, a mark in 4. */
  readonly from: Uint8Array;
  readonly width: number;
}

const TOOK_TOKEN = 4;
const TOOK_SOURCE = 8;
const WAS_MARK = 16;

function readAgainst(problem: Problem, bias: number): { cost: number; kinds: FlatKind[] } {
  const n = problem.tokens.length;
  const width = problem.source.length + 1;
  const table: Table = {
    cost: new Float32Array((n + 1) * width * STATES).fill(Number.POSITIVE_INFINITY),
    from: new Uint8Array((n + 1) * width * STATES),
    width,
  };
  // The hunk may start anywhere in the function.
  for (let j = 0; j < width; j++) table.cost[j * STATES + HEADING] = 0;
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j < width; j++) relax(problem, table, i, j, bias);
  }
  let end = 0;
  let best = Number.POSITIVE_INFINITY;
  for (let at = n * width * STATES; at < table.cost.length; at++) {
    const cost = table.cost[at] ?? best;
    if (cost < best) {
      best = cost;
      end = at;
    }
  }
  return { cost: best, kinds: traceBack(problem, table, end) };
}

/** All steps out of the cells (i, j, *): first the ones that stay at the token, then those that take it. */
function relax(problem: Problem, table: Table, i: number, j: number, bias: number): void {
  const at = (i * table.width + j) * STATES;
  const set = (to: number, cost: number, how: number) => {
    if (cost >= (table.cost[to] ?? Number.POSITIVE_INFINITY)) return;
    table.cost[to] = cost;
    table.from[to] = how;
  };
  const atLineEnd = i === 0 || problem.lineEnds[i - 1] === true;
  const leave = atLineEnd ? LEAVE_AT_LINE_END : LEAVE_ELSEWHERE;
  set(at + CONTEXT, table.cost[at + HEADING] ?? 0, HEADING);
  set(at + CONTEXT, (table.cost[at + ADD] ?? 0) + leave, ADD);
  set(at + CONTEXT, (table.cost[at + DELETE] ?? 0) + leave, DELETE);
  for (let state = HEADING; state < STATES; state++) {
    const cost = table.cost[at + state] ?? Number.POSITIVE_INFINITY;
    if (cost === Number.POSITIVE_INFINITY) continue;
    if (state !== HEADING && state !== problem.free && j + 1 < table.width)
      set(at + STATES + state, cost + SKIP_SOURCE, state | TOOK_SOURCE);
    if (i < problem.tokens.length) takeToken(problem, table, i, j, state, cost, bias, set);
  }
}

function takeToken(
  problem: Problem,
  table: Table,
  i: number,
  j: number,
  state: number,
  cost: number,
  bias: number,
  set: (to: number, cost: number, how: number) => void,
): void {
  const below = ((i + 1) * table.width + j) * STATES;
  const mark = problem.costs[i];
  if (mark) {
    const to = problem.tokens[i]?.text === '+' ? ADD : DELETE;
    set(below + to, cost + mark.mark + bias, state | TOOK_TOKEN | WAS_MARK);
  }
  const inSource = state !== HEADING && state !== problem.free;
  const comment = problem.tokens[i]?.comment === true;
  // A marked line that goes on behind its end without another mark is unlikely.
  const runsOn = state >= ADD && i > 0 && problem.lineEnds[i - 1] === true && !problem.costs[i - 1] ? RUN_ON : 0;
  const asText = cost + (mark?.text ?? 0) + runsOn;
  const own = comment ? 0 : inSource ? SKIP_TOKEN : state === HEADING ? FREE_TOKEN / 4 : FREE_TOKEN;
  set(below + state, asText + own, state | TOOK_TOKEN);
  if (comment || !inSource || j + 1 >= table.width) return;
  const same = problem.words[i] === problem.source[j];
  const bothNames = /^\w/.test(problem.words[i] ?? '') && /^\w/.test(problem.source[j] ?? '');
  if (same || bothNames) set(below + STATES + state, asText + (same ? 0 : 1), state | TOOK_TOKEN | TOOK_SOURCE);
}

const KINDS: readonly FlatKind[] = ['heading', 'context', 'add', 'delete'];

function traceBack(problem: Problem, table: Table, end: number): FlatKind[] {
  const kinds: FlatKind[] = problem.tokens.map(() => 'context');
  let state = end % STATES;
  let j = Math.floor(end / STATES) % table.width;
  let i = Math.floor(end / STATES / table.width);
  for (let steps = 0; steps < (problem.tokens.length + table.width) * 3; steps++) {
    if (i === 0 && state === HEADING) break;
    const how = table.from[(i * table.width + j) * STATES + state] ?? 0;
    if (how & TOOK_TOKEN) {
      i--;
      kinds[i] = how & WAS_MARK ? (state === ADD ? 'mark-add' : 'mark-delete') : (KINDS[state] ?? 'context');
    }
    if (how & TOOK_SOURCE) j--;
    state = how & 3;
  }
  return kinds;
}

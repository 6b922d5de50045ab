/**
 * A parsed item: its syntax tree with the way back from nodes to tokens, and its probes. Re-parses
 * with holes where statements did not parse, so that a mistake costs one statement only.
 */

import { matching } from './items';
import type { CParser, SyntaxNode } from './parser';
import type { PPToken } from './pp-token';
import { type Hole, type Piece, type Respelled, respell, type TypedefNames } from './respell';
import { type CType, LowerError } from './types';

export interface Source {
  readonly pieces: readonly Piece[];
  readonly starts: readonly number[];
  /** The item's own nodes, probes left out. */
  readonly nodes: readonly SyntaxNode[];
  readonly probes: ReadonlyMap<number, SyntaxNode>;
  /** Types of probes, found once per lowering. */
  readonly probeTypes: Map<number, CType>;
}

/** Index of the piece that covers a text offset. */
export function pieceIndex(source: Source, offset: number): number {
  let low = 0;
  let high = source.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

export const firstPiece = (source: Source, node: SyntaxNode): Piece =>
  source.pieces[pieceIndex(source, node.start)] as Piece;

/** The piece just behind a node: the operator behind a left operand. */
export const pieceAfter = (source: Source, node: SyntaxNode): Piece | undefined =>
  source.pieces[pieceIndex(source, Math.max(node.start, node.end - 1)) + 1];

export const firstToken = (source: Source, node: SyntaxNode): PPToken => firstPiece(source, node).token;

/** The name that an identifier node stands for; throws when its piece is a poisoned statement. */
export function nameOf(source: Source, node: SyntaxNode): string {
  const piece = firstPiece(source, node);
  if (piece.role === 'poison') throw new LowerError(piece.why);
  return piece.token.text;
}

export const childOf = (node: SyntaxNode, field: string): SyntaxNode | null =>
  node.children.find((c) => c.field === field) ?? null;

/** A child that the grammar promises; a damaged tree may lack it. */
export function need(node: SyntaxNode, field: string): SyntaxNode {
  const child = childOf(node, field);
  if (!child) throw new LowerError('it does not parse');
  return child;
}

/** The first ERROR or MISSING node in document order, or null. */
export function firstError(node: SyntaxNode): SyntaxNode | null {
  if (node.type === 'ERROR' || node.missing) return node;
  for (const child of node.children) {
    const found = firstError(child);
    if (found) return found;
  }
  return null;
}

/** Whether the node itself, nested blocks left out, holds something that did not parse. */
export function hasOwnError(node: SyntaxNode): boolean {
  if (node.type === 'ERROR' || node.missing) return true;
  return node.children.some((c) => c.type !== 'compound_statement' && hasOwnError(c));
}

function assemble(respelled: Respelled, root: SyntaxNode): Source {
  const nodes: SyntaxNode[] = [];
  const probes = new Map<number, SyntaxNode>();
  const source = { pieces: respelled.pieces, starts: respelled.starts, nodes, probes, probeTypes: new Map() };
  for (const node of root.children) {
    const piece = respelled.pieces.length > 0 ? firstPiece(source, node) : undefined;
    if (piece?.role === 'probe') probes.set(piece.probe, node);
    else nodes.push(node);
  }
  return source;
}

/** Parse a declaration, or a function's head (given a `;`) without its body. */
export function parseItem(
  parser: CParser,
  tokens: readonly PPToken[],
  start: number,
  end: number,
  typedefs: TypedefNames,
  tail = '',
): Source {
  const respelled = respell(tokens, start, end, typedefs, false, [], tail);
  return assemble(respelled, parser.parse(respelled.text));
}

const MAX_HOLES = 12;

/** The statement around token `at` in a body: from behind the last `;`, `{` or `}` to its own end. */
function statementAround(tokens: readonly PPToken[], at: number, body: number, end: number): Hole | null {
  let start = at;
  let depth = 0;
  while (start > body + 1) {
    const text = tokens[start - 1]?.text;
    if (text === ')' || text === ']') depth++;
    else if (text === '(' || text === '[') depth--;
    else if (depth <= 0 && (text === ';' || text === '{' || text === '}')) break;
    start--;
  }
  let stop = start;
  while (stop < end - 1) {
    const text = tokens[stop]?.text;
    if (text === ';') return { start, end: stop + 1, why: 'it does not parse' };
    if (text === '}') break;
    if (text === '(' || text === '[') {
      const close = matching(tokens, stop, end);
      // A bracket that is never closed must not take the rest of the block along.
      const closed = tokens[close - 1]?.text === (text === '(' ? ')' : ']');
      stop = closed ? close : stop + 1;
    } else if (text === '{') return { start, end: matching(tokens, stop, end), why: 'it does not parse' };
    else stop++;
  }
  return stop > start ? { start, end: stop, why: 'it does not parse' } : null;
}

/** Parse a function definition. Statements that don't parse become poisoned ones. */
export function parseFunction(
  parser: CParser,
  tokens: readonly PPToken[],
  item: { readonly start: number; readonly end: number; readonly body: number },
  typedefs: TypedefNames,
): Source {
  const holes: Hole[] = [];
  const local = new Set<string>();
  const names = { has: (n: string) => local.has(n) || typedefs.has(n), add: (n: string) => void local.add(n) };
  for (;;) {
    const respelled = respell(tokens, item.start, item.end, names, true, holes);
    const root = parser.parse(respelled.text);
    const source = assemble(respelled, root);
    const error = source.nodes.map(firstError).find((e) => e !== null);
    if (!error || holes.length >= MAX_HOLES) return source;
    const token = firstToken(source, error);
    const at = tokens.indexOf(token, item.start);
    const hole = at > item.body && at < item.end ? statementAround(tokens, at, item.body, item.end) : null;
    if (!hole || holes.some((h) => h.start < hole.end && hole.start < h.end)) return source;
    holes.push(hole);
  }
}

/**
 * Cuts the tokens of a flattened hunk back into lines once it is decided which `+` and `-` are marks and
 * which tokens belong to context. Blank lines of context are invisible in a flattened text: the counts of
 * the hunk's header tell how many there were, not where, so they are put between context statements.
 */

import { endsLine, type FlatToken, parenDepths } from './flat-tokens';
import { spanOf, type TextLine } from './text-line';
import type { HunkLine } from './types';

export type FlatKind = 'heading' | 'mark-add' | 'mark-delete' | HunkLine['kind'];

export interface FlatCounts {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
}

interface Piece {
  readonly kind: HunkLine['kind'];
  readonly from: number;
  readonly to: number;
  readonly blank?: boolean;
}

/** `kinds[i]` says what token `i` is; a mark starts a line of its kind. */
export function linesOfTokens(
  line: TextLine,
  tokens: readonly FlatToken[],
  kinds: readonly FlatKind[],
  counts: FlatCounts,
): HunkLine[] {
  const pieces = withBlankLines(cutPieces(tokens, kinds), tokens, counts.oldCount, counts.newCount);
  let oldLine = counts.oldStart;
  let newLine = counts.newStart;
  return pieces.map((piece) => ({
    kind: piece.kind,
    text: piece.blank ? '' : line.text.slice(piece.from, piece.to),
    span: spanOf(line, piece.from, piece.to),
    oldLine: piece.kind === 'add' ? null : oldLine++,
    newLine: piece.kind === 'delete' ? null : newLine++,
  }));
}

function cutPieces(tokens: readonly FlatToken[], kinds: readonly FlatKind[]): Piece[] {
  const pieces: Piece[] = [];
  const start = kinds.findIndex((kind) => kind !== 'heading');
  const depths = parenDepths(tokens, Math.max(0, start));
  const heads = headParens(tokens);
  let from = -1;
  let end = 0;
  let kind: HunkLine['kind'] = 'context';
  const close = () => {
    if (from >= 0) pieces.push({ kind, from, to: end });
    from = -1;
  };
  tokens.forEach((token, index) => {
    const is = kinds[index] ?? 'context';
    if (is === 'heading') return;
    const mark = is === 'mark-add' || is === 'mark-delete';
    const now = is === 'mark-add' ? 'add' : is === 'mark-delete' ? 'delete' : is;
    if (mark || now !== kind) close();
    kind = now as HunkLine['kind'];
    // A mark's line starts behind the mark; a mark followed by another mark is an empty line.
    if (from < 0) from = mark ? token.at + token.text.length : token.at;
    end = token.at + token.text.length;
    if (!mark && kind === 'context' && endsLine(tokens, index, depths[index] ?? 0, heads.has(index))) close();
  });
  close();
  return pieces.map((piece) => trimBlank(piece, tokens));
}

function trimBlank(piece: Piece, tokens: readonly FlatToken[]): Piece {
  const first = tokens.find((token) => token.at >= piece.from && token.at < piece.to);
  return first ? { ...piece, from: first.at } : piece;
}

/** Indices of the parentheses that close the head of a control statement. */
export function headParens(tokens: readonly FlatToken[]): Set<number> {
  const result = new Set<number>();
  const open: boolean[] = [];
  tokens.forEach((token, index) => {
    if (token.comment) return;
    const before = tokens[index - 1]?.text ?? '';
    if (token.text === '(') open.push(/^(if|for|while|switch)$|for_each/.test(before));
    else if (token.text === ')' && open.pop()) result.add(index);
  });
  return result;
}

function withBlankLines(
  pieces: readonly Piece[],
  tokens: readonly FlatToken[],
  oldCount: number,
  newCount: number,
): Piece[] {
  const old = pieces.filter((piece) => piece.kind !== 'add').length;
  const now = pieces.filter((piece) => piece.kind !== 'delete').length;
  let missing = Math.min(oldCount - old, newCount - now);
  if (missing <= 0 || missing > 1000) return [...pieces];
  const result: Piece[] = [];
  pieces.forEach((piece, index) => {
    result.push(piece);
    const next = pieces[index + 1];
    const endsStatement = tokens.some(
      (token) => token.at + token.text.length === piece.to && /^[;}]$/.test(token.text),
    );
    if (missing > 0 && piece.kind === 'context' && endsStatement && next?.kind !== 'add') {
      result.push({ kind: 'context', from: piece.to, to: piece.to, blank: true });
      missing--;
    }
  });
  const last = result[result.length - 1];
  while (missing-- > 0) result.push({ kind: 'context', from: last?.to ?? 0, to: last?.to ?? 0, blank: true });
  return result;
}

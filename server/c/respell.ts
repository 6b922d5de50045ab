/**
 * Spells a file-scope item again so that tree-sitter-c reads it as C means it: type names become
 * `struct` types, type arguments (typeof, offsetof) become placeholders whose contents are parsed
 * beside the item as probes, attributes are taken out and kept, what the grammar lacks (case ranges,
 * anonymous bit-fields, assembler) is rewritten. Every piece of the text knows its token.
 */

import { declarationEnd, matching, typedefNames } from './items';
import type { PPToken } from './pp-token';
import {
  ASM,
  ASSERT,
  ATTRIBUTE,
  DROPPED,
  GRAMMAR_WORDS,
  KEYWORDS,
  OFFSETOF,
  RESPELLED,
  TYPE_WORDS,
  TYPEOF,
} from './words';

export interface Attribute {
  readonly name: 'cleanup' | 'packed' | 'aligned';
  /** The clean-up function. */
  readonly argument: PPToken | null;
  /** Probe that holds the alignment, or -1. */
  readonly probe: number;
}

export type Role =
  | 'plain'
  | 'typedef'
  | 'typeof'
  | 'auto'
  | 'offsetof'
  | 'compatible'
  | 'case-range'
  | 'anonymous'
  | 'generic-default'
  | 'base'
  | 'probe'
  | 'poison';

export interface Piece {
  readonly text: string;
  readonly token: PPToken;
  readonly role: Role;
  /** First probe that belongs to the placeholder, or the probe that starts here; else -1. */
  readonly probe: number;
  readonly why: string;
  readonly type: boolean;
  /** Set on a `)` that ends a cast's type. */
  cast: boolean;
  attributes: Attribute[] | null;
}

export interface Respelled {
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** Offset of each piece in the text. */
  readonly starts: readonly number[];
}

/** A token range to be replaced by a poisoned statement, because it did not parse. */
export interface Hole {
  readonly start: number;
  readonly end: number;
  readonly why: string;
}

/** Names known to be types. */
export interface TypedefNames {
  has(name: string): boolean;
  add(name: string): void;
}

interface Probes {
  readonly lists: Piece[][];
}

const STOPS_PAREN = new Set(['if', 'while', 'switch', 'for']);
const MAX_POSTFIX = 200;

class Respeller {
  private readonly out: Piece[] = [];
  /** For each open brace: whether it holds members of a struct, union or enum. */
  private readonly braces: boolean[] = [];
  private readonly parens: { readonly piece: number; readonly removable: boolean }[] = [];
  private pending: Attribute[] = [];
  private definitions = new Set<number>();
  private closedAggregate = false;

  constructor(
    private readonly tokens: readonly PPToken[],
    private readonly typedefs: TypedefNames,
    private readonly probes: Probes,
    private readonly inBody: boolean,
    private readonly holes: readonly Hole[],
  ) {}

  run(start: number, end: number): Piece[] {
    this.range(start, end);
    return this.out;
  }

  private push(text: string, token: PPToken, role: Role = 'plain', probe = -1, why = '', type = false): Piece {
    const attributes = this.pending.length > 0 ? this.pending : null;
    if (attributes) this.pending = [];
    const piece: Piece = { text, token, role, probe, why, type, cast: false, attributes };
    this.out.push(piece);
    return piece;
  }

  private range(start: number, end: number): void {
    for (let i = start; i < end; ) {
      const hole = this.holes.find((h) => h.start === i);
      if (hole) {
        this.poison(i, hole.why, true);
        i = hole.end;
      } else i = this.step(i, end);
    }
  }

  private poison(i: number, why: string, statement: boolean): void {
    const token = this.tokens[i] as PPToken;
    this.push('__poison', token, 'poison', -1, why);
    this.push('(', token);
    this.push(')', token);
    if (statement) this.push(';', token);
  }

  /** Spell the token at `i` (and what belongs to it); returns the next index. */
  private step(i: number, end: number): number {
    const token = this.tokens[i] as PPToken;
    switch (token.kind) {
      case 'ident':
        return this.word(i, end, token);
      case 'number':
      case 'char':
        this.push('0', token);
        return i + 1;
      case 'string':
        return this.strings(i, end, token);
      case 'punct':
        return this.punctuator(i, end, token);
      default:
        this.push('@', token);
        return i + 1;
    }
  }

  private strings(i: number, end: number, token: PPToken): number {
    let text = token.text;
    let next = i + 1;
    while (next < end && this.tokens[next]?.kind === 'string') {
      text = `${text.slice(0, -1)}${(this.tokens[next] as PPToken).text.replace(/^[^"]*"/, '')}`;
      next++;
    }
    this.push('""', next === i + 1 ? token : { ...token, text });
    return next;
  }

  private word(i: number, end: number, token: PPToken): number {
    const text = token.text;
    const group = this.tokens[i + 1]?.text === '(' && i + 1 < end;
    if (DROPPED.has(text)) return i + 1;
    if (ATTRIBUTE.has(text) && group) return this.attribute(i + 1, end);
    if (ASSERT.has(text) && group) {
      const close = matching(this.tokens, i + 1, end);
      return this.tokens[close]?.text === ';' && this.out.length > 0 ? close + 1 : close;
    }
    if (TYPEOF.has(text) && group) {
      const close = matching(this.tokens, i + 1, end);
      this.push('struct __type', token, 'typeof', this.probe(i + 2, close - 1, true), '', true);
      return close;
    }
    if (OFFSETOF.has(text) && group) return this.offsetof(i, end, token);
    if (text === '__builtin_types_compatible_p' && group) return this.compatible(i, end, token);
    if (text === '__builtin_va_arg' && group) {
      this.poison(i, 'va_arg is not supported', false);
      return matching(this.tokens, i + 1, end);
    }
    if (ASM.has(text)) return this.assembler(i, end);
    if (text === '__label__') return declarationEnd(this.tokens, i, end) + 1;
    if (text === 'case') return this.caseLabel(i, end, token);
    if (text === 'typedef') this.defineTypes(i, end);
    return this.name(i, end, token);
  }

  private name(i: number, end: number, token: PPToken): number {
    const text = token.text;
    if (this.isHeadAttribute(i, text))
      return this.tokens[i + 1]?.text === '(' ? matching(this.tokens, i + 1, end) : i + 1;
    if (text === '__auto_type') this.push('struct __auto', token, 'auto', -1, '', true);
    else if (text === 'default' && this.out.at(-1)?.text === ',') this.push('__default', token, 'generic-default');
    else if (KEYWORDS.has(text) || RESPELLED[text] !== undefined) {
      this.push(RESPELLED[text] ?? text, token, 'plain', -1, '', TYPE_WORDS.has(text));
    } else if (this.isTypeName(i, text)) this.push('struct __type', token, 'typedef', -1, '', true);
    else if (this.inBody && this.isBlockMacro(i, end)) {
      const open = matching(this.tokens, i + 1, end);
      this.poison(i, `${text}(...) before a block: not a macro that is known`, true);
      return matching(this.tokens, open, end);
    } else {
      const word = GRAMMAR_WORDS.has(text) || !/^[\w$]+$/.test(text) ? '__word' : text;
      const tag = this.out.at(-1)?.text;
      const type = tag === 'struct' || tag === 'union' || tag === 'enum' || text === '__int128';
      this.push(word, token, 'plain', -1, '', type);
    }
    return i + 1;
  }

  /** A name behind a function's parameters is an attribute macro that nobody defined: no C otherwise. */
  private isHeadAttribute(i: number, text: string): boolean {
    if (this.braces.length > 0 || this.parens.length > 0 || this.out.at(-1)?.text !== ')') return false;
    const special = KEYWORDS.has(text) || RESPELLED[text] !== undefined || text === '__auto_type';
    return !special && this.out.length > 2 && !this.isTypeName(i, text);
  }

  /** `name(...) {` inside a body: no C, so an iterator macro that nobody defined. */
  private isBlockMacro(i: number, end: number): boolean {
    if (this.tokens[i + 1]?.text !== '(' || this.braces.length === 0 || this.braces.at(-1) === true) return false;
    const close = matching(this.tokens, i + 1, end);
    return close < end && this.tokens[close]?.text === '{';
  }

  /** Whether the typedef's name at `i` stands for the type, not for a member, tag or new variable. */
  private isTypeName(i: number, text: string): boolean {
    if (!this.typedefs.has(text) || this.definitions.has(i)) return false;
    const before = this.out.at(-1);
    if (!before) return true;
    if (before.type || before.text === '*' || before.text === '.' || before.text === '->') return false;
    if (before.text === '}' && this.closedAggregate) return false;
    return !['struct', 'union', 'enum', 'goto'].includes(before.text);
  }

  private defineTypes(i: number, end: number): void {
    for (const at of typedefNames(this.tokens, i, end)) {
      this.definitions.add(at);
      const name = this.tokens[at]?.text ?? '';
      if (!KEYWORDS.has(name)) this.typedefs.add(name);
    }
  }

  private caseLabel(i: number, end: number, token: PPToken): number {
    let dots = -1;
    let colon = i + 1;
    let ternary = 0;
    for (; colon < end; colon++) {
      const text = this.tokens[colon]?.text;
      if (text === '(') colon = matching(this.tokens, colon, end) - 1;
      else if (text === '...') dots = colon;
      else if (text === '?') ternary++;
      else if (text === ':' && ternary-- === 0) break;
      else if (text === ';' || text === '{') break;
    }
    this.push('case', token);
    if (dots < 0) return i + 1;
    this.push('__range', token, 'case-range');
    this.push('(', token);
    this.range(i + 1, dots);
    this.push(',', token);
    this.range(dots + 1, colon);
    this.push(')', token);
    return colon;
  }

  /** Parse tokens beside the item: as `sizeof (...)`, which takes types and expressions, or as a value. */
  private probe(start: number, end: number, type: boolean, base: PPToken | null = null): number {
    const index = this.probes.lists.length;
    const list: Piece[] = [];
    this.probes.lists.push(list);
    const sub = new Respeller(this.tokens, this.typedefs, this.probes, this.inBody, []);
    const at = this.tokens[start] ?? (this.tokens[start - 1] as PPToken);
    sub.push('int', at, 'probe', index);
    sub.push('__probe', at);
    sub.push('=', at);
    if (type) sub.push('sizeof', at);
    if (base) {
      sub.push('__base', base, 'base');
      sub.push('.', base);
    } else sub.push('(', at);
    const open = sub.out.length;
    if (!base) sub.parens.push({ piece: open - 1, removable: false });
    sub.range(start, end);
    // Around a postfix expression the parentheses go here too: `sizeof (f(x))` could be read as a type.
    if (!base && isPostfix(sub.out, open)) sub.out.splice(open - 1, 1);
    else if (!base) sub.push(')', at);
    sub.push(';', at);
    list.push(...sub.out);
    return index;
  }

  private commaAt(start: number, end: number): number {
    for (let i = start; i < end; i++) {
      const text = this.tokens[i]?.text;
      if (text === '(' || text === '[' || text === '{') i = matching(this.tokens, i, end) - 1;
      else if (text === ',') return i;
    }
    return end;
  }

  private offsetof(i: number, end: number, token: PPToken): number {
    const close = matching(this.tokens, i + 1, end);
    const comma = this.commaAt(i + 2, close - 1);
    const probe = this.probe(i + 2, comma, true);
    const member = this.probe(comma + 1, close - 1, false, token);
    this.push('__offsetof', token, 'offsetof', probe, String(member));
    return close;
  }

  private compatible(i: number, end: number, token: PPToken): number {
    const close = matching(this.tokens, i + 1, end);
    const comma = this.commaAt(i + 2, close - 1);
    const first = this.probe(i + 2, comma, true);
    const second = this.probe(comma + 1, close - 1, true);
    this.push('__compatible', token, 'compatible', first, String(second));
    return close;
  }

  private assembler(i: number, end: number): number {
    let open = i + 1;
    while (open < end && this.tokens[open]?.text !== '(' && open < i + 5) open++;
    if (this.tokens[open]?.text !== '(') return i + 1;
    const before = this.out.at(-1)?.text ?? ';';
    if (before === ';' || before === '{' || before === '}' || before === ')' || before === ':' || before === 'else') {
      if (this.inBody) this.poison(i, 'assembler', false);
    }
    return matching(this.tokens, open, end);
  }

  private attribute(open: number, end: number): number {
    const close = matching(this.tokens, open, end);
    const found: Attribute[] = [];
    for (let i = open + 2; i < close - 2; ) {
      const name = (this.tokens[i]?.text ?? '').replace(/^__|__$/g, '');
      const group = this.tokens[i + 1]?.text === '(' ? matching(this.tokens, i + 1, close) : i + 1;
      if (name === 'packed') found.push({ name, argument: null, probe: -1 });
      if (name === 'cleanup') found.push({ name, argument: this.tokens[i + 2] ?? null, probe: -1 });
      if (name === 'aligned') {
        const probe = group > i + 1 ? this.probe(i + 2, group - 1, false) : -1;
        found.push({ name, argument: null, probe });
      }
      i = this.tokens[group]?.text === ',' ? group + 1 : Math.max(group, i + 1);
    }
    if (found.length === 0) return close;
    const before = this.out.at(-1);
    const behind = before && (/^\w|^[\])*]/.test(before.text) || (before.text === '}' && this.closedAggregate));
    if (behind) before.attributes = [...(before.attributes ?? []), ...found];
    else this.pending.push(...found);
    return close;
  }

  private punctuator(i: number, end: number, token: PPToken): number {
    const text = token.text;
    const before = this.out.at(-1);
    if (text === '(') this.parens.push({ piece: this.out.length, removable: opensExpression(before) });
    else if (text === '{') {
      const tag = this.out.at(-2)?.text;
      const words = ['struct', 'union', 'enum'];
      this.braces.push(words.includes(before?.text ?? '') || words.includes(tag ?? ''));
    } else if (text === '}') {
      if (before?.text === ':') this.push(';', token);
      this.closedAggregate = this.braces.pop() === true;
    } else if (text === ':' && (before?.type || before?.text === ',') && this.braces.at(-1) === true) {
      this.push('__anonymous', token, 'anonymous');
    } else if (text === ')') return this.close(i, end, token);
    else if (text === ';' && this.braces.at(-1) === true && (before?.text === ';' || before?.text === '{'))
      return i + 1;
    this.push(DIGRAPHS[text] ?? text, token);
    return i + 1;
  }

  /** A `)`: parentheses around a postfix expression go, since the grammar could read them as a cast. */
  private close(i: number, end: number, token: PPToken): number {
    const open = this.parens.pop();
    const next = i + 1 < end ? this.tokens[i + 1] : undefined;
    if (open?.removable && followsExpression(next) && isPostfix(this.out, open.piece + 1)) {
      this.out.splice(open.piece, 1);
      return i + 1;
    }
    const inner = open ? this.out[open.piece + 1] : undefined;
    const head = inner && (inner.type || ['struct', 'union', 'enum'].includes(inner.text));
    this.push(')', token).cast = open?.removable === true && head === true;
    return i + 1;
  }
}

const DIGRAPHS: Readonly<Record<string, string>> = { '<%': '{', '%>': '}', '<:': '[', ':>': ']' };

/** Whether a `(` behind `before` starts a parenthesised expression or cast, not a call or declarator. */
function opensExpression(before: Piece | undefined): boolean {
  if (!before || before.role === 'poison') return false;
  if (before.type) return false;
  if (before.text === ')') return before.cast;
  if (before.text === ']') return false;
  if (/^\w/.test(before.text)) return KEYWORDS.has(before.text) && !STOPS_PAREN.has(before.text);
  return before.text !== '""';
}

/** Whether `next` can stand behind an expression; else the parentheses are a cast to an unknown type. */
function followsExpression(next: PPToken | undefined): boolean {
  if (!next) return true;
  if (next.kind !== 'punct') return false;
  return next.text !== '{' && next.text !== '~' && next.text !== '!';
}

/** Whether the pieces from `start` on are a name followed by nothing but calls, subscripts and members. */
function isPostfix(pieces: readonly Piece[], start: number): boolean {
  const head = pieces[start];
  if (!head || pieces.length - start > MAX_POSTFIX) return false;
  if (head.type || !/^\w/.test(head.text) || KEYWORDS.has(head.text) || head.text === 'sizeof') return false;
  let depth = 0;
  for (let i = start + 1; i < pieces.length; i++) {
    const text = pieces[i]?.text ?? '';
    if (text === '(' || text === '[') depth++;
    else if (text === ')' || text === ']') depth--;
    else if (depth > 0) continue;
    else if (text === '.' || text === '->') i++;
    else return false;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/**
 * Spell the tokens [start, end) again, with `tail` behind them. Typedefs that they define are added to
 * `typedefs`.
 */
export function respell(
  tokens: readonly PPToken[],
  start: number,
  end: number,
  typedefs: TypedefNames,
  inBody: boolean,
  holes: readonly Hole[] = [],
  tail = '',
): Respelled {
  const probes: Probes = { lists: [] };
  const pieces = new Respeller(tokens, typedefs, probes, inBody, holes).run(start, end);
  const last = pieces.at(-1);
  if (tail !== '' && last) pieces.push({ ...last, text: tail, role: 'plain', attributes: null });
  for (const list of probes.lists) pieces.push(...list);
  const starts: number[] = [];
  let offset = 0;
  for (const piece of pieces) {
    starts.push(offset);
    offset += piece.text.length + 1;
  }
  return { text: pieces.map((p) => p.text).join(' '), pieces, starts };
}

/**
 * Cuts lines of C into statement-sized units by their tokens alone: a simple statement, the head of a
 * control statement, a lone brace, one element of an initialiser, a directive; a macro that holds
 * statements is cut like a function. Works on whole files and on
 * the few lines of a hunk, whose first and last unit may be incomplete. It is no parser and knows no types.
 */

import { LOOP_MACRO, statementBody } from './define';

export interface Token {
  readonly text: string;
  /** Index into the lines given. */
  readonly line: number;
  /** UTF-16 offsets in that line. */
  readonly start: number;
  readonly end: number;
}

export type UnitKind =
  | 'statement'
  | 'head'
  | 'open'
  | 'close'
  | 'element'
  | 'record-open'
  | 'init-open'
  | 'record-close'
  | 'label'
  | 'directive'
  | 'header'
  | 'macro-head'
  | 'partial';

export interface Unit {
  readonly kind: UnitKind;
  readonly tokens: readonly Token[];
  /** For braces: the unit that opened the block (`if (x)`), '' where unknown. */
  readonly opener: string;
  /** The macro whose body it stands in, or whose head it is; '?' for the rest of one that a hunk begins in. */
  readonly macro: string | null;
}

const WORD =
  /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[A-Za-z_$]\w*|\.?\d[\w.]*|\.\.\.|->|\+\+|--|<<=|>>=|##|[-+*/%&|^=!<>]=|&&|\|\||<<|>>|\S/y;

const CONTINUES = /\\\s*$/;

interface Scan {
  readonly tokens: Token[];
  /** Token index at which a directive starts, to the number of its tokens. */
  readonly directives: Map<number, number>;
  /** The first directive is the rest of one that started before these lines. */
  readonly continued: boolean;
}

/** Tokens of the lines, comments left out. `fragment`: the lines may start inside a comment or lack its start. */
export function tokenise(lines: readonly string[], fragment: boolean): Scan {
  let comment = fragment && startsInComment(lines);
  const continued = fragment && !comment && CONTINUES.test(lines[0] ?? '') && !/^\s*#/.test(lines[0] ?? '');
  const scan: Scan = { tokens: [], directives: new Map(), continued };
  let directive = continued ? 0 : -1;
  lines.forEach((text, line) => {
    if (fragment && !comment && /^\s*\*([\s/]|$)/.test(text)) return;
    const first = scan.tokens.length;
    const startsDirective = !comment && directive < 0 && /^\s*#/.test(text);
    comment = scanLine(scan.tokens, text, line, comment);
    if (startsDirective) directive = first;
    if (directive < 0) return;
    if (CONTINUES.test(text) && line < lines.length - 1) return;
    scan.directives.set(directive, scan.tokens.length - directive);
    directive = -1;
  });
  return scan;
}

function startsInComment(lines: readonly string[]): boolean {
  for (const text of lines) {
    const open = text.indexOf('/*');
    const close = text.indexOf('*/');
    if (close >= 0 && (open < 0 || close < open)) return true;
    if (open >= 0) return false;
  }
  return false;
}

/** Appends the line's tokens; returns whether a block comment is open at its end. */
function scanLine(tokens: Token[], text: string, line: number, inComment: boolean): boolean {
  let at = 0;
  let comment = inComment;
  while (at < text.length) {
    if (comment) {
      const end = text.indexOf('*/', at);
      if (end < 0) return true;
      at = end + 2;
      comment = false;
      continue;
    }
    if (/\s/.test(text[at] ?? '')) {
      at++;
      continue;
    }
    if (text.startsWith('//', at)) return false;
    if (text.startsWith('/*', at)) {
      comment = true;
      at += 2;
      continue;
    }
    WORD.lastIndex = at;
    const word = WORD.exec(text)?.[0] ?? text[at] ?? '';
    if (!(word === '\\' && text.slice(at + 1).trim() === ''))
      tokens.push({ text: word, line, start: at, end: at + word.length });
    at += word.length;
  }
  return comment;
}

const CONTROL = /^(if|while|for|switch)$/;
const NOT_A_TYPE = /^(return|else|goto|case|do|if|while|for|switch|sizeof|default|break|continue)$/;

/** Whether the tokens are the head of a function definition: `type name(parameters)` before a brace. */
export function isFunctionHeader(tokens: readonly Token[]): boolean {
  const paren = tokens.findIndex((token) => token.text === '(');
  if (paren < 2 || NOT_A_TYPE.test(tokens[0]?.text ?? '') || !isWord(tokens[paren - 1]?.text)) return false;
  return (
    tokens.slice(0, paren).every((token) => isWord(token.text) || token.text === '*') &&
    !tokens.some((t) => t.text === '=')
  );
}

/** Name of the function that a header or a prototype declares, or null. */
export function declaredName(tokens: readonly Token[]): string | null {
  const paren = tokens.findIndex((token) => token.text === '(');
  const name = paren > 0 ? tokens[paren - 1]?.text : undefined;
  return name !== undefined && isWord(name) ? name : null;
}

export function isWord(text: string | undefined): boolean {
  return text !== undefined && /^[A-Za-z_$]/.test(text);
}

type Block = { readonly kind: 'block' | 'init' | 'struct' | 'enum'; readonly opener: string };

class Cutter {
  readonly units: Unit[] = [];
  private current: Token[] = [];
  private open: string[] = [];
  private readonly blocks: Block[] = [];

  constructor(
    private readonly tokens: readonly Token[],
    private readonly directives: ReadonlyMap<number, number>,
    private readonly continued: boolean,
    private readonly macro: string | null = null,
  ) {}

  run(): Unit[] {
    for (let at = 0; at < this.tokens.length; at++) {
      const length = this.directives.get(at);
      if (length !== undefined && length > 0) {
        this.directive(this.tokens.slice(at, at + length), this.continued && at === 0);
        at += length - 1;
      } else if (this.macro !== null && this.takeStatementExpression(at)) at++;
      else this.take(this.tokens[at] as Token, this.tokens[at + 1]?.text ?? '');
    }
    this.flush('partial');
    return this.units;
  }

  private directive(tokens: readonly Token[], continued: boolean): void {
    const body = continued ? 0 : statementBody(tokens);
    if (body === null) {
      this.emit('directive', tokens);
      return;
    }
    const name = continued ? '?' : (tokens[2]?.text ?? '?');
    if (!continued) this.units.push({ kind: 'macro-head', tokens: tokens.slice(0, body), opener: '', macro: name });
    for (const unit of new Cutter(tokens.slice(body), new Map(), false, name).run()) this.units.push(unit);
  }

  /** `({` and `})` around the statements of a macro's body are braces. */
  private takeStatementExpression(at: number): boolean {
    const [token, next] = [this.tokens[at] as Token, this.tokens[at + 1]];
    if (!next || this.open.length > 0) return false;
    const block = this.blocks[this.blocks.length - 1];
    if (token.text === '(' && next.text === '{' && this.current.length === 0) {
      this.emit('open', [token, next], '({');
      this.blocks.push({ kind: 'block', opener: '({' });
    } else if (token.text === '}' && next.text === ')' && (block === undefined || block.opener === '({')) {
      this.flush('partial');
      this.blocks.pop();
      this.emit('close', [token, next], '({');
    } else return false;
    return true;
  }

  private take(token: Token, next: string): void {
    const text = token.text;
    if (this.open.length > 0) this.takeNested(token);
    else if (text === '{') this.openBrace(token);
    else if (text === '}') this.closeBrace(token, next);
    else this.takePlain(token, next);
  }

  private takePlain(token: Token, next: string): void {
    const text = token.text;
    const last = this.units[this.units.length - 1];
    if (text === ';' && this.current.length === 0 && last?.kind === 'head') {
      // `while (x);` is a whole statement.
      this.units.pop();
      this.emit('statement', [...last.tokens, token]);
      return;
    }
    this.current.push(token);
    if (text === '(' || text === '[') this.open.push(text);
    else if (text === ';') this.flush('statement');
    else if (text === ',' && this.endsElement()) this.flush('element');
    else if (text === ':') this.takeColon();
    else if ((text === 'else' && next !== 'if') || text === 'do') {
      if (this.current.length === 1) this.flush('head');
    }
  }

  private takeNested(token: Token): void {
    this.current.push(token);
    if (/^[([{]$/.test(token.text)) this.open.push(token.text);
    else if (/^[)\]}]$/.test(token.text)) this.open.pop();
    if (this.open.length === 0 && token.text === ')' && this.isHead()) this.flush('head');
  }

  private isHead(): boolean {
    const start = this.current[0]?.text === 'else' ? 1 : 0;
    const word = this.current[start]?.text ?? '';
    if (this.current[start + 1]?.text !== '(' || !(CONTROL.test(word) || LOOP_MACRO.test(word))) return false;
    // Only the parenthesis right behind the word closes the head.
    let depth = 0;
    for (let at = start + 1; at < this.current.length; at++) {
      const text = this.current[at]?.text;
      if (text === '(') depth++;
      if (text === ')' && --depth === 0) return at === this.current.length - 1;
    }
    return false;
  }

  private endsElement(): boolean {
    const block = this.blocks[this.blocks.length - 1]?.kind;
    return block === 'init' || block === 'enum' || this.current[0]?.text === '.' || this.current[0]?.text === '}';
  }

  private takeColon(): void {
    const first = this.current[0]?.text ?? '';
    const isCase = (first === 'case' || first === 'default') && !this.current.some((token) => token.text === '?');
    const inRecord = this.blocks[this.blocks.length - 1]?.kind === 'struct';
    if (isCase || (this.current.length === 2 && isWord(first) && !inRecord)) this.flush('label');
  }

  private openBrace(token: Token): void {
    const inInit = this.blocks[this.blocks.length - 1]?.kind === 'init';
    const before = this.current[this.current.length - 1]?.text ?? '';
    const texts = this.current.map((each) => each.text);
    const opener = texts.join(' ');
    if (before === '=' || (inInit && this.current.length === 0)) {
      this.current.push(token);
      this.flush('init-open');
      this.blocks.push({ kind: 'init', opener });
    } else if (texts.length > 0 && (texts.includes('=') || texts[0] === 'return' || inInit)) {
      this.current.push(token);
      this.open.push('{');
    } else if (!texts.includes('(') && texts.some((text) => /^(struct|union|enum)$/.test(text))) {
      this.current.push(token);
      this.flush('record-open');
      this.blocks.push({ kind: texts.includes('enum') ? 'enum' : 'struct', opener });
    } else {
      const header = isFunctionHeader(this.current);
      this.flush(header ? 'header' : 'head');
      const last = this.units[this.units.length - 1];
      const head = last && (last.kind === 'head' || last.kind === 'header') ? textOf(last) : '';
      this.emit('open', [token], head);
      this.blocks.push({ kind: 'block', opener: head });
    }
  }

  private closeBrace(token: Token, next: string): void {
    this.flush('element');
    const block = this.blocks.pop();
    const record = block ? block.kind !== 'block' : next === ';' || next === ',';
    if (!record) {
      this.emit('close', [token], block?.opener ?? '');
      return;
    }
    this.current.push(token);
    if (next === '}' || next === '') this.flush('record-close');
  }

  private flush(kind: UnitKind): void {
    if (this.current.length === 0) return;
    const closes = this.current[0]?.text === '}';
    const tokens = this.current;
    this.current = [];
    this.open = [];
    this.emit(closes ? 'record-close' : kind, tokens);
  }

  private emit(kind: UnitKind, tokens: readonly Token[], opener = ''): void {
    // A function that a macro defines is not one of the sources: no scope of its own.
    const own = kind === 'header' && this.macro !== null ? 'head' : kind;
    this.units.push({ kind: own, tokens, opener, macro: this.macro });
  }
}

/** The units of the lines, in order. */
export function unitsOf(lines: readonly string[], fragment = false): Unit[] {
  const { tokens, directives, continued } = tokenise(lines, fragment);
  return new Cutter(tokens, directives, continued).run();
}

/** A unit's tokens with single blanks: for comparing and for messages. */
export function textOf(unit: Unit): string {
  return unit.tokens.map((token) => token.text).join(' ');
}

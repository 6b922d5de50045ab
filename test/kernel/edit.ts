/**
 * What a seeded edit of a kernel function is, and how it is made in the text of a file. Works on C
 * tokens, so the snippets stay short and free of the kernel's white space; it knows no kernel function,
 * no patch format and no file system.
 */

/** Kernel releases that edits are made on. */
export const RELEASES = ['7.3', '7.2', '6.12'] as const;
export type Release = (typeof RELEASES)[number];

/** One edited function, with its neighbours at times: harmless when `breaks` is empty, a seeded bug else. */
export interface Edit {
  readonly id: string;
  /** The subject of the mail, with the subsystem's prefix. */
  readonly title: string;
  /** Kernel path. */
  readonly file: string;
  /** The function (or function-like macro) that is edited; or a type, as `struct x` or `enum x`. */
  readonly function: string;
  readonly changes: readonly Change[];
  /** Ids of the invariants (domain) or oracles (memory-safety, deadlock, ...) that it should break. */
  readonly breaks: readonly string[];
  /** VM types, as `--vm` names them, for which the edited code runs. */
  readonly vm: readonly string[];
  /** The kernel whose source it edits; 7.3 where none is said. */
  readonly release?: Release;
}

/** An edit that breaks something. */
export interface Bug extends Edit {
  /** What goes wrong, in one sentence. */
  readonly wrong: string;
  /** The scenario of domain.md in which it should show, where that is obvious. */
  readonly scenario?: string;
}

/** `in` names the function when it isn't the edit's own. Changes are made one after the other. */
export type Change = { readonly in?: string } & (
  | { /** a run of C tokens that occurs once in the function */ readonly find: string; readonly replace: string }
  | { /** an identifier, at all its places but members */ readonly rename: string; readonly to: string }
  | { /** text that is put above the function and its comment */ readonly insertAbove: string }
  | { /** a function before which this one and its comment are moved */ readonly moveAbove: string }
);

interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Offsets of a function: from its comment, from its first token, to after its closing brace and newline. */
interface Span {
  readonly comment: number;
  readonly start: number;
  readonly end: number;
}

const LEXEME =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|\\\n|\s+|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[A-Za-z_]\w*|\.?\d[\w.]*|->|\+\+|--|<<=?|>>=?|[-+*/%&|^=!<>]=|&&|\|\||##|\.\.\.|[^\s\w]/g;

function tokenize(text: string, from = 0): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(LEXEME)) {
    const lexeme = match[0];
    if (/^(?:\s|\\\n|\/\*|\/\/)/.test(lexeme)) continue;
    tokens.push({ text: lexeme, start: from + match.index, end: from + match.index + lexeme.length });
  }
  return tokens;
}

/** Start of the block comment that ends on the line above `offset` (a line's start), else `offset`. */
function commentAbove(source: string, offset: number): number {
  const comment = /(?:^|\n)([ \t]*\/\*(?:(?!\*\/)[\s\S])*\*\/\n)$/.exec(source.slice(0, offset));
  return comment ? offset - (comment[1] as string).length : offset;
}

function macroSpan(source: string, name: string): Span | undefined {
  const match = new RegExp(`^#define ${name}\\((?:[^\\n]*\\\\\\n)*[^\\n]*\\n`, 'm').exec(source);
  if (!match) return undefined;
  return { comment: commentAbove(source, match.index), start: match.index, end: match.index + match[0].length };
}

function typeSpan(source: string, name: string): Span | undefined {
  const match = new RegExp(`^${name} \\{\\n[\\s\\S]*?^\\};\\n`, 'm').exec(source);
  if (!match) return undefined;
  return { comment: commentAbove(source, match.index), start: match.index, end: match.index + match[0].length };
}

/**
 * Where a function or a type is defined, by the kernel's own layout: the signature starts in column 0, the body is
 * between braces in column 0. An error when there is no such function or more than one.
 */
export function findFunction(source: string, name: string): Span {
  const simple = macroSpan(source, name) ?? typeSpan(source, name);
  if (simple) return simple;
  const definition = new RegExp(
    `^(?:(?!typedef|return)[A-Za-z_][^\\n;{}()]*\\n?)?\\b${name}\\((?:[^;{}])*\\)\\n\\{\\n[\\s\\S]*?^\\}\\n`,
    'gm',
  );
  const found = [...source.matchAll(definition)];
  const [match] = found;
  if (!match || found.length > 1) throw new Error(`${found.length} definitions of ${name}()`);
  return { comment: commentAbove(source, match.index), start: match.index, end: match.index + match[0].length };
}

/** Offsets of the one place in [start, end) where the tokens of `find` stand in a row. */
function findTokens(source: string, span: Span, find: string): { start: number; end: number } {
  const wanted = tokenize(find).map((token) => token.text);
  const tokens = tokenize(source.slice(span.start, span.end), span.start);
  const places: number[] = [];
  for (let at = 0; at + wanted.length <= tokens.length; at++) {
    if (wanted.every((text, index) => tokens[at + index]?.text === text)) places.push(at);
  }
  const [place] = places;
  if (wanted.length === 0 || place === undefined || places.length > 1) {
    throw new Error(`"${find}" occurs ${places.length} times, not once`);
  }
  return { start: (tokens[place] as Token).start, end: (tokens[place + wanted.length - 1] as Token).end };
}

/** Removes a run; a run of whole lines goes with its lines, the comment above it and a blank line too many. */
function remove(source: string, run: { start: number; end: number }): string {
  const lineStart = source.lastIndexOf('\n', run.start - 1) + 1;
  const lineEnd = source.indexOf('\n', run.end) + 1;
  const rest = source.slice(lineStart, run.start) + source.slice(run.end, lineEnd);
  if (/[^\s\\]/.test(rest)) return source.slice(0, run.start) + source.slice(run.end);
  const before = source.slice(0, commentAbove(source, lineStart));
  const after = source.slice(lineEnd);
  const blank = before.endsWith('\n\n') || before.endsWith('{\n');
  if (blank && after.startsWith('\n')) return before + after.slice(1);
  return (before.endsWith('\n\n') && after.startsWith('}') ? before.slice(0, -1) : before) + after;
}

function rename(source: string, span: Span, from: string, to: string): string {
  const tokens = tokenize(source.slice(span.start, span.end), span.start);
  const places = tokens.filter(
    (token, index) => token.text === from && !['.', '->'].includes(tokens[index - 1]?.text ?? ''),
  );
  if (places.length === 0) throw new Error(`no ${from} to rename`);
  if (tokens.some((token) => token.text === to)) throw new Error(`${to} is taken`);
  return places.reduceRight((text, { start, end }) => text.slice(0, start) + to + text.slice(end), source);
}

function moveAbove(source: string, span: Span, target: string): string {
  const moved = `${source.slice(span.comment, span.end).trimEnd()}\n\n`;
  const without = source.slice(0, span.comment) + source.slice(span.end).replace(/^\n/, '');
  const { comment } = findFunction(without, target);
  return without.slice(0, comment) + moved + without.slice(comment);
}

function applyChange(source: string, name: string, change: Change): string {
  const span = findFunction(source, change.in ?? name);
  if ('insertAbove' in change) {
    return `${source.slice(0, span.comment)}${change.insertAbove.trim()}\n\n${source.slice(span.comment)}`;
  }
  if ('moveAbove' in change) return moveAbove(source, span, change.moveAbove);
  if ('rename' in change) return rename(source, span, change.rename, change.to);
  const run = findTokens(source, span, change.find);
  if (change.replace === '') return remove(source, run);
  return source.slice(0, run.start) + change.replace + source.slice(run.end);
}

/** The file's text after the edit. Throws, naming the edit, when a function or a snippet isn't there exactly once. */
export function applyEdit(source: string, edit: Edit): string {
  try {
    return edit.changes.reduce((text, change) => applyChange(text, edit.function, change), source);
  } catch (error) {
    throw new Error(`${edit.id}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

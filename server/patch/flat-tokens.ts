/**
 * C tokens of a text whose line ends may be lost, comments as words, and which `+` and `-` may have been
 * diff marks. Also reads the pre-image that a flattened hunk is compared with. Knows nothing of hunks.
 */

export interface FlatToken {
  readonly text: string;
  /** UTF-16 offset in the scanned text. */
  readonly at: number;
  readonly comment: boolean;
  readonly blankBefore: boolean;
  readonly blankAfter: boolean;
}

const CODE =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+'|[A-Za-z_]\w*|\.?\d[\w.]*|\/\*|\/\/|->|\+\+|--|<<=|>>=|[-+*/%&|^=!<>]=|&&|\|\||<<|>>|\.\.\.|\S/y;
const MAX_TOKENS = 100_000;

/** Scans `text` from `from` to `to`; an unfinished comment runs to the end. */
export function flatTokens(text: string, from = 0, to = text.length): FlatToken[] {
  const tokens: FlatToken[] = [];
  let comment: '' | 'block' | 'line' = '';
  for (let at = from; at < to && tokens.length < MAX_TOKENS; ) {
    const char = text[at] ?? '';
    if (/\s/.test(char)) {
      if (char === '\n' && comment === 'line') comment = '';
      at++;
      continue;
    }
    const word: string = comment === '' ? codeWord(text, at, to) : commentWord(text, at, to);
    const opens = comment === '' && (word === '/*' || word === '//');
    const end = at + word.length;
    tokens.push({
      text: word,
      at,
      comment: comment !== '' || opens,
      blankBefore: at === from || /\s/.test(text[at - 1] ?? ' '),
      blankAfter: end >= to || /\s/.test(text[end] ?? ' '),
    });
    if (opens) comment = word === '/*' ? 'block' : 'line';
    else if (comment === 'block' && word === '*/') comment = '';
    at = end;
  }
  return tokens;
}

function codeWord(text: string, at: number, to: number): string {
  CODE.lastIndex = at;
  const word = CODE.exec(text)?.[0] ?? text[at] ?? '';
  return at + word.length > to ? text.slice(at, to) : word;
}

function commentWord(text: string, at: number, to: number): string {
  if (text.startsWith('*/', at)) return '*/';
  let end = at + 1;
  while (end < to && !/\s/.test(text[end] ?? ' ') && !text.startsWith('*/', end)) end++;
  return text.slice(at, end);
}

/** What a `+` or `-` costs when read as a diff mark, and when read as part of the text. 9 is "can't be". */
export interface MarkCost {
  readonly mark: number;
  readonly text: number;
}

const STATEMENT_WORDS =
  /^(if|else|for|while|do|switch|case|default|return|goto|break|continue|static|struct|enum|union|const|void|bool|int|extern|inline|typedef|[{}#.]|\/\*|\/\/)$/;

/** How likely token `index` is a mark, from its neighbours; null when it is no `+` or `-` at all. */
export function markCost(tokens: readonly FlatToken[], index: number, depth: number): MarkCost | null {
  const token = tokens[index];
  if (!token || (token.text !== '+' && token.text !== '-') || !token.blankBefore) return null;
  const before = tokens[index - 1];
  const after = tokens[index + 1];
  if (token.comment) {
    const starred = after !== undefined && (after.text === '*' || after.text === '*/');
    return starred ? { mark: 0, text: 6 } : { mark: 3, text: 0 };
  }
  if (!after) return { mark: 1, text: 3 };
  if (STATEMENT_WORDS.test(after.text)) return { mark: 0, text: 9 };
  if (before === undefined || /^([;{}:]|\*\/)$/.test(before.text)) return { mark: 0, text: 5 };
  if (/^(,|&&|\|\||\(|\?)$/.test(before.text)) return token.blankAfter ? { mark: 0.2, text: 3 } : { mark: 4, text: 0 };
  if (!token.blankAfter) return /^(return|=|case)$/.test(before.text) ? { mark: 6, text: 0 } : { mark: 1, text: 2 };
  return depth > 0 ? { mark: 3, text: 0 } : { mark: 0.5, text: 1.5 };
}

/**
 * Parenthesis depth before each token; a depth below zero (the text starts inside a call) counts as zero.
 * Tokens before `start` are a section heading, which may be cut off inside its parentheses: they don't count.
 */
export function parenDepths(tokens: readonly FlatToken[], start = 0): number[] {
  let depth = 0;
  return tokens.map((token, index) => {
    const here = depth;
    if (index < start) return 0;
    if (!token.comment && (token.text === '(' || token.text === '[')) depth++;
    if (!token.comment && (token.text === ')' || token.text === ']')) depth = Math.max(0, depth - 1);
    return here;
  });
}

/**
 * Whether a line of kernel style ends behind token `index`. `head` tells that the parenthesis that closes
 * here opened behind `if`, `for`, `while` or `switch`.
 */
export function endsLine(tokens: readonly FlatToken[], index: number, depthBefore: number, head: boolean): boolean {
  const token = tokens[index];
  const after = tokens[index + 1];
  if (!token || !after) return true;
  if (token.comment) return token.text === '*/';
  if (token.text === ')' && depthBefore === 1 && head) return after.text !== '{';
  if (depthBefore > 0) return false;
  if (token.text === ';' || token.text === '{') return true;
  if (token.text === '}') return !/^(else|while|;|,)$/.test(after.text);
  if (token.text === ',') return after.text === '.';
  return token.text === 'else' && after.text !== 'if' && after.text !== '{';
}

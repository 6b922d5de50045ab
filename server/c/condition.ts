/**
 * The value of a `#if` expression whose macros are already expanded. 64-bit arithmetic; identifiers
 * that are left count as 0, as C says. Knows no macros.
 */

import type { PPToken } from './pp-token';

const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** Value of a character constant such as `'a'` or `'\n'`; null when it is not one. */
export function charValue(text: string): number | null {
  const body = /^(?:u8|[LuU])?'([\s\S]*)'$/.exec(text)?.[1];
  if (body === undefined) return null;
  const bytes = unescapeBytes(body);
  if (bytes.length === 0 || bytes.length > 4) return null;
  if (bytes.length === 1) return ((bytes[0] as number) << 24) >> 24;
  return bytes.reduce((v, b) => (v << 8) | b, 0);
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, 0: 0, a: 7, b: 8, f: 12, v: 11, e: 27 };

/** Bytes of a literal's body: escapes resolved, other text in UTF-8. */
export function unescapeBytes(body: string): number[] {
  const out: number[] = [];
  const pattern = /\\x([0-9a-fA-F]+)|\\([0-7]{1,3})|\\(\r?\n)|\\([\s\S])|([^\\]+)/g;
  for (const m of body.matchAll(pattern)) {
    if (m[1] !== undefined) out.push(Number.parseInt(m[1].slice(-2), 16));
    else if (m[2] !== undefined) out.push(Number.parseInt(m[2], 8) & 255);
    else if (m[4] !== undefined) out.push(ESCAPES[m[4]] ?? m[4].charCodeAt(0) & 255);
    else if (m[5] !== undefined) for (const byte of new TextEncoder().encode(m[5])) out.push(byte);
  }
  return out;
}

/** An integer constant's value and suffix; null for a floating or malformed one. */
export function integerValue(text: string): { value: bigint; suffix: string; decimal: boolean } | null {
  const m = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)([uUlL]*)$/.exec(text);
  if (!m?.[1]) return null;
  const octal = /^0[0-9]/.test(m[1]);
  if (octal && /[89]/.test(m[1])) return null;
  const value = BigInt(octal ? `0o${m[1].slice(1)}` : m[1]);
  return { value, suffix: (m[2] ?? '').toLowerCase(), decimal: !/^0./.test(m[1]) };
}

class Evaluator {
  private at = 0;
  private depth = 0;
  constructor(private readonly tokens: readonly PPToken[]) {}

  private peek(): string {
    return this.tokens[this.at]?.text ?? '';
  }

  private take(text: string): boolean {
    if (this.peek() !== text) return false;
    this.at++;
    return true;
  }

  private primary(): bigint {
    if (++this.depth > 500) throw new Error('it nests too deeply');
    const token = this.tokens[this.at++];
    let value = 0n;
    if (!token) throw new Error('it ends early');
    if (token.text === '(') {
      value = this.conditional();
      if (!this.take(')')) throw new Error('a parenthesis is missing');
    } else if (token.text === '!') value = this.primary() === 0n ? 1n : 0n;
    else if (token.text === '-') value = BigInt.asIntN(64, -this.primary());
    else if (token.text === '+') value = this.primary();
    else if (token.text === '~') value = BigInt.asIntN(64, ~this.primary());
    else if (token.kind === 'number') {
      const number = integerValue(token.text);
      if (!number) throw new Error(`'${token.text}' is not an integer`);
      value = number.value;
    } else if (token.kind === 'char') value = BigInt(charValue(token.text) ?? 0);
    else if (token.kind === 'ident') value = this.identifier();
    else throw new Error(`'${token.text}' is unexpected`);
    this.depth--;
    return value;
  }

  /** An identifier is 0; a call of an undefined function-like macro is a mistake of the header's. */
  private identifier(): bigint {
    if (this.peek() === '(') throw new Error('it calls something that is not a macro');
    return 0n;
  }

  private binary(level: number): bigint {
    const operators = LEVELS[level];
    if (!operators) return this.primary();
    let left = this.binary(level + 1);
    for (let op = this.peek(); operators.includes(op); op = this.peek()) {
      this.at++;
      left = apply(op, left, this.binary(level + 1));
    }
    return left;
  }

  conditional(): bigint {
    if (++this.depth > 500) throw new Error('it nests too deeply');
    const test = this.binary(0);
    this.depth--;
    if (!this.take('?')) return test;
    const yes = this.conditional();
    if (!this.take(':')) throw new Error("a ':' is missing");
    const no = this.conditional();
    return test !== 0n ? yes : no;
  }

  value(): bigint {
    const value = this.conditional();
    if (this.at < this.tokens.length) throw new Error(`'${this.peek()}' is unexpected`);
    return value;
  }
}

function apply(op: string, a: bigint, b: bigint): bigint {
  const truth = (x: boolean): bigint => (x ? 1n : 0n);
  switch (op) {
    case '||':
      return truth(a !== 0n || b !== 0n);
    case '&&':
      return truth(a !== 0n && b !== 0n);
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '&':
      return a & b;
    case '==':
      return truth(a === b);
    case '!=':
      return truth(a !== b);
    case '<':
      return truth(a < b);
    case '>':
      return truth(a > b);
    case '<=':
      return truth(a <= b);
    case '>=':
      return truth(a >= b);
    case '<<':
      return BigInt.asIntN(64, a << (b & 63n));
    case '>>':
      return a >> (b & 63n);
    case '+':
      return BigInt.asIntN(64, a + b);
    case '-':
      return BigInt.asIntN(64, a - b);
    case '*':
      return BigInt.asIntN(64, a * b);
    default:
      // A division by zero in the arm that short circuit drops is legal; its value doesn't matter.
      if (b === 0n) return 0n;
      return op === '/' ? a / b : a % b;
  }
}

/** Value of the expression; throws an Error with the reason when it is malformed. */
export function evaluateCondition(tokens: readonly PPToken[]): bigint {
  return new Evaluator(tokens).value();
}

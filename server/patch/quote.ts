/** The marks that replies put before quoted lines (`> `, at any depth), or the indentation a whole diff stands at. */

import { dropStart, type TextLine } from './text-line';

/** How deep a line is quoted, and whether a blank follows the last mark. */
export interface Quote {
  readonly depth: number;
  readonly blank: boolean;
  /** Indentation before an unquoted diff. */
  readonly indent: string;
}

const NO_QUOTE: Quote = { depth: 0, blank: false, indent: '' };
const MARKS = /^(?:> ?)+/;

/** The quoting of a diff's header line, to be taken off every line that belongs to the diff. */
export function quoteOf(text: string): Quote {
  if (text.startsWith('>From ')) return NO_QUOTE;
  const marks = MARKS.exec(text)?.[0] ?? '';
  if (marks !== '') return { depth: marks.replace(/ /g, '').length, blank: marks.endsWith(' '), indent: '' };
  return { depth: 0, blank: false, indent: /^[ \t]*/.exec(text)?.[0] ?? '' };
}

/** The line without the quoting, or null when it isn't quoted that deep (a reviewer's remark inside a quoted diff). */
export function unquote(line: TextLine, quote: Quote): TextLine | null {
  if (quote.depth === 0) {
    if (quote.indent === '' || line.text.trim() === '')
      return quote.indent === '' ? line : dropStart(line, line.text.length);
    return line.text.startsWith(quote.indent) ? dropStart(line, quote.indent.length) : null;
  }
  let at = 0;
  for (let depth = 1; depth <= quote.depth; depth++) {
    if (line.text[at] !== '>') return null;
    at++;
    if (line.text[at] === ' ' && (depth < quote.depth || quote.blank)) at++;
  }
  return dropStart(line, at);
}

/** How many units of quoting stand before prose. */
export function quoteLength(text: string): number {
  if (text.startsWith('>From ')) return 1;
  return MARKS.exec(text)?.[0].length ?? 0;
}

/**
 * Says for each unit which function, struct or enum it stands in. In a hunk the state at the start comes
 * from the section heading, and the end of a function from a brace in the first column.
 */

import { declaredName, isWord, type Unit } from './statements';

/**
 * `fn name`, `struct name`, `enum name`, `macro name`; null at file scope; '?' (or `macro ?`) where the
 * hunk doesn't tell.
 */
export type Scope = string | null;

/** A heading that is a whole declaration, or begins an initialised object: what follows it is in no function. */
const AT_FILE_SCOPE = /^[A-Za-z_](?:[^{}]*;|[^;{}]*=\s*\{)\s*$/;

/** The scope that git's section heading names; '?' for a heading that tells nothing. */
export function scopeOfHeading(heading: string): Scope {
  const record = /^(?:typedef\s+)?(struct|union|enum)\s+(\w+)\s*\{/.exec(heading);
  if (record) return `${record[1]} ${record[2]}`;
  if (AT_FILE_SCOPE.test(heading)) return null;
  const name = /^[A-Za-z_][\w\s*]*?[\s*](\w+)\s*\(/.exec(heading)?.[1];
  return name === undefined ? '?' : `fn ${name}`;
}

interface Options {
  readonly start: Scope;
  /** Whether a `}` in the first column means the end of a function (not where an archive stripped blanks). */
  readonly columns: boolean;
  /** The macro that the first units stand in, where it is known. */
  readonly macro?: string | null;
}

/** One scope per unit. A function's head and its last brace belong to it; so do a record's. */
export function scopesOf(units: readonly Unit[], lines: readonly string[], options: Options): Scope[] {
  let scope = options.start;
  let depth = 0;
  let known = options.start === null;
  return units.map((unit, index) => {
    if (unit.macro === '?') {
      // The rest of a macro: what follows stands behind it.
      scope = null;
      known = true;
    }
    if (unit.macro !== null) return `macro ${unit.macro === '?' ? (options.macro ?? '?') : unit.macro}`;
    if (unit.kind === 'header' && (scope === null || !known || startsLine(unit, lines) || !options.columns)) {
      scope = `fn ${declaredName(unit.tokens) ?? '?'}`;
      depth = 0;
      known = true;
    } else if (unit.kind === 'record-open' && (scope === null || (startsLine(unit, lines) && options.columns))) {
      scope = recordName(unit);
      depth = 0;
      known = true;
    }
    const here = scope;
    if (unit.kind === 'open' || unit.kind === 'init-open' || unit.kind === 'record-open') depth++;
    if (unit.kind === 'close' || unit.kind === 'record-close') depth--;
    if (endsScope(unit, lines, options, known, depth, units[index + 1])) {
      scope = null;
      depth = 0;
      known = true;
    }
    return here;
  });
}

function endsScope(
  unit: Unit,
  lines: readonly string[],
  options: Options,
  known: boolean,
  depth: number,
  next: Unit | undefined,
): boolean {
  if (unit.kind !== 'close' && unit.kind !== 'record-close') return false;
  if (known && depth <= 0) return true;
  if (options.columns) return startsLine(unit, lines);
  return next?.kind === 'header' || /^EXPORT_SYMBOL/.test(next?.tokens[0]?.text ?? '');
}

function startsLine(unit: Unit, lines: readonly string[]): boolean {
  const first = unit.tokens[0];
  return first !== undefined && first.start === 0 && lines[first.line] !== undefined;
}

function recordName(unit: Unit): Scope {
  const at = unit.tokens.findIndex((token) => /^(struct|union|enum)$/.test(token.text));
  const tag = unit.tokens[at + 1]?.text;
  return isWord(tag) ? `${unit.tokens[at]?.text} ${tag}` : '?';
}

/**
 * What identifies a unit at file scope: `define X`, `proto f`, else its text. Two such units are the same
 * only if this is the same.
 */
export function fileScopeKey(unit: Unit): string {
  if (unit.kind === 'directive') {
    const texts = unit.tokens.map((token) => token.text);
    return texts[1] === 'define' ? `define ${texts[2]}` : texts.join(' ');
  }
  if (/^EXPORT_SYMBOL/.test(unit.tokens[0]?.text ?? '')) return `export ${unit.tokens[2]?.text}`;
  const name = declaredName(unit.tokens);
  if (name && unit.tokens[unit.tokens.length - 1]?.text === ';') return `proto ${name}`;
  return unit.tokens.map((token) => token.text).join(' ');
}

/** The headers and the builtins say the same: what is declared without a body is answered. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { noEffect } from '../../../model/builtins/no-effect';
import { builtins } from '../../../model/builtins/registry';
import { watchedCalls } from '../../../model/builtins/watched-calls';

const HEADERS = ['prelude.h', 'machine.h', 'seamcall.h'];
/** The C engine lowers these itself. */
const WORDS = new Set(['__read_once', '__write_once', '__xchg', '__cmpxchg', '__fetch_add']);

/** Names declared as functions and not defined, by reading declarations at file scope. */
function declared(header: string): string[] {
  const text = readFileSync(new URL(`../../../model/builtins/${header}`, import.meta.url), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\\\n/g, ' ')
    .replace(/^[ \t]*#.*$/gm, ' ')
    .replace(/static inline[^{;]*\{[\s\S]*?\n?\}(?=\s*\n)/g, ' ');
  const names: string[] = [];
  for (const statement of text.split(';')) {
    const match = /^\s*(?:const )?(?:unsigned |struct )?\w+[\s*]+(\w+)\s*\(/.exec(statement.replace(/^[\s}]*/, ''));
    if (match && !statement.includes('{')) names.push(match[1]!);
  }
  return names;
}

describe('headers', () => {
  it.each(HEADERS)('%s declares only what is answered', (header) => {
    const names = declared(header);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((n) => !builtins.has(n) && !noEffect.has(n) && !WORDS.has(n))).toEqual([]);
  });

  it('no name is both answered and skipped, or watched and answered', () => {
    expect([...builtins.keys()].filter((n) => noEffect.has(n) || watchedCalls.has(n))).toEqual([]);
  });

  it('every scheduling point can say what it does', () => {
    expect([...builtins.values()].filter((b) => b.point && !b.describe).map((b) => b.name)).toEqual([]);
  });
});

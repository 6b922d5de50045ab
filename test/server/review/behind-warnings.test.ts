import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CParser, compile, createParser } from '../../../server/c/index';
import { behindWarnings } from '../../../server/review/behind-warnings';

describe('what runs only once a WARN has fired', () => {
  let parser: CParser;
  beforeAll(async () => {
    parser = await createParser('native');
  });

  /** Lines (from 1) of a function's body of which every step is behind a WARN. */
  function behind(...body: readonly string[]): number[] {
    const text = `#include "prelude.h"\nint f(int x)\n{\n${body.join('\n')}\nreturn 0;\n}\n`;
    const include = (name: string) => ({ path: name, text: readFileSync(`model/builtins/${name}`, 'utf8') });
    const program = compile({ units: [{ path: 'a.c', text }], include, defines: {} }, parser);
    const code = program.functions.f;
    if (code === undefined) throw new Error('the function was not compiled');
    const found = behindWarnings(code);
    const lines = code.steps.map((step) => (program.origins[step.at]?.line ?? 0) - 3);
    const open = new Set(lines.filter((_, pc) => !found.has(pc)));
    return [...new Set(lines)].filter((line) => !open.has(line)).sort((a, b) => a - b);
  }

  it('is what its condition guards, however it is asked', () => {
    expect(behind('if (WARN_ON_ONCE(x > 3))', 'return -5;', 'x++;')).toEqual([2]);
    expect(behind('if (unlikely(WARN_ON(!x))) {', 'x = 7;', 'return x;', '}')).toEqual([2, 3]);
    expect(behind('if (!WARN_ON(x)) {', 'x = 7;', '} else {', 'x = 8;', '}')).toEqual([4]);
    expect(behind('if (x == 1 || WARN_ON(x == 2))', 'return 3;')).toEqual([]);
    expect(behind('if (x == 1 && WARN_ON(x == 2))', 'return 3;')).toEqual([2]);
  });

  it('is what follows a WARN without a condition', () => {
    expect(behind('if (x) {', 'x = 1;', 'WARN_ON(1);', 'return 4;', '}')).toEqual([4]);
    expect(behind('switch (x) {', 'case 1:', 'BUG();', 'return 4;', '}')).toContain(4);
  });

  it('is nothing where the WARN stands for itself, or where its condition was stored and changed', () => {
    expect(behind('WARN_ON(x == 2);', 'x++;')).toEqual([]);
    expect(behind('int bad = WARN_ON(x);', 'bad = x & 1;', 'if (bad)', 'return 1;')).toEqual([]);
    expect(behind('if (x)', 'return 4;')).toEqual([]);
  });
});

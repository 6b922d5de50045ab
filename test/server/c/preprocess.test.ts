import { describe, expect, it } from 'vitest';
import { preprocess } from '../../../server/c/preprocess';

const LIMITS = { tokens: 100_000, depth: 20, expansions: 10_000 };

function run(text: string, files: Record<string, string> = {}, limits = LIMITS) {
  const include = (name: string) => (files[name] === undefined ? null : { path: name, text: files[name] });
  return preprocess({ units: [{ path: 'a.c', text }], include, defines: { CONFIG_X: '1' }, limits });
}

const text = (source: string, files: Record<string, string> = {}): string =>
  run(source, files)
    .tokens.map((t) => t.text)
    .join(' ');

describe('macros', () => {
  it.each([
    ['#define A 1\nA B', '1 B'],
    ['#define F(x) <x>\nF(a b) F F (c)', '< a b > F < c >'],
    ['#define F(x, y) x##y\nF(a, b) F(, c) F(d,)', 'ab c d'],
    ['#define S(x) #x\nS(a  "b\\n" + 1)', '"a \\"b\\\\n\\" + 1"'],
    ['#define P(f, ...) f(__VA_ARGS__)\nP(g) P(g, 1, (2, 3))', 'g ( ) g ( 1 , ( 2 , 3 ) )'],
    ['#define P(f, a...) f(0, ## a)\nP(g) P(g, 1, 2)', 'g ( 0 ) g ( 0 , 1 , 2 )'],
    ['#define P(f, ...) f(0 __VA_OPT__(, x) __VA_ARGS__)\nP(g) P(g, 1)', 'g ( 0 ) g ( 0 , x 1 )'],
    ['#define x x + y\n#define y x * 2\nx', 'x + x * 2'],
    ['#define f(a) a * g\n#define g f\nf(2)(9)', '2 * f ( 9 )'],
    ['#define CAT(a, b) a ## b\n#define AB 7\nCAT(A, B)', '7'],
    ['#define X(a) [a]\n#define E\nX(E) X()', '[ ] [ ]'],
    ['#define U(p) CAT2(p, __COUNTER__)\n#define CAT2(a, b) CAT3(a, b)\n#define CAT3(a, b) a##b\nU(n) U(n)', 'n0 n1'],
    ['#define A(x) x\nA(\n#ifdef CONFIG_X\n1\n#else\n2\n#endif\n)', '1'],
  ])('%s', (source, expected) => {
    expect(text(source)).toBe(expected);
  });

  it('gives body tokens the line of the call and leaves arguments their own', () => {
    const { tokens } = run('#define F(a, b) x + a + b\n\nF(1,\n  2)');
    expect(tokens.map((t) => `${t.text}:${t.line}`).join(' ')).toBe('x:3 +:3 1:3 +:3 2:4');
  });
});

describe('conditions', () => {
  it.each([
    ['#if 1 + 1 == 2 && defined(CONFIG_X) && !defined CONFIG_Y\nyes\n#else\nno\n#endif', 'yes'],
    ['#if 0\n#if 1\na\n#else\nb\n#endif\n#elif 2 > 1\nc\n#else\nd\n#endif', 'c'],
    ['#ifdef CONFIG_X\na\n#elif 1 / 0\nb\n#endif', 'a'],
    ['#if -1 > 0u ? 0 : 1\na\n#endif', 'a'],
    ["#if 'a' == 97 && 0x10 == 020 && (1 << 4) == 16\na\n#endif", 'a'],
    ['#if __has_attribute(cold) || defined(__x86_64__)\na\n#endif', 'a'],
    ['#ifndef CONFIG_X\na\n#endif b', 'b'.slice(1)],
  ])('%s', (source, expected) => {
    expect(text(source)).toBe(expected);
  });

  it('says where a condition is wrong, and goes on', () => {
    const result = run('#if 1 +\na\n#endif\nb\n#endif\n#if 1\nc');
    expect(result.tokens.map((t) => t.text)).toEqual(['b', 'c']);
    expect(result.problems.map((p) => `${p.line}: ${p.why}`)).toEqual([
      '1: #if cannot be evaluated: it ends early',
      '5: #endif without #if',
      '6: #if without #endif',
    ]);
  });
});

describe('includes', () => {
  it('reads a guarded header once and a missing one not at all', () => {
    const files = { 'h.h': '#ifndef H\n#define H\nint h;\n#endif\n', 'o.h': '#pragma once\nint o;' };
    const result = run(
      '#include "h.h"\n#include <h.h>\n#include "o.h"\n#include "o.h"\n#include "none.h"\nint a;',
      files,
    );
    expect(result.tokens.map((t) => `${t.file.path}:${t.text}`)).toEqual([
      'h.h:int',
      'h.h:h',
      'h.h:;',
      'o.h:int',
      'o.h:o',
      'o.h:;',
      'a.c:int',
      'a.c:a',
      'a.c:;',
    ]);
    expect(result.problems.map((p) => p.why)).toEqual(['header none.h was not found']);
  });

  it('stops at its bounds', () => {
    expect(run('#include "r.h"', { 'r.h': '#include "r.h"\n' }).problems[0]?.why).toContain('nests too deeply');
    const bomb = Array.from({ length: 30 }, (_, i) => `#define A${i + 1} A${i} A${i}`).join('\n');
    expect(run(`#define A0 x\n${bomb}\nA30`).problems[0]?.why).toContain('preprocessing stopped');
  });
});

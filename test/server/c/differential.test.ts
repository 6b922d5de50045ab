/**
 * The engine against the system's C compiler: generated expressions and programs, and small programs
 * written for the constructs that a generator rarely hits, must give the same results.
 */

import { describe, expect, it } from 'vitest';
import type { Program } from '../../../model/execute/program';
import { runFunction } from '../../../model/execute/run-function';
import { hasCompiler, program, runNative } from './compiler';
import { Generator, PREAMBLE, random } from './generate';
import { PROGRAMS } from './programs';

const SEED = Number(process.env.C_SEED ?? 20_261_121);
const ARGUMENTS: readonly (readonly [bigint, bigint, bigint])[] = [
  [0n, 1n, 2n],
  [0xffffffffffffffffn, 0x80000000n, 12345n],
  [0x8000000000000001n, 0x7fffffffn, 0xdeadbeefcafebaben],
];

function nativeMain(names: readonly string[]): string {
  const calls = names.flatMap((n) =>
    ARGUMENTS.map((a) => `printf("%llu\\n", ${n}(${a.map((v) => `${v}ULL`).join(', ')}));`),
  );
  return `int printf(const char *, ...);\nint main(void) {\n${calls.join('\n')}\nreturn 0;\n}\n`;
}

function runOurs(compiled: Program, names: readonly string[]): string[] {
  return names.flatMap((name) =>
    ARGUMENTS.map((args) => {
      const run = runFunction(compiled, name, args);
      return run.stopped ? `${run.stopped.message} (line ${run.stopped.line})` : String(run.value);
    }),
  );
}

async function compare(functions: readonly { name: string; text: string }[], preamble: string): Promise<void> {
  const text = `${preamble}\n${functions.map((f) => f.text).join('\n')}\n`;
  const names = functions.map((f) => f.name);
  const compiled = await program(text);
  expect(compiled.problems).toEqual([]);
  const expected = runNative(text + nativeMain(names));
  const got = runOurs(compiled, names);
  const wrong = functions.filter((_, i) =>
    ARGUMENTS.some((_a, j) => expected[i * ARGUMENTS.length + j] !== got[i * ARGUMENTS.length + j]),
  );
  if (wrong.length === 0) return;
  const i = functions.indexOf(wrong[0] as (typeof functions)[number]);
  const [from, to] = [i * ARGUMENTS.length, (i + 1) * ARGUMENTS.length];
  expect.fail(
    `seed ${SEED}: ${wrong.length} of ${functions.length} differ; the first:\n${wrong[0]?.text}\n` +
      `cc:   ${expected.slice(from, to).join(' ')}\nours: ${got.slice(from, to).join(' ')}`,
  );
}

describe.skipIf(!hasCompiler)(`against the system's C compiler (skipped where there is no cc), seed ${SEED}`, () => {
  it('agrees on 400 generated expressions', async () => {
    const generator = new Generator(random(SEED));
    const functions = Array.from({ length: 400 }, (_, i) => ({
      name: `e${i}`,
      text: generator.expressionFunction(`e${i}`),
    }));
    await compare(functions, PREAMBLE);
  }, 300_000);

  it('agrees on 120 generated programs', async () => {
    const generator = new Generator(random(SEED + 1));
    const functions = Array.from({ length: 120 }, (_, i) => ({ name: `f${i}`, text: generator.function(`f${i}`, 12) }));
    await compare(functions, PREAMBLE);
  }, 300_000);

  for (const p of PROGRAMS) {
    it(`agrees on ${p.title}`, async () => {
      await compare([{ name: 'f', text: p.text }], 'typedef unsigned long long u64t; typedef unsigned int u32t;');
    }, 120_000);
  }
});

/** Compiles C texts for tests: with the engine, and with the system's C compiler where there is one. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../../../model/execute/program';
import { type CompileInput, type CParser, compile, createParser, type LoweringCache } from '../../../server/c/index';

let native: Promise<CParser> | null = null;

export function nativeParser(): Promise<CParser> {
  native ??= createParser('native');
  return native;
}

/** Compile one text as `test.c`; `files` are the headers that it may include. */
export async function program(
  text: string,
  options: { files?: Record<string, string>; parser?: CParser; cache?: LoweringCache } & Partial<CompileInput> = {},
): Promise<Program> {
  const parser = options.parser ?? (await nativeParser());
  const include = (name: string): { path: string; text: string } | null => {
    const found = options.files?.[name];
    return found === undefined ? null : { path: name, text: found };
  };
  const input: CompileInput = { defines: {}, include, ...options, units: [{ path: 'test.c', text }] };
  return compile(input, parser, options.cache);
}

export const hasCompiler = spawnSync('cc', ['--version']).status === 0;

/** Compile with the system's compiler, run, and return the lines printed. */
export function runNative(text: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'c-engine-'));
  try {
    const source = join(folder, 'main.c');
    const binary = join(folder, 'main');
    writeFileSync(source, text);
    execFileSync('cc', ['-w', '-O0', '-fwrapv', '-fno-strict-aliasing', '-std=gnu11', '-o', binary, source]);
    return execFileSync(binary, { encoding: 'utf8', maxBuffer: 1 << 26 })
      .trimEnd()
      .split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The reference KVM, its headers and the scenario drivers compile without a problem. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compile } from '../../../server/c/index';
import { nativeParser } from './compiler';

const ROOT = join(import.meta.dirname, '../../../model');
const FOLDERS = ['reference', 'edge', 'builtins', 'scenarios'];

const all = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => ({ path: `model/${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), 'utf8') })),
);
const include = (name: string) => all.find(({ path }) => path.endsWith(`/${name.replace(/^.*\//, '')}`)) ?? null;
const reference = all.filter((s) => /(reference|edge)\/.*\.c$/.test(s.path));
const drivers = all.filter((s) => /scenarios\/.*\.c$/.test(s.path));

it('has no problem in any file', async () => {
  const made = compile({ units: [...reference, ...drivers], include, defines: {} }, await nativeParser());
  const where = made.problems.map((p) => `${made.files[p.file]}:${p.line}: ${p.function}: ${p.why}`);
  expect(where).toEqual([]);
  expect(Object.keys(made.functions).length).toBeGreaterThan(500);
}, 60_000);

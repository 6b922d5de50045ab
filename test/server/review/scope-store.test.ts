import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Program } from '../../../model/execute/program';
import { type CParser, createParser, LoweringCache, type ScopeStore } from '../../../server/c/index';
import { keptUnit, readUnit } from '../../../server/c/unit';
import { keepValue } from '../../../server/cache/kept-files';
import { loadReference, type Reference } from '../../../server/kernel/reference';
import { compileReference } from '../../../server/review/compile';
import type { Overrides } from '../../../server/review/jobs';
import { scopeStore } from '../../../server/review/scope-store';
import { freshFolder } from '../kernel/tree/kernel-repository';

const GMEM = 'model/reference/guest_memfd.c';
const HOST = 'model/reference/kvm_host.h';

/** A store that remembers which steps it handed out and how often it was asked to write. */
function watched(store: ScopeStore) {
  const handed = new Set<unknown>();
  const saved: number[] = [];
  const watching: ScopeStore = {
    load(key) {
      const found = store.load(key);
      for (const { code } of found?.functions.values() ?? []) handed.add(code.steps);
      return found;
    },
    save(key, lowered) {
      saved.push(lowered.functions.size);
      store.save(key, lowered);
    },
  };
  return { handed, saved, watching };
}

describe('scopes that are kept', () => {
  let reference: Reference;
  let parser: CParser;
  let folder: string;
  let first: Program;
  beforeAll(async () => {
    [reference, parser] = await Promise.all([loadReference(process.cwd()), createParser('native')]);
    folder = join(freshFolder(), 'lowered');
    first = compiled({}).program;
  });

  function compiled(overrides: Overrides, engine = 'engine', at = folder) {
    const { watching, handed, saved } = watched(scopeStore(at, engine));
    const program = compileReference(reference, overrides, parser, new LoweringCache(watching));
    const all = Object.values(program.functions);
    const lowered = all.filter(({ steps }) => !handed.has(steps)).map(({ name }) => name);
    return { program, lowered, saved, all: all.length };
  }

  const fresh = (overrides: Overrides): Program => compileReference(reference, overrides, parser, new LoweringCache());

  const edited = (path: string, from: string, to: string): Overrides => {
    const text = reference.files.get(path) ?? '';
    expect(text).toContain(from);
    return { [path]: text.replace(from, to) };
  };

  it('make the same program of the reference, in another process, without lowering any', () => {
    const { program, lowered, saved } = compiled({});
    expect(lowered).toEqual([]);
    expect(saved).toEqual([]);
    expect(program).toEqual(first);
    expect(program).toEqual(fresh({}));
  });

  it('leave one to lower after a change of one function, its strings and statics included', () => {
    const change = edited(
      GMEM,
      '	pgoff_t end = (offset + len) >> PAGE_SHIFT;\n',
      '	static int calls = 3; pgoff_t end = (offset + "text"[calls++]) >> PAGE_SHIFT;\n',
    );
    const { program, lowered, saved } = compiled(change);
    expect(lowered).toEqual(['kvm_gmem_punch_hole']);
    expect(saved).toEqual([]);
    expect(shown(program)).toEqual(shown(fresh(change)));
    const before = compiled({}).program;
    expect(Object.keys(program.globals).length).toBe(Object.keys(before.globals).length + 2);
  });

  it('are lowered anew after a change of a struct, and kept beside the others', () => {
    const change = edited(HOST, 'struct kvm_gfn_range {\n', 'struct kvm_gfn_range {\n	u64 added;\n');
    const { program, lowered, saved, all } = compiled(change);
    expect(lowered).toHaveLength(all);
    expect(saved).toEqual([all]);
    expect(program).toEqual(fresh(change));
    expect(compiled(change).lowered).toEqual([]);
    expect(compiled({}).lowered).toEqual([]);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('are not read by another engine, which keeps its own', () => {
    const other = join(freshFolder(), 'lowered');
    const { all } = compiled({}, 'engine', other);
    expect(compiled({}, 'another', other).lowered).toHaveLength(all);
    expect(readdirSync(other)).toHaveLength(2);
    expect(compiled({}, 'engine', other).lowered).toEqual([]);
  });

  it('are as none where their file is broken, and are made anew', () => {
    const other = join(freshFolder(), 'lowered');
    compiled({}, 'engine', other);
    const [name = ''] = readdirSync(other);
    const whole = readFileSync(join(other, name));
    const half = Math.floor(whole.length / 2);
    for (const damage of [
      () => writeFileSync(join(other, name), whole.subarray(0, half)),
      () => writeFileSync(join(other, name), whole.fill((whole[half] ?? 0) ^ 1, half, half + 1)),
      () => writeFileSync(join(other, name), 'x'),
      () => keepValue(join(other, name), { functions: [], origins: 1 }),
    ]) {
      damage();
      const { program, lowered, all } = compiled({}, 'engine', other);
      expect(lowered).toHaveLength(all);
      expect(program).toEqual(first);
      expect(compiled({}, 'engine', other).lowered).toEqual([]);
    }
  });

  it('are none where nothing can be written', () => {
    const file = join(freshFolder(), 'a-file');
    writeFileSync(file, 'x');
    for (let time = 0; time < 2; time++) {
      const { program, lowered, all } = compiled({}, 'engine', join(file, 'lowered'));
      expect(lowered).toHaveLength(all);
      expect(program).toEqual(first);
    }
  });

  it('are bounded in number: the least recently used go', () => {
    const other = freshFolder();
    const store = scopeStore(other, 'engine');
    const unit = keptUnit(readUnit(parser, [], []));
    for (let at = 0; at < 30; at++) store.save(`key ${at}`, { unit, functions: new Map(), origins: at });
    const kept = readdirSync(other).length;
    expect(kept).toBeLessThan(30);
    expect(store.load('key 29')?.origins).toBe(29);
    mkdirSync(join(other, 'folder'));
    store.save('key 31', { unit, functions: new Map(), origins: 31 });
    expect(store.load('key 31')?.origins).toBe(31);
  });
});

/** A program without the numbers of origins: with the places themselves. */
function shown({ functions, origins, files, ...rest }: Program) {
  const place = (at: number): string => `${files[origins[at]?.file ?? -1]}:${origins[at]?.line}`;
  const all = Object.entries(functions).map(([name, code]) => [
    name,
    { ...code, steps: code.steps.map((step) => ({ ...step, at: place(step.at) })) },
  ]);
  return { ...rest, files, functions: Object.fromEntries(all) };
}

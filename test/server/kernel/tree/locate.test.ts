import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LocatedPatch, openLocator, type PatchToLocate, type Where } from '../../../../server/kernel/tree/locate';
import { TreeError } from '../../../../server/kernel/tree/source';
import {
  commit,
  freshFolder,
  git,
  gitWith,
  HEADER,
  hasGit,
  MMU,
  MMU_TEXT,
  patch,
  repository,
  TDP,
  TDP_TEXT,
  TREE,
  write,
} from './kernel-repository';

/** The change of the patches here, and what else may happen to the file. */
const change = (text: string) => text.replace('return x + 15;', 'return x - 15;');
const moved = (text: string) => `int first;\nint second;\n${text}`;
const otherwise = (text: string) => text.replace('return x + 15;', 'return 15 * x;');

async function locate(
  where: Where,
  patchToLocate: PatchToLocate,
  overlay?: ReadonlyMap<string, string | null>,
): Promise<LocatedPatch> {
  const locator = await openLocator(where);
  try {
    return await locator.locate(patchToLocate, overlay);
  } finally {
    await locator.close();
  }
}

describe.skipIf(!hasGit)('a pre-image', () => {
  test('is found by an abbreviated blob id anywhere in the clone, with the headers of that commit', async () => {
    const dir = repository();
    const old = git(dir, 'rev-parse', 'HEAD');
    commit(dir, { [MMU]: otherwise(MMU_TEXT), [HEADER]: 'struct kvm_new;\n' }, 'second');
    git(dir, 'gc', '-q');
    const found = await locate({ git: dir }, await patch(MMU, MMU_TEXT, change(MMU_TEXT), { digits: 7 }));
    expect(found.missing).toEqual([]);
    expect(found.preImages.get(MMU)).toEqual({ path: MMU, text: MMU_TEXT, how: 'blob' });
    expect(found.source.described).toContain(`commit ${old.slice(0, 12)}`);
    expect(found.notes.join()).toContain(old.slice(0, 12));
  });

  test('comes with the headers of HEAD where HEAD has the file', async () => {
    const dir = repository();
    const head = commit(dir, { [HEADER]: 'struct kvm_new;\n' }, 'second');
    const found = await locate({ git: dir }, await patch(MMU, MMU_TEXT, change(MMU_TEXT)));
    expect(found.source.described).toContain(head.slice(0, 12));
  });

  test('of several files comes with the commit that has them all', async () => {
    const dir = repository();
    commit(dir, { [TDP]: 'int tdp_two;\n' }, 'second');
    const both = commit(dir, { [MMU]: moved(MMU_TEXT) }, 'third');
    commit(dir, { [MMU]: MMU_TEXT, [TDP]: TDP_TEXT }, 'fourth');
    git(dir, 'checkout', '-q', '--orphan', 'other');
    commit(dir, { [MMU]: otherwise(MMU_TEXT) }, 'elsewhere');
    const one = await patch(MMU, moved(MMU_TEXT), change(moved(MMU_TEXT)));
    const two = await patch(TDP, 'int tdp_two;\n', 'int tdp_three;\n');
    const found = await locate({ git: dir }, { files: [...one.files, ...two.files], baseCommit: null });
    expect([...found.preImages.values()].map(({ how }) => how)).toEqual(['blob', 'blob']);
    expect(found.source.described).toContain(both.slice(0, 12));
  });

  test('is proven by sha256 ids too', async () => {
    const dir = repository(TREE, '--object-format=sha256');
    const made = await patch(MMU, MMU_TEXT, change(MMU_TEXT), { algorithm: 'sha256' });
    expect((await locate({ git: dir }, made)).preImages.get(MMU)?.how).toBe('blob');
    expect((await locate({ tree: dir }, made)).preImages.get(MMU)?.how).toBe('work-tree-blob');
  });

  test('with an ambiguous id is the blob that the hunks fit', async () => {
    const dir = repository();
    const prefix = git(dir, 'rev-parse', `HEAD:${MMU}`).slice(0, 4);
    // Another blob with the same first four digits.
    for (let at = 0; git(dir, 'rev-parse', `--disambiguate=${prefix}`).split('\n').length < 2; at += 4000) {
      const texts = Array.from({ length: 4000 }, (_, index) => `blob\ndata <<end\nfiller ${at + index}\nend\n`);
      gitWith(dir, texts.join(''), '-c', 'fastimport.unpackLimit=0', 'fast-import', '--quiet');
    }
    const made = await patch(MMU, MMU_TEXT, change(MMU_TEXT), { digits: 4 });
    const files = made.files.map((file) => ({ ...file, oldBlob: prefix }));
    expect((await locate({ git: dir }, { files, baseCommit: null })).preImages.get(MMU)).toMatchObject({
      text: MMU_TEXT,
      how: 'blob',
    });
  });

  test('is made from the post-image where the patch is already there', async () => {
    const dir = repository({ ...TREE, [MMU]: change(MMU_TEXT) });
    const made = await patch(MMU, MMU_TEXT, change(MMU_TEXT));
    const fromClone = await locate({ git: dir }, made);
    expect(fromClone.preImages.get(MMU)).toEqual({ path: MMU, text: MMU_TEXT, how: 'blob' });
    expect(fromClone.notes.join()).toContain('already there');
    const fromTree = await locate({ tree: dir }, made);
    expect(fromTree.preImages.get(MMU)).toEqual({ path: MMU, text: MMU_TEXT, how: 'work-tree-blob' });
    const plain = await locate({ tree: dir }, await patch(MMU, MMU_TEXT, change(MMU_TEXT), { digits: 0 }));
    expect(plain.preImages.get(MMU)).toEqual({ path: MMU, text: MMU_TEXT, how: 'applies' });
    expect(plain.notes.join()).toContain('already in');
  });

  test('is the file of --base, then of the base-commit trailer, then of HEAD, if the hunks fit', async () => {
    const dir = repository();
    const base = git(dir, 'rev-parse', 'HEAD');
    commit(dir, { [MMU]: moved(MMU_TEXT) }, 'second');
    const unknown = `int unknown;\n${MMU_TEXT}`;
    const made = await patch(MMU, unknown, change(unknown), { base });
    const byBase = await locate({ git: dir, base: 'HEAD' }, made);
    expect(byBase.preImages.get(MMU)).toEqual({ path: MMU, text: moved(MMU_TEXT), how: 'base' });
    expect(byBase.notes.join()).toContain('at other lines');
    const byTrailer = await locate({ git: dir }, made);
    expect(byTrailer.preImages.get(MMU)).toEqual({ path: MMU, text: MMU_TEXT, how: 'trailer' });
    expect(byTrailer.source.described).toContain(base.slice(0, 12));
    const byHead = await locate({ git: dir }, { ...made, baseCommit: '1234567890123456789012345678901234567890' });
    expect(byHead.preImages.get(MMU)).toEqual({ path: MMU, text: moved(MMU_TEXT), how: 'applies' });
    expect(byHead.notes.join()).toContain('base-commit 123456789012 is not in');
  });

  test('is a work tree file, by its own id, else because the hunks fit', async () => {
    const dir = freshFolder();
    write(dir, TREE);
    const made = await patch(MMU, MMU_TEXT, change(MMU_TEXT));
    expect((await locate({ tree: dir }, made)).preImages.get(MMU)?.how).toBe('work-tree-blob');
    write(dir, { [MMU]: moved(MMU_TEXT) });
    const found = await locate({ tree: dir }, made);
    expect(found.preImages.get(MMU)).toEqual({ path: MMU, text: moved(MMU_TEXT), how: 'applies' });
    expect(found.notes.join()).toContain('at other lines');
    write(dir, { [MMU]: MMU_TEXT.replace('int step_15(int x)', 'int step_fifteen(int x)') });
    expect((await locate({ tree: dir }, made)).notes.join()).toMatch(/without all of their context|at other lines/);
  });

  test('of a work tree beats a HEAD that does not fit, and its headers go with it', async () => {
    const dir = repository({ ...TREE, [MMU]: otherwise(MMU_TEXT) });
    write(dir, { [MMU]: MMU_TEXT, [HEADER]: 'struct dirty;\n' });
    const found = await locate({ git: dir, tree: dir }, await patch(MMU, MMU_TEXT, change(MMU_TEXT)));
    expect(found.preImages.get(MMU)?.how).toBe('work-tree-blob');
    expect((await found.source.read([HEADER])).get(HEADER)).toBe('struct dirty;\n');
  });

  test('of a later patch of a series is the result of the ones before', async () => {
    const dir = repository();
    const second = otherwise(change(MMU_TEXT).replace('x + 3', 'x - 3'));
    const made = await patch(MMU, change(MMU_TEXT), second);
    const locator = await openLocator({ git: dir });
    const first = await locator.locate(await patch(MMU, MMU_TEXT, change(MMU_TEXT)));
    const found = await locator.locate(made, new Map([[MMU, change(MMU_TEXT)]]));
    await locator.close();
    expect(found.preImages.get(MMU)).toEqual({ path: MMU, text: change(MMU_TEXT), how: 'blob' });
    expect(found.source).toBe(first.source);
    const beside = await locate(
      { git: dir },
      await patch(MMU, MMU_TEXT, change(MMU_TEXT)),
      new Map([[MMU, 'other\n']]),
    );
    expect(beside.preImages.get(MMU)).toEqual({ path: MMU, text: MMU_TEXT, how: 'blob' });
    expect(beside.notes.join()).toContain('not made on what the earlier ones');
    const gone = await locate({ git: dir }, made, new Map([[MMU, null]]));
    expect(gone.missing.join()).toContain('an earlier patch of the series deletes this file');
  });

  test('of a renamed file has the old name, and a new file has none', async () => {
    const dir = repository();
    const [file] = (await patch(TDP, TDP_TEXT, 'int tdp_new;\n')).files;
    if (file === undefined) throw new Error('no file');
    const renamed = { ...file, status: 'renamed' as const, newPath: 'arch/x86/kvm/mmu/renamed.c' };
    const added = { ...file, status: 'added' as const, oldPath: null, newPath: 'arch/x86/kvm/mmu/added.c' };
    const found = await locate({ git: dir }, { files: [renamed, added], baseCommit: null });
    expect([...found.preImages.keys()]).toEqual([TDP]);
    expect(found.missing).toEqual([]);
  });
});

describe.skipIf(!hasGit)('one sentence says', () => {
  const unknown = MMU_TEXT.replaceAll('return x', 'return y');

  async function missing(where: Where): Promise<string> {
    const found = await locate(where, await patch(MMU, unknown, unknown.replace('y + 15', 'y - 15')));
    expect(found.preImages.size).toBe(0);
    expect(found.missing).toHaveLength(1);
    expect(found.missing[0]).toMatch(/^arch\/x86\/kvm\/mmu\/mmu\.c: .*wanted is blob [0-9a-f]{12}[^\n]*\.$/);
    return found.missing[0] ?? '';
  }

  test('which blob was wanted, where it was looked for and what to do', async () => {
    const dir = repository();
    const said = await missing({ git: dir });
    expect(said).toContain(`the clone ${dir} has no such blob`);
    expect(said).toContain("the hunks don't fit the file of commit");
    expect(said).toContain('--base');
    expect(await missing({ tree: dir })).toContain(`the hunks don't fit the file of the work tree ${dir}`);
  });

  test('that a clone is shallow or partial', async () => {
    const dir = repository();
    git(dir, 'config', 'uploadpack.allowFilter', 'true');
    const parent = freshFolder();
    git(parent, 'clone', '-q', '--depth', '1', `file://${dir}`, 'shallow');
    git(parent, 'clone', '-q', '--no-checkout', '--filter=blob:none', `file://${dir}`, 'partial');
    expect(await missing({ git: join(parent, 'shallow') })).toContain('git fetch --unshallow');
    const promised = await locate({ git: join(parent, 'partial') }, await patch(MMU, MMU_TEXT, change(MMU_TEXT)));
    expect(promised.missing[0]).toMatch(/partial clone.*nothing is fetched\); [^;]* give a full clone\.$/);
    expect(git(join(parent, 'partial'), 'rev-list', '--objects', '--missing=print', 'HEAD')).toContain('?');
  });

  test('that a file of the work tree is changed and does not fit', async () => {
    const dir = repository();
    write(dir, { [MMU]: otherwise(MMU_TEXT) });
    expect(await missing({ git: dir, tree: dir })).toMatch(/the work tree [^;]*, and it differs from commit/);
  });

  test('that a tree or clone can not be used at all', async () => {
    const dir = repository();
    const plain = freshFolder();
    const failures: [Where, string][] = [
      [{}, 'Neither'],
      [{ tree: plain }, 'is not a kernel tree'],
      [{ git: plain }, 'is not a git clone'],
      [{ git: repository({ readme: '' }) }, 'is not a kernel tree'],
      [{ git: dir, base: 'v9.9' }, 'has no commit v9.9'],
      [{ tree: dir, base: 'HEAD' }, 'no git clone is named'],
    ];
    for (const [where, said] of failures) {
      const error = await openLocator(where).catch((why: unknown) => why);
      expect(error).toBeInstanceOf(TreeError);
      expect((error as TreeError).message).toContain(said);
    }
  });

  test('that a path of the patch lies outside, and nothing of it is read', async () => {
    const dir = repository();
    write(freshFolder(), { secret: 'x' });
    const made = await patch(MMU, MMU_TEXT, change(MMU_TEXT), { digits: 0 });
    const files = made.files.map((file) => ({ ...file, oldPath: `arch/x86/kvm/../../../../${MMU}` }));
    const found = await locate({ tree: dir }, { files, baseCommit: null });
    expect(found.missing[0]).toContain('no path inside a kernel tree');
    rmSync(dir, { recursive: true, force: true });
  });

  test('that headers of a deleted commit are those of HEAD', async () => {
    const dir = repository();
    const lost = change(MMU_TEXT);
    gitWith(dir, lost, 'hash-object', '-w', '--stdin');
    const found = await locate({ git: dir }, await patch(MMU, lost, otherwise(lost.replace('x - 15', 'x + 15'))));
    expect(found.preImages.get(MMU)?.text).toBe(lost);
    expect(found.notes.join()).toContain('No commit among the last 200');
  });
});

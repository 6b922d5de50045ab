/** Input that is broken, hostile or no patch at all: one clear sentence or an honest verdict, never a crash. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PatchReview } from '../../../server/review/types';
import { buildCommand, type Command, type Ended, onlyPatch, reportOf } from './command';
import { breaches } from './contract-check';
import { bodyDiff, initialiserDiff, lineWith, mailHead, mboxMessage } from './patches';

let command: Command;
beforeAll(async () => {
  command = await buildCommand();
});
afterAll(() => command.remove());

/** MiB. A review of a small patch peaks near 300. */
const MEMORY = 900;
const BUDGET = 20;
const options = ['--scenario', 'S02', '--vm', 'tdx', '--preemptions', '0', '--budget', `${BUDGET}`, '--format', 'json'];
const HARMLESS = ['\t\t.lockless = false,'];

function write(name: string, content: string | Uint8Array): string {
  const path = join(command.folder, name);
  writeFileSync(path, content);
  return path;
}

function expectCalm(ended: Ended): void {
  expect(ended.stderr).not.toMatch(/\n\s+at |Error:|internal error/);
  expect([0, 1, 2, 3]).toContain(ended.code);
  expect(ended.peak).toBeLessThan(MEMORY);
}

async function check(name: string, content: string | Uint8Array): Promise<Ended> {
  const ended = await command.run(['check', write(name, content), ...options]);
  expectCalm(ended);
  expect(breaches(JSON.parse(ended.stdout))).toEqual([]);
  return ended;
}

function said(patch: PatchReview): string {
  return [...patch.notes, ...patch.coverage.notUnderstood.map(({ why }) => why)].join('\n');
}

describe('input that is no text', () => {
  it.each([
    ['an empty file', new Uint8Array(), 'is empty'],
    ['white space', new TextEncoder().encode(' \n\t\n'), 'nothing but white space'],
    ['a JPEG', Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, ...new TextEncoder().encode('JFIF')]), 'a JPEG image'],
    ['bytes of all values', Uint8Array.from({ length: 5000 }, (_, at) => (at * 167) & 255), 'binary data'],
  ])('%s: one sentence, exit 2', async (_, bytes, sentence) => {
    const ended = await check('input', bytes);
    expect(ended.code).toBe(2);
    expect(onlyPatch(ended).verdict).toBe('unusable');
    expect(ended.stderr).toMatch(/^kvm-mmu-review: [^\n]+\n$/);
    expect(ended.stderr).toContain(sentence);
  });

  it('a missing file, a folder without files, a device: one sentence each, exit 2', async () => {
    const empty = join(command.folder, 'nothing');
    mkdirSync(empty, { recursive: true });
    for (const name of [join(command.folder, 'missing.patch'), empty, '/dev/null']) {
      const ended = await command.run(['check', name]);
      expectCalm(ended);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(/^kvm-mmu-review: [^\n]+\n$/);
      expect(ended.stderr).toContain(name);
    }
  });

  it.skipIf(process.getuid?.() === 0)('a file that may not be read (skipped for root, who may)', async () => {
    const path = write('secret.patch', 'x');
    chmodSync(path, 0);
    expect(await command.run(['check', path])).toMatchObject({ code: 2, stdout: '' });
  });

  it('a missing file beside a good one: the good one is reviewed, exit 3', async () => {
    const good = write('good.patch', mailHead('good') + bodyDiff(['\t/* nothing */']));
    const ended = await command.run(['check', join(command.folder, 'missing.patch'), good, ...options]);
    expect(reportOf(ended).patches.map(({ verdict }) => verdict)).toEqual(['unusable', 'clean']);
    expect(ended.code).toBe(3);
  });
});

describe('mails that archives and transports made', () => {
  const mail = mailHead('a mail') + initialiserDiff(HARMLESS);
  const utf16 = new Uint8Array(Buffer.from(`\ufeff${mail}`, 'utf16le'));
  it.each([
    ['CRLF line ends', mail.replaceAll('\n', '\r\n')],
    ['letters beyond ASCII', mail.replace('Because.', 'Zażółć gęślą jaźń, 日本語, 😀')],
    ['Latin-1 without a charset', new Uint8Array(Buffer.from(mail.replace('Because.', 'Gr\u00fc\u00dfe'), 'latin1'))],
    ['UTF-16', utf16],
    ['a NUL byte in the prose', mail.replace('Because.', 'Be\0cause.')],
  ])('%s: the same result', async (_, content) => {
    const patch = onlyPatch(await check('mail.eml', content));
    expect(patch).toMatchObject({ verdict: 'clean', coverage: { changedLines: 1, executed: 1 } });
  });

  it('a NUL byte in the code: not clean', async () => {
    const content = mail.replace('.lockless', '.lock\0less');
    expect((await check('nul.patch', content)).code).toBe(3);
  });

  it('a base64 part that breaks off: said with its line, the rest is used', async () => {
    const encoded = Buffer.from(initialiserDiff(HARMLESS)).toString('base64');
    const head = 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n';
    const content = `From: a@example.org\nSubject: [PATCH] x\nMIME-Version: 1.0\n${head}${encoded.slice(0, 321)}\n`;
    const patch = onlyPatch(await check('base64.eml', content));
    expect(patch.verdict).toBe('incomplete');
    expect(said(patch)).toMatch(/line \d+: This base64 part is cut off/);
  });

  it('50 MB of mail with a patch at its end', { timeout: 180_000 }, async () => {
    const prose = 'Some words about nothing in particular, as people write them in mail.\n'.repeat(720);
    const many = Array.from({ length: 1000 }, (_, at) => mboxMessage(`number ${at}`, prose)).join('');
    const path = write('large.mbox', many + mboxMessage('the last', initialiserDiff(HARMLESS)));
    const ended = await command.run(['check', path, ...options]);
    expectCalm(ended);
    const { patches } = reportOf(ended);
    expect(patches).toHaveLength(1001);
    expect(patches.at(-1)).toMatchObject({ subject: '[PATCH] the last', verdict: 'clean', coverage: { executed: 1 } });
    expect(ended.seconds).toBeLessThan(120);
  });
});

describe('diffs that lie', () => {
  it.each([
    ['a path that climbs out', '../../etc/passwd'],
    ['a path that climbs out later', 'arch/x86/kvm/../../../../../etc/passwd'],
    ['an absolute path', '/etc/passwd'],
  ])('%s: its diff is refused', async (_, path) => {
    const ended = await check('path.patch', mailHead('path') + initialiserDiff(HARMLESS, path));
    const patch = onlyPatch(ended);
    expect(patch.verdict).not.toBe('clean');
    expect(patch.findings).toEqual([]);
    expect(patch.notes.join('\n')).toMatch(/etc\/passwd/);
  });

  it('a path to a decoy beside the input: its text stays out of the report', async () => {
    const decoy = write('decoy.c', 'int secret_of_the_decoy;\n');
    const diff = initialiserDiff(HARMLESS, '../decoy.c').replace('.start = slot->base_gfn', 'int secret');
    mkdirSync(join(command.folder, 'work'), { recursive: true });
    const path = write('work/decoy.patch', mailHead('decoy') + diff);
    const ended = await command.run(['check', path, ...options], { cwd: join(command.folder, 'work') });
    expect(ended.stdout).not.toContain('secret_of_the_decoy');
    expect(readFileSync(decoy, 'utf8')).toBe('int secret_of_the_decoy;\n');
  });

  it.each([
    ['counts beyond the lines', '@@ -7624,9 +7624,77 @@', /doesn't add up/],
    ['counts beyond all numbers', `@@ -1,${'9'.repeat(30)} +1,${'9'.repeat(30)} @@`, /\S/],
  ])('%s: said with its line, exit 3', async (_, header, sentence) => {
    const named = `${header} void kvm_arch_flush_shadow_memslot(struct kvm *kvm,`;
    const content = mailHead('counts') + initialiserDiff(HARMLESS, undefined, named);
    const ended = await check('counts.patch', content);
    expect(ended.code).toBe(3);
    expect(onlyPatch(ended).notes.join('\n')).toMatch(sentence);
    expect(onlyPatch(ended).notes.join('\n')).toContain(`line ${lineWith(content, '@@ -')}: `);
  });
});

describe('C that is hostile', () => {
  const bomb = Array.from({ length: 12 }, (_, at) => `#define B${at + 1} ${`B${at} `.repeat(10)}`);
  it.each([
    ['does not parse', ['\tif (((flush = ]] return ;; } else {{ ) @ # $']],
    ['breaks off', ['\tint x = ;', '\tfor (']],
    ['calls what nobody knows', ['\tfrobnicate(kvm);']],
    ['never ends', ['\tfor (;;)', '\t\t;']],
    ['multiplies macros', ['#define B0 flush = 0;', ...bomb, '\tB12']],
    ['doubles a macro argument', ['#define R(x) R(x x) x x', '\tR(flush = 0;)']],
    ['nests parentheses', [`\tflush = ${'('.repeat(20_000)}1${')'.repeat(20_000)};`]],
    ['nests blocks', [`\t${'{'.repeat(20_000)}flush = 1;${'}'.repeat(20_000)}`]],
    ['nests conditions', [`\t${'if (1) '.repeat(20_000)}flush = 1;`]],
    ['chains operators', [`\tflush = ${'!'.repeat(50_000)}1;`]],
    ['declares too much', ['\tchar buf[1000000000000];', '\tbuf[5] = 1;']],
    ['names what JavaScript knows', ['\t__proto__ = constructor;', '\tkvm->hasOwnProperty = toString();']],
  ])('%s: says so, exit 3', async (_, lines) => {
    const ended = await check('hostile.patch', mailHead('hostile') + bodyDiff(lines));
    expect(ended.code).toBe(3);
    expect(onlyPatch(ended).verdict).toBe('incomplete');
    expect(said(onlyPatch(ended))).not.toBe('');
    expect(ended.seconds).toBeLessThan(BUDGET + 20);
  });

  it.each([
    ['waits for ever', ['\twhile (1)', '\t\tREAD_ONCE(kvm->mmu_invalidate_seq);'], 'livelock'],
    ['calls itself without end', ['\tkvm_arch_flush_shadow_memslot(kvm, slot);'], 'lock-rule'],
    ['writes to nowhere', ['\t*(int *)0 = 1;'], 'memory-safety'],
    ['divides by zero', ['\tflush = 1 / (kvm == 0);'], 'kernel-bug'],
  ])('%s: a finding on its line, exit 1', async (_, lines, invariant) => {
    const content = mailHead('hostile') + bodyDiff(lines);
    const ended = await check('hostile.patch', content);
    const found = onlyPatch(ended).findings.find((finding) => finding.invariant === invariant);
    expect(found).toMatchObject({ status: 'introduced', patchLine: lineWith(content, `+${lines[0]}`) });
    expect(ended.code).toBe(1);
  });

  it('counts for ever: ends with its budget', async () => {
    const lines = ['\twhile (1)', '\t\tWRITE_ONCE(kvm->mmu_invalidate_seq, kvm->mmu_invalidate_seq + 1);'];
    const path = write('counts.patch', mailHead('counts for ever') + bodyDiff(lines));
    const short = options.map((option) => (option === `${BUDGET}` ? '4' : option));
    const ended = await command.run(['check', path, ...short]);
    expectCalm(ended);
    expect(onlyPatch(ended)).toMatchObject({ verdict: 'incomplete', runs: { complete: false } });
    expect(ended.code).toBe(3);
    expect(ended.seconds).toBeLessThan(20);
  });

  it('recursion that never takes a lock twice: ends by its limits', async () => {
    const diff = bodyDiff(['\tkvm_arch_flush_shadow_memslot(kvm, slot);']).replace(
      ' \twrite_lock(&kvm->mmu_lock);\n+\tkvm_arch_flush_shadow_memslot(kvm, slot);',
      '+\tkvm_arch_flush_shadow_memslot(kvm, slot);\n \twrite_lock(&kvm->mmu_lock);',
    );
    const ended = await check('recursion.patch', mailHead('recursion') + diff);
    expect(onlyPatch(ended).verdict).not.toBe('clean');
  });
});

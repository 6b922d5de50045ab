/** What the command promises to scripts: exit codes, the JSON's shape, its arguments and its inputs. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, type Command, onlyPatch, reportOf } from './command';
import { breaches } from './contract-check';
import { bodyDiff, initialiserDiff, lineWith, mailHead, mboxMessage } from './patches';

let command: Command;
beforeAll(async () => {
  command = await buildCommand();
});
afterAll(() => command.remove());

const quick = ['--scenario', 'S02', '--vm', 'tdx', '--preemptions', '0'];
const json = [...quick, '--format', 'json'];
const SHARED_ONLY = 'test/patches/slot-delete-shared-only.patch';

function write(name: string, text: string): string {
  const path = join(command.folder, name);
  writeFileSync(path, text);
  return path;
}

describe('check', () => {
  it('prints JSON that keeps the contract, and exits with 1 for an error', async () => {
    const ended = await command.run(['check', SHARED_ONLY, ...json]);
    expect(breaches(JSON.parse(ended.stdout))).toEqual([]);
    expect(onlyPatch(ended)).toMatchObject({ input: SHARED_ONLY, verdict: 'findings', tier: 'reference' });
    expect(onlyPatch(ended).messageId).toBe('20261102100000.1-slot-delete@example.org');
    expect(ended).toMatchObject({ code: 1, stderr: '' });
  });

  it('prints one line per finding and its interleaving as text', async () => {
    const ended = await command.run(['check', SHARED_ONLY, ...quick]);
    const line = lineWith(readFileSync(SHARED_ONLY, 'utf8'), '+\t\t.attr_filter');
    const heads = ended.stdout.split('\n').filter((each) => /^\S+:\d+: (error|information): .* \[[\w-]+\]$/.test(each));
    expect(heads.some((head) => head.startsWith(`${SHARED_ONLY}:${line}: error: `))).toBe(true);
    expect(ended.stdout).toMatch(/\n {4}vmm\n {4}===\n {4}vmm_delete_slot\(\)\n/);
    expect(ended.stdout).toMatch(/\nverdict: findings\n$/);
    expect(ended.code).toBe(1);
  });

  it('replays what a finding says', async () => {
    const [finding] = onlyPatch(await command.run(['check', SHARED_ONLY, ...json])).findings;
    const args = ['--scenario', 'S02', '--vm', 'tdx', '--side', 'post', '--schedule', finding?.schedule ?? ''];
    const ended = await command.run(['simulate', SHARED_ONLY, ...args]);
    expect(ended.stdout).toContain(`! ${finding?.invariant}: `);
    expect(ended.code).toBe(1);
  });

  it('exits with 0 for findings below --fail-on', async () => {
    const ended = await command.run(['check', SHARED_ONLY, ...quick, '--fail-on', 'never']);
    expect(ended.code).toBe(0);
  });

  it('writes the report to --output and nothing else', async () => {
    const output = join(command.folder, 'report.json');
    const ended = await command.run(['check', SHARED_ONLY, ...json, '--output', output]);
    expect(breaches(JSON.parse(readFileSync(output, 'utf8')))).toEqual([]);
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: '' });
  });

  it('reviews standard input, and calls it -', async () => {
    const ended = await command.run(['check', '-', ...json], { stdin: readFileSync(SHARED_ONLY) });
    expect(onlyPatch(ended)).toMatchObject({ input: '-', verdict: 'findings' });
  });

  it('reviews the files of a folder in order of name', async () => {
    const folder = join(command.folder, 'folder');
    mkdirSync(join(folder, 'deeper'), { recursive: true });
    write('folder/2.patch', mailHead('two') + bodyDiff(['\t/* two */']));
    write('folder/1.patch', mailHead('one') + bodyDiff(['\t/* one */']));
    write('folder/.hidden', 'not read');
    const ended = await command.run(['check', folder, ...json]);
    expect(reportOf(ended).patches.map(({ subject, verdict }) => [subject, verdict])).toEqual([
      ['[PATCH] one', 'clean'],
      ['[PATCH] two', 'clean'],
    ]);
    expect(ended.code).toBe(0);
  });

  it('reviews each patch of a mailbox on top of the ones before it', async () => {
    const first = bodyDiff(['\tif (zap_all)', '\t\tflush = true;']);
    const second = bodyDiff(['\tflush = false;']).replace(
      ' \twrite_lock(&kvm->mmu_lock);',
      ' \tif (zap_all)\n \t\tflush = true;',
    );
    const third = initialiserDiff(['\t\t.lockless = false,']);
    const path = write(
      'series.mbox',
      mboxMessage('one', first) + mboxMessage('two', second) + mboxMessage('three', third),
    );
    const ended = await command.run(['check', path, ...json]);
    expect(breaches(JSON.parse(ended.stdout))).toEqual([]);
    const { patches } = reportOf(ended);
    expect(patches.map(({ subject }) => subject)).toEqual(['[PATCH] one', '[PATCH] two', '[PATCH] three']);
    expect(patches.map(({ coverage }) => coverage.notUnderstood)).toEqual([[], [], []]);
    expect(patches[1]?.coverage).toMatchObject({ changedLines: 1, executed: 1 });
  });

  it('says nothing of a patch to another subsystem', async () => {
    const path = write('other.patch', mailHead('other') + initialiserDiff(['\t\t.x = 1,'], 'drivers/net/foo.c'));
    const ended = await command.run(['check', path, '--format', 'json']);
    expect(onlyPatch(ended)).toMatchObject({ verdict: 'out-of-scope', findings: [] });
    expect(ended.code).toBe(0);
  });

  it('exits with 3 for a function that the reference lacks', async () => {
    const diff = bodyDiff(['\treturn;']).replaceAll('kvm_arch_flush_shadow_memslot', 'kvm_no_such_function');
    const path = write('lacking.patch', mailHead('lacking') + diff.replaceAll('zap_all', 'nothing_of_ours'));
    const ended = await command.run(['check', path, ...json]);
    expect(onlyPatch(ended).verdict).toBe('incomplete');
    expect(onlyPatch(ended).coverage.notUnderstood).toHaveLength(1);
    expect(ended.code).toBe(3);
  });

  it('exits with 3 when the budget runs out', async () => {
    const ended = await command.run([
      'check',
      SHARED_ONLY,
      '--fail-on',
      'never',
      '--budget',
      '0.2',
      '--format',
      'json',
    ]);
    expect(onlyPatch(ended).runs.complete).toBe(false);
    expect(ended.code).toBe(3);
  });
});

describe('usage', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['frobnicate']],
    ['no patch', ['check']],
    ['an unknown option', ['check', '--frobnicate', SHARED_ONLY]],
    ['an unknown VM type', ['check', '--vm', 'pdp11', SHARED_ONLY]],
    ['an unknown scenario', ['check', '--scenario', 'S99', SHARED_ONLY]],
    ['an unknown invariant', ['check', '--invariant', 'no-such', SHARED_ONLY]],
    ['an unknown format', ['check', '--format', 'xml', SHARED_ONLY]],
    ['a format that comes later', ['check', '--format', 'sarif', SHARED_ONLY]],
    ['no scenario', ['check', '--scenario', '', SHARED_ONLY]],
    ['an invariant too few', ['check', '--invariant', 'deadlock,', SHARED_ONLY]],
    ['no thread to work in', ['check', '--jobs', '0', SHARED_ONLY]],
    ['a bound that is no number', ['check', '--preemptions', '', SHARED_ONLY]],
    ['a negative bound', ['check', '--preemptions=-1', SHARED_ONLY]],
    ['a budget that no timer takes', ['check', '--budget', '1e99', SHARED_ONLY]],
    ['an unknown severity', ['check', '--fail-on', 'hint', SHARED_ONLY]],
    ['a report that cannot be written', ['check', '--output', '/nonexistent/report', SHARED_ONLY]],
    ['an unknown list', ['list', 'kernels']],
    ['an unknown id', ['explain', 'no-such-thing']],
    ['a simulation without a VM type', ['simulate', '--scenario', 'S02']],
    ['a simulation of no scenario', ['simulate', '--scenario', 'S99', '--vm', 'tdx']],
    ['a VM type that the scenario lacks', ['simulate', '--scenario', 'S23', '--vm', 'tdx']],
    ['a schedule that cannot be read', ['simulate', '--scenario', 'S02', '--vm', 'tdx', '--schedule', 'x*y']],
  ])('%s: a sentence on standard error, exit 2', async (_, args) => {
    const ended = await command.run(args);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).not.toMatch(/\n\s+at |Error:/);
    expect(ended.stderr.trim()).not.toBe('');
  });

  it('prints its version and its help', async () => {
    expect(await command.run(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' });
    const help = await command.run(['check', '--help']);
    expect(help.code).toBe(0);
    for (const option of [
      '--tree',
      '--git',
      '--base',
      '--range',
      '--vm',
      '--scenario',
      '--invariant',
      '--preemptions',
      '--memory-order',
    ])
      expect(help.stdout).toContain(option);
    for (const option of ['--budget', '--jobs', '--format', '--output', '--fail-on'])
      expect(help.stdout).toContain(option);
  });
});

describe('list and explain', () => {
  it.each(['invariants', 'scenarios', 'vocabulary'])('%s as JSON, each of which can be explained', async (what) => {
    const ended = await command.run(['list', what, '--format', 'json']);
    expect(ended.code).toBe(0);
    const rows = JSON.parse(ended.stdout) as { id: string; title: string; vm: string[]; source: string }[];
    expect(rows.length).toBeGreaterThan(10);
    for (const { id, title, vm, source } of rows) {
      for (const each of [id, title, source]) expect(each.trim()).not.toBe('');
      expect(Array.isArray(vm)).toBe(true);
    }
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    const explained = await command.run(['explain', rows[0]?.id ?? '']);
    expect(explained).toMatchObject({ code: 0, stderr: '' });
    expect(explained.stdout).toContain('Source: ');
  });
});

describe('simulate', () => {
  it('runs the unmodified reference without a patch', async () => {
    const ended = await command.run(['simulate', '--scenario', 'S02', '--vm', 'tdx', '--preemptions', '0']);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('no violation in ');
    expect(ended.stdout).toContain('TDH.MEM.PAGE.REMOVE');
  });

  it('says which of several patches it took, and takes another on top of those before', async () => {
    const mail = readFileSync(SHARED_ONLY, 'utf8');
    const from = `From ${'0'.repeat(40)} Mon Sep 17 00:00:00 2001\n`;
    const stdin = `${from}${mail}\n${from}${mail}`;
    const args = ['simulate', '-', '--scenario', 'S02', '--vm', 'tdx', '--preemptions', '0'];
    const first = await command.run(args, { stdin });
    expect(first.stdout).toMatch(/patch 1 of 2 .*--patch N takes another/);
    const second = await command.run([...args, '--patch', '2'], { stdin });
    expect(second.stdout).toMatch(/patch 2 of 2 /);
    expect(second.stdout).not.toContain('--patch N');
    const none = await command.run([...args, '--patch', '3'], { stdin });
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toContain('holds 2 patches; there is no patch 3');
  });

  it('runs a patch and shows what it breaks, as JSON too', async () => {
    const args = [
      'simulate',
      SHARED_ONLY,
      '--scenario',
      'S02',
      '--vm',
      'tdx',
      '--preemptions',
      '0',
      '--format',
      'json',
    ];
    const post = await command.run(args);
    expect(post.code).toBe(1);
    const trace = JSON.parse(post.stdout) as { side: string; steps: unknown[]; violations: { invariant: string }[] };
    expect(trace.side).toBe('post');
    expect(trace.steps.length).toBeGreaterThan(5);
    expect(trace.violations.map(({ invariant }) => invariant)).toContain('slot-delete-leaves-nothing');
    expect((await command.run([...args, '--side', 'pre'])).code).toBe(0);
  });
});

it('stops quietly when its reader has seen enough', async () => {
  const { spawn } = await import('node:child_process');
  const line = `"${process.execPath}" "${join(command.dist, 'cli.js')}" list vocabulary --format json | head -1`;
  const shell = spawn('sh', ['-c', line]);
  let stderr = '';
  shell.stderr.on('data', (text) => {
    stderr += text;
  });
  await new Promise((resolve) => shell.on('close', resolve));
  expect(stderr).toBe('');
  expect(existsSync(command.dist)).toBe(true);
});

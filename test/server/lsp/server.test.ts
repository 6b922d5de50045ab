import { afterEach, describe, expect, it } from 'vitest';
import { CancellationTokenSource, type Diagnostic, DiagnosticSeverity, type Hover } from 'vscode-languageserver/node';
import { METHODS, type ReviewResult, type ScenarioInfo, type TraceResult } from '../../../server/lsp/protocol';
import { type Client, type ClientOptions, connect } from './client';
import { fakeParts } from './fake-parts';
import { createFakeReviewer } from './fake-reviewer';
import { ADDED_LINE, HUNK_LINE, PATCH, STALE_LINE } from './patches';

const URI = 'file:///patches/0001.patch';
const PULL = { textDocument: { diagnostic: {} }, workspace: { diagnostics: { refreshSupport: true } } };

let client: Client;
afterEach(() => client?.close());

async function start(options: ClientOptions = {}, delay = 0, change = {}): Promise<Client> {
  client = await connect(fakeParts(createFakeReviewer({ delay }), change), options);
  return client;
}

const done = (): true | undefined => client.statuses.some(({ state }) => state === 'done') || undefined;
const codes = (): unknown[] | undefined => client.diagnostics.get(URI)?.diagnostics.map(({ code }) => code);

describe('diagnostics', () => {
  it('come for a patch when it opens: remarks, the finding on its line, coverage, notes', async () => {
    await start();
    await client.open(URI, PATCH);
    await client.until(done);
    const { diagnostics, version } = client.diagnostics.get(URI) ?? { diagnostics: [], version: 0 };
    expect(version).toBe(1);
    expect(codes()).toEqual(['slot-delete-leaves-nothing', 'not-reached', 'note']);
    const finding = diagnostics[0] as Diagnostic;
    expect(finding).toMatchObject({
      source: 'KVM MMU',
      severity: DiagnosticSeverity.Error,
      codeDescription: { href: 'file:///pages/slot-delete-leaves-nothing.md' },
      range: { start: { line: ADDED_LINE - 1, character: 1 }, end: { line: ADDED_LINE - 1 } },
      data: { kind: 'finding', status: 'introduced', scenario: 'S02', vm: 'tdx', side: 'post', schedule: '0*4' },
    });
    expect(finding.message).toBe('The private mapping of gfn 0 outlives its memslot. [S02]');
  });

  it('carry the interleaving as related information, with links to the patch and to the reference', async () => {
    await start();
    await client.open(URI, PATCH);
    await client.until(done);
    const related = client.diagnostics.get(URI)?.diagnostics[0]?.relatedInformation ?? [];
    expect(related.map(({ message }) => message)).toEqual([
      '1. vmm: write_lock(mmu_lock) (mmu_lock: free -> held by vmm)',
      '3. vmm: kvm_unmap_gfn_range(slot 0) (invalidate_in_progress: 0 -> 1)',
      '4. host: fallocate(PUNCH_HOLE) (page 5: allocated -> free)',
    ]);
    expect(related.map(({ location }) => [location.uri, location.range.start.line + 1])).toEqual([
      ['file:///pages/mmu.h', 10],
      [URI, ADDED_LINE],
      ['file:///pages/mmu.h', 30],
    ]);
  });

  it('show what needs no run, and findings as they come, before the review is complete', async () => {
    await start({}, 10_000);
    await client.open(URI, PATCH);
    await client.until(() => (codes()?.includes('slot-delete-leaves-nothing') ? true : undefined));
    expect(codes()).toEqual(['changelog-name', 'slot-delete-leaves-nothing']);
    expect(client.diagnostics.get(URI)?.diagnostics[0]?.range).toEqual({
      start: { line: STALE_LINE - 1, character: 4 },
      end: { line: STALE_LINE - 1, character: 18 },
    });
    expect(client.statuses.at(-1)?.state).toBe('running');
  });

  it('are not made for a text that is no patch', async () => {
    await start();
    await client.open('file:///notes.txt', 'Buy milk.\n', 'plaintext');
    await client.until(() => client.statuses.find(({ state }) => state === 'ignored'));
    expect(client.diagnostics.get('file:///notes.txt')?.diagnostics).toEqual([]);
  });

  it('are never those of an older version', async () => {
    await start({}, 50);
    await client.open(URI, PATCH);
    await client.until(() => client.statuses.find(({ state }) => state === 'running'));
    const text = PATCH.replace('+\trange->may_block = true;\n', '').replace('+1570,7', '+1570,6');
    const contentChanges = [{ text }];
    await client.notify('textDocument/didChange', { textDocument: { uri: URI, version: 2 }, contentChanges });
    await client.until(() => client.statuses.find(({ state, version }) => state === 'done' && version === 2));
    expect(client.statuses.filter(({ state, version }) => state === 'done' && version === 1)).toEqual([]);
    expect(codes()).not.toContain('not-reached');
  });

  it('are pulled, not pushed, where the client can be told to pull again', async () => {
    await start({ capabilities: PULL });
    expect(client.initialized.capabilities.diagnosticProvider).toBeDefined();
    await client.open(URI, PATCH);
    await client.until(done);
    expect(client.diagnostics.size).toBe(0);
    expect(client.asked).toContain('workspace/diagnostic/refresh');
    const report = await client.request<{ kind: string; resultId: string; items: Diagnostic[] }>(
      'textDocument/diagnostic',
      { textDocument: { uri: URI } },
    );
    expect(report.items.map(({ code }) => code)).toContain('slot-delete-leaves-nothing');
    const again = { textDocument: { uri: URI }, previousResultId: report.resultId };
    expect(await client.request('textDocument/diagnostic', again)).toMatchObject({ kind: 'unchanged' });
  });

  it('wait for "Review This File" when reviewing on open is switched off', async () => {
    const capabilities = { workspace: { configuration: true } };
    await start({ capabilities, configuration: { reviewOnOpen: false } });
    await client.open(URI, PATCH);
    await client.until(() => client.statuses.find(({ state }) => state === 'ignored'));
    const result = await client.request<ReviewResult>(METHODS.review, { uri: URI, force: true });
    expect(result.findings).toMatchObject([{ invariant: 'slot-delete-leaves-nothing', status: 'introduced' }]);
    expect(codes()).toContain('slot-delete-leaves-nothing');
  });

  it('go away with the document', async () => {
    await start();
    await client.open(URI, PATCH);
    await client.until(done);
    await client.notify('textDocument/didClose', { textDocument: { uri: URI } });
    await client.until(() => (codes()?.length === 0 ? true : undefined));
  });
});

describe('hover', () => {
  const hover = (line: number, character: number): Promise<Hover | null> =>
    client.request('textDocument/hover', { textDocument: { uri: URI }, position: { line: line - 1, character } });
  const hoverText = async (line: number, character: number): Promise<string> => {
    const contents = (await hover(line, character))?.contents as { value: string } | undefined;
    return contents?.value ?? '';
  };

  it('on a finding gives rule, reason, source and the end of the interleaving', async () => {
    await start();
    await client.open(URI, PATCH);
    await client.until(done);
    const value = await hoverText(ADDED_LINE, 6);
    expect(value).toContain('**A deleted memslot leaves no mapping**');
    expect(value).toContain('The page may be freed and reused');
    expect(value).toContain('kvm_arch_flush_shadow_memslot()');
    expect(value).toContain('4. host: fallocate(PUNCH_HOLE) (page 5: allocated -> free)');
  });

  it('on a word of the domain gives its meaning and what the patch does to it', async () => {
    await start();
    await client.open(URI, PATCH);
    await client.until(done);
    const value = await hoverText(HUNK_LINE, 30);
    expect(value).toContain('Removes the mappings of a range');
    expect(value).toContain('1 hunk lies inside it');
    expect(value).toContain(`introduced: \`slot-delete-leaves-nothing\` at line ${ADDED_LINE}`);
  });

  it('is answered while a review runs', async () => {
    await start({}, 10_000);
    await client.open(URI, PATCH);
    await client.until(() => client.statuses.find(({ state }) => state === 'running'));
    expect(await hover(HUNK_LINE, 30)).not.toBeNull();
  });

  it('is silent elsewhere', async () => {
    await start();
    await client.open(URI, PATCH);
    await client.until(done);
    expect(await hover(1, 0)).toBeNull();
  });
});

describe('code lenses and actions', () => {
  const lensTitles = async (): Promise<string[]> => {
    const lenses = await client.request<{ command: { title: string } }[]>('textDocument/codeLens', {
      textDocument: { uri: URI },
    });
    return lenses.map(({ command }) => command.title);
  };

  it('offer to simulate each hunk and count what was found in it', async () => {
    await start({ initializationOptions: { commands: true } });
    await client.open(URI, PATCH);
    await client.until(done);
    expect(await lensTitles()).toEqual([
      'KVM MMU: findings (1 introduced) | 1 of 2 changed lines run | 3 scenarios | reference',
      'Simulate ...',
      'Show interleaving (1 introduced)',
    ]);
  });

  it('are only text for a client without our commands', async () => {
    await start();
    await client.open(URI, PATCH);
    await client.until(done);
    expect(client.initialized.capabilities.codeActionProvider).toBeUndefined();
    expect((await lensTitles()).slice(1)).toEqual(['1 introduced']);
  });

  it('lead from a diagnostic to its interleaving', async () => {
    await start({ initializationOptions: { commands: true } });
    await client.open(URI, PATCH);
    await client.until(done);
    const diagnostics = client.diagnostics.get(URI)?.diagnostics ?? [];
    const range = diagnostics[0]?.range;
    const params = { textDocument: { uri: URI }, range, context: { diagnostics } };
    const actions = await client.request<{ title: string; command: { arguments: unknown[] } }[]>(
      'textDocument/codeAction',
      params,
    );
    expect(actions.map(({ title }) => title)).toEqual(['Show interleaving: slot-delete-leaves-nothing']);
    expect(actions[0]?.command.arguments).toEqual([{ uri: URI, findings: [diagnostics[0]?.data.finding] }]);
  });
});

describe('requests of our own', () => {
  it('list scenarios, those of findings first', async () => {
    await start();
    await client.open(URI, PATCH);
    await client.until(done);
    const scenarios = await client.request<ScenarioInfo[]>(METHODS.scenarios, { uri: URI });
    expect(scenarios.map(({ id, suggested }) => [id, suggested])).toEqual([
      ['S02', true],
      ['S01', false],
    ]);
  });

  it('give the trace of a finding, with links for its files', async () => {
    await start();
    await client.open(URI, PATCH);
    await client.until(done);
    const finding = client.diagnostics.get(URI)?.diagnostics[0]?.data.finding;
    const result = await client.request<TraceResult>(METHODS.trace, { uri: URI, finding });
    expect(result.trace).toMatchObject({ scenario: 'S02', vm: 'tdx', side: 'post' });
    expect(result.files).toEqual({ 'model/reference/mmu.h': 'file:///pages/mmu.h' });
  });

  it('refuse a finding of an earlier version with a sentence', async () => {
    await start();
    await client.open(URI, PATCH);
    await client.until(done);
    const asked = client.request(METHODS.trace, { uri: URI, finding: '0/introduced/nonsense/1:1/S02/tdx' });
    await expect(asked).rejects.toThrow('earlier version');
  });

  it('simulate the unmodified reference for a mail without a diff', async () => {
    await start();
    await client.open(URI, 'Subject: Re: [PATCH] KVM: TDX\n\nWhat of guest_memfd?\n');
    await client.until(done);
    const params = { uri: URI, scenario: 'S02', vm: 'tdx', side: 'post' };
    expect(await client.request<TraceResult>(METHODS.simulate, params)).toMatchObject({ uri: null });
  });

  it('stop at once when they are cancelled', async () => {
    await start({}, 60_000);
    const cancel = new CancellationTokenSource();
    const params = { uri: null, scenario: 'S02', vm: 'tdx', side: 'post', workDoneToken: 't' };
    const asked = client.request(METHODS.simulate, params, cancel.token);
    await client.until(() => client.progress.find((value) => (value as { message?: string }).message === 'S02'));
    const before = Date.now();
    cancel.cancel();
    await expect(asked).rejects.toMatchObject({ message: 'stopped' });
    expect(Date.now() - before).toBeLessThan(1000);
  });
});

describe('a review', () => {
  it('reports work-done progress and stops when the user cancels it', async () => {
    await start({ capabilities: { window: { workDoneProgress: true } } }, 60_000);
    await client.open(URI, PATCH);
    await client.until(() => client.progress.find((value) => (value as { kind: string }).kind === 'begin'));
    expect(client.progress).toContainEqual({
      kind: 'begin',
      title: 'KVM MMU: 0001.patch',
      percentage: 0,
      message: 'reading',
      cancellable: true,
    });
  });

  it('whose thread dies says so, and the next one works', async () => {
    await start();
    await client.open(URI, `${PATCH}LOSE THE THREAD\n`);
    const failed = await client.until(() => client.statuses.find(({ state }) => state === 'failed'));
    expect(failed.message).toContain('thread ended unexpectedly');
    expect(codes()).toEqual(['review-failed', 'changelog-name']);
    await client.open('file:///other.patch', PATCH);
    await client.until(done);
  });

  it('is never made of an editor output', async () => {
    await start();
    await client.open('output:log', PATCH);
    await client.open(URI, PATCH);
    await client.until(done);
    expect(client.statuses.filter(({ uri }) => uri === 'output:log')).toEqual([]);
  });
});

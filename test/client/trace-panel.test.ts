import { beforeEach, expect, it, vi } from 'vitest';
import type { ToView } from '../../client/trace/messages';
import { createTraceView } from '../../client/trace/panel';
import type { TraceResult } from '../../server/lsp/protocol';
import { fakeTrace } from '../server/lsp/fake-reviewer';

/** The little of VS Code that the panel's owner uses: it makes panels and restores them, and tells what they got. */
const editor = vi.hoisted(() => {
  interface Serializer {
    deserializeWebviewPanel(panel: unknown, state: unknown): Promise<void>;
  }
  const made: ReturnType<typeof newPanel>[] = [];
  const serializers: Serializer[] = [];
  const newPanel = (title: string) => {
    const posted: unknown[] = [];
    let receive: (message: unknown) => unknown = () => {};
    const webview = {
      html: '',
      options: {},
      cspSource: 'https://x',
      asWebviewUri: (uri: string) => uri,
      postMessage: async (message: unknown) => posted.push(message),
      onDidReceiveMessage: (listener: typeof receive) => {
        receive = listener;
      },
    };
    return { title, posted, webview, reveal() {}, dispose() {}, onDidDispose() {}, send: (m: unknown) => receive(m) };
  };
  const vscode = {
    Uri: { joinPath: (base: string, ...names: string[]) => [base, ...names].join('/') },
    ViewColumn: { Beside: -2 },
    window: {
      registerWebviewPanelSerializer: (_type: string, serializer: Serializer) => {
        serializers.push(serializer);
        return { dispose() {} };
      },
      createWebviewPanel: (_type: string, title: string) => {
        const panel = newPanel(title);
        made.push(panel);
        return panel;
      },
    },
  };
  return { vscode, made, serializers, newPanel };
});
vi.mock('vscode', () => editor.vscode);

const result = (scenario: string): TraceResult => ({
  trace: fakeTrace(scenario, 'tdx', 'post', 16),
  uri: 'u',
  files: {},
});
const state = (scenario: string) => ({
  result: result(scenario),
  step: 1,
  everyStep: false,
  changedOnly: true,
  filter: '',
});

/** The workspace's store as VS Code keeps it: JSON. */
function newStore() {
  const values = new Map<string, string>();
  return {
    keys: () => [...values.keys()],
    get: (key: string) => JSON.parse(values.get(key) ?? 'null') ?? undefined,
    update: async (key: string, value: unknown) => void values.set(key, JSON.stringify(value)),
  };
}

let store: ReturnType<typeof newStore>;
const startExtension = () => createTraceView('/extension' as never, store as never);

/** Restart the extension and restore its panel with this state; returns the panel, whose view has loaded. */
async function restore(stored: unknown) {
  startExtension();
  const panel = editor.newPanel('as stored');
  await editor.serializers.at(-1)?.deserializeWebviewPanel(panel, stored);
  panel.send({ type: 'ready' });
  return panel;
}

beforeEach(() => {
  store = newStore();
  editor.made.length = 0;
});

it('shows a run once its view has loaded', () => {
  startExtension().show(result('S02'));
  const [panel] = editor.made;
  expect(panel?.posted).toEqual([]);
  panel?.send({ type: 'ready' });
  expect(panel?.posted).toEqual([{ type: 'show', result: result('S02'), fresh: true } satisfies ToView]);
  expect(panel?.title).toBe('S02 tdx');
});

it('restores the run shown last from a panel that was stored before the state of its view', async () => {
  startExtension().show(result('S02'));
  const panel = await restore(undefined);
  expect(panel.posted).toEqual([{ type: 'show', result: result('S02'), fresh: true }]);
  expect(panel.title).toBe('S02 tdx');
});

it('restores the run shown last from a panel that was stored with an earlier one', async () => {
  const view = startExtension();
  view.show(result('S01'));
  view.show(result('S02'));
  const panel = await restore(state('S01'));
  expect(panel.posted).toEqual([{ type: 'show', result: result('S02'), fresh: true }]);
  expect(panel.title).toBe('S02 tdx');
});

it('leaves a view that has its state where it was', async () => {
  startExtension().show(result('S02'));
  const panel = await restore(state('S02'));
  expect(panel.posted).toEqual([{ type: 'show', result: result('S02'), fresh: false }]);
});

it('goes by the state of the view alone where nothing was kept, and shows nothing without either', async () => {
  expect((await restore(state('S03'))).posted).toEqual([{ type: 'show', result: result('S03'), fresh: false }]);
  expect((await restore(undefined)).posted).toEqual([]);
});

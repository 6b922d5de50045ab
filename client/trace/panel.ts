/**
 * The trace view's panel: creates it, restores it, opens the lines it links to. What it shows is
 * made in `webview.ts`; this side trusts nothing that comes from there but indices it can check.
 */

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Side, TraceResult } from '../../server/lsp/protocol';
import { traceHtml } from './html';
import type { FromView, ToView, ViewState } from './messages';

const VIEW_TYPE = 'kvmMmu.trace';
/** Key of the workspace's store under which the run shown last is kept. */
const SHOWN = 'kvmMmu.trace.shown';

export interface TraceView extends vscode.Disposable {
  /** Show a run in the one panel there is. */
  show(result: TraceResult): void;
  /** The user asks for the same situation on the other side of the patch. */
  onSide(listener: (shown: TraceResult, side: Side) => void): void;
}

/**
 * Create the view's owner and let VS Code restore its panel. VS Code stores a panel together with the
 * state of its view as it is at that moment: none while the view still loads, else perhaps that of the
 * run before. So what is shown is also kept in `store`, which VS Code writes at once.
 */
export function createTraceView(extensionUri: vscode.Uri, store: vscode.Memento): TraceView {
  const dist = vscode.Uri.joinPath(extensionUri, 'dist');
  let panel: vscode.WebviewPanel | null = null;
  let shown: TraceResult | null = null;
  let ready = false;
  let fresh = false;
  let sideListener: (result: TraceResult, side: Side) => void = () => {};

  const post = (): void => {
    if (panel === null || shown === null || !ready) return;
    const message: ToView = { type: 'show', result: shown, fresh };
    fresh = false;
    void panel.webview.postMessage(message);
  };
  const receive = async (message: FromView): Promise<void> => {
    switch (message.type) {
      case 'ready':
        ready = true;
        return post();
      case 'open':
        if (shown !== null) await openLine(shown, message.file, message.line);
        return;
      case 'side':
        if (shown !== null) sideListener(shown, message.side === 'pre' ? 'pre' : 'post');
        return;
      case 'copy':
        await vscode.env.clipboard.writeText(String(message.text));
        void vscode.window.setStatusBarMessage('KVM MMU: interleaving copied', 3000);
    }
  };
  const adopt = (created: vscode.WebviewPanel): void => {
    panel = created;
    ready = false;
    created.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    created.webview.onDidReceiveMessage(receive);
    created.onDidDispose(() => {
      panel = null;
      shown = null;
    });
    const asset = (name: string): string => created.webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
    created.webview.html = traceHtml({
      nonce: randomBytes(16).toString('base64'),
      cspSource: created.webview.cspSource,
      script: asset('trace.js'),
      style: asset('trace.css'),
    });
  };
  const serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
    async deserializeWebviewPanel(restored: vscode.WebviewPanel, state: ViewState | undefined) {
      shown = store.get<TraceResult>(SHOWN) ?? state?.result ?? null;
      fresh = JSON.stringify(shown) !== JSON.stringify(state?.result ?? null);
      adopt(restored);
      if (shown !== null) restored.title = titleOf(shown);
    },
  });

  return {
    show(result) {
      shown = result;
      fresh = true;
      void store.update(SHOWN, result);
      if (panel === null) {
        const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false };
        adopt(vscode.window.createWebviewPanel(VIEW_TYPE, 'KVM MMU Trace', column));
      } else {
        panel.reveal(undefined, false);
      }
      if (panel !== null) panel.title = titleOf(result);
      post();
    },
    onSide(listener) {
      sideListener = listener;
    },
    dispose() {
      serializer.dispose();
      panel?.dispose();
    },
  };
}

function titleOf({ trace }: TraceResult): string {
  return `${trace.scenario} ${trace.vm}`;
}

/** Opens a line of the patch (`file` null) or of a file that the trace itself names. */
async function openLine(shown: TraceResult, file: string | null, line: number): Promise<void> {
  const uri = file === null ? shown.uri : shown.files[file];
  if (uri === undefined || uri === null) {
    void vscode.window.showInformationMessage(`KVM MMU: ${file ?? 'the patch'} cannot be opened here.`);
    return;
  }
  const at = new vscode.Position(Math.max(0, Math.trunc(Number(line)) - 1), 0);
  try {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri, true));
    const viewColumn = vscode.window.visibleTextEditors[0]?.viewColumn ?? vscode.ViewColumn.One;
    const editor = await vscode.window.showTextDocument(document, { viewColumn, selection: new vscode.Range(at, at) });
    editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  } catch (error) {
    void vscode.window.showErrorMessage(`KVM MMU: ${error instanceof Error ? error.message : String(error)}`);
  }
}

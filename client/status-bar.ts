/** The status bar item: verdict of the text in the active editor, with tier and kernel in its tooltip. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { METHODS, type StatusParams } from '../server/lsp/protocol';
import { statusText, statusTooltip } from './status-text';

/** Create it; it follows the active editor until it is disposed. */
export function createStatusBar(client: LanguageClient): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('kvmMmu.status', vscode.StatusBarAlignment.Left, 0);
  item.name = 'KVM MMU Review';
  item.command = 'workbench.actions.view.problems';
  const known = new Map<string, StatusParams>();
  const refresh = (): void => {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    const status = uri === undefined ? undefined : known.get(uri);
    if (status === undefined || statusText(status) === '') {
      item.hide();
      return;
    }
    item.text = statusText(status);
    item.tooltip = statusTooltip(status);
    item.accessibilityInformation = { label: `KVM MMU: ${statusTooltip(status)}` };
    item.backgroundColor =
      status.state === 'failed' ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    item.show();
  };
  return vscode.Disposable.from(
    item,
    client.onNotification(METHODS.status, (status: StatusParams) => {
      // The server may write a URI in another way than the editor does.
      known.set(vscode.Uri.parse(status.uri).toString(), status);
      refresh();
    }),
    vscode.window.onDidChangeActiveTextEditor(refresh),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      known.delete(uri.toString());
    }),
  );
}

/** Sends the custom requests with VS Code's progress and cancel button. It knows no user interface beyond that. */

import * as vscode from 'vscode';
import { type LanguageClient, LSPErrorCodes, ResponseError, WorkDoneProgress } from 'vscode-languageclient/node';
import type { ProgressToken } from '../server/lsp/protocol';

let tokens = 0;

/**
 * Send a request and show its progress until it is answered. Null when the user stopped it; an error
 * is shown, and null too.
 */
export async function requestWithProgress<P extends object, R>(
  client: LanguageClient,
  method: string,
  params: P,
  title: string,
): Promise<R | null> {
  const workDoneToken: ProgressToken = `kvm-mmu-${process.pid}-${tokens++}`;
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (progress, cancel) => {
    let reached = 0;
    const listening = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
      if (value.kind === 'end') return;
      const now = value.percentage ?? reached;
      progress.report({ ...(value.message === undefined ? {} : { message: value.message }), increment: now - reached });
      reached = now;
    });
    try {
      return await client.sendRequest<R>(method, { ...params, workDoneToken }, cancel);
    } catch (error) {
      if (!wasStopped(error, cancel)) {
        void vscode.window.showErrorMessage(`KVM MMU: ${error instanceof Error ? error.message : String(error)}`);
      }
      return null;
    } finally {
      listening.dispose();
    }
  });
}

function wasStopped(error: unknown, cancel: vscode.CancellationToken): boolean {
  if (cancel.isCancellationRequested) return true;
  return error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled;
}

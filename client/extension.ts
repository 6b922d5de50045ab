/**
 * The VS Code side: starts the language server, registers commands, the status bar and the trace
 * view. It knows nothing of patches; everything it shows comes from the server.
 */

import * as vscode from 'vscode';
import {
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  TransportKind,
} from 'vscode-languageclient/node';
import { type InitializationOptions, METHODS } from '../server/lsp/protocol';
import { registerCommands } from './commands';
import { createStatusBar } from './status-bar';
import { createTraceView } from './trace/panel';

/** Where documents come from; an editor's own output is none of our business. */
const SCHEMES = ['file', 'untitled', 'vscode-vfs', 'git'];
const PATTERN = '**/*.{patch,diff,mbox,eml,txt}';
/** Where KVM's own C files lie; the server looks closer. */
const KERNEL_PATTERN = '**/{arch/x86,virt,include}/**/*.{c,h}';

let client: LanguageClient | null = null;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('KVM MMU Review', { log: true });
  client = createClient(context, log);
  const traceView = createTraceView(context.extensionUri, context.workspaceState);
  const server = client;
  const trust = vscode.workspace.onDidGrantWorkspaceTrust(() => void server.sendNotification(METHODS.trust));
  context.subscriptions.push(trust, log, traceView, createStatusBar(client), ...registerCommands(client, traceView));
  try {
    await client.start();
  } catch (error) {
    log.error(String(error));
    void vscode.window.showErrorMessage('KVM MMU Review: the language server did not start; its log says why.');
  }
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

function createClient(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): LanguageClient {
  const module = vscode.Uri.joinPath(context.extensionUri, 'dist', 'server.js').fsPath;
  const server: ServerOptions = {
    run: { module, transport: TransportKind.ipc },
    debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6009'] } },
  };
  const initializationOptions: InitializationOptions = { commands: true, trusted: vscode.workspace.isTrusted };
  const options: LanguageClientOptions = {
    documentSelector: [
      ...SCHEMES.flatMap((scheme) => [
        { scheme, language: 'diff' },
        { scheme, language: 'plaintext' },
        { scheme, pattern: PATTERN },
      ]),
      ...['c', 'cpp'].map((language) => ({ scheme: 'file', language, pattern: KERNEL_PATTERN })),
    ],
    synchronize: { configurationSection: 'kvmMmu' },
    initializationOptions,
    outputChannel: log,
    diagnosticCollectionName: 'kvm-mmu',
  };
  return new LanguageClient('kvmMmu', 'KVM MMU Review', server, options);
}

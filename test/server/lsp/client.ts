/** A language client in the same process: talks to a server over two streams and remembers what it was told. */

import { PassThrough } from 'node:stream';
import {
  createConnection,
  createMessageConnection,
  type Diagnostic,
  type InitializeResult,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { METHODS, type StatusParams } from '../../../server/lsp/protocol';
import { type ServerParts, serve } from '../../../server/lsp/server';

export interface Client {
  readonly initialized: InitializeResult;
  /** The latest that were pushed, by URI. */
  readonly diagnostics: Map<string, { version: number | undefined; diagnostics: Diagnostic[] }>;
  readonly statuses: StatusParams[];
  /** Names of the requests that the server made. */
  readonly asked: string[];
  /** Every `$/progress` value. */
  readonly progress: unknown[];
  request<R>(method: string, params: unknown, token?: unknown): Promise<R>;
  notify(method: string, params: unknown): Promise<void>;
  open(uri: string, text: string, languageId?: string): Promise<void>;
  /** Resolves once `find` gives something. */
  until<T>(find: () => T | undefined): Promise<T>;
  close(): void;
}

export interface ClientOptions {
  readonly capabilities?: object;
  readonly initializationOptions?: unknown;
  /** Answer to `workspace/configuration`. */
  readonly configuration?: unknown;
  /** URIs of the workspace's folders. */
  readonly folders?: readonly string[];
}

/** Start a server with these parts and initialise it. */
export async function connect(parts: ServerParts, options: ClientOptions = {}): Promise<Client> {
  const [up, down] = [new PassThrough(), new PassThrough()];
  const server = createConnection(ProposedFeatures.all, new StreamMessageReader(up), new StreamMessageWriter(down));
  serve(server, parts);
  server.listen();
  const connection = createMessageConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  const diagnostics: Client['diagnostics'] = new Map();
  const statuses: StatusParams[] = [];
  const asked: string[] = [];
  const progress: unknown[] = [];
  connection.onNotification('textDocument/publishDiagnostics', ({ uri, version, diagnostics: sent }) => {
    diagnostics.set(uri, { version, diagnostics: sent });
  });
  connection.onNotification(METHODS.status, (status: StatusParams) => void statuses.push(status));
  connection.onNotification('$/progress', ({ value }) => void progress.push(value));
  connection.onRequest((method: string) => {
    asked.push(method);
    return method === 'workspace/configuration' ? [options.configuration ?? null] : null;
  });
  connection.listen();
  const initialized = await connection.sendRequest<InitializeResult>('initialize', {
    processId: null,
    rootUri: null,
    workspaceFolders: options.folders?.map((uri) => ({ uri, name: uri })) ?? null,
    capabilities: options.capabilities ?? {},
    initializationOptions: options.initializationOptions,
  });
  await connection.sendNotification('initialized', {});
  return {
    initialized,
    diagnostics,
    statuses,
    asked,
    progress,
    request: (method, params, token) =>
      token === undefined
        ? connection.sendRequest(method, params)
        : connection.sendRequest(method, params, token as never),
    notify: (method, params) => connection.sendNotification(method, params),
    open: (uri, text, languageId = 'diff') =>
      connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId, version: 1, text } }),
    until: (find) => waitFor(find),
    close: () => {
      connection.dispose();
      server.dispose();
    },
  };
}

async function waitFor<T>(find: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 500; tries++) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('what the test waited for did not come');
}

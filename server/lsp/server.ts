/**
 * The language server: wires an LSP connection to documents, reviews and answers. It decides nothing
 * about patches; reviews run behind `Reviewer`, so that this thread always answers.
 */

import {
  CodeActionKind,
  type Connection,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { InvariantPage } from '../../model/invariants/types';
import { actionsFor } from './actions';
import { createCustomRequests } from './custom';
import { diagnosticsOf } from './diagnostics';
import { DocumentReview, type Known } from './documents';
import { hoverAt, type Word } from './hover';
import { inputOf, isC, kernelFile } from './inputs';
import { lensesOf } from './lenses';
import { createTreeResolver, type ResolveFile } from './places';
import { createProgressListener } from './progress';
import { type InitializationOptions, METHODS, type ScenarioInfo } from './protocol';
import { isReviewable, looksLikePatch } from './recognise';
import type { Reviewer, ReviewInput } from './reviewer';
import { readSettings, reviewOptions, type Settings } from './settings';
import { statusOf } from './status';

/** What the server needs to know; all of it is injected, so that tests can do without a model. */
export interface ServerParts {
  readonly version: string;
  readonly reviewer: Reviewer;
  readonly scenarios: readonly Omit<ScenarioInfo, 'suggested'>[];
  readonly page: (invariant: string) => InvariantPage | null;
  /** URI of the page that explains an invariant, null where none is shipped. */
  readonly explain: (invariant: string) => string | null;
  readonly lookup: (word: string) => Word | null;
  readonly resolve: ResolveFile;
  /** Milliseconds of quiet after a change before a review starts. */
  readonly quiet?: number;
}

const QUIET = 400;
/** A C file is edited for longer at a time than a patch. */
const QUIET_FILE = 1000;

/** What the client can do, of what matters here. */
interface Client {
  /** Asks for diagnostics itself, and can be told to ask again; otherwise they are pushed. */
  readonly pulls: boolean;
  readonly configuration: boolean;
  readonly progress: boolean;
  readonly lensRefresh: boolean;
  /** It has the commands that lenses and code actions name. */
  readonly commands: boolean;
  /** URIs of the workspace's folders when it opened. */
  readonly folders: readonly string[];
}

const UNKNOWN_CLIENT: Client = {
  ...{ pulls: false, configuration: false, progress: false, lensRefresh: false, commands: false },
  folders: [],
};

/** Answer on `connection` until it closes. Call `connection.listen()` afterwards. */
export function serve(connection: Connection, parts: ServerParts): void {
  const documents = new TextDocuments(TextDocument);
  const reviews = new Map<string, DocumentReview>();
  let client = UNKNOWN_CLIENT;
  let trusted = true;
  let settings: Settings = readSettings(undefined).settings;

  const resolverOf = (known: Pick<Known, 'outline'> | undefined): ResolveFile => {
    const root = known?.outline?.root ?? null;
    const inTree = root === null ? null : createTreeResolver(root);
    return (file) => inTree?.(file) ?? parts.resolve(file);
  };
  const context = (known: Pick<Known, 'uri' | 'version' | 'outline'>) => ({
    uri: known.uri,
    version: known.version,
    resolve: resolverOf(known),
    explain: parts.explain,
  });
  const changed = (known: Known, facts: boolean): void => {
    if (facts) showFacts(known);
    // Last, so that who waits for the end of a review finds everything there.
    void connection.sendNotification(METHODS.status, statusOf(known));
    if (known.state === 'failed') connection.console.error(`${known.uri}: ${known.message}`);
  };
  const showFacts = (known: Known): void => {
    if (client.pulls) connection.languages.diagnostics.refresh();
    else pushDiagnostics(known);
    if (client.lensRefresh) void connection.sendRequest('workspace/codeLens/refresh').catch(() => {});
  };
  const pushDiagnostics = (known: Known): void => {
    const diagnostics = diagnosticsOf(known, context(known));
    void connection.sendDiagnostics({ uri: known.uri, version: known.version, diagnostics });
  };
  const listener = {
    changed,
    started: createProgressListener(connection, () => client.progress),
  };
  const reviewFor = (uri: string): DocumentReview => {
    const known = reviews.get(uri) ?? new DocumentReview(parts.reviewer, listener, uri);
    reviews.set(uri, known);
    return known;
  };
  const input = (document: TextDocument): ReviewInput =>
    inputOf(document, { settings, folders: client.folders, trusted, documents: documents.all() });
  const isRecognised = (document: TextDocument): boolean =>
    isC(document) ? settings.reviewWorkingTree && kernelFile(document) !== null : looksLikePatch(document.getText());
  const consider = (document: TextDocument, delay: number): void => {
    const { uri, version } = document;
    if (!isReviewable(uri)) return;
    if (!settings.reviewOnOpen || !isRecognised(document)) {
      reviewFor(uri).ignore(version);
      return;
    }
    const { text, ...about } = input(document);
    reviewFor(uri).schedule({ uri, version, text, about }, reviewOptions(settings), delay);
  };
  const loadSettings = async (): Promise<void> => {
    if (client.configuration) applySettings(await connection.workspace.getConfiguration('kvmMmu'));
  };
  const applySettings = (value: unknown): void => {
    const read = readSettings(value);
    settings = read.settings;
    for (const problem of read.problems) connection.console.warn(problem);
  };

  // Documents may open before the settings have come.
  let ready: Promise<void> = Promise.resolve();
  connection.onInitialize((params) => {
    client = clientOf(params);
    trusted = optionsOf(params).trusted !== false;
    applySettings(optionsOf(params).kvmMmu);
    return capabilities(client, parts.version);
  });
  connection.onInitialized(() => {
    ready = loadSettings().catch((error) => connection.console.warn(`settings: ${String(error)}`));
  });
  connection.onDidChangeConfiguration(async ({ settings: sent }) => {
    if (client.configuration) await loadSettings();
    else applySettings((sent as { kvmMmu?: unknown } | null)?.kvmMmu);
    for (const document of documents.all()) consider(document, 0);
  });
  documents.onDidOpen(async ({ document }) => {
    await ready;
    if (documents.get(document.uri) === document) consider(document, 0);
  });
  documents.onDidChangeContent(({ document }) => {
    const known = reviews.get(document.uri);
    const quiet = parts.quiet ?? (isC(document) ? QUIET_FILE : QUIET);
    if (known !== undefined && known.known.version !== document.version) consider(document, quiet);
  });
  connection.onNotification(METHODS.trust, () => {
    trusted = true;
    for (const document of documents.all()) consider(document, 0);
  });
  documents.onDidClose(({ document }) => {
    reviews.get(document.uri)?.stop();
    reviews.delete(document.uri);
    if (!client.pulls) void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
  });

  connection.onHover(({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    if (document === undefined || !isReviewable(document.uri)) return null;
    const known = reviews.get(document.uri)?.known ?? { outline: null, reviews: [], early: [] };
    if (known.outline === null && !isRecognised(document)) return null;
    return hoverAt(document.getText().split(/\r\n|\n|\r/), position, { known, lookup: parts.lookup, page: parts.page });
  });
  connection.onCodeLens(({ textDocument }) => {
    const known = reviews.get(textDocument.uri)?.known;
    return known === undefined || known.version !== documents.get(textDocument.uri)?.version
      ? []
      : lensesOf(known, client.commands);
  });
  connection.onCodeAction(({ textDocument, context: { diagnostics } }) =>
    client.commands ? actionsFor(textDocument.uri, diagnostics) : [],
  );
  connection.languages.diagnostics.on(({ textDocument, previousResultId }) => {
    const known = reviews.get(textDocument.uri)?.known;
    if (known === undefined) return { kind: 'full' as const, items: [] };
    const resultId = [known.version, known.state, known.early.length, known.outline === null].join('.');
    if (resultId === previousResultId) return { kind: 'unchanged' as const, resultId };
    return { kind: 'full' as const, resultId, items: diagnosticsOf(known, context(known)) };
  });
  createCustomRequests(connection, {
    parts,
    settings: () => settings,
    document: (uri) => documents.get(uri),
    review: reviewFor,
    input,
    resolve: (uri) => resolverOf(uri === null ? undefined : reviews.get(uri)?.known),
  });
  connection.onShutdown(async () => {
    for (const review of reviews.values()) review.stop();
    await parts.reviewer.close();
  });
  documents.listen(connection);
}

function optionsOf(params: InitializeParams): InitializationOptions {
  const { initializationOptions: given } = params;
  return typeof given === 'object' && given !== null ? (given as InitializationOptions) : {};
}

function clientOf(params: InitializeParams): Client {
  const { textDocument, workspace, window } = params.capabilities;
  return {
    pulls: textDocument?.diagnostic !== undefined && workspace?.diagnostics?.refreshSupport === true,
    configuration: workspace?.configuration === true,
    progress: window?.workDoneProgress === true,
    lensRefresh: workspace?.codeLens?.refreshSupport === true,
    commands: optionsOf(params).commands === true,
    folders: params.workspaceFolders?.map(({ uri }) => uri) ?? (params.rootUri ? [params.rootUri] : []),
  };
}

function capabilities(client: Client, version: string): InitializeResult {
  const pull = { identifier: 'kvm-mmu', interFileDependencies: false, workspaceDiagnostics: false };
  return {
    serverInfo: { name: 'kvm-mmu-review', version },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      hoverProvider: true,
      codeLensProvider: { resolveProvider: false },
      ...(client.commands ? { codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] } } : {}),
      ...(client.pulls ? { diagnosticProvider: pull } : {}),
    },
  };
}

/** Answers the requests of `protocol.ts`. Errors reach the client as one sentence each. */

import {
  type CancellationToken,
  type Connection,
  LSPErrorCodes,
  ResponseError,
  type WorkDoneProgressReporter,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { FindingStatus } from '../review/types';
import { findingById, findingId, findingsOf } from './diagnostics';
import type { DocumentReview, Known } from './documents';
import type { ResolveFile } from './places';
import { percent } from './progress';
import {
  type FindingSummary,
  METHODS,
  type ProgressToken,
  type ReviewParams,
  type ReviewResult,
  type ScenarioInfo,
  type ScenariosParams,
  type SimulateParams,
  type TraceParams,
  type TraceResult,
} from './protocol';
import { Aborted, type ReviewInput, type RunHooks, type SimulationRequest, WorkerLost } from './reviewer';
import type { ServerParts } from './server';
import { reviewOptions, type Settings } from './settings';

export interface CustomContext {
  readonly parts: ServerParts;
  readonly settings: () => Settings;
  readonly document: (uri: string) => TextDocument | undefined;
  readonly review: (uri: string) => DocumentReview;
  /** What a review of the document is given. */
  readonly input: (document: TextDocument) => ReviewInput;
  /** Where the files of a document's traces are. */
  readonly resolve: (uri: string | null) => ResolveFile;
}

/** Register the handlers on a connection. */
export function createCustomRequests(connection: Connection, context: CustomContext): void {
  connection.onRequest(METHODS.review, (params: ReviewParams, token: CancellationToken) =>
    answer(connection, params.workDoneToken, token, (hooks) => reviewNow(params, hooks, context)),
  );
  connection.onRequest(METHODS.scenarios, (params: ScenariosParams) => scenariosFor(params, context));
  connection.onRequest(METHODS.simulate, (params: SimulateParams, token: CancellationToken) =>
    answer(connection, params.workDoneToken, token, (hooks) => simulateNow(params, hooks, context)),
  );
  connection.onRequest(METHODS.trace, (params: TraceParams, token: CancellationToken) =>
    answer(connection, params.workDoneToken, token, (hooks) => traceNow(params, hooks, context)),
  );
}

async function answer<T>(
  connection: Connection,
  progress: ProgressToken | undefined,
  token: CancellationToken,
  work: (hooks: RunHooks) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = token.onCancellationRequested(() => controller.abort());
  const reporter: WorkDoneProgressReporter = connection.window.attachWorkDoneProgress(progress);
  reporter.begin('KVM MMU', 0);
  try {
    return await work({
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === 'progress') reporter.report(percent(event.progress), event.progress.text);
      },
    });
  } catch (error) {
    throw responseError(error);
  } finally {
    stop.dispose();
    reporter.done();
  }
}

function responseError(error: unknown): ResponseError<void> {
  if (error instanceof ResponseError) return error;
  if (error instanceof Aborted) return new ResponseError(LSPErrorCodes.RequestCancelled, 'stopped');
  const text = error instanceof Error ? error.message : String(error);
  const lost = error instanceof WorkerLost ? `the simulation's thread ended unexpectedly (${text})` : text;
  return new ResponseError(LSPErrorCodes.RequestFailed, lost);
}

function openDocument(uri: string, context: CustomContext): TextDocument {
  const document = context.document(uri);
  if (document === undefined) throw new Error(`${uri} is not open`);
  return document;
}

async function reviewNow(params: ReviewParams, hooks: RunHooks, context: CustomContext): Promise<ReviewResult> {
  const document = openDocument(params.uri, context);
  const review = context.review(params.uri);
  let known: Known = review.known;
  if (params.force || known.state !== 'done' || known.version !== document.version) {
    const { text, ...about } = context.input(document);
    const source = { uri: document.uri, version: document.version, text, about };
    known = await review.review(source, reviewOptions(context.settings()), hooks.signal);
  }
  if (known.state === 'cancelled') throw new Aborted('stopped');
  if (known.state !== 'done') throw new Error(known.message);
  return { uri: known.uri, version: known.version, patches: known.reviews, findings: summaries(known) };
}

const ORDER: readonly FindingStatus[] = ['introduced', 'fixed', 'present'];

function summaries(known: Known): FindingSummary[] {
  return findingsOf(known)
    .map(({ patch, finding }) => {
      const { invariant, status, message, patchLine, vm, scenarios } = finding;
      return { id: findingId(patch, finding), invariant, status, message, patchLine, vm, scenarios };
    })
    .sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
}

function scenariosFor({ uri }: ScenariosParams, context: CustomContext): ScenarioInfo[] {
  const known = uri === null ? null : context.review(uri).known;
  const suggested = new Set(known?.reviews.flatMap(({ findings }) => findings.flatMap(({ scenarios }) => scenarios)));
  return context.parts.scenarios
    .map(({ id, name, title, description, vm, assumption }) => ({
      ...{ id, name, title, description, vm, assumption },
      suggested: suggested.has(id),
    }))
    .sort((a, b) => Number(b.suggested) - Number(a.suggested));
}

async function simulateNow(params: SimulateParams, hooks: RunHooks, context: CustomContext): Promise<TraceResult> {
  const patch = params.uri === null ? null : openDocument(params.uri, context);
  const outline = patch === null ? null : context.review(patch.uri).known.outline;
  // A mail without a diff changes nothing; the result then says that no patch was simulated.
  const document = outline?.patches.every(({ hunks }) => hunks.length === 0) ? null : patch;
  const request = {
    scenario: params.scenario,
    vm: params.vm,
    side: params.side,
    schedule: params.schedule ?? null,
    invariant: null,
  };
  return simulate(document, request, hooks, context);
}

async function traceNow(params: TraceParams, hooks: RunHooks, context: CustomContext): Promise<TraceResult> {
  const document = openDocument(params.uri, context);
  const { known } = context.review(params.uri);
  const finding = known.version === document.version ? findingById(known, params.finding) : null;
  const [scenario, vm] = [finding?.scenarios[0], finding?.vm[0]];
  if (finding === null || scenario === undefined || vm === undefined) {
    throw new Error('this finding belongs to an earlier version of the text: review it again');
  }
  const { side, schedule, invariant } = finding;
  return simulate(document, { scenario, vm, side, schedule, invariant }, hooks, context);
}

async function simulate(
  document: TextDocument | null,
  wanted: Pick<SimulationRequest, 'scenario' | 'vm' | 'side' | 'schedule' | 'invariant'>,
  hooks: RunHooks,
  context: CustomContext,
): Promise<TraceResult> {
  const { preemptions, memoryOrder, budgetSeconds } = context.settings();
  const input = document === null ? null : context.input(document);
  const trace = await context.parts.reviewer.simulate(
    input,
    { ...wanted, preemptions, memoryOrder, budgetSeconds },
    hooks,
  );
  const resolve = context.resolve(document?.uri ?? null);
  const names = new Set(trace.steps.flatMap(({ place }) => (place === null ? [] : [place.file])));
  const files = [...names].flatMap((name) => {
    const uri = resolve(name);
    return uri === null ? [] : [[name, uri] as const];
  });
  return { trace, uri: document?.uri ?? null, files: Object.fromEntries(files) };
}

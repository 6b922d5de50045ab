/**
 * The life of one open document under review: which version is known to be what, which run is under
 * way, and how it is stopped. It knows no LSP connection: it reports through `Listener`, and a result
 * of an older version never reaches it.
 */

import type { Finding, PatchReview } from '../review/types';
import {
  Aborted,
  type Outline,
  type Progress,
  type Reviewer,
  type ReviewInput,
  type ReviewOptions,
  type RunEvent,
  WorkerLost,
} from './reviewer';

export type ReviewState = 'ignored' | 'waiting' | 'running' | 'done' | 'cancelled' | 'failed';

/** What is known about one version of a document. */
export interface Known {
  readonly uri: string;
  readonly version: number;
  readonly state: ReviewState;
  /** While running: what is being done. When failed, or ignored after a look: why. */
  readonly message: string;
  readonly outline: Outline | null;
  /** Complete once the state is `done`. */
  readonly reviews: readonly PatchReview[];
  /** Findings that came before their review was complete; empty once it is. */
  readonly early: readonly EarlyFinding[];
}

export interface EarlyFinding {
  readonly patch: number;
  readonly finding: Finding;
}

export interface Listener {
  /** The state changed or, with `facts`, something became known: diagnostics and lenses differ. */
  changed(known: Known, facts: boolean): void;
  /** A run starts. Progress goes to what this returns; `cancel` stops the run. */
  started(uri: string, cancel: () => void): RunListener;
}

export interface RunListener {
  progress(progress: Progress): void;
  ended(): void;
}

export interface Source {
  readonly uri: string;
  readonly version: number;
  readonly text: string;
  /** What else the review is given. */
  readonly about?: Omit<ReviewInput, 'name' | 'text'>;
}

/** Beyond its budgets, a review may take this long to read its input and to stop, in milliseconds. */
const GRACE = 60_000;

/** Reviews of one document, one after another; a later one stops an earlier one. */
export class DocumentReview {
  #known: Known;
  #run: AbortController | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly reviewer: Reviewer,
    private readonly listener: Listener,
    uri: string,
    private readonly grace = GRACE,
  ) {
    this.#known = { uri, version: -1, state: 'ignored', message: '', outline: null, reviews: [], early: [] };
  }

  get known(): Known {
    return this.#known;
  }

  /** Review this version after `delay` milliseconds, unless another call comes first. */
  schedule(source: Source, options: ReviewOptions, delay: number): void {
    this.stop();
    this.#set({
      uri: source.uri,
      version: source.version,
      state: 'waiting',
      message: '',
      outline: null,
      reviews: [],
      early: [],
    });
    this.#timer = setTimeout(() => void this.review(source, options), delay);
  }

  /** Review this version now. Resolves when the run has ended, in whatever way. */
  async review(source: Source, options: ReviewOptions, signal?: AbortSignal): Promise<Known> {
    this.stop();
    const run = new AbortController();
    this.#run = run;
    const abort = (): void => run.abort();
    signal?.addEventListener('abort', abort, { once: true });
    const listener = this.listener.started(source.uri, abort);
    try {
      return await this.#carryOut(source, options, run, listener);
    } finally {
      signal?.removeEventListener('abort', abort);
      listener.ended();
      if (this.#run === run) this.#run = null;
    }
  }

  /** The document is not a patch, or reviewing it is switched off. */
  ignore(version: number): void {
    this.stop();
    this.#set({ ...this.#known, version, state: 'ignored', message: '', outline: null, reviews: [], early: [] });
  }

  /** Stop at once; what is known stays. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#run?.abort();
    this.#run = null;
  }

  async #carryOut(source: Source, options: ReviewOptions, run: AbortController, to: RunListener): Promise<Known> {
    const { uri, version } = source;
    const input: ReviewInput = { ...source.about, name: uri, text: source.text };
    let known: Known = { uri, version, state: 'running', message: 'reading', outline: null, reviews: [], early: [] };
    const show = (change: Partial<Known>): void => {
      known = { ...known, ...change };
      if (this.#run === run) this.#set(known, Object.keys(change).join() !== 'message');
    };
    const hooks = {
      signal: run.signal,
      onEvent: (event: RunEvent): void => {
        if (run.signal.aborted) return;
        if (event.kind === 'finding') {
          show({ early: [...known.early, { patch: event.patch, finding: event.finding }] });
        } else {
          to.progress(event.progress);
          show({ message: event.progress.text });
        }
      },
    };
    let overrun = false;
    show({});
    try {
      const outline = await this.reviewer.outline(input, hooks);
      if (outline.idle !== undefined) {
        show({ state: 'ignored', message: outline.idle });
        return known;
      }
      show({ outline, message: 'running' });
      const limit = setTimeout(
        () => {
          overrun = true;
          run.abort();
        },
        outline.patches.length * options.budgetSeconds * 1000 + this.grace,
      );
      const reviews = await this.reviewer.review(input, options, hooks).finally(() => clearTimeout(limit));
      show({ state: 'done', message: '', reviews, early: [] });
    } catch (error) {
      show(overrun ? { state: 'failed', message: 'it went on far beyond its budget and was stopped' } : failure(error));
    }
    return known;
  }

  #set(known: Known, facts = true): void {
    this.#known = known;
    this.listener.changed(known, facts);
  }
}

function failure(error: unknown): Pick<Known, 'state' | 'message'> {
  if (error instanceof Aborted) return { state: 'cancelled', message: 'the review was stopped' };
  if (error instanceof WorkerLost) {
    return {
      state: 'failed',
      message: `the review's thread ended unexpectedly (${error.message}); review the file again`,
    };
  }
  return { state: 'failed', message: error instanceof Error ? error.message : String(error) };
}

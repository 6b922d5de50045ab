/**
 * The worker thread's side of `pool.ts`: offers a `Reviewer` to the pool. It knows no LSP, and not
 * which reviewer it offers; `review-worker.ts` does.
 */

import workerpool from 'workerpool';
import type { Reviewer, RunHooks } from './reviewer';

/** Offer `reviewer` to the thread that started this one. Call once, at the start of a worker script. */
export function serveReviewer(reviewer: Promise<Reviewer>): void {
  // A failure to start is told to whoever asks first, not to nobody.
  reviewer.catch(() => {});
  const method = (name: 'outline' | 'review' | 'simulate') => {
    // Not an arrow function: the pool puts its `worker` object on the function that it calls.
    return async function called(...args: unknown[]): Promise<unknown> {
      return stoppable(async (hooks) => {
        const run = (await reviewer)[name] as (...rest: unknown[]) => Promise<unknown>;
        return run(...args, hooks);
      });
    };
  };
  const methods = { outline: method('outline'), review: method('review'), simulate: method('simulate') };

  let stopRunning = async (): Promise<void> => {};
  let listening = false;

  /** The pool drops its listeners only when one was called, so there is one for all runs of this thread. */
  function listenOnce(): void {
    const pool = (methods.outline as unknown as { worker?: PublicWorker }).worker;
    if (listening || pool === undefined) return;
    listening = true;
    pool.addAbortListener(() => {
      listening = false;
      return stopRunning();
    });
  }

  async function stoppable(work: (hooks: RunHooks) => Promise<unknown>): Promise<unknown> {
    const controller = new AbortController();
    const running = work({ signal: controller.signal, onEvent: (event) => workerpool.workerEmit(event) });
    stopRunning = async () => {
      controller.abort();
      await running.catch(() => {});
    };
    listenOnce();
    return running;
  }

  workerpool.worker(methods, { onTerminate: async () => (await reviewer).close() });
}

/** What workerpool puts on each method; its own types leave it out. */
interface PublicWorker {
  addAbortListener(listener: () => Promise<void>): void;
}

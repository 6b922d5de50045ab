/**
 * A `Reviewer` whose work is done in worker threads, so that the server's own thread always answers.
 * Stopping takes effect at once for the caller; a thread that doesn't stop in time is ended. A thread
 * that dies fails its own run, and the next run gets a new one.
 */

import workerpool from 'workerpool';
import { Aborted, type Reviewer, type RunEvent, type RunHooks, WorkerLost } from './reviewer';

export interface PoolOptions {
  /** The bundled script of the worker (`serve.ts`). */
  readonly script: string;
  /** Handed to the worker as `workerData`. */
  readonly data: unknown;
  /** Old-space limit of each worker, in MiB. */
  readonly megabytes?: number;
  /** How long a thread may take to stop by itself, in milliseconds. */
  readonly stopTimeout?: number;
}

const DEFAULT_MEGABYTES = 2048;
const DEFAULT_STOP_TIMEOUT = 1500;

type Pool = ReturnType<typeof workerpool.pool>;

/** One thread for reviews in the background, two for what somebody is waiting for. */
export function createPoolReviewer(options: PoolOptions): Reviewer {
  const background = createPool(options, 1);
  const interactive = createPool(options, 2);
  return {
    outline: (input, hooks) => execute(interactive, 'outline', [input], hooks),
    review: (input, wanted, hooks) => execute(background, 'review', [input, wanted], hooks),
    simulate: (input, request, hooks) => execute(interactive, 'simulate', [input, request], hooks),
    async close() {
      await Promise.allSettled([background.terminate(true), interactive.terminate(true)]);
    },
  };
}

function createPool(options: PoolOptions, maxWorkers: number): Pool {
  return workerpool.pool(options.script, {
    workerType: 'thread',
    maxWorkers,
    workerTerminateTimeout: options.stopTimeout ?? DEFAULT_STOP_TIMEOUT,
    workerThreadOpts: {
      workerData: options.data,
      resourceLimits: { maxOldGenerationSizeMb: options.megabytes ?? DEFAULT_MEGABYTES },
    },
  });
}

async function execute<T>(pool: Pool, method: string, args: unknown[], hooks: RunHooks): Promise<T> {
  const { signal } = hooks;
  if (signal.aborted) throw new Aborted('stopped before it began');
  const task = pool.exec(method, args, {
    on: (payload: unknown) => {
      if (!signal.aborted) hooks.onEvent(payload as RunEvent);
    },
  });
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      task.cancel();
      reject(new Aborted('stopped'));
    };
    signal.addEventListener('abort', abort, { once: true });
  });
  // The pool's promise is not a native one; and once aborted nobody else listens to its failure.
  const result = new Promise<T>((resolve, reject) => void task.then((value: T) => resolve(value), reject));
  result.catch(() => {});
  try {
    return await Promise.race([result, aborted]);
  } catch (error) {
    throw signal.aborted ? new Aborted('stopped') : explained(error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Tell a lost thread from an error that the review itself raised. */
function explained(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return new WorkerLost('it ran out of memory');
  if (/Worker is terminated|Worker terminated|terminated Unexpectedly/i.test(text)) {
    const exit = /exitCode: `(\w+)`/.exec(text)?.[1];
    return new WorkerLost(exit === undefined ? 'it ended' : `exit code ${exit}`);
  }
  return error instanceof Error ? error : new Error(text);
}

/**
 * Runs jobs in worker threads, or in this thread where there is no worker file (tests). It knows
 * nothing of what a job does. A worker that dies fails its own job and is replaced.
 */

import workerpool from 'workerpool';
import type { RunResult, Violation } from '../../model/explore/types';
import { createWorker } from './execute-job';
import type { CodeDifference, Job, Outline, Replay, Runner, Urgency } from './jobs';

export interface RunnerOptions {
  /** The bundled worker script; null runs jobs in this thread. */
  readonly workerScript: string | null;
  /** Folder that holds `model/reference`. */
  readonly root: string;
  readonly jobs: number;
  /** Old-space limit of each worker, in MiB: a run that needs more ends as incomplete, not as a crash. */
  readonly megabytes?: number;
}

/** Start a runner. Its workers start with their first job. */
export function createRunner(options: RunnerOptions): Runner {
  const execute = options.workerScript === null ? inThread(options.root) : inPool(options.workerScript, options);
  return {
    run: (job) => execute.job(job) as Promise<RunResult>,
    replay: (job) => execute.job(job) as Promise<Replay>,
    minimise: (job) => execute.job(job) as Promise<Violation>,
    outline: (job) => execute.job(job) as Promise<Outline>,
    difference: (job) => execute.job(job) as Promise<CodeDifference>,
    entered: (job) => execute.job(job) as Promise<readonly string[] | null>,
    close: execute.close,
  };
}

interface Executor {
  job(job: Job): Promise<unknown>;
  close(): Promise<void>;
}

function inThread(root: string): Executor {
  const worker = createWorker(root);
  return {
    job: async (job) => (await worker).execute(job),
    close: async () => {},
  };
}

interface Waiting {
  readonly job: Job;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The pool's own queue is first come, first served; ours lets what somebody waits for (an outline, a
 * first look, a replay) go ahead of long runs that have not started.
 */
function inPool(script: string, options: RunnerOptions): Executor {
  const pool = workerpool.pool(script, {
    workerType: 'thread',
    maxWorkers: Math.max(1, options.jobs),
    workerThreadOpts: {
      workerData: { root: options.root },
      resourceLimits: { maxOldGenerationSizeMb: options.megabytes ?? 4096 },
    },
  });
  const waiting: Readonly<Record<Urgency, Waiting[]>> = {
    finding: [],
    look: [],
    verdict: [],
    comparison: [],
  };
  let running = 0;
  const pump = (): void => {
    while (running < Math.max(1, options.jobs)) {
      const { finding, look, verdict, comparison } = waiting;
      const next = finding.shift() ?? look.shift() ?? verdict.shift() ?? comparison.shift();
      if (next === undefined) return;
      running++;
      Promise.resolve(pool.exec('execute', [next.job]))
        .then(next.resolve, next.reject)
        .finally(() => {
          running--;
          pump();
        });
    }
  };
  return {
    job: (job) =>
      new Promise((resolve, reject) => {
        waiting[job.kind === 'run' ? job.urgency : 'finding'].push({ job, resolve, reject });
        pump();
      }),
    close: async () => {
      await pool.terminate(true);
    },
  };
}

/** Entry of a worker thread: carries out jobs of `server/review`. It knows no patches and no protocol. */

import { workerData } from 'node:worker_threads';
import workerpool from 'workerpool';
import { createWorker } from './review/execute-job';
import type { Job } from './review/jobs';

const worker = createWorker((workerData as { root: string }).root);

workerpool.worker({
  execute: async (job: Job) => (await worker).execute(job),
});

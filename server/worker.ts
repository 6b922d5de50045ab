/** Entry of a worker thread: carries out jobs of `server/review`. It knows no patches and no protocol. */

import { readFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import workerpool from 'workerpool';
import { cacheFolder } from './cache/folder';
import { createWorker } from './review/execute-job';
import type { Job } from './review/jobs';
import { hashOf } from './review/run-cache';

// Another build of this file is another engine: it must not be given this one's results.
const keeping = { folder: cacheFolder(), engine: hashOf(readFileSync(__filename)) };
const worker = createWorker((workerData as { root: string }).root, keeping);

workerpool.worker({
  execute: async (job: Job) => (await worker).execute(job),
});

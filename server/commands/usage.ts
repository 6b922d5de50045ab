/** An error of the caller's: one clear sentence on standard error, exit 2. */
export class UsageError extends Error {}

/** Where the shipped files are: the folder with `model/reference`, and the worker script beside it. */
export interface Installation {
  readonly root: string;
  readonly workerScript: string | null;
}

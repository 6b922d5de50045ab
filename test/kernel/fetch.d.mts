/** Where the source of `release` is without fetching it, or null. */
export function haveKernel(release: string): string | null;
/** Folder with the source of `release`, fetched where it isn't there. Errors: one sentence. */
export function fetchKernel(release: string): string;

/**
 * Puts the real parts together and serves the language server protocol, on standard input and output
 * or on Node's own channel (`--node-ipc`). It decides nothing itself.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { invariants } from '../../model/invariants/index';
import { scenarios } from '../../model/scenarios/index';
import { lookup } from '../../model/vocabulary/index';
import { version } from '../../package.json';
import { openConnection } from './connection';
import { createResolver, type ResolveFile } from './places';
import { createPoolReviewer } from './pool';
import { type ServerParts, serve } from './server';

export interface Installation {
  /** Folder of the built package: its C, its pages, its worker scripts. */
  readonly root: string;
  /** The bundled worker of `server/review`. */
  readonly workerScript: string;
}

/** Start serving. Returns at once; the process ends when the client says so or goes away. */
export function startServer(installation: Installation): void {
  const connection = openConnection();
  serve(connection, partsOf(installation));
  connection.listen();
}

function partsOf({ root, workerScript }: Installation): ServerParts {
  const pages = new Map(invariants.map((invariant) => [invariant.id, invariant]));
  return {
    version,
    reviewer: createPoolReviewer({
      script: path.join(root, 'review-worker.js'),
      data: { root, workerScript },
    }),
    scenarios,
    page: (id) => pages.get(id) ?? null,
    explain: (id) => pageUri(root, id),
    lookup,
    resolve: createResolver(root),
  };
}

/** The page of an invariant as a file of the package, null where none is shipped. */
export function pageUri(root: string, id: string): ReturnType<ResolveFile> {
  if (!/^[a-z0-9-]+$/.test(id)) return null;
  const file = path.join(root, 'model', 'invariants', `${id}.md`);
  return existsSync(file) ? pathToFileURL(file).href : null;
}

/** Opens the stream that the client speaks on. It knows nothing of what is said there. */

import { type Connection, createConnection, ProposedFeatures } from 'vscode-languageserver/node';

/** A client that forks the server gets Node's channel; anybody else speaks over the standard streams. */
export function openConnection(): Connection {
  if (process.argv.includes('--node-ipc')) return createConnection(ProposedFeatures.all);
  return createConnection(ProposedFeatures.all, process.stdin, process.stdout);
}

/** Entry of the language server that the VS Code client starts. */

import { join } from 'node:path';
import { startServer } from './lsp/start';

startServer({ root: __dirname, workerScript: join(__dirname, 'worker.js') });

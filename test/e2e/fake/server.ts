/** A language server with the fake reviewer in a real worker thread: for work on the editor side alone. */

import { join } from 'node:path';
import { openConnection } from '../../../server/lsp/connection';
import { createResolver } from '../../../server/lsp/places';
import { createPoolReviewer } from '../../../server/lsp/pool';
import { serve } from '../../../server/lsp/server';
import { fakeParts } from '../../server/lsp/fake-parts';

const connection = openConnection();
const reviewer = createPoolReviewer({ script: join(__dirname, 'review-worker.js'), data: null });
serve(connection, fakeParts(reviewer, { explain: () => null, resolve: createResolver(__dirname) }));
connection.listen();

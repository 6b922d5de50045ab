/** A worker script that offers the fake reviewer; bundled by the tests that need a real thread. */

import { serveReviewer } from '../../../server/lsp/serve';
import { createFakeReviewer } from './fake-reviewer';

serveReviewer(Promise.resolve(createFakeReviewer({ delay: 300, deadly: 'KILL THE THREAD' })));

/** One seed for all property tests, so that a run can be repeated; KMR_SEED gives another. Failures print it. */

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.KMR_SEED ?? 20261121) });

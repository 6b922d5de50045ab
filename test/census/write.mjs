/**
 * `npm run census`: writes `model/scenarios/census.json` from runs of the reference and of every kernel release,
 * all complete. A run that is not as its test wants it is not written around: the test fails, as it does otherwise.
 */
import { spawnSync } from 'node:child_process';
import { fetchKernel } from '../kernel/fetch.mjs';

const env = { ...process.env, KMR_CENSUS: 'write' };
for (const release of ['7.3', '7.2', '6.12']) env[`KMR_KERNEL_${release.replace('.', '_')}`] ??= fetchKernel(release);
const files = ['test/model/scenarios/reference.test.ts', 'test/server/kernel/tree/unmodified.test.ts'];
const { status } = spawnSync('npx', ['vitest', 'run', '--no-file-parallelism', ...files], { env, stdio: 'inherit' });
process.exit(status ?? 1);

/**
 * `npm run demo`: reviews the example patches that the repository ships, as a user would, and shows
 * what comes out. Fails unless a finding was made, so that a broken installation is not taken for a
 * clean patch.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { bin } = JSON.parse(readFileSync('package.json', 'utf8'));
const { status } = spawnSync(process.execPath, [bin['kvm-mmu-review'], 'check', 'test/patches', '--preemptions', '1'], {
  stdio: 'inherit',
});
if (status !== 1) {
  console.error(`the demo expected a finding (exit 1) and got exit ${status}`);
  process.exit(1);
}

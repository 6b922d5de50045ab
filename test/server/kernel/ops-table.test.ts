/** Hunks within the initialiser of an object at file scope, which no function's name leads to. */

import { describe, expect, it } from 'vitest';
import { placePatch } from '../../../server/kernel/place';
import { scopeOfHeading } from '../../../server/kernel/scopes';
import { indexSources } from '../../../server/kernel/source-index';
import { readInput } from '../../../server/patch/read';

const SOURCE = `static const struct ops svm_ops = {
	.load = svm_load,
#ifdef CONFIG_RECLAIM
	.make_shared = sev_make_shared,
#endif
	.run = svm_run,
};
`;
const PATH = 'model/edge/svm.c';

async function place(lines: readonly string[]) {
  const olds = lines.filter((line) => !line.startsWith('+')).length;
  const news = lines.filter((line) => !line.startsWith('-')).length;
  const head = `@@ -5466,${olds} +5466,${news} @@ struct ops svm_ops __initdata = {`;
  const file = 'arch/x86/kvm/svm/svm.c';
  const text = `--- a/${file}\n+++ b/${file}\n${head}\n${lines.join('\n')}\n`;
  const { patches } = await readInput({ name: '-', bytes: Buffer.from(text) });
  return placePatch(patches[0]?.files ?? [], indexSources(new Map([[PATH, SOURCE]]), []));
}

describe('a heading', () => {
  it.each<[string, string | null]>([
    ['int zap_range(struct kvm *kvm, u64 start, u64 end)', 'fn zap_range'],
    ['static int zap_range(struct kvm *kvm, u64 start,', 'fn zap_range'],
    ['struct pool {', 'struct pool'],
    ['struct kvm_x86_ops svm_x86_ops __initdata = {', null],
    ['extern unsigned int max_sev_asid;', null],
    ['void sev_free_vcpu(struct kvm_vcpu *vcpu);', null],
    ['', '?'],
  ])('%s: %s', (heading, scope) => {
    expect(scopeOfHeading(heading)).toBe(scope);
  });
});

describe('an op of a vendor module', () => {
  it('is taken out of the table', async () => {
    const placement = await place(['-	.make_shared = sev_make_shared,', ' #endif', ' 	.run = svm_run,']);
    expect(placement.changedLines).toMatchObject([{ status: 'placed', path: PATH }]);
    const lines = (text = '') => text.split('\n').filter((line) => line.trim() !== '');
    const without = SOURCE.replace('	.make_shared = sev_make_shared,\n', '');
    expect(lines(placement.images[0]?.post.text)).toEqual(lines(without));
  });

  it('that the table lacks is not understood', async () => {
    const placement = await place(['-	.emulate = svm_emulate,', '+	.emulate = svm_other,', ' ']);
    expect(placement.changedLines.map(({ status }) => status)).toEqual(['not-understood', 'not-understood']);
    expect(placement.edits).toEqual([]);
  });
});

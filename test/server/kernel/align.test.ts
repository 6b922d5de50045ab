import { describe, expect, it } from 'vitest';
import { placePatch } from '../../../server/kernel/place';
import { indexSources } from '../../../server/kernel/source-index';
import { readInput } from '../../../server/patch/read';

const PATH = 'model/edge/x86.c';

/** Three calls that differ in their names alone. */
const SOURCE = `void kvm_arch_destroy_vm(struct kvm *kvm)
{
	kvm_destroy_vcpus(kvm);
	kvm_mmu_uninit_vm(kvm);
	kvm_x86_destroy(kvm);
}
`;

/** The source after the patch, whose hunk stands in a function with more in it. */
async function placed(hunk: readonly string[]): Promise<string> {
  const old = hunk.filter((line) => !line.startsWith('+')).length;
  const added = hunk.filter((line) => !line.startsWith('-')).length;
  const text = [
    '--- a/arch/x86/kvm/x86.c',
    '+++ b/arch/x86/kvm/x86.c',
    `@@ -10,${old} +10,${added} @@ void kvm_arch_destroy_vm(struct kvm *kvm)`,
    ...hunk,
    '',
  ].join('\n');
  const { patches } = await readInput({ name: '-', bytes: Buffer.from(text) });
  const { images } = placePatch(patches[0]?.files ?? [], indexSources(new Map([[PATH, SOURCE]]), []));
  return images[0]?.post.text ?? '';
}

const CONTEXT = [' \tkvfree(kvm->map);', ' \tkfree(kvm->filter);', ' \tkvm_mmu_uninit_vm(kvm);'];
const BEHIND = [' \tkvm_page_track_cleanup(kvm);', ' \tkvm_xen_destroy_vm(kvm);', ' \tkvm_hv_destroy_vm(kvm);'];

describe('a call between calls that look like others of the source', () => {
  it('stands behind the one neighbour that is the same', async () => {
    const post = await placed([...CONTEXT, '+\tkvm_late(kvm);', ...BEHIND]);
    expect(post).toMatch(/kvm_mmu_uninit_vm\(kvm\);\s*kvm_late\(kvm\);\s*kvm_x86_destroy/);
  });

  it('stands before it', async () => {
    const post = await placed([
      ...CONTEXT.slice(0, 2),
      '+\tkvm_early(kvm);',
      ...CONTEXT.slice(2),
      ...BEHIND.slice(0, 2),
    ]);
    expect(post).toMatch(/kvm_destroy_vcpus\(kvm\);\s*kvm_early\(kvm\);\s*kvm_mmu_uninit_vm/);
  });
});

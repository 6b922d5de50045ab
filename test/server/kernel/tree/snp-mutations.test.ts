/** The mutations of SNP's code (`mutations-snp.ts`) on kernel 7.3's own. */

import { describe, expect, it } from 'vitest';
import { snp } from '../../../model/scenarios/mutations-snp';
import type { Edit } from '../../../model/scenarios/reference';
import { broken, explore, summary } from '../../../model/scenarios/reference';
import { isThere, type Kernel, RELEASES } from './kernels';

/** Where the kernel has what the reference has in a file of this name. */
const FILES: Readonly<Record<string, string>> = {
  'sev.c': 'arch/x86/kvm/svm/sev.c',
  'guest_memfd.c': 'virt/kvm/guest_memfd.c',
  'mmu.c': 'arch/x86/kvm/mmu/mmu.c',
  'kvm_host.h': 'arch/x86/include/asm/kvm_host.h',
};

function edited(kernel: Kernel, edits: readonly Edit[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { file, find, put } of edits) {
    const path = FILES[file] ?? file;
    const parts = (texts[path] ?? kernel.text(path)).split(find);
    if (parts.length !== 2) throw new Error(`${path} holds ${parts.length - 1} times: ${find}`);
    texts[path] = parts.join(put);
  }
  return texts;
}

const newest = RELEASES[0]!;

describe.skipIf(!isThere(newest))('kernel 7.3', () => {
  for (const { title, edits, found } of snp) {
    for (const { scenario, vm, breaks, preemptions } of found) {
      it(`${title}: ${scenario} on ${vm} finds ${breaks.join(', ')}`, async () => {
        const program = await newest.program(edited(newest, edits));
        const result = explore(program, scenario, vm, { preemptions: preemptions ?? 1 });
        expect(broken(result), summary(result)).toEqual(expect.arrayContaining([...breaks]));
      });
    }
  }
});

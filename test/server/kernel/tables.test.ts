import { describe, expect, it } from 'vitest';
import { NAME_HISTORY, todaysFunctions, todaysName } from '../../../server/kernel/history';
import { counterparts, loadReference } from '../../../server/kernel/reference';
import { inScope, pathScope } from '../../../server/kernel/scope';
import { indexSources } from '../../../server/kernel/source-index';

describe('the name history', () => {
  it('has one row per old name, never in a circle', () => {
    const olds = NAME_HISTORY.map((change) => change.old);
    expect(new Set(olds).size).toBe(olds.length);
    for (const change of NAME_HISTORY) expect(olds).not.toContain(change.now);
  });

  it('leads the names of the seeds to those of today', () => {
    const known = (name: string) => /^(FROZEN_SPTE|kvm_gfn_direct_bits|is_mirror_sp)$/.test(name);
    expect(todaysName('REMOVED_SPTE', known)).toBe('FROZEN_SPTE');
    expect(todaysName('kvm_gfn_shared_mask', known)).toBe('kvm_gfn_direct_bits');
    expect(todaysFunctions('kvm_mmu_zap_memslot_leafs')).toEqual(['kvm_arch_flush_shadow_memslot']);
  });

  it('leads to names that the reference has, from names that it has not', async () => {
    const { files, builtins } = await loadReference(process.cwd());
    const { names } = indexSources(files, builtins.values());
    // also the name of something else; an op that the reference has no use for
    const olds = NAME_HISTORY.filter(({ old }) => names.has(old)).map(({ old }) => old);
    const missing = NAME_HISTORY.filter(({ now }) => !names.has(now)).map(({ old }) => old);
    expect(olds).toEqual(['is_private']);
    expect(missing).toEqual(['tdx_vcpu_pre_run']);
  });

  it('leaves a name alone that the target still uses, or whose successor it lacks', () => {
    expect(todaysName('REMOVED_SPTE', (name) => name === 'REMOVED_SPTE')).toBe('REMOVED_SPTE');
    expect(todaysName('REMOVED_SPTE', () => false)).toBe('REMOVED_SPTE');
  });
});

describe('paths', () => {
  it.each([
    ['arch/x86/kvm/mmu/tdp_mmu.c', 'mmu'],
    ['virt/kvm/guest_memfd.c', 'mmu'],
    ['arch/x86/kvm/x86.c', 'neighbour'],
    ['arch/arm64/kvm/mmu.c', 'out'],
    ['drivers/net/tun.c', 'out'],
    ['tools/testing/selftests/kvm/x.c', 'out'],
  ])('%s is %s', (path, scope) => {
    expect(pathScope(path)).toBe(scope);
  });

  it('a patch is in scope as soon as one of its files is', () => {
    expect(inScope(['MAINTAINERS', 'arch/x86/kvm/mmu.h'])).toBe(true);
    expect(inScope(['fs/ext4/inode.c'])).toBe(false);
  });

  it('looks first in the namesake, then everywhere', () => {
    const files = ['model/reference/mmu.c', 'model/reference/kvm_host.h', 'model/reference/tdx.c'];
    expect(counterparts(files, 'arch/x86/kvm/vmx/tdx.c')[0]).toBe('model/reference/tdx.c');
    expect(counterparts(files, 'arch/x86/include/asm/kvm_host.h')[0]).toBe('model/reference/kvm_host.h');
    expect(counterparts(files, null)).toEqual(files);
    const svm = ['model/reference/sev.c', 'model/edge/psp.c'];
    expect(counterparts(svm, 'arch/x86/kvm/svm/sev.c')[0]).toBe('model/reference/sev.c');
    expect(counterparts(svm, 'arch/x86/virt/svm/sev.c')[0]).toBe('model/edge/psp.c');
  });
});

import { describe, expect, it } from 'vitest';
import { NAME_HISTORY, todaysFunctions, todaysName } from '../../../server/kernel/history';
import { counterparts } from '../../../server/kernel/reference';
import { inScope, pathScope } from '../../../server/kernel/scope';

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
  });
});

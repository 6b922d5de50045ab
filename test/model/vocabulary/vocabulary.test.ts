import { describe, expect, it } from 'vitest';
import { scenarioById } from '../../../model/scenarios';
import { lookup, vocabulary } from '../../../model/vocabulary';

describe('the vocabulary', () => {
  it('says something about every entry, and points only at scenarios that exist', () => {
    for (const term of vocabulary) {
      expect(term.name, JSON.stringify(term)).not.toBe('');
      expect(term.meaning, term.name).toMatch(/[.?!]$/);
      for (const scenario of term.scenarios) expect(scenarioById(scenario), `${term.name}: ${scenario}`).toBeDefined();
    }
  });

  it('has each name once', () => {
    const names = vocabulary.map((term) => term.name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it.each([
    ['kvm_zap_gfn_range', 'kvm_zap_gfn_range'],
    ['kvm_zap_gfn_range()', 'kvm_zap_gfn_range'],
    ['attr_filter', 'attr_filter'],
    ['.attr_filter', 'attr_filter'],
    ['range->attr_filter', 'attr_filter'],
    ['mmu_seq', 'fault->mmu_seq'],
    ['fault->mmu_seq', 'fault->mmu_seq'],
    ['kvm_gfn_range', 'struct kvm_gfn_range'],
    ['kvm->arch.has_private_mem', 'has_private_mem'],
    ['kvm_x86_fault_is_private', 'kvm_x86_fault_is_private'],
    ['fault_is_private', 'fault_is_private'],
    ['secure-ept', 'Secure-EPT'],
    ['kvm_x86_set_external_spte', 'set_external_spte'],
    ['CONFIG_KVM_GUEST_MEMFD', 'CONFIG_KVM_GUEST_MEMFD'],
    ['KVM_GUEST_MEMFD', 'CONFIG_KVM_GUEST_MEMFD'],
  ])('finds %s', (word, name) => {
    expect(lookup(word)?.name).toBe(name);
  });

  it.each([
    'fault_is_private',
    'UPM',
    'EPFN',
    'SPFN',
    'PFNMAP',
    'memfd_encrypted',
    'REMOVED_SPTE',
    'TDX_OPERAND_BUSY',
  ])('knows the seeds’ own word %s', (word) => expect(lookup(word)?.meaning).toBeTruthy());

  it.each(['', '   ', 'btrfs_drop_extents', 'page', 'x'.repeat(100_000)])('does not know %j', (word) => {
    expect(lookup(word)).toBeNull();
  });

  it('tells the era of a name that is gone', () => {
    expect(lookup('REMOVED_SPTE')?.era).toBe('up to 6.10');
    expect(lookup('FROZEN_SPTE')?.era).toBeUndefined();
  });
});

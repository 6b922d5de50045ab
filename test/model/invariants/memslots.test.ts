/** Memslots, their bindings to guest_memfds, and what lies beside them. */

import { describe, expect, it } from 'vitest';
import { mapped, vm } from './mapped';
import type { Workbench } from './workbench';

describe('slot-delete-leaves-nothing and mapping-has-binding', () => {
  it('accept a mapping in its memslot', () => {
    const { b } = mapped('tdx');
    b.lock('slots_lock');
    b.unlock('slots_lock');
    expect(b.broken).toEqual([]);
    expect(b.seen).toContain('mapping-has-binding');
  });
  it('see a mapping without a memslot', () => {
    const { b } = mapped('tdx');
    b.lock('slots_lock');
    b.slots([]);
    b.unlock('slots_lock');
    expect(b.broken).toEqual(['slot-delete-leaves-nothing', 'mapping-has-binding']);
  });
  it('see a mapping whose memslot is not bound', () => {
    const { b } = mapped('sw-protected');
    b.lock('slots_lock');
    b.slots([{ base: 0, pages: 4, file: 0 }]);
    b.unlock('slots_lock');
    expect(b.broken).toEqual(['mapping-has-binding']);
  });
});

describe('gmem-binding-safe', () => {
  it('sees a memslot with a freed file', () => {
    const { b } = vm('tdx');
    const file = b.alloc(64);
    b.slots([{ base: 0, pages: 4, file }]);
    b.lock('slots_lock');
    b.m.memory.setLife(file, 64, 2);
    b.unlock('slots_lock');
    expect(b.broken).toEqual(['gmem-binding-safe']);
  });

  const created = () => {
    const { b } = vm('tdx');
    b.lock('slots_lock');
    const file = b.gmemFile();
    return { b, file, slot: b.slot({ base: 0, pages: 4, file }) };
  };
  it('accepts a memslot that is bound when it becomes active', () => {
    const { b, file, slot } = created();
    b.call('kvm_gmem_commit_memory_region', [b.kvm, slot]);
    b.bind(file, slot);
    b.activate([slot]);
    b.unlock('slots_lock');
    expect(b.broken).toEqual([]);
  });
  it('sees one that is not', () => {
    const { b, slot } = created();
    b.activate([slot]);
    b.unlock('slots_lock');
    expect(b.broken).toEqual(['gmem-binding-safe']);
  });
  it.each(['kvm_gmem_commit_memory_region', 'kvm_gmem_bind'])('sees metadata that %s comes before', (name) => {
    const { b, slot } = created();
    b.m.memory.setPtr(slot + 40, 0);
    b.call(name, [b.kvm, slot]);
    b.returns(name, -17);
    expect(b.broken).toEqual([]);
    b.call(name, [b.kvm, slot]);
    b.returns(name, 0);
    expect(b.broken).toEqual(['gmem-binding-safe']);
  });
  it('sees metadata that an unmap comes before', () => {
    const { b, slot } = created();
    const range = b.alloc(64);
    b.m.memory.setPtr(range, slot);
    b.call('kvm_unmap_gfn_range', [b.kvm, range]);
    expect(b.broken).toEqual([]);
    b.m.memory.setPtr(slot + 40, 0);
    b.call('kvm_unmap_gfn_range', [b.kvm, range]);
    expect(b.broken).toEqual(['gmem-binding-safe']);
  });
});

describe('mmio-where-no-slot', () => {
  const emulated = (b: Workbench, gfn: number, value = 2) => {
    b.call('handle_mmio_page_fault', [b.kvm, gfn * 4096, 1]);
    b.returns('handle_mmio_page_fault', value);
  };
  it('accepts MMIO beside the memslots', () => {
    const { b } = vm('default');
    emulated(b, 4);
    expect(b.broken).toEqual([]);
    expect(b.seen).toContain('mmio-where-no-slot');
  });
  it('accepts an entry of memory that is only looked at', () => {
    const { b } = vm('default');
    emulated(b, 3, 4);
    expect(b.broken).toEqual([]);
  });
  it('accepts the old entry while memslots change', () => {
    const { b } = vm('default');
    b.activate([b.slot({ base: 0, pages: 4, file: 0 })], true);
    emulated(b, 3);
    expect(b.broken).toEqual([]);
  });
  it('sees memory that is emulated', () => {
    const { b } = vm('default');
    emulated(b, 3);
    expect(b.broken).toEqual(['mmio-where-no-slot']);
  });
});

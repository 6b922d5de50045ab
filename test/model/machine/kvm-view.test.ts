/** What the machine sees of KVM's structures: roots, tables, watched words, and their description. */

import { describe, expect, it } from 'vitest';
import { FROZEN_SPTE } from '../../../model/machine/spte';
import { type Bench, bench, STRUCTS } from './bench';

const LEAF = 0x807n;
const off = (struct: string, field: string): number => STRUCTS[struct]!.fields[field]!.off;

/** A VM whose list of roots is empty. */
function vm(): Bench & { kvm: number; roots: number } {
  const b = bench();
  const kvm = b.scratch(256);
  b.m.memory.setU64(kvm + off('struct kvm', 'arch'), 32n);
  const roots = kvm + off('struct kvm', 'arch') + off('struct kvm_arch', 'tdp_mmu_roots');
  b.m.memory.setPtr(roots, roots);
  b.call('__machine_vm', kvm);
  b.events.length = 0;
  return Object.assign(b, { kvm, roots });
}

/** A page table as KVM makes one; returns its table. */
function table(b: Bench, level: number, gfn: number, role = 0): { sp: number; spt: number } {
  const spt = Number(b.call('get_zeroed_page', 0));
  const sp = b.scratch(64);
  const at = (field: string): number => sp + off('struct kvm_mmu_page', field);
  b.m.memory.setPtr(at('spt'), spt);
  b.m.memory.setU64(at('gfn'), BigInt(gfn));
  b.m.memory.setU32(at('role'), level | role);
  b.call('set_page_private', b.call('virt_to_page', spt)!, sp);
  return { sp, spt };
}

const INVALID = 1 << 4;
const MIRROR = 1 << 5;
const physical = (b: Bench, addr: number): bigint => BigInt(b.m.pfnOf(addr)) * 4096n;

function link(b: ReturnType<typeof vm>, sp: number): void {
  const first = b.m.memory.ptr(b.roots);
  b.m.memory.setPtr(sp, first);
  b.m.memory.setPtr(b.roots, sp);
}

describe('page tables', () => {
  it('are walked from all roots, with kind and validity', () => {
    const b = vm();
    const mirror = table(b, 2, 0, MIRROR);
    const leaf = table(b, 1, 4, MIRROR);
    const old = table(b, 2, 0, INVALID);
    b.m.memory.setU64(mirror.spt + 8, physical(b, leaf.spt) | LEAF);
    b.m.memory.setU64(leaf.spt + 16, 0x500000n | LEAF);
    b.m.memory.setU64(leaf.spt + 24, FROZEN_SPTE);
    link(b, mirror.sp);
    link(b, old.sp);
    expect(b.m.kvm.roots().map((r) => [r.kind, r.valid, r.level])).toEqual([
      ['direct', false, 2],
      ['mirror', true, 2],
    ]);
    expect(b.m.kvm.walk()).toMatchObject([
      { root: 'mirror', gfn: 4, level: 2, leaf: false, pfn: b.m.pfnOf(leaf.spt) },
      { root: 'mirror', gfn: 6, level: 1, leaf: true, pfn: 0x500, frozen: false },
      { root: 'mirror', gfn: 7, level: 1, frozen: true, pfn: 0 },
    ]);
  });

  it('show the shared half without its bit', () => {
    const b = vm();
    const root = table(b, 3, 0);
    const low = table(b, 1, 32);
    const mid = table(b, 2, 32);
    link(b, root.sp);
    b.m.memory.setU64(root.spt + 16, physical(b, mid.spt) | LEAF);
    b.m.memory.setU64(mid.spt, physical(b, low.spt) | LEAF);
    b.m.memory.setU64(low.spt + 8, 0x500000n | LEAF);
    expect(b.m.kvm.walk().at(-1)).toMatchObject({ root: 'direct', gfn: 1, level: 1 });
  });

  it('report each change of an entry, and no read', () => {
    const b = vm();
    const leaf = table(b, 1, 4, MIRROR);
    b.m.memory.setU64(leaf.spt + 8, FROZEN_SPTE);
    b.m.memory.u64(leaf.spt + 8);
    b.m.memory.setU64(leaf.spt + 8, FROZEN_SPTE);
    expect(b.eventsOf('spte')).toEqual([
      {
        type: 'spte',
        thread: 15,
        gfn: 5,
        level: 1,
        mirror: true,
        asId: 0,
        table: leaf.spt,
        old: 0n,
        value: FROZEN_SPTE,
      },
    ]);
    expect(b.eventsOf('page-owner').at(-1)).toMatchObject({ owner: 'page-table' });
  });

  it('of a version without these fields are not seen, and nothing breaks', () => {
    const b = bench('tdx', { ...bench().m.program, structs: {} });
    b.call('__machine_vm', b.scratch(64));
    expect(b.m.kvm.roots()).toEqual([]);
    expect(b.m.kvm.vmField('mmu_invalidate_seq')).toBeUndefined();
    expect(b.m.sharedGfnBit()).toBe(0);
    expect(b.m.describe()).toEqual({});
  });
});

describe('watched words', () => {
  it('report reads and writes of the counters, and the death of the VM', () => {
    const b = vm();
    const seq = b.kvm + off('struct kvm', 'mmu_invalidate_seq');
    b.m.memory.setU64(seq, 1n);
    b.m.memory.u64(seq);
    b.m.memory.setU8(b.kvm + off('struct kvm', 'vm_dead'), 1);
    b.m.memory.u8(b.kvm + off('struct kvm', 'vm_bugged'));
    expect(b.events).toEqual([
      { type: 'word', thread: 15, name: 'mmu_invalidate_seq', write: true, old: 0n, value: 1n },
      { type: 'word', thread: 15, name: 'mmu_invalidate_seq', write: false, old: 1n, value: 1n },
      { type: 'vm-dead', thread: 15 },
    ]);
  });
});

describe('the description of a state', () => {
  it('names what is not at rest', () => {
    const b = vm();
    const mirror = table(b, 1, 0, MIRROR);
    link(b, mirror.sp);
    b.m.memory.setU64(mirror.spt + 8, 0x500000n | LEAF);
    b.call('write_lock', b.kvm);
    b.call('__host_alloc_and_write');
    expect(b.m.describe()).toMatchObject({
      mmu_invalidate_seq: '0',
      'mirror[gfn 1]': 'LEAF(pfn 0x500)',
      'lock mmu_lock': 'write by thread 15',
      'page 0x501': 'host',
    });
  });
});

describe('undo', () => {
  it('takes everything back: pages, locks, tables, callbacks, ghosts', () => {
    const b = vm();
    b.m.ghost.declare('history', 4);
    const before = b.m.describe();
    const mark = b.m.memory.mark();
    const t = table(b, 1, 0, MIRROR);
    link(b, t.sp);
    b.m.memory.setU64(t.spt, 0x500000n | LEAF);
    b.call('write_lock', b.kvm);
    b.call('call_rcu', 0x100, 0x1000);
    b.m.ghost.set('history', 3, 2);
    b.m.memory.undo(mark);
    expect(b.m.describe()).toEqual(before);
    expect(b.m.ghost.get('history', 2)).toBe(0);
    expect(b.m.pendingCallback()).toBeNull();
    expect(b.m.memory.changedWords(mark)).toEqual([]);
  });
});

describe('words by name', () => {
  it('are fields of the VM, nested ones too, entries of page tables, or have none', () => {
    const b = vm();
    const { spt } = table(b, 1, 32, MIRROR);
    const name = (addr: number) => b.m.nameOfWord(addr);
    expect(name(b.kvm + off('struct kvm', 'mmu_invalidate_seq'))).toBe('kvm->mmu_invalidate_seq');
    expect(name(b.kvm + off('struct kvm', 'arch'))).toBe('kvm->arch.gfn_direct_bits');
    expect(name(spt + 16)).toBe('the mirror SPTE of gfn 0x22, level 1');
    expect(name(b.scratch(64))).toBeUndefined();
  });
});

/** What has to be gone before a page is freed: entries, translations, tables, roots. */

import { describe, expect, it } from 'vitest';
import { freePage, putPage, setOwner } from '../../../model/machine/pages';
import { setSeptState } from '../../../model/machine/sept';
import { tlbFill } from '../../../model/machine/tlb';
import { setVcpuWord } from '../../../model/machine/vcpus';
import { mapped, vm, zap } from './mapped';
import { cached } from './workbench';

describe('unmap-before-free', () => {
  it('accepts a page that is freed after its zap', () => {
    const { b, leaves, page } = mapped('sw-protected');
    zap(b, leaves);
    b.unlock('mmu_lock');
    freePage(b.m, page);
    expect(b.broken.filter((id) => id !== 'invalidate-balanced')).toEqual([]);
    expect(b.seen).toContain('unmap-before-free');
  });
  it.each(['default', 'sw-protected', 'tdx'] as const)('sees a mapped page freed on %s', (type) => {
    const { b, page } = mapped(type);
    putPage(b.m, page);
    expect(b.broken).toEqual(['unmap-before-free']);
  });
  it('sees a page freed that only the S-EPT still maps', () => {
    const { b, page } = vm('tdx');
    b.lock('mmu_lock');
    setSeptState(b.m, 0, 1, 'MAPPED', page);
    setOwner(b.m, page, 'free');
    expect(b.broken).toEqual(['unmap-before-free']);
  });
  it('sees a TLB that outlives its page, of a vCPU in the guest only', () => {
    const { b, root, page } = vm('default');
    setVcpuWord(b.m, 0, 'rootPfn', root.pfn);
    tlbFill(b.m, cached(page, { root: root.pfn }));
    freePage(b.m, page);
    expect(b.broken).toEqual([]);
    b.enter();
    expect(b.broken).toContain('unmap-before-free');
  });
  it('sees a freed page being mapped', () => {
    const { b, leaves, page } = vm('default');
    freePage(b.m, page);
    b.fault(leaves, 0, page);
    expect(b.broken).toEqual(['unmap-before-free']);
  });
});

describe('flush-before-unlock', () => {
  const hot = () => {
    const all = mapped('default');
    setVcpuWord(all.b.m, 0, 'rootPfn', all.root.pfn);
    tlbFill(all.b.m, cached(all.page, { root: all.root.pfn }));
    all.b.enter();
    return all;
  };
  it('accepts a translation that is still in the tables', () => {
    const { b } = hot();
    b.lock('mmu_lock');
    b.unlock('mmu_lock');
    expect(b.broken).toEqual([]);
  });
  it('sees a zapped one when the lock is dropped', () => {
    const { b, leaves } = hot();
    zap(b, leaves);
    expect(b.broken).toEqual([]);
    b.unlock('mmu_lock');
    expect(b.broken).toContain('flush-before-unlock');
  });
  it('sees one when the lock is given away', () => {
    const { b, leaves } = hot();
    zap(b, leaves);
    b.event({ type: 'yield', thread: 0, lock: 'mmu_lock' });
    expect(b.broken).toEqual(['flush-before-unlock']);
  });
});

describe('pt-page-rcu-freed', () => {
  it('sees a linked table freed at once', () => {
    const { b, root, leaves } = vm('default');
    b.spte(root, 0, 0n);
    freePage(b.m, leaves.pfn);
    expect(b.broken).toEqual(['pt-page-rcu-freed']);
  });
  it('lets the RCU thread free it, and anybody a table that was never linked', () => {
    const { b, root, leaves } = vm('default');
    b.spte(root, 0, 0n);
    b.as(14);
    freePage(b.m, leaves.pfn);
    b.as(0);
    freePage(b.m, b.table(1, false).pfn);
    expect(b.broken).toEqual([]);
  });
  it.each([
    [true, ['pt-page-rcu-freed']],
    [false, []],
  ])('sees what the CPU has cached of it, of a vCPU in the guest only (%s)', (inside, broken) => {
    const { b, root, leaves, page } = vm('default');
    setVcpuWord(b.m, 0, 'rootPfn', root.pfn);
    tlbFill(b.m, cached(page, { root: root.pfn, table: leaves.pfn }));
    setVcpuWord(b.m, 0, 'inGuest', inside ? 1 : 0);
    b.lock('mmu_lock', 'read');
    b.spte(root, 0, 0n);
    b.as(14);
    freePage(b.m, leaves.pfn);
    expect(b.broken).toEqual(broken);
  });
});

describe('freed-table-maps-nothing', () => {
  it('sees what a fault left in a table that was taken out of the tree', () => {
    const { b, root, leaves } = vm('default');
    b.spte(root, 0, 0n);
    b.fault(leaves, 0, b.page('user'));
    b.as(14);
    freePage(b.m, leaves.pfn);
    expect(b.broken).toEqual(['freed-table-maps-nothing']);
  });
  it('is content with entries that are cleared or frozen, and with a table that was in no tree', () => {
    const { b, root, leaves } = mapped('default');
    b.spte(root, 0, 0n);
    b.spte(leaves, 0, b.m.frozenSpte());
    b.spte(leaves, 1, 0n);
    b.as(14);
    freePage(b.m, leaves.pfn);
    const never = b.table(1, false);
    b.fault(never, 0, b.page('user'));
    freePage(b.m, never.pfn);
    expect(b.broken).not.toContain('freed-table-maps-nothing');
  });
});

describe('unmap-covers-invalid-roots', () => {
  it('sees a page left in an invalid root', () => {
    const { b, root } = mapped('default');
    b.invalidate(root);
    b.lock('mmu_lock');
    b.begin(0, 1);
    b.unlock('mmu_lock');
    expect(b.broken).toContain('unmap-covers-invalid-roots');
  });
});

describe('root-refcount-sound', () => {
  it('sees a valid root without a reference', () => {
    const { b, root } = vm('default');
    b.lock('mmu_lock');
    b.m.memory.setU32(root.sp + 44, 0);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual(['root-refcount-sound']);
  });
  it.each([
    [2, true, []],
    [1, true, ['root-refcount-sound']],
    [1, false, []],
    [0, false, ['root-refcount-sound']],
  ])('wants one for the vCPU in the guest, and one for a valid root (%i, valid: %s)', (count, valid, broken) => {
    const { b, root } = vm('default');
    if (!valid) b.invalidate(root);
    setVcpuWord(b.m, 0, 'rootPfn', root.pfn);
    b.m.memory.setU32(root.sp + 44, count);
    b.enter();
    expect(b.broken).toEqual(broken);
  });
});

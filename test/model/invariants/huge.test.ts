import { describe, expect, it } from 'vitest';
import { allocHuge, freePage } from '../../../model/machine/pages';
import { tlbFill } from '../../../model/machine/tlb';
import type { VmType } from '../../../model/machine/types';
import { setVcpuWord } from '../../../model/machine/vcpus';
import { cached, entry, type Root, Workbench } from './workbench';

const HUGE = 0x80n;

/** A VM whose root has room for a huge page at gfn 0..3, with shared memory behind it. */
function vm(type: VmType): { b: Workbench; root: Root; page: number } {
  const b = new Workbench(type);
  b.lock('mmu_lock');
  const root = b.table(2, false);
  b.unlock('mmu_lock');
  return { b, root, page: allocHuge(b.m, 'user', 4) };
}

/** The same with the huge page mapped by the rules, by a fault on gfn 2. */
function mapped(type: VmType) {
  const all = vm(type);
  map(all.b, all.root, all.page);
  expect(all.b.broken).toEqual([]);
  return all;
}

function map(b: Workbench, root: Root, page: number): void {
  b.snapshot();
  b.readAttribute(2);
  b.lock('mmu_lock', 'read');
  b.snapshot();
  b.spte(root, 0, entry(page) | HUGE);
  b.unlock('mmu_lock', 'read');
}

/** A table for gfn 0..3 that is not in the tree yet. */
function table(b: Workbench, root: Root): Root {
  const leaves = b.table(1, false);
  b.m.memory.setPtr(leaves.sp + 48, root.table);
  return leaves;
}

describe('a leaf of a huge page', () => {
  it('is not one of its first frame only: freeing another is seen', () => {
    const { b, page } = mapped('default');
    freePage(b.m, page + 3);
    expect(b.broken).toEqual(['unmap-before-free']);
  });

  it('must be the attribute’s kind in all its gfns', () => {
    const { b, root, page } = vm('sw-protected');
    b.attribute(1, true);
    b.broken.length = 0;
    map(b, root, page);
    expect(b.broken).toContain('attr-match-at-install');
  });

  it('must not reach into an open invalidation', () => {
    const { b, root, page } = vm('default');
    b.as(1).lock('mmu_lock');
    b.begin(3, 4);
    b.unlock('mmu_lock');
    map(b.as(0), root, page);
    expect(b.broken).toEqual(['no-install-while-invalidating']);
  });

  it('is found where one of its gfns is converted', () => {
    const { b } = mapped('sw-protected');
    b.lock('slots_lock');
    b.attribute(3, true);
    expect(b.broken).toContain('unmap-before-convert');
  });

  it('accounts for what TLBs hold of it, as long as it is there', () => {
    const { b, root, page } = mapped('default');
    setVcpuWord(b.m, 0, 'rootPfn', root.pfn);
    tlbFill(b.m, cached(page, { root: root.pfn, level: 2, table: root.pfn }));
    b.enter();
    b.lock('mmu_lock');
    b.unlock('mmu_lock');
    expect(b.broken).toEqual([]);
    b.lock('mmu_lock');
    b.begin(0, 4);
    b.spte(root, 0, 0n);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual(['flush-before-unlock']);
  });
});

describe('huge-leaf-uniform', () => {
  it('accepts a huge page of one kind, beside others', () => {
    const { b, root, page } = vm('sw-protected');
    b.lock('slots_lock');
    b.attribute(4, true);
    b.unlock('slots_lock');
    b.broken.length = 0;
    map(b, root, page);
    expect(b.broken).toEqual([]);
    expect(b.seen).toContain('huge-leaf-uniform');
  });

  it.each(['sw-protected', 'tdx'] as const)('sees one over both kinds on %s', (type) => {
    const { b, root, page } = vm(type);
    b.attribute(3, true);
    b.broken.length = 0;
    map(b, root, page);
    expect(b.broken).toContain('huge-leaf-uniform');
  });

  it('sees one over a gfn whose kind is being changed', () => {
    const { b, root, page } = vm('sw-protected');
    b.as(1).lock('slots_lock');
    b.lock('mmu_lock');
    b.begin(0, 1);
    b.unlock('mmu_lock');
    map(b.as(0), root, page);
    expect(b.broken).toEqual(['no-install-while-invalidating', 'huge-leaf-uniform']);
  });

  it('sees a conversion under one', () => {
    const { b } = mapped('tdx');
    b.lock('slots_lock');
    b.lock('mmu_lock');
    b.begin(3, 4);
    b.unlock('mmu_lock');
    b.attribute(3, true);
    expect(b.broken).toEqual(['unmap-before-convert', 'huge-leaf-uniform']);
  });

  it('has nothing to say about single pages', () => {
    const { b, root, page } = vm('sw-protected');
    b.attribute(1, true);
    b.broken.length = 0;
    const leaves = table(b, root);
    b.fault(leaves, 0, page);
    expect(b.broken).toEqual([]);
    expect(b.seen).not.toContain('huge-leaf-uniform');
  });
});

describe('a huge page that is split or put together', () => {
  it('maps nothing new: no look at the sequence count is needed', () => {
    const { b, root, page } = mapped('default');
    const leaves = table(b, root);
    b.lock('mmu_lock', 'read');
    for (let i = 0; i < 4; i++) b.spte(leaves, i, entry(page + i));
    b.spte(root, 0, entry(leaves.pfn));
    b.spte(root, 0, entry(page) | HUGE);
    b.unlock('mmu_lock', 'read');
    expect(b.broken).toEqual([]);
  });

  it('maps what the table did not: that must still be there', () => {
    const { b, root, page } = mapped('default');
    const leaves = table(b, root);
    b.lock('mmu_lock', 'read');
    b.spte(leaves, 1, entry(page + 1));
    b.spte(root, 0, entry(leaves.pfn));
    freePage(b.m, page + 3);
    expect(b.broken).toEqual([]);
    b.spte(root, 0, entry(page) | HUGE);
    expect(b.broken).toEqual(['unmap-before-free']);
  });

  it('maps something new where pages differ', () => {
    const { b, root, page } = mapped('default');
    const leaves = table(b, root);
    b.lock('mmu_lock', 'read');
    b.spte(leaves, 1, entry(page));
    b.unlock('mmu_lock', 'read');
    expect(b.broken).toContain('seq-recheck-under-lock');
  });
});

describe('flush-before-unlock among readers', () => {
  const hot = () => {
    const all = mapped('default');
    setVcpuWord(all.b.m, 0, 'rootPfn', all.root.pfn);
    tlbFill(all.b.m, cached(all.page, { root: all.root.pfn }));
    return all;
  };

  it('leaves a reader the time to flush what it has zapped', () => {
    const { b, root } = hot();
    b.as(1).lock('mmu_lock', 'read');
    b.as(2).lock('mmu_lock', 'read');
    b.spte(root, 0, 0n);
    b.as(0).enter();
    b.as(1).unlock('mmu_lock', 'read');
    expect(b.broken).toEqual([]);
    b.as(2).unlock('mmu_lock', 'read');
    expect(b.broken).toEqual(['flush-before-unlock']);
  });

  it('sees one that enters when no reader is left', () => {
    const { b, root } = hot();
    b.as(1).lock('mmu_lock', 'read');
    b.spte(root, 0, 0n);
    b.unlock('mmu_lock', 'read');
    expect(b.broken).toEqual([]);
    b.as(0).enter();
    expect(b.broken).toEqual(['flush-before-unlock']);
  });
});

/** Invalidations: what a fault has to look at, and what their counters have to say. */

import { describe, expect, it } from 'vitest';
import { vm } from './mapped';
import { entry, type Workbench } from './workbench';

describe('attr-read-after-seq', () => {
  it('sees a comparison before the snapshot', () => {
    const { b, leaves, page } = vm('sw-protected');
    b.readAttribute(0);
    b.snapshot();
    b.lock('mmu_lock', 'read');
    b.snapshot();
    b.spte(leaves, 0, entry(page));
    expect(b.broken).toEqual(['attr-read-after-seq']);
  });
  it('lets the builder of a VM map under slots_lock', () => {
    const { b, leaves, page } = vm('sw-protected');
    b.lock('slots_lock');
    b.lock('mmu_lock', 'read');
    b.spte(leaves, 0, entry(page));
    expect(b.broken).toEqual([]);
  });
});

describe('seq-recheck-under-lock', () => {
  it('sees a mapping without another look', () => {
    const { b, leaves, page } = vm('default');
    b.snapshot();
    b.lock('mmu_lock', 'read');
    b.spte(leaves, 0, entry(page));
    expect(b.broken).toEqual(['seq-recheck-under-lock']);
  });
  it('sees a look in an earlier section of the lock', () => {
    const { b, leaves, page } = vm('default');
    b.lock('mmu_lock', 'read');
    b.snapshot();
    b.unlock('mmu_lock', 'read');
    b.lock('mmu_lock', 'read');
    b.spte(leaves, 0, entry(page));
    expect(b.broken).toEqual(['seq-recheck-under-lock']);
  });
  it('sees a mapping in a root that was given up', () => {
    const { b, root, leaves, page } = vm('default');
    b.m.memory.setPtr(leaves.sp + 48, root.table);
    b.invalidate(root);
    b.fault(leaves, 0, page);
    expect(b.broken).toContain('seq-recheck-under-lock');
  });
  it('lets a mapping into a root that is valid, beside one that is not', () => {
    const { b, root, leaves, page } = vm('default');
    b.m.memory.setPtr(leaves.sp + 48, root.table);
    b.lock('mmu_lock');
    b.invalidate(b.table(2, false));
    b.unlock('mmu_lock');
    b.fault(leaves, 0, page);
    expect(b.broken).not.toContain('seq-recheck-under-lock');
  });
});

describe('no-install-while-invalidating', () => {
  it.each([
    [0, ['no-install-while-invalidating']],
    [1, []],
  ])('judges gfn %d by the window of gfn 0', (gfn, broken) => {
    const { b, leaves, page } = vm('default');
    b.as(1).lock('mmu_lock');
    b.begin(0, 1);
    b.unlock('mmu_lock');
    b.as(0).fault(leaves, gfn, page);
    expect(b.broken.filter((id) => id === 'no-install-while-invalidating')).toEqual(broken);
  });
});

describe('no-install-while-invalidating, of what is taken away', () => {
  const zap = (prepare: (b: Workbench) => void): readonly string[] => {
    const { b, leaves, page } = vm('default');
    b.as(0).fault(leaves, 0, page);
    prepare(b);
    b.spte(leaves, 0, 0n);
    return b.broken.filter((id) => id === 'no-install-while-invalidating');
  };

  it('wants an invalidation of that gfn', () => {
    expect(zap((b) => b.lock('mmu_lock'))).toEqual(['no-install-while-invalidating']);
    const around = (gfn: number) => (b: Workbench) => {
      b.lock('mmu_lock');
      b.begin(gfn, gfn + 1);
    };
    expect(zap(around(1))).toEqual(['no-install-while-invalidating']);
    expect(zap(around(0))).toEqual([]);
  });

  it('leaves memslots that go, the exit of the VMM and atomic zaps alone', () => {
    const deletion = (b: Workbench) => {
      b.lock('slots_lock');
      b.lock('mmu_lock');
    };
    const exit = (b: Workbench) => {
      b.event({ type: 'call', thread: 0, name: 'kvm_mmu_notifier_release', args: [] });
      b.lock('mmu_lock');
    };
    expect(zap(deletion)).toEqual([]);
    expect(zap(exit)).toEqual([]);
    expect(zap((b) => b.lock('mmu_lock', 'read'))).toEqual([]);
  });
});

describe('the invalidation counters', () => {
  it('are fine when they are raised and lowered in order', () => {
    const { b } = vm('default');
    b.lock('slots_lock');
    b.lock('mmu_lock');
    b.begin(0, 1);
    b.unlock('mmu_lock');
    b.lock('mmu_lock');
    b.bump();
    b.lower();
    b.unlock('mmu_lock');
    b.unlock('slots_lock');
    expect(b.broken).toEqual([]);
    expect([...b.seen]).toEqual(expect.arrayContaining(['invalidate-balanced', 'end-bumps-seq-first']));
  });
  it('must be lowered after the sequence', () => {
    const { b } = vm('default');
    b.lock('mmu_lock');
    b.begin(0, 1);
    b.lower();
    expect(b.broken).toEqual(['end-bumps-seq-first']);
  });
  it('must be lowered at all', () => {
    const { b } = vm('default');
    b.lock('slots_lock');
    b.lock('mmu_lock');
    b.begin(0, 1);
    b.unlock('mmu_lock');
    b.unlock('slots_lock');
    expect(b.broken).toEqual(['invalidate-balanced']);
  });
  it('need a range', () => {
    const { b } = vm('default');
    b.lock('slots_lock');
    b.lock('mmu_lock');
    b.begin(-1, -1);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual(['invalidate-balanced']);
  });
});

describe('mn-vs-memslot-serialised', () => {
  it.each([
    [0, []],
    [1, ['mn-vs-memslot-serialised']],
  ])('judges a swap with %d notifiers under way', (count, broken) => {
    const { b } = vm('default');
    b.lock('slots_lock');
    b.m.memory.setU64(b.kvm + 80, BigInt(count));
    b.slots([]);
    b.unlock('slots_lock');
    expect(b.broken).toEqual(broken);
  });
});

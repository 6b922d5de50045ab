import { describe, expect, it } from 'vitest';
import { freePage, putPage, setOwner, setUserMapped } from '../../../model/machine/pages';
import { setSeptState } from '../../../model/machine/sept';
import { tlbFill } from '../../../model/machine/tlb';
import type { VmType } from '../../../model/machine/types';
import { setVcpuWord } from '../../../model/machine/vcpus';
import { cached, entry, type Root, Workbench } from './workbench';

/** A VM with a tree, and gfn 0 with the attribute of its kind. */
function vm(type: VmType): { b: Workbench; root: Root; leaves: Root; page: number } {
  const b = new Workbench(type);
  if (type !== 'default') b.attribute(0, true);
  b.broken.length = 0;
  const tree = b.tree(type === 'tdx');
  return { b, ...tree, page: b.page(type === 'default' ? 'user' : 'gmem') };
}

/** The same with gfn 0 mapped by the rules. */
function mapped(type: VmType) {
  const all = vm(type);
  all.b.fault(all.leaves, 0, all.page);
  expect(all.b.broken).toEqual([]);
  return all;
}

const zap = (b: Workbench, leaves: Root, gfn = 0) => {
  b.lock('mmu_lock');
  b.begin(gfn, gfn + 1);
  b.spte(leaves, gfn, 0n);
  if (leaves.mirror) setSeptState(b.m, gfn, 1, 'FREE', 0);
};

describe('a fault by the rules', () => {
  it.each(['default', 'sw-protected', 'tdx'] as const)('breaks nothing on %s', (type) => {
    const { b } = mapped(type);
    b.enter();
    expect(b.broken).toEqual([]);
    expect([...b.seen]).toEqual(
      expect.arrayContaining(['seq-recheck-under-lock', 'leaf-pfn-stable', 'fault-progress']),
    );
  });
});

describe('pfn-not-private-and-shared', () => {
  it('sees a private page in the shared tree', () => {
    const { b, page } = mapped('tdx');
    const direct = b.tree(false);
    b.spte(direct.leaves, 1, entry(page));
    expect(b.broken).toContain('pfn-not-private-and-shared');
  });
  it('sees the VMM’s own page mapped as private', () => {
    const { b, leaves } = vm('tdx');
    b.fault(leaves, 0, b.page('user'));
    expect(b.broken).toEqual(['pfn-not-private-and-shared']);
  });
  it.each(['sw-protected', 'tdx'] as const)('sees a private page of %s that user space maps', (type) => {
    const { b, page } = mapped(type);
    setUserMapped(b.m, page, true);
    expect(b.broken).toEqual(['pfn-not-private-and-shared']);
  });
  it('accepts one whose mapping is gone', () => {
    const { b, leaves, page } = vm('tdx');
    setUserMapped(b.m, page, true);
    setUserMapped(b.m, page, false);
    b.fault(leaves, 0, page);
    expect(b.broken).toEqual([]);
  });
});

describe('private-pages-not-migrated', () => {
  const migrate = (b: Workbench, from: number, to: number) =>
    b.event({ type: 'migrate', thread: 0, index: 0, from, to });
  it('accepts a migration that is only asked for', () => {
    const { b, page } = mapped('tdx');
    migrate(b, page, 0);
    expect(b.broken).toEqual([]);
    expect(b.seen).toContain('private-pages-not-migrated');
  });
  it('sees one that takes place', () => {
    const { b, page } = mapped('tdx');
    migrate(b, page, b.page('gmem'));
    expect(b.broken).toEqual(['private-pages-not-migrated']);
  });
});

describe('pfn-one-private-owner', () => {
  it('sees one page at two gfns', () => {
    const { b, leaves, page } = mapped('tdx');
    b.attribute(1, true);
    b.lock('mmu_lock');
    b.spte(leaves, 1, entry(page));
    expect(b.broken).toContain('pfn-one-private-owner');
  });
});

describe('unmap-before-convert', () => {
  it('accepts a conversion after the unmap, inside its window', () => {
    const { b, leaves } = mapped('tdx');
    b.lock('slots_lock');
    zap(b, leaves);
    b.unlock('mmu_lock');
    b.attribute(0, false);
    expect(b.broken.filter((id) => id !== 'td-zap-only-requested')).toEqual([]);
    expect(b.seen).toContain('unmap-before-convert');
  });
  it.each(['sw-protected', 'tdx'] as const)('sees the old mapping on %s', (type) => {
    const { b } = mapped(type);
    b.lock('slots_lock');
    b.attribute(0, false);
    expect(b.broken).toEqual(['unmap-before-convert']);
  });
  it('sees any mapping where its kind cannot be told', () => {
    const { b, leaves, page } = vm('sw-protected');
    b.slots([{ base: 0, pages: 4, file: b.alloc(64), gmemOnly: true }]);
    b.fault(leaves, 1, page);
    b.lock('slots_lock');
    b.begin(1, 2);
    b.broken.length = 0;
    b.attribute(1, true);
    expect(b.broken).toContain('unmap-before-convert');
  });
  it('sees a conversion outside of an invalidation', () => {
    const { b } = vm('tdx');
    b.attribute(0, false);
    expect(b.broken).toEqual(['unmap-before-convert']);
  });
});

describe('attr-match-at-install and spurious-exit-ok-stale-map-not', () => {
  it('see a private page where the gfn is shared', () => {
    const { b, leaves, page } = vm('sw-protected');
    b.fault(leaves, 1, page);
    expect(b.broken).toEqual(['attr-match-at-install', 'spurious-exit-ok-stale-map-not']);
  });
  it('accept one in a memslot whose guest_memfd is all its memory, where there is one tree', () => {
    const either = (type: 'sw-protected' | 'tdx') => {
      const { b, leaves, page } = vm(type);
      b.slots([{ base: 0, pages: 4, file: b.alloc(64), gmemOnly: true }]);
      b.broken.length = 0;
      b.fault(leaves, 1, page);
      return b.broken;
    };
    expect(either('sw-protected')).toEqual([]);
    expect(either('tdx')).toContain('attr-match-at-install');
  });
  it('see a stale mapping when the conversion is over', () => {
    const { b } = mapped('tdx');
    b.lock('slots_lock');
    b.attribute(0, false);
    b.unlock('slots_lock');
    expect(b.broken).toContain('spurious-exit-ok-stale-map-not');
  });
});

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

describe('leaf-pfn-stable', () => {
  it('sees a leaf that changes its page', () => {
    const { b, leaves } = mapped('default');
    b.fault(leaves, 0, b.page('user'));
    expect(b.broken).toEqual(['leaf-pfn-stable']);
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

describe('vm-dead-terminates', () => {
  it('sees a vCPU enter after everybody was told', () => {
    const { b } = vm('default');
    b.m.memory.setU64(b.kvm + 56, 1n);
    b.enter();
    expect(b.broken).toEqual([]);
    b.returns('kvm_make_all_cpus_request');
    b.enter();
    expect(b.broken).toEqual(['vm-dead-terminates']);
  });
});

describe('dirty-log-complete', () => {
  const logged = () => {
    const { b, page } = vm('default');
    const says = (phase: 'on' | 'off' | 'told' | 'last', start = 0, end = 4) =>
      b.event({ type: 'dirty-log', thread: 1, phase, start, end });
    const write = (gfn: number) =>
      b.event({
        type: 'guest-access',
        thread: 0,
        vcpu: 0,
        gfn,
        isPrivate: false,
        write: true,
        outcome: 'done',
        pfn: page,
      });
    return { b, says, write };
  };
  it('sees a page that no log has', () => {
    const { b, says, write } = logged();
    says('on');
    write(1);
    write(2);
    says('told', 2, 3);
    says('last');
    expect(b.broken).toEqual(['dirty-log-complete']);
  });
  it('accepts one that a log has, or that was written while none was kept', () => {
    const { b, says, write } = logged();
    write(0);
    says('on');
    write(1);
    says('told', 1, 2);
    says('last');
    says('off');
    write(2);
    says('on');
    says('last');
    expect(b.broken).toEqual([]);
    expect(b.seen).toContain('dirty-log-complete');
  });
  it('wants a page again that is written after it was told', () => {
    const { b, says, write } = logged();
    says('on');
    write(1);
    says('told', 1, 2);
    write(1);
    says('last');
    expect(b.broken).toEqual(['dirty-log-complete']);
  });
});

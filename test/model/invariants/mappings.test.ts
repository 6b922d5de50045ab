/** What may be mapped: a page in one tree, of the kind that the attribute says. */

import { describe, expect, it } from 'vitest';
import { setUserMapped } from '../../../model/machine/pages';
import { mapped, vm, zap } from './mapped';
import { entry, type Workbench } from './workbench';

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

describe('leaf-pfn-stable', () => {
  it('sees a leaf that changes its page', () => {
    const { b, leaves } = mapped('default');
    b.fault(leaves, 0, b.page('user'));
    expect(b.broken).toEqual(['leaf-pfn-stable']);
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
      b.event({ type: 'dirty-log', thread: 1, phase, asId: 0, start, end });
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

import { describe, expect, it } from 'vitest';
import { requestDestroy, setAccepted } from '../../../model/machine/guest-data';
import { setOwner } from '../../../model/machine/pages';
import { setSeptState } from '../../../model/machine/sept';
import { setOpState } from '../../../model/machine/tdx-td';
import { tlbFill } from '../../../model/machine/tlb';
import { BUSY, cached, entry, REFUSED, Workbench } from './workbench';

/** A TD with a mirror tree and gfn 0 private, pending. */
function td() {
  const b = new Workbench('tdx');
  b.attribute(0, true);
  b.broken.length = 0;
  const { root, leaves } = b.tree(true);
  const page = b.page('gmem');
  b.fault(leaves, 0, page);
  expect(b.broken).toEqual([]);
  return { b, root, leaves, page };
}

const status = (high: number): bigint => BigInt(high) << 32n;

describe('td-zap-only-requested', () => {
  it('sees a page go that nobody asked to destroy', () => {
    const { b } = td();
    b.lock('mmu_lock');
    setSeptState(b.m, 0, 1, 'FREE', 0);
    expect(b.broken).toEqual(['td-zap-only-requested']);
  });
  it('accepts it inside a request, and while the TD is being built', () => {
    const { b, page } = td();
    b.lock('mmu_lock');
    requestDestroy(b.m, 0, 1, 'punch hole');
    setSeptState(b.m, 0, 1, 'FREE', 0);
    setOpState(b.m, 'INITIALIZED');
    setSeptState(b.m, 1, 1, 'MAPPED', page);
    setSeptState(b.m, 1, 1, 'FREE', 0);
    expect(b.broken).toEqual([]);
  });
});

describe('fast-zap-spares-mirror', () => {
  it('sees an invalid mirror root', () => {
    const { b, root } = td();
    b.lock('mmu_lock');
    b.invalidate(root);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual(['fast-zap-spares-mirror']);
  });
  it('accepts an invalid direct root, and any at teardown', () => {
    const { b, root } = td();
    const direct = b.tree(false);
    b.lock('mmu_lock');
    b.invalidate(direct.root);
    b.unlock('mmu_lock');
    b.m.memory.setU32(b.kvm + 64, 0);
    b.lock('mmu_lock');
    b.invalidate(root);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual([]);
  });
});

describe('no-zap-gfn-range-on-td', () => {
  it('sees the call', () => {
    const { b } = td();
    b.call('kvm_zap_gfn_range');
    expect(b.broken).toEqual(['no-zap-gfn-range-on-td']);
  });
});

describe('filter-selects-right-roots', () => {
  it.each([
    [0, ['filter-selects-right-roots']],
    [1, []],
  ])('judges the filter %d', (filter, broken) => {
    const { b } = td();
    const range = b.alloc(64);
    b.m.memory.setU32(range + 24, filter);
    b.call('kvm_tdp_mmu_unmap_gfn_range', [b.kvm, range]);
    expect(b.broken).toEqual(broken);
  });
});

describe('notifier-shared-only', () => {
  it('sees private memory zapped by a notifier', () => {
    const { b, leaves } = td();
    b.call('kvm_mmu_notifier_invalidate_range_start');
    b.lock('mmu_lock');
    b.spte(leaves, 0, 0n);
    expect(b.broken).toContain('notifier-shared-only');
  });
  it('is silent after the notifier', () => {
    const { b } = td();
    b.call('kvm_mmu_notifier_invalidate_range_start');
    b.returns('kvm_mmu_notifier_invalidate_range_start');
    b.lock('mmu_lock');
    b.seamcall('MEM.TRACK');
    expect(b.broken).toEqual([]);
  });
});

describe('mirror-sept-in-sync', () => {
  it('sees a mirror entry before its SEAMCALL', () => {
    const { b, leaves } = td();
    b.attribute(1, true);
    b.broken.length = 0;
    b.lock('mmu_lock', 'read');
    b.spte(leaves, 1, entry(b.page('gmem')));
    expect(b.broken).toContain('mirror-sept-in-sync');
  });
  it('sees a removal that reached only the mirror', () => {
    const { b, leaves } = td();
    b.lock('mmu_lock');
    b.begin(0, 1);
    b.spte(leaves, 0, 0n);
    expect(b.broken).toEqual([]);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual(['mirror-sept-in-sync']);
  });
  it('lets a bugged VM be', () => {
    const { b, leaves } = td();
    b.lock('mmu_lock');
    b.begin(0, 1);
    b.spte(leaves, 0, 0n);
    b.m.memory.setU64(b.kvm + 48, 1n);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual([]);
  });
});

describe('freeze-around-seamcall', () => {
  it.each([
    ['with the entry not frozen', 'read'],
    ['without mmu_lock', undefined],
  ] as const)('sees a SEAMCALL %s', (_how, mode) => {
    const { b } = td();
    if (mode) b.lock('mmu_lock', mode);
    b.seamcall('MEM.PAGE.AUG', 1);
    expect(b.broken).toEqual(['freeze-around-seamcall']);
  });
  it('sees a freeze of another entry, and one by another thread', () => {
    const { b, leaves } = td();
    b.lock('mmu_lock', 'read');
    b.freeze(leaves, 2);
    b.seamcall('MEM.PAGE.AUG', 1);
    expect(b.broken).toEqual(['freeze-around-seamcall']);
    b.broken.length = 0;
    b.as(1).lock('mmu_lock', 'read');
    b.seamcall('MEM.PAGE.AUG', 2);
    expect(b.broken).toEqual(['freeze-around-seamcall']);
  });
});

describe('frozen-is-transient', () => {
  it('sees an entry left frozen, once the last holder drops mmu_lock', () => {
    const { b, leaves } = td();
    b.as(1).lock('mmu_lock', 'read');
    b.as(0).lock('mmu_lock', 'read');
    b.freeze(leaves, 1);
    b.unlock('mmu_lock', 'read');
    expect(b.broken).toEqual([]);
    b.as(1).unlock('mmu_lock', 'read');
    expect(b.broken).toEqual(['frozen-is-transient']);
  });
  it('sees another thread write a frozen entry', () => {
    const { b, leaves } = td();
    b.lock('mmu_lock', 'read');
    b.freeze(leaves, 1);
    b.as(1).lock('mmu_lock', 'read');
    b.spte(leaves, 1, 0n);
    expect(b.broken).toContain('frozen-is-transient');
  });
});

describe('shared-failure-rolls-back', () => {
  const failing = (last: bigint) => {
    const { b, leaves } = td();
    b.lock('mmu_lock', 'read');
    b.freeze(leaves, 1);
    b.seamcall('MEM.PAGE.AUG', 1, 0, BUSY);
    b.spte(leaves, 1, last);
    return b;
  };
  it('accepts the old value', () => expect(failing(0n).broken).toEqual([]));
  it('sees the new one', () => expect(failing(entry(9)).broken).toContain('shared-failure-rolls-back'));
  it('accepts the new one of a SEAMCALL that was tried again', () => {
    const { b, leaves } = td();
    b.lock('mmu_lock', 'read');
    b.freeze(leaves, 1);
    b.seamcall('MEM.PAGE.AUG', 1, 0, BUSY);
    b.seamcall('MEM.PAGE.AUG', 1, 0, 0n);
    b.spte(leaves, 1, entry(9));
    expect(b.broken).not.toContain('shared-failure-rolls-back');
  });
});

describe('exclusive-failure-is-fatal', () => {
  it('sees a VM that goes on after a refused removal', () => {
    const { b } = td();
    b.lock('mmu_lock');
    b.seamcall('MEM.PAGE.REMOVE', 0, 0, REFUSED);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual(['exclusive-failure-is-fatal']);
  });
  it('accepts a bugged one', () => {
    const { b } = td();
    b.lock('mmu_lock');
    b.seamcall('MEM.PAGE.REMOVE', 0, 0, REFUSED);
    b.m.memory.setU64(b.kvm + 48, 1n);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual([]);
  });
});

describe('private-remove-exclusive', () => {
  it.each([
    ['write', []],
    ['read', ['private-remove-exclusive']],
  ] as const)('judges TRACK with mmu_lock for %s', (mode, broken) => {
    const { b } = td();
    b.lock('mmu_lock', mode);
    b.seamcall('MEM.TRACK');
    expect(b.broken).toEqual(broken);
  });
});

describe('private-remove-exclusive, of S-EPT pages', () => {
  it.each([
    ['write', []],
    ['read', ['private-remove-exclusive']],
  ] as const)('judges that one is taken back with mmu_lock for %s', (mode, broken) => {
    const { b } = td();
    b.lock('mmu_lock', mode);
    b.event({ type: 'call', thread: 0, name: 'tdx_sept_free_private_spt', args: [] });
    expect(b.broken).toEqual(broken);
  });
});

describe('block-track-remove-order', () => {
  it.each([0xc0000b06, 0xc0000b08])('sees the module refuse with %i', (code) => {
    const { b } = td();
    b.lock('mmu_lock');
    b.seamcall('MEM.PAGE.REMOVE', 0, 0, status(code));
    expect(b.broken).toEqual(['block-track-remove-order']);
  });
  it('sees a removal under a TLB that is in use', () => {
    const { b, page } = td();
    tlbFill(b.m, cached(page, { isPrivate: true }));
    b.enter();
    b.lock('mmu_lock');
    b.seamcall('MEM.PAGE.REMOVE', 0, page);
    expect(b.broken).toEqual(['block-track-remove-order']);
  });
});

describe('track-then-kick-atomic', () => {
  it('sees a TRACK that comes too early', () => {
    const { b } = td();
    b.lock('mmu_lock');
    b.seamcall('MEM.TRACK', 0, 0, status(0x80000201));
    expect(b.broken).toEqual(['track-then-kick-atomic']);
  });
});

describe('busy-handled-in-place', () => {
  it('accepts one retry of a removal, and a new section for an installation', () => {
    const { b, leaves } = td();
    b.lock('mmu_lock');
    b.seamcall('MEM.RANGE.BLOCK', 0, 0, BUSY);
    b.seamcall('MEM.RANGE.BLOCK');
    b.unlock('mmu_lock');
    for (const answer of [BUSY, 0n]) {
      b.lock('mmu_lock', 'read');
      b.freeze(leaves, 1);
      b.seamcall('MEM.PAGE.AUG', 1, 0, answer);
      b.spte(leaves, 1, 0n);
      b.unlock('mmu_lock', 'read');
    }
    expect(b.broken).toEqual([]);
    expect(b.seen).toContain('busy-handled-in-place');
  });
  it('sees a lock that is dropped to wait', () => {
    const { b } = td();
    b.lock('mmu_lock');
    b.seamcall('MEM.RANGE.BLOCK', 0, 0, BUSY);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual(['busy-handled-in-place']);
  });
  it('sees endless tries', () => {
    const { b } = td();
    b.lock('mmu_lock');
    for (let i = 0; i < 3; i++) b.seamcall('MEM.RANGE.BLOCK', 0, 0, BUSY);
    expect(b.broken).toEqual(['busy-handled-in-place']);
  });
  it('sees an installation tried again under the same lock', () => {
    const { b, leaves } = td();
    b.lock('mmu_lock', 'read');
    b.freeze(leaves, 1);
    b.seamcall('MEM.PAGE.AUG', 1, 0, BUSY);
    b.seamcall('MEM.PAGE.AUG', 1, 0, BUSY);
    expect(b.broken).toEqual(['busy-handled-in-place']);
  });
});

describe('no-entry-during-zap-retry', () => {
  const kicked = () => {
    const { b } = td();
    b.lock('mmu_lock');
    b.seamcall('MEM.RANGE.BLOCK', 0, 0, BUSY);
    b.returns('kvm_make_all_cpus_request');
    return b;
  };
  it('accepts an entry after the retry', () => {
    const b = kicked();
    b.seamcall('MEM.RANGE.BLOCK');
    b.as(1).enter();
    expect(b.broken).toEqual([]);
  });
  it('sees an entry before it', () => {
    const b = kicked();
    b.as(1).enter();
    expect(b.broken).toEqual(['no-entry-during-zap-retry']);
  });
  it('sees a retry that is BUSY again', () => {
    const b = kicked();
    b.seamcall('MEM.RANGE.BLOCK', 0, 0, BUSY);
    expect(b.broken).toEqual(['no-entry-during-zap-retry']);
  });
});

describe('parent-first-child-last', () => {
  it('sees a missing parent', () => {
    const { b, leaves } = td();
    b.lock('mmu_lock', 'read');
    b.freeze(leaves, 1);
    b.seamcall('MEM.PAGE.AUG', 1, 0, status(0xc0000b00));
    expect(b.broken).toEqual(['parent-first-child-last']);
  });
});

describe('nx-recovery-skips-mirror', () => {
  it.each([
    'track_possible_nx_huge_page',
    'kvm_tdp_mmu_zap_possible_nx_huge_page',
    'kvm_tdp_mmu_zap_sp',
  ])('sees %s() with a table of the mirror', (name) => {
    const b = new Workbench('tdx');
    const { leaves } = b.tree(true);
    b.call(name, [b.kvm, leaves.sp]);
    expect(b.broken).toEqual(['nx-recovery-skips-mirror']);
  });
  it('lets the worker have tables of shared memory', () => {
    const b = new Workbench('tdx');
    const { leaves } = b.tree(false);
    b.call('kvm_recover_nx_huge_pages', [b.kvm]);
    b.call('kvm_tdp_mmu_zap_possible_nx_huge_page', [b.kvm, leaves.sp]);
    expect(b.broken).toEqual([]);
    expect(b.seen).toContain('nx-recovery-skips-mirror');
  });
});

describe('td-nonleaf-immortal', () => {
  it('sees a table freed that the TD uses', () => {
    const { b, leaves } = td();
    setOwner(b.m, b.m.pfnOf(b.m.memory.ptr(leaves.sp + 32)), 'free');
    expect(b.broken).toEqual(['td-nonleaf-immortal']);
  });
});

describe('td-root-immutable', () => {
  it('sees another mirror root', () => {
    const { b } = td();
    b.enter();
    expect(b.broken).toEqual([]);
    b.table(2, true);
    b.enter();
    expect(b.broken).toEqual(['td-root-immutable']);
  });
});

describe('add-before-final-aug-after', () => {
  it('sees a page added to a final TD', () => {
    const { b } = td();
    b.lock('slots_lock');
    b.lock('mmu_lock');
    b.seamcall('MEM.PAGE.ADD');
    expect(b.broken).toEqual(['add-before-final-aug-after']);
  });
  it('sees a page augmented too early', () => {
    const { b } = td();
    setOpState(b.m, 'INITIALIZED');
    b.lock('mmu_lock');
    b.seamcall('MEM.PAGE.AUG');
    expect(b.broken).toEqual(['add-before-final-aug-after']);
  });
});

describe('accepted-data-preserved', () => {
  it('sees lost data', () => {
    const { b } = td();
    setAccepted(b.m, 0);
    b.event({ type: 'data-lost', thread: 0, gfn: 0, expected: 1, found: 0 });
    expect(b.broken).toEqual(['accepted-data-preserved']);
  });
});

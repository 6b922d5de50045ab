import { describe, expect, it } from 'vitest';
import { freePage } from '../../../model/machine/pages';
import type { VmType } from '../../../model/machine/types';
import { setInSmm, setVcpuWord } from '../../../model/machine/vcpus';
import { nameOfWord } from '../../../model/machine/word-names';
import { type Root, Workbench } from './workbench';

/** A VM with a tree in each address space, and a memslot over gfn 0..3 in each where the second is asked for. */
function vm(type: VmType = 'default', slotInSmm = true) {
  const b = new Workbench(type);
  const normal = b.tree(false);
  const smm = b.tree(false, true);
  b.slots(slotInSmm ? [{ base: 0, pages: 4, file: 0 }] : [], 1);
  return { b, normal, smm, page: b.page('user') };
}

const update = (b: Workbench, change: () => void): void => {
  b.lock('slots_lock');
  change();
  b.unlock('slots_lock');
};

describe('traces', () => {
  it('tell trees and entries of SMM from the others', () => {
    const { b, normal, smm, page } = vm();
    b.fault(smm.leaves, 0, page);
    const text = b.m.describe();
    expect(Object.keys(text)).toEqual(expect.arrayContaining(['direct[gfns 0-3]', 'SMM direct[gfn 0]']));
    expect(Object.keys(text)).not.toContain('direct[gfn 0]');
    expect(nameOfWord(b.m, smm.leaves.table)).toBe('the SMM SPTE of gfn 0x0, level 1');
    expect(nameOfWord(b.m, normal.leaves.table)).toBe('the SPTE of gfn 0x0, level 1');
  });
  it('say which vCPU is in SMM', () => {
    const { b } = vm();
    setInSmm(b.m, 0, true);
    expect(b.m.describe().vcpu0).toBe('in the host, SMM');
    setInSmm(b.m, 0, false);
    expect(b.m.describe().vcpu0).toBe('in the host');
  });
});

describe('slot-delete-leaves-nothing', () => {
  it('accepts a mapping of SMM in a memslot of SMM', () => {
    const { b, smm, page } = vm();
    b.fault(smm.leaves, 0, page);
    update(b, () => b.slots([]));
    expect(b.broken).toEqual([]);
  });
  it.each([
    'normal',
    'smm',
  ] as const)('sees a mapping that only the other address space has a memslot for: %s', (where) => {
    const trees = vm();
    trees.b.fault(trees[where].leaves, 0, trees.page);
    update(trees.b, () => trees.b.slots([], where === 'smm' ? 1 : 0));
    expect(trees.b.broken).toEqual(['slot-delete-leaves-nothing']);
  });
});

describe('unmap-before-free', () => {
  it('sees a page that SMM alone still maps', () => {
    const { b, smm, page } = vm();
    b.fault(smm.leaves, 0, page);
    freePage(b.m, page);
    expect(b.broken).toEqual(['unmap-before-free']);
  });
});

describe('root-of-address-space', () => {
  const enter = (b: Workbench, root: Root, inSmm: boolean): void => {
    setVcpuWord(b.m, 0, 'rootPfn', root.pfn);
    setInSmm(b.m, 0, inSmm);
    b.enter();
  };
  it('accepts the root of the address space that the vCPU is in', () => {
    const { b, normal, smm } = vm();
    enter(b, normal.root, false);
    expect(b.seen).not.toContain('root-of-address-space');
    enter(b, smm.root, true);
    expect(b.seen).toContain('root-of-address-space');
    enter(b, normal.root, false);
    expect(b.broken).toEqual([]);
  });
  it('sees a vCPU in SMM on the root of the others', () => {
    const { b, normal } = vm();
    enter(b, normal.root, true);
    expect(b.broken).toEqual(['root-of-address-space']);
  });
  it('sees a vCPU that has taken the root of SMM with it', () => {
    const { b, smm } = vm();
    enter(b, smm.root, false);
    expect(b.broken).toEqual(['root-of-address-space']);
  });
  it('says nothing of a root that KVM does not know', () => {
    const { b } = vm();
    setVcpuWord(b.m, 0, 'rootPfn', b.page('kernel'));
    setInSmm(b.m, 0, true);
    b.enter();
    expect(b.broken).toEqual([]);
  });
});

describe('zap-covers-address-spaces', () => {
  /** kvm_zap_gfn_range() of [start, end), with what it zaps. */
  const zap = (b: Workbench, [start, end]: readonly [number, number], zapped: () => void): void => {
    b.call('kvm_zap_gfn_range', [b.kvm, start, end]);
    b.lock('mmu_lock');
    b.begin(start, end);
    zapped();
    b.bump();
    b.call('kvm_mmu_invalidate_end', [b.kvm]);
    b.lower();
    b.unlock('mmu_lock');
    b.returns('kvm_zap_gfn_range');
  };
  it('accepts a zap in both', () => {
    const { b, normal, smm, page } = vm();
    b.fault(normal.leaves, 0, page);
    b.fault(smm.leaves, 0, page);
    zap(b, [0, 1], () => {
      b.spte(normal.leaves, 0, 0n);
      b.spte(smm.leaves, 0, 0n);
    });
    expect(b.broken).toEqual([]);
    expect(b.seen).toContain('zap-covers-address-spaces');
  });
  it('accepts what lies beside the range, or below an invalid root', () => {
    const { b, normal, smm, page } = vm();
    b.fault(normal.leaves, 1, page);
    b.fault(smm.leaves, 0, page);
    b.invalidate(smm.root);
    zap(b, [0, 1], () => {});
    expect(b.broken).not.toContain('zap-covers-address-spaces');
  });
  it.each([1, 2 ** 40])('sees what is left for SMM, of a range up to gfn %d', (end) => {
    const { b, normal, smm, page } = vm();
    b.fault(normal.leaves, 0, page);
    b.fault(smm.leaves, 0, page);
    zap(b, [0, end], () => b.spte(normal.leaves, 0, 0n));
    expect(b.broken).toEqual(['zap-covers-address-spaces']);
  });
  it('has nothing to say of other invalidations', () => {
    const { b, smm, page } = vm();
    b.fault(smm.leaves, 0, page);
    b.lock('mmu_lock');
    b.call('kvm_mmu_invalidate_end', [b.kvm]);
    b.unlock('mmu_lock');
    expect(b.broken).toEqual([]);
    expect(b.seen).not.toContain('zap-covers-address-spaces');
  });
});

describe('gmem-slot-restricted', () => {
  it.each(['sw-protected', 'snp', 'tdx'] as const)('sees a memslot of SMM on %s', (type) => {
    const b = new Workbench(type);
    update(b, () => b.slots([{ base: 0, pages: 4, file: 0 }], 1));
    expect(b.broken).toEqual(['gmem-slot-restricted']);
  });
  it('accepts an address space without memslots', () => {
    const b = new Workbench('sw-protected');
    update(b, () => b.slots([], 1));
    expect(b.broken).toEqual([]);
  });
});

describe('mn-vs-memslot-serialised', () => {
  it.each([
    [0, []],
    [1, ['mn-vs-memslot-serialised']],
  ])('judges a swap of the memslots of SMM with %d notifiers under way', (count, broken) => {
    const { b } = vm();
    update(b, () => {
      b.m.memory.setU64(b.kvm + 80, BigInt(count));
      b.slots([], 1);
    });
    expect(b.broken).toEqual(broken);
  });
});

describe('mmio-where-no-slot', () => {
  /** What a vCPU in SMM, or outside of it, meets at gfn 3. */
  const emulated = (b: Workbench, inSmm: boolean): void => {
    setInSmm(b.m, 0, inSmm);
    b.call('handle_mmio_page_fault', [1, 3 * 4096, 1]);
    b.returns('handle_mmio_page_fault', 2);
  };
  it.each([
    ['in SMM', true, false, []],
    ['in SMM', true, true, ['mmio-where-no-slot']],
    ['outside of it', false, false, ['mmio-where-no-slot']],
  ] as const)('goes by the memslots of a vCPU %s', (_, inSmm, slotInSmm, broken) => {
    const { b } = vm('default', slotInSmm);
    emulated(b, inSmm);
    expect(b.broken).toEqual(broken);
  });
});

describe('dirty-log-complete', () => {
  /** A vCPU writes gfn 0 in SMM or outside of it, and user space looks at the last log of one of the two. */
  const last = (inSmm: boolean, asId: number, logged: readonly number[] = [0, 1]) => {
    const { b, page } = vm();
    const range = { thread: 0, start: 0, end: 4 };
    for (const of of logged) b.event({ type: 'dirty-log', ...range, phase: 'on', asId: of });
    setInSmm(b.m, 0, inSmm);
    const access = { thread: 0, vcpu: 0, gfn: 0, isPrivate: false, write: true, pfn: page };
    b.event({ type: 'guest-access', ...access, outcome: 'done' });
    b.event({ type: 'dirty-log', ...range, phase: 'last', asId });
    return b.broken;
  };
  it('looks for what SMM wrote in the log of SMM', () => {
    expect(last(true, 1)).toEqual(['dirty-log-complete']);
    expect(last(true, 0)).toEqual([]);
  });
  it('looks for what the others wrote in the other', () => {
    expect(last(false, 0)).toEqual(['dirty-log-complete']);
    expect(last(false, 1)).toEqual([]);
  });
  it('asks for no log of an address space that is not logged', () => {
    expect(last(true, 1, [0])).toEqual([]);
  });
});

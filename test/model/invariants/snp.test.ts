import { describe, expect, it } from 'vitest';
import { freePage, setOwner } from '../../../model/machine/pages';
import { register } from '../../../model/machine/registry';
import { launchUpdate, psmash, pvalidate, rmpUpdate } from '../../../model/machine/rmp';
import { tlbFill } from '../../../model/machine/tlb';
import { setVcpuWord } from '../../../model/machine/vcpus';
import { cached, entry, Workbench } from './workbench';

const TO_HOST = { assigned: false, huge: false, immutable: false, asid: 0, gfn: 0 };
const toGuest = (gfn: number) => ({ assigned: true, huge: false, immutable: false, asid: 1, gfn });

/** An SNP guest with a tree, gfn 0 private by its attribute, and a page of guest_memfd. */
function guest() {
  const b = new Workbench('snp');
  b.attribute(0, true);
  const { root, leaves } = b.tree(false);
  const page = b.page('gmem');
  b.broken.length = 0;
  register(b.m, 'launched', 1);
  return { b, root, leaves, page };
}

/** The same with the page assigned and mapped. */
function mapped() {
  const all = guest();
  rmpUpdate(all.b.m, all.page, toGuest(0));
  all.b.fault(all.leaves, 0, all.page);
  expect(all.b.broken).toEqual([]);
  return all;
}

/** The same with a vCPU, in the guest or not, whose registers lie in the page. */
function withVmsa(inGuest: boolean) {
  const all = guest();
  const { m } = all.b;
  register(m, 'launched', 0);
  rmpUpdate(m, all.page, { ...toGuest(1), immutable: true });
  launchUpdate(m, all.page, 1, true);
  register(m, 'launched', 1);
  setVcpuWord(m, 0, 'asid', 1);
  setVcpuWord(m, 0, 'vmsa', all.page);
  setVcpuWord(m, 0, 'inGuest', inGuest ? 1 : 0);
  return { ...all, vmrun: () => all.b.event({ type: 'vmrun', thread: 0, vcpu: 0, vmsa: all.page }) };
}

describe('add-before-final-aug-after', () => {
  it('sees a page given to the guest before its launch is over', () => {
    const { b, page } = guest();
    register(b.m, 'launched', 0);
    rmpUpdate(b.m, page, toGuest(0));
    expect(b.broken).toEqual(['add-before-final-aug-after']);
  });
  it('accepts one that is measured before, and any after', () => {
    const { b, page } = guest();
    register(b.m, 'launched', 0);
    rmpUpdate(b.m, page, { ...toGuest(0), immutable: true });
    launchUpdate(b.m, page, 1, false);
    register(b.m, 'launched', 1);
    rmpUpdate(b.m, b.page('gmem'), toGuest(1));
    expect(b.broken).toEqual([]);
  });
});

/** The hole has been punched: nothing maps the page any more. */
function unmap({ b, leaves }: ReturnType<typeof mapped>): void {
  b.lock('mmu_lock');
  b.spte(leaves, 0, 0n);
  b.unlock('mmu_lock');
}

describe('snp-assign-before-map', () => {
  it('sees a leaf of a page that is not assigned, or to another gfn', () => {
    const { b, leaves, page } = guest();
    b.fault(leaves, 0, page);
    expect(b.broken).toEqual(['snp-assign-before-map']);
    const other = guest();
    rmpUpdate(other.b.m, other.page, toGuest(1));
    other.b.fault(other.leaves, 0, other.page);
    expect(other.b.broken).toEqual(['snp-assign-before-map']);
  });
  it('accepts one of a page that is, and any page of shared memory', () => {
    const { b, leaves } = mapped();
    b.attribute(1, false);
    b.broken.length = 0;
    b.lock('mmu_lock', 'read');
    b.spte(leaves, 1, entry(b.page('user')));
    expect(b.broken).not.toContain('snp-assign-before-map');
    expect(b.seen).toContain('snp-assign-before-map');
  });
});

describe('snp-unassign-before-free', () => {
  it('sees a page freed that is still assigned', () => {
    const all = mapped();
    unmap(all);
    all.b.broken.length = 0;
    freePage(all.b.m, all.page);
    expect(all.b.broken).toEqual(['snp-unassign-before-free']);
  });
  it('accepts one that was taken back before', () => {
    const all = mapped();
    unmap(all);
    all.b.broken.length = 0;
    rmpUpdate(all.b.m, all.page, TO_HOST);
    freePage(all.b.m, all.page);
    expect(all.b.broken).toEqual([]);
    expect(all.b.seen).toContain('snp-unassign-before-free');
  });
});

describe('snp-unmap-before-rmpchange', () => {
  it('sees a page taken back that a table maps', () => {
    const { b, page } = mapped();
    rmpUpdate(b.m, page, TO_HOST);
    expect(b.broken).toEqual(['snp-unmap-before-rmpchange']);
  });
  it('sees one taken back that a running vCPU has in its TLB', () => {
    const all = mapped();
    const { b, root, page } = all;
    setVcpuWord(b.m, 0, 'inGuest', 1);
    setVcpuWord(b.m, 0, 'rootPfn', root.pfn);
    tlbFill(b.m, cached(page, { root: root.pfn, isPrivate: true }));
    b.lock('mmu_lock');
    b.begin(0, 1);
    b.spte(all.leaves, 0, 0n);
    rmpUpdate(b.m, page, TO_HOST);
    expect(b.broken).toEqual(['snp-unmap-before-rmpchange']);
  });
  it('sees RMPUPDATE fail since a vCPU runs with the page as its VMSA', () => {
    const { b, page } = withVmsa(true);
    b.event({ type: 'rmp-request', thread: 0, name: 'RMPUPDATE', pfn: page, result: rmpUpdate(b.m, page, TO_HOST) });
    expect(b.broken).toEqual(['snp-unmap-before-rmpchange']);
  });
  it('sees part of a large entry taken back', () => {
    const { b, page } = guest();
    b.event({ type: 'rmp-request', thread: 0, name: 'RMPUPDATE', pfn: page, result: 4 });
    expect(b.broken).toEqual(['snp-unmap-before-rmpchange']);
  });
  it("accepts it once nothing leads there, and the guest's own changes before", () => {
    const all = mapped();
    const { b, page } = all;
    pvalidate(b.m, { pfn: page, gfn: 0, level: 1, asid: 1, huge: false, validate: true });
    unmap(all);
    b.broken.length = 0;
    rmpUpdate(b.m, page, TO_HOST);
    expect(b.broken).toEqual([]);
    expect(b.seen).toContain('snp-unmap-before-rmpchange');
  });
  it('accepts the split of a large entry under a mapping', () => {
    const { b, leaves } = guest();
    const [first = 0] = Array.from({ length: 8 }, () => b.page('gmem')).filter((pfn) => pfn % 4 === 0);
    rmpUpdate(b.m, first, { ...toGuest(0), huge: true });
    b.fault(leaves, 0, first);
    expect(psmash(b.m, first)).toBe(0);
    expect(b.broken).toEqual([]);
  });
});

describe('accepted-data-preserved', () => {
  it('sees a page that the guest has accepted given to it once more, and not one that it has not', () => {
    const { b, page } = mapped();
    rmpUpdate(b.m, page, toGuest(0));
    expect(b.broken).not.toContain('accepted-data-preserved');
    pvalidate(b.m, { pfn: page, gfn: 0, level: 1, asid: 1, huge: false, validate: true });
    pvalidate(b.m, { pfn: page, gfn: 0, level: 1, asid: 1, huge: false, validate: false });
    expect(b.broken).not.toContain('accepted-data-preserved');
    pvalidate(b.m, { pfn: page, gfn: 0, level: 1, asid: 1, huge: false, validate: true });
    rmpUpdate(b.m, page, toGuest(0));
    expect(b.broken).toContain('accepted-data-preserved');
  });
});

describe('snp-vmsa-tracks-memory', () => {
  it('sees a vCPU entered with a page that was taken back', () => {
    const { b, page, vmrun } = withVmsa(false);
    rmpUpdate(b.m, page, TO_HOST);
    vmrun();
    expect(b.broken).toEqual(['snp-vmsa-tracks-memory']);
  });
  it('sees one entered with a page of somebody else', () => {
    const { b, page, vmrun } = withVmsa(false);
    setOwner(b.m, page, 'host');
    b.broken.length = 0;
    vmrun();
    expect(b.broken).toEqual(['snp-vmsa-tracks-memory']);
  });
  it('sees the page of a running vCPU leave guest_memfd', () => {
    const { b, page } = withVmsa(true);
    b.event({ type: 'gmem-truncate', thread: 0, index: 1, pfn: page });
    expect(b.broken).toEqual(['snp-vmsa-tracks-memory']);
  });
  it('accepts a page that is there, one of KVM itself, and none at all', () => {
    const { b, page, vmrun } = withVmsa(false);
    vmrun();
    expect(b.seen).toContain('snp-vmsa-tracks-memory');
    setOwner(b.m, page, 'kernel');
    vmrun();
    b.event({ type: 'vmrun', thread: 0, vcpu: 0, vmsa: 0 });
    b.event({ type: 'gmem-truncate', thread: 0, index: 1, pfn: page });
    expect(b.broken).not.toContain('snp-vmsa-tracks-memory');
  });
});

describe('conversion-done-when-told', () => {
  const says =
    (phase: 'asked' | 'told') =>
    ({ b }: ReturnType<typeof guest>, gfn: number, isPrivate: boolean) =>
      b.event({ type: 'conversion', thread: 0, vcpu: 0, phase, gfn, isPrivate });
  const [asks, told] = [says('asked'), says('told')];

  it('accepts what was so since the guest asked, even if it is not so any more', () => {
    const all = guest();
    asks(all, 1, true);
    all.b.attribute(1, true);
    all.b.attribute(1, false);
    all.b.broken.length = 0;
    told(all, 1, true);
    asks(all, 0, true);
    told(all, 0, true);
    expect(all.b.broken).toEqual([]);
    expect(all.b.seen).toContain('conversion-done-when-told');
  });
  it('sees an answer for a page that stayed as it was', () => {
    const all = guest();
    asks(all, 0, false);
    told(all, 0, false);
    expect(all.b.broken).toEqual(['conversion-done-when-told']);
  });
  it('goes by what the guest asked last', () => {
    const all = guest();
    asks(all, 1, true);
    asks(all, 1, false);
    told(all, 1, false);
    expect(all.b.broken).toEqual([]);
  });
});

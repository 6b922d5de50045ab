/**
 * What must hold of the TDX module whatever host and guests do: here both act at random, without any
 * KVM between them.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pfnOfPage, structPage } from '../../../model/machine/pages';
import { septEntries, septLeaves, setSeptState } from '../../../model/machine/sept';
import { epochOf, epochRefcount, pamtType, setOpState, setPamt, setTdWord } from '../../../model/machine/tdx-td';
import { tlbEntries } from '../../../model/machine/tlb';
import { vcpusInGuest, vcpuWord } from '../../../model/machine/vcpus';
import { type Bench, bench } from './bench';

const TD = 1;
const GFNS = 2;
const CONTINUE = 0x200n;
const gpa = (gfn: number): bigint => BigInt(gfn) << 12n;

interface World {
  readonly b: Bench;
  readonly vcpus: readonly number[];
  readonly pages: readonly number[];
}

function world(): World {
  const b = bench('tdx');
  const vcpus = [0, 1].map((id) => {
    const vcpu = b.scratch(64);
    b.call('__machine_vcpu', vcpu, id);
    return vcpu;
  });
  b.call('__machine_td', TD, 1);
  setTdWord(b.m, 'rootLevel', 2);
  setOpState(b.m, 'RUNNABLE');
  const [table, ...pages] = [0, 1, 2].map(() => pfnOfPage(b.m, Number(b.call('alloc_page', 0))));
  setPamt(b.m, table ?? 0, 'EPT');
  setSeptState(b.m, 0, 2, 'NL_MAPPED', table ?? 0);
  return { b, vcpus, pages };
}

type Deed = readonly ['aug' | 'block' | 'track' | 'remove' | 'move' | 'access' | 'accept', number, number];

/** What is impossible in this state is left out. */
function act({ b, vcpus, pages }: World, [what, who, gfn]: Deed): void {
  const vcpu = vcpus[who] ?? 0;
  if (what === 'aug') b.call('tdh_mem_page_aug', TD, gpa(gfn), 1, pages[who] ?? 0, 0, 0);
  else if (what === 'block') b.call('tdh_mem_range_block', TD, gpa(gfn), 1, 0, 0);
  else if (what === 'remove') b.call('tdh_mem_page_remove', TD, gpa(gfn), 1, 0, 0);
  else if (what === 'track') b.call('tdh_mem_track', TD);
  else guestActs(b.as(who), who, vcpu, what, gfn);
}

function guestActs(b: Bench, who: number, vcpu: number, what: Deed[0], gfn: number): void {
  const inside = vcpuWord(b.m, who, 'inGuest') !== 0;
  if (vcpuWord(b.m, who, 'accepting') !== 0) b.call('__guest_accept_end', vcpu, gpa(gfn));
  else if (inside && what === 'access') b.call('__guest_access', vcpu, gpa(gfn), 1);
  else if (inside && what === 'accept') b.call('__guest_accept_begin', vcpu, gpa(gfn));
  else if (inside && what === 'move') b.call('__guest_exit', vcpu);
  else if (!inside) {
    if (what === 'accept') b.call('__guest_arm_zero_step', vcpu);
    b.call('local_irq_disable');
    if (b.call('__guest_enter_begin', vcpu) === CONTINUE) b.call('__guest_enter_end', vcpu);
  }
}

const HOST: Deed[0][] = ['aug', 'block', 'track', 'remove'];
const GUEST: Deed[0][] = ['move', 'access', 'accept'];
const deeds: fc.Arbitrary<Deed[]> = fc.array(
  fc.tuple(fc.constantFrom(...HOST, ...GUEST), fc.nat(1), fc.nat(GFNS - 1)),
  { minLength: 30, maxLength: 120, size: 'max' },
);

function always(check: (w: World) => void): void {
  fc.assert(
    fc.property(deeds, (list) => {
      const w = world();
      for (const deed of list) {
        act(w, deed);
        check(w);
      }
    }),
    { numRuns: 150 },
  );
}

describe('the TDX module', () => {
  it('never gives a page back while a vCPU in the guest can reach it', () => {
    let taken = 0;
    always(({ b }) => {
      taken += b.eventsOf('sept').filter((e) => e.old === 'BLOCKED' && e.state === 'FREE').length;
      b.events.length = 0;
      const inside = new Set(vcpusInGuest(b.m));
      const reached = tlbEntries(b.m).filter((e) => e.isPrivate && inside.has(e.vcpu));
      expect(reached.filter((e) => pamtType(b.m, e.pfn) !== 'REG')).toEqual([]);
    });
    expect(taken, 'accepted pages were taken away at all').toBeGreaterThan(0);
  });

  it('counts the vCPUs inside by the epoch in which they entered', () => {
    always(({ b }) => {
      const inside = vcpusInGuest(b.m);
      const now = epochOf(b.m);
      const entered = (epoch: number) => inside.filter((v) => vcpuWord(b.m, v, 'epoch') === epoch).length;
      expect([epochRefcount(b.m, now), epochRefcount(b.m, now + 1)]).toEqual([entered(now), entered(now - 1)]);
    });
  });

  it('has exactly one leaf per page that it owns', () => {
    always(({ b, pages }) => {
      const mapped = septLeaves(b.m).map((e) => e.pfn);
      expect(new Set(mapped).size).toBe(mapped.length);
      expect([...mapped].sort()).toEqual(pages.filter((pfn) => pamtType(b.m, pfn) === 'REG'));
    });
  });

  it('can be taken back to any moment', () => {
    fc.assert(
      fc.property(deeds, deeds, (before, after) => {
        const w = world();
        for (const deed of before) act(w, deed);
        const { m } = w.b;
        const mark = m.memory.mark();
        const then = JSON.stringify([septEntries(m), tlbEntries(m), m.describe()]);
        for (const deed of after) act(w, deed);
        m.memory.undo(mark);
        expect(JSON.stringify([septEntries(m), tlbEntries(m), m.describe()])).toBe(then);
        expect(m.memory.changedWords(mark)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('knows its pages by their struct page', () => {
    const { b, pages } = world();
    expect(pages.map((pfn) => pfnOfPage(b.m, structPage(pfn)))).toEqual(pages);
  });
});

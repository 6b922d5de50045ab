import { describe, expect, it } from 'vitest';
import { arenaOf } from '../../../model/execute/regions';
import { FIRST_PFN, PAGE_COUNT } from '../../../model/machine/layout';
import { ownerOf, ownerText, structPage } from '../../../model/machine/pages';
import { type Bench, bench } from './bench';

const owner = (b: Bench, pfn: number): string => ownerText(ownerOf(b.m, pfn));

describe('pages', () => {
  it('come lowest first, so that a freed page is reused at once', () => {
    const b = bench();
    const [first, second] = [b.call('alloc_page', 0), b.call('alloc_page', 0)];
    expect([first, second]).toEqual([structPage(FIRST_PFN), structPage(FIRST_PFN + 1)]);
    b.call('__free_page', first!);
    expect(b.call('__host_alloc_and_write')).toBe(BigInt(FIRST_PFN));
    expect(owner(b, FIRST_PFN)).toBe('host');
  });

  it('come side by side for a huge page, aligned as a real one, and go one by one', () => {
    const b = bench();
    const first = Number(b.call('__user_huge_page_alloc'));
    expect(first % 512).toBe(0);
    expect([0, 1, 2, 3, 4].map((i) => owner(b, first + i))).toEqual(['user', 'user', 'user', 'user', 'free']);
    b.call('put_page', structPage(first + 1));
    expect([0, 1, 2].map((i) => owner(b, first + i))).toEqual(['user', 'free', 'user']);
    expect(() => b.call('__user_huge_page_alloc')).toThrow(/no huge page is free/);
  });

  it('change owners with an event', () => {
    const b = bench();
    const page = b.call('alloc_page', 0)!;
    b.call('__gmem_page', page, 3);
    b.call('__gmem_truncate', page, 3);
    b.call('put_page', page);
    expect(b.eventsOf('page-owner').map((e) => `${e.old} -> ${e.owner}`)).toEqual([
      'free -> kernel',
      'kernel -> gmem:3',
      'gmem:3 -> free',
    ]);
    expect(b.eventsOf('gmem-truncate')).toEqual([{ type: 'gmem-truncate', thread: 15, index: 3, pfn: FIRST_PFN }]);
  });

  it('live until the last reference is dropped', () => {
    const b = bench();
    const page = b.call('alloc_page', 0)!;
    b.call('get_page', page);
    b.call('put_page', page);
    expect(owner(b, FIRST_PFN)).toBe('kernel');
    b.call('put_page', page);
    expect(owner(b, FIRST_PFN)).toBe('free');
    expect(() => b.call('put_page', page)).toThrow(/memory-safety/);
  });

  it('are zero when they come back, and leave no trace', () => {
    const b = bench();
    const mark = b.m.memory.mark();
    const virt = Number(b.call('get_zeroed_page', 0));
    b.m.memory.setU64(virt, 7n);
    b.call('free_page', virt);
    expect(b.m.memory.changedWords(mark)).toEqual([]);
    expect(() => b.m.memory.u64(virt)).toThrow(/freed memory/);
  });

  it('translate between struct page, pfn and addresses', () => {
    const b = bench();
    const page = b.call('alloc_page', 0)!;
    const virt = b.call('page_address', page)!;
    expect(b.call('page_to_pfn', page)).toBe(BigInt(FIRST_PFN));
    expect(b.call('pfn_to_page', BigInt(FIRST_PFN))).toBe(page);
    expect(b.call('virt_to_page', Number(virt) + 100)).toBe(page);
    expect(b.call('__pa', virt)).toBe(BigInt(FIRST_PFN) * 4096n);
    expect(b.call('__va', BigInt(FIRST_PFN) * 4096n)).toBe(virt);
  });

  it('run out', () => {
    const b = bench();
    for (let i = 0; i < PAGE_COUNT; i++) b.call('__host_alloc_and_write');
    expect(b.call('__host_alloc_and_write')).toBe(0n);
    expect(() => b.call('alloc_page', 0)).toThrow(/unknown: .*none is free/);
  });
});

describe('objects', () => {
  it('come from the arena of the thread, lowest first, zeroed', () => {
    const b = bench();
    const one = Number(b.as(1).call('kzalloc', 100n, 0));
    const two = Number(b.call('kzalloc', 8n, 0));
    expect([one, two]).toEqual([arenaOf(1).start, arenaOf(1).start + 192]);
    expect(b.as(2).call('kzalloc', 8n, 0)).toBe(arenaOf(2).start);
    b.m.memory.setU64(one, 5n);
    b.call('kfree', one);
    const again = Number(b.as(1).call('kzalloc', 64n, 0));
    expect(again).toBe(one);
    expect(b.m.memory.u64(again)).toBe(0n);
  });

  it("don't fit where something lies behind", () => {
    const b = bench().as(1);
    const one = Number(b.call('kzalloc', 64n, 0));
    const two = Number(b.call('kzalloc', 64n, 0));
    b.call('kfree', one);
    expect(b.call('kzalloc', 65n, 0)).toBe(two + 128);
    expect(b.call('kzalloc', 1n, 0)).toBe(one);
  });

  it('have nothing before them and behind them', () => {
    const b = bench();
    const one = Number(b.call('kzalloc', 64n, 0));
    const two = Number(b.call('kzalloc', 64n, 0));
    expect(two).toBeGreaterThan(one);
    expect(() => b.m.memory.u32(one + 64)).toThrow(/memory/);
    expect(() => b.m.memory.u32(two - 4)).toThrow(/memory/);
  });

  it('must not be freed twice, used afterwards, or freed in the middle', () => {
    const b = bench();
    const object = Number(b.call('kzalloc', 200n, 0));
    expect(() => b.call('kfree', object + 64)).toThrow(/no object/);
    b.call('kfree', object);
    expect(() => b.m.memory.u32(object)).toThrow(/a read of freed memory/);
    expect(() => b.m.memory.setU32(object, 1)).toThrow(/a write to freed memory/);
    expect(() => b.call('kfree', object)).toThrow(/freed twice/);
    b.call('kfree', 0);
  });
});

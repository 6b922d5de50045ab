import { describe, expect, it } from 'vitest';
import { attributeIsPrivate } from '../../../model/machine/xarray';
import { type Bench, bench } from './bench';

const PRIVATE = 0x11; // xa_mk_value(KVM_MEMORY_ATTRIBUTE_PRIVATE)

/** Indexes that xa_for_each meets. */
function indexes(b: Bench, xa: number, max = 63n): bigint[] {
  const at = b.scratch(8);
  const met: bigint[] = [];
  let entry = b.call('xa_find', xa, at, max, 8);
  while (entry) {
    met.push(b.m.memory.u64(at));
    entry = b.call('xa_find_after', xa, at, max, 8);
  }
  return met;
}

describe('xarrays', () => {
  it('keep arrays and indexes apart', () => {
    const b = bench();
    const [one, two] = [b.scratch(8), b.scratch(8)];
    b.call('xa_store', one, 3n, 0x100, 0);
    b.call('xa_store', two, 4n, 0x200, 0);
    expect([b.call('xa_load', one, 3n), b.call('xa_load', one, 4n), b.call('xa_load', two, 4n)]).toEqual([
      0x100, 0, 0x200,
    ]);
    expect(b.call('xa_erase', one, 3n)).toBe(0x100);
    expect(b.call('xa_empty', one)).toBe(1);
  });

  it('find present indexes in order', () => {
    const b = bench();
    const xa = b.scratch(8);
    for (const i of [5n, 1n, 9n]) b.call('xa_store', xa, i, 0x100 + Number(i), 0);
    expect(indexes(b, xa)).toEqual([1n, 5n, 9n]);
    expect(indexes(b, xa, 5n)).toEqual([1n, 5n]);
  });

  it('of a page cache have the pointers behind them, which C keeps', () => {
    const b = bench();
    const xa = b.scratch(8 + 4 * 8);
    b.call('__machine_page_cache', xa, 4);
    expect([b.call('xa_empty', xa), indexes(b, xa)]).toEqual([1, []]);
    for (const i of [1, 3]) b.m.memory.setPtr(xa + 8 + i * 8, 0x100 + i);
    expect(indexes(b, xa)).toEqual([1n, 3n]);
    expect(indexes(b, xa, 2n)).toEqual([1n]);
    expect([b.call('xa_load', xa, 1n), b.call('xa_load', xa, 2n), b.call('xa_load', xa, 4n)]).toEqual([0x101, 0, 0]);
    expect(() => b.call('xa_store', xa, 1n, 0x200, 0)).toThrow('page cache');
  });

  it('meet a stored range once', () => {
    const b = bench();
    const xa = b.scratch(8);
    b.call('xa_store_range', xa, 0n, 3n, 0x100, 0);
    b.call('xa_store_range', xa, 4n, 4n, 0x100, 0);
    expect(indexes(b, xa)).toEqual([0n, 4n]);
    expect(b.call('xa_load', xa, 2n)).toBe(0x100);
    b.call('xa_store_range', xa, 0n, 3n, 0, 0);
    expect(indexes(b, xa)).toEqual([4n]);
  });

  it('fail to store what they have no memory for, where memory may give out', () => {
    const b = bench();
    const xa = b.scratch(8);
    const ways = (name: string, ...args: (bigint | number)[]) => b.choices(name, xa, ...args).length;
    expect(ways('xa_store', 1n, 0x100, 0)).toBe(1);
    b.call('__machine_scarce', 1);
    expect([ways('xa_store', 1n, 0x100, 0), ways('xa_store', 1n, 0, 0), ways('xa_reserve', 1n, 0)]).toEqual([2, 1, 2]);
    expect(b.choose(1, 'xa_reserve', xa, 1n, 0)).toBe(-12);
    expect(b.choose(1, 'xa_store', xa, 1n, 0x100, 0)).toBe(-12n);
    expect(b.call('xa_load', xa, 1n)).toBe(0);
  });

  it('keep a place for what is reserved, which readers do not see', () => {
    const b = bench();
    const xa = b.scratch(8);
    b.call('__machine_scarce', 1);
    b.call('xa_reserve', xa, 1n, 0);
    expect([b.call('xa_load', xa, 1n), b.call('xa_empty', xa), indexes(b, xa)]).toEqual([0, 1, []]);
    expect(b.choices('xa_store', xa, 1n, 0x100, 0)).toHaveLength(1);
    expect(b.call('xa_store', xa, 1n, 0x100, 0)).toBe(0);
    expect(b.call('xa_load', xa, 1n)).toBe(0x100);
  });

  it('say so when an index is beyond what the machine holds', () => {
    const b = bench();
    const xa = b.scratch(8);
    expect(b.call('xa_load', xa, 1000n)).toBe(0);
    expect(() => b.call('xa_store', xa, 1000n, 1, 0)).toThrow(/unknown: xarray index/);
  });

  it('the attribute array emits events', () => {
    const b = bench();
    const xa = b.scratch(8);
    b.call('__machine_attr_array', xa);
    b.call('xa_store', xa, 2n, PRIVATE, 0);
    b.call('xa_load', xa, 2n);
    b.call('xa_store', xa, 2n, 0, 0);
    expect(b.events).toEqual([
      { type: 'attribute-store', thread: 15, gfn: 2, wasPrivate: false, isPrivate: true },
      { type: 'attribute-read', thread: 15, gfn: 2, isPrivate: true },
      { type: 'attribute-store', thread: 15, gfn: 2, wasPrivate: true, isPrivate: false },
    ]);
    expect(attributeIsPrivate(b.m, 2)).toBe(false);
  });
});

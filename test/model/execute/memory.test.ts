import { describe, expect, it } from 'vitest';
import { BASE, LIFE, Memory } from '../../../model/execute/memory';
import type { Scalar, Value } from '../../../model/execute/program';

function live(size = 4096): Memory {
  const m = new Memory(size);
  m.setLife(BASE, size, LIFE.live);
  return m;
}

describe('typed accesses', () => {
  const cases: [Scalar, Value, Value][] = [
    ['u8', 0x1ff, 0xff],
    ['i8', 0xff, -1],
    ['u16', -1, 0xffff],
    ['i16', 0x8000, -0x8000],
    ['u32', -1, 0xffffffff],
    ['i32', 0x80000000, -0x80000000],
    ['u64', -1n, 0xffffffffffffffffn],
    ['i64', 1n << 63n, -(1n << 63n)],
    ['ptr', 0x10000040, 0x10000040],
    ['ptr', -12, -12],
  ];

  it.each(cases)('%s stores %s and loads %s, aligned or not', (t, stored, loaded) => {
    const m = live();
    for (const off of [0, 1, 3, 60, 61, 64 * 3 - 1]) {
      m.store(t, BASE + off, stored);
      expect(m.load(t, BASE + off), `at ${off}`).toBe(loaded);
      expect(m.peek(t, BASE + off)).toBe(loaded);
    }
  });

  it('are little-endian and leave neighbours alone', () => {
    const m = live();
    m.setU64(BASE + 8, 0x8877665544332211n);
    m.setU8(BASE + 10, 0xaa);
    m.setU16(BASE + 12, 0xbbcc);
    expect(m.u64(BASE + 8)).toBe(0x8877bbcc44aa2211n);
    expect(m.u32(BASE + 6)).toBe(0x22110000);
  });

  it('copies and zeroes ranges of any alignment', () => {
    const m = live();
    for (let i = 0; i < 40; i++) m.setU8(BASE + i, i + 1);
    m.copy(BASE + 101, BASE + 3, 21);
    for (let i = 0; i < 21; i++) expect(m.u8(BASE + 101 + i)).toBe(i + 4);
    m.zero(BASE + 5, 17);
    expect([m.u8(BASE + 4), m.u8(BASE + 5), m.u8(BASE + 21), m.u8(BASE + 22)]).toEqual([5, 0, 0, 23]);
  });
});

describe('life', () => {
  it('tells null, wild, unmapped and freed apart', () => {
    const m = new Memory(4096);
    const seen: string[] = [];
    m.onBad = (_addr, kind, write) => seen.push(`${kind} ${write ? 'write' : 'read'}`);
    m.setLife(BASE + 128, 64, LIFE.live);
    m.setU32(BASE + 128, 7);
    m.setLife(BASE + 128, 64, LIFE.freed);
    expect(m.u32(8)).toBe(0);
    m.setU64(BASE - 8, 1n);
    m.u8(BASE + 4096);
    m.i16(Number.NaN);
    m.ptr(-12);
    m.setU8(BASE, 1);
    m.u32(BASE + 128);
    expect(seen).toEqual([
      'null read',
      'wild write',
      'wild read',
      'wild read',
      'wild read',
      'unmapped write',
      'freed read',
    ]);
    expect(m.peek('u32', BASE + 128)).toBe(0);
  });

  it('catches an access that runs over the end of an object', () => {
    const m = new Memory(4096);
    m.setLife(BASE, 64, LIFE.live);
    const seen: string[] = [];
    m.onBad = (addr, kind) => seen.push(`${kind} ${addr - BASE}`);
    m.u64(BASE + 60);
    expect(seen).toEqual(['unmapped 60']);
  });
});

describe('watches', () => {
  it('see accesses of the watched granules only', () => {
    const m = live();
    const seen: string[] = [];
    m.onWatch = (addr, size, write, old, value) =>
      seen.push(`${addr - BASE}/${size} ${write ? 'w' : 'r'} ${old} ${value}`);
    m.watch(BASE + 8, 8);
    m.setU64(BASE, 1n);
    m.setU64(BASE + 8, 5n);
    m.setU32(BASE + 12, 1);
    m.u64(BASE + 8);
    m.setU8(BASE + 16, 9);
    m.unwatch(BASE + 8, 8);
    m.setU64(BASE + 8, 7n);
    expect(seen).toEqual(['8/8 w 0 5', '12/4 w 0 1', `8/8 r ${(1n << 32n) + 5n} ${(1n << 32n) + 5n}`]);
  });
});

describe('journal', () => {
  it('undoes words, lives and watches', () => {
    const m = live();
    m.setU32(BASE + 4, 1);
    const a = m.mark();
    m.setU32(BASE + 4, 2);
    m.setU8(BASE + 9, 3);
    const b = m.mark();
    m.setLife(BASE, 64, LIFE.freed);
    m.watch(BASE + 64, 8);
    m.undo(b);
    expect([m.life(BASE), m.u32(BASE + 4), m.u8(BASE + 9), m.life(BASE + 64)]).toEqual([1, 2, 3, 1]);
    expect(m.changedWords(a)).toEqual([
      { addr: BASE + 4, old: 1, value: 2 },
      { addr: BASE + 8, old: 0, value: 3 << 8 },
    ]);
    m.undo(a);
    expect([m.u32(BASE + 4), m.u8(BASE + 9)]).toEqual([1, 0]);
  });

  it('lists no word that is back to what it was', () => {
    const m = live();
    const a = m.mark();
    m.setU32(BASE, 5);
    m.setU32(BASE, 0);
    expect(m.changedWords(a)).toEqual([]);
  });

  it('records nothing before the first mark', () => {
    const m = live();
    m.setU32(BASE, 5);
    expect(m.journalBytes).toBe(0);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BASE, LIFE, Memory } from '../../../model/execute/memory';
import { MemoryStore } from '../../../model/explore/memory-store';
import { WordTable } from '../../../model/explore/word-table';

const SIZE = 1 << 16;
const BLOCKS = SIZE / 64;

function newMemory(): Memory {
  const m = new Memory(SIZE);
  m.setLife(BASE, SIZE, LIFE.live);
  m.setU32(BASE + 1000, 77);
  return m;
}

/** The whole memory as text, lives included. */
function picture(m: Memory): string {
  const out = new Int32Array(17);
  const parts: string[] = [];
  for (let b = 0; b < BLOCKS; b++) {
    m.readBlock(b, out, 0);
    if (out.some((w, i) => w !== (i === 0 ? 1 : 0))) parts.push(`${b}:${out.join(',')}`);
  }
  return parts.join(';');
}

const write = fc.record({ off: fc.nat(BLOCKS - 1), word: fc.nat(3), value: fc.nat(2), free: fc.nat(9) });

describe('memory states', () => {
  it('are equal exactly when memory is, and come back by undo and by restore', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(write, { maxLength: 8 }), fc.nat(3)), { maxLength: 30 }), (moves) => {
        const m = newMemory();
        const store = new MemoryStore(m);
        const byRoot = new Map<string, string>();
        const byPicture = new Map<string, string>();
        const stack: { memory: number; store: number; picture: string }[] = [];
        const check = (): string => {
          const root = { root: 0, height: 0 };
          store.intern(root);
          const key = `${root.root}/${root.height}`;
          const now = picture(m);
          expect(byRoot.get(key) ?? now).toBe(now);
          expect(byPicture.get(now) ?? key).toBe(key);
          byRoot.set(key, now);
          byPicture.set(now, key);
          return now;
        };
        for (const [writes, back] of moves) {
          stack.push({ picture: check(), memory: m.mark(), store: store.mark() });
          for (const w of writes) {
            if (w.free === 0) m.setLife(BASE + w.off * 64, 64, LIFE.freed);
            else if (m.life(BASE + w.off * 64) === LIFE.live) m.setU32(BASE + w.off * 64 + w.word * 4, w.value);
          }
          if (back !== 3) check();
          for (let i = 0; i < back && stack.length > 0; i++) {
            const to = stack.pop()!;
            m.undo(to.memory);
            m.clearDirty();
            store.undo(to.store);
            expect(check()).toBe(to.picture);
          }
        }
        check();
        for (const [key, then] of byRoot) {
          const [root, height] = key.split('/').map(Number) as [number, number];
          store.restore({ root, height });
          expect(picture(m)).toBe(then);
          expect(check()).toBe(then);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('cost what changed, not what is there', () => {
    const m = new Memory();
    m.setLife(BASE, m.size, LIFE.live);
    const store = new MemoryStore(m);
    const root = { root: 0, height: 0 };
    for (let i = 0; i < 1000; i++) {
      m.setU32(BASE + (i % 50) * 4096, i);
      store.intern(root);
    }
    expect(store.hotBlocks).toBe(50);
    expect(store.bytes).toBeLessThan(1_000_000);
  });
});

describe('WordTable', () => {
  it('numbers distinct tuples in order of arrival', () => {
    const table = new WordTable(2, 1);
    const ids: number[] = [];
    for (let i = 0; i < 3000; i++) ids.push(table.intern(Int32Array.of(i % 1000, (i % 1000) >> 3), 0));
    expect(ids.slice(0, 1000)).toEqual([...Array(1000).keys()]);
    expect(ids.slice(1000)).toEqual([...ids.slice(0, 1000), ...ids.slice(0, 1000)]);
    expect([table.size, table.word(777, 1)]).toEqual([1000, 97]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cycle, StateGraph } from '../../../model/explore/cycles';

/** From, to, mover, choice. */
type Edge = readonly [number, number, number, number?];

function graph(able: readonly number[], edges: readonly Edge[]): StateGraph {
  const g = new StateGraph();
  able.forEach((movers, s) => {
    g.setAble(s, movers);
  });
  for (const [from, to, mover, choice] of edges) g.add(from, to, ((choice ?? 0) << 5) | mover);
  return g;
}

const moversOf = (cycles: readonly Cycle[]) => cycles.map((c) => c.movers);

describe('fair cycles', () => {
  it('none in a graph without a way round', () => {
    expect(
      graph(
        [1, 1, 0],
        [
          [0, 1, 0],
          [1, 2, 0],
          [0, 2, 0],
        ],
      ).fairCycles(),
    ).toEqual([]);
  });

  it('a thread alone, in one state or two', () => {
    expect(graph([1], [[0, 0, 0]]).fairCycles()).toEqual([{ state: 0, walk: [0], movers: [0] }]);
    const two = graph(
      [1, 1],
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
    ).fairCycles();
    expect(two).toEqual([{ state: 0, walk: [0, 0], movers: [0] }]);
  });

  it('not where another, who could run, leaves it', () => {
    expect(
      graph(
        [3, 0],
        [
          [0, 0, 0],
          [0, 1, 1],
        ],
      ).fairCycles(),
    ).toEqual([]);
  });

  it('not where another could run and nobody knows where that leads', () => {
    expect(graph([3], [[0, 0, 0]]).fairCycles()).toEqual([]);
  });

  it('the part of a component in which everybody who can run goes round', () => {
    // 0 and 1 go round together; state 2, where thread 2 could run and leave, can be avoided
    const cycles = graph(
      [3, 3, 7, 0],
      [
        [0, 1, 0],
        [1, 0, 1],
        [1, 2, 0],
        [2, 0, 0],
        [2, 3, 2],
      ],
    ).fairCycles();
    expect(cycles).toEqual([{ state: 0, walk: [0, 1], movers: [0, 1] }]);
  });

  it('not where a choice that is offered again and again leaves it', () => {
    const choice = (to: number): Edge[] => [
      [0, 1, 0],
      [1, 0, 0],
      [1, to, 0, 1],
    ];
    expect(graph([1, 1, 0], choice(2)).fairCycles()).toEqual([]);
    expect(moversOf(graph([1, 1, 0], choice(0)).fairCycles())).toEqual([[0]]);
  });

  /** Every set of states, tried: is it strongly connected, does everybody who can run move in it, is no choice unfair? */
  function byTrying(states: number, able: readonly number[], edges: readonly Edge[]): boolean {
    for (let set = 1; set < 1 << states; set++) {
      const has = (s: number) => (set & (1 << s)) !== 0;
      const leaves = new Set(edges.filter(([f, t]) => has(f) && !has(t)).map(([f, , m]) => `${f} ${m}`));
      const inner = edges.filter(([f, t, m]) => has(f) && has(t) && !leaves.has(`${f} ${m}`));
      const members = [...able.keys()].filter(has);
      const reach = (from: number): Set<number> => {
        const seen = new Set<number>();
        const work = [from];
        for (let s = work.pop(); s !== undefined; s = work.pop()) {
          for (const [f, t] of inner) {
            if (f !== s || seen.has(t)) continue;
            seen.add(t);
            work.push(t);
          }
        }
        return seen;
      };
      if (!members.every((a) => members.every((b) => reach(a).has(b)))) continue;
      const movers = inner.reduce((all, [, , m]) => all | (1 << m), 0);
      if (members.every((s) => (able[s]! & ~movers) === 0)) return true;
    }
    return false;
  }

  it('are found where trying every set of states finds one, and their walks are walks', () => {
    const edge = fc.tuple(fc.nat(4), fc.nat(4), fc.nat(2), fc.nat(1));
    let some = 0;
    let none = 0;
    fc.assert(
      fc.property(
        fc.array(edge, { maxLength: 9 }),
        fc.array(fc.nat(7), { minLength: 5, maxLength: 5 }),
        (edges, more) => {
          // whoever has a move is able; some are able besides, whose moves nobody tried
          const able = more.map((m, s) =>
            edges.filter(([f]) => f === s).reduce((all, [, , t]) => all | (1 << t), m === 7 ? 4 : 0),
          );
          const cycles = graph(able, edges).fairCycles();
          expect(cycles.length > 0).toBe(byTrying(5, able, edges));
          if (cycles.length > 0) some++;
          else none++;
          for (const { state, walk, movers } of cycles) {
            let at = new Set([state]);
            for (const move of walk) {
              at = new Set(edges.filter(([f, , m, c]) => at.has(f) && ((c << 5) | m) === move).map(([, t]) => t));
            }
            expect(at.has(state)).toBe(true);
            expect([...new Set(walk.map((m) => m & 31))].sort()).toEqual(movers);
          }
        },
      ),
      { numRuns: 3000, seed: 1 },
    );
    expect(Math.min(some, none)).toBeGreaterThan(300);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { builtins } from '../../../model/builtins/registry';
import { link } from '../../../model/execute/link';
import { Memory } from '../../../model/execute/memory';
import { MEMORY_SIZE } from '../../../model/execute/regions';
import type { MemoryOrder } from '../../../model/execute/store-buffers';
import { shorten } from '../../../model/explore/minimise';
import { traceOf } from '../../../model/explore/replay';
import { explore } from '../../../model/explore/run';
import { formatSchedule, parseSchedule } from '../../../model/explore/schedule';
import type { Bounds, RunResult } from '../../../model/explore/types';
import type { Invariant } from '../../../model/invariants/types';
import { type Builtin, type StoreOrder, VM_TYPES } from '../../../model/machine/types';
import { type CParser, createParser } from '../../../server/c';
import { fakeMachine, UNBOUNDED } from './fake-machine';
import { BARRIERS, litmus as litmusOf, outcomes as outcomesOf } from './litmus';

let parser: CParser;
beforeAll(async () => {
  parser = await createParser('auto');
});

const litmus = (globals: string, threads: readonly string[]) => litmusOf(parser, globals, threads);
const outcomes = (globals: string, threads: readonly string[], order: MemoryOrder = 'x86', bounds?: Partial<Bounds>) =>
  outcomesOf(parser, globals, threads, order, bounds);

const SB = (barrier: string) => [
  `WRITE_ONCE(x, 1); ${barrier} result(0, READ_ONCE(y));`,
  `WRITE_ONCE(y, 1); ${barrier} result(1, READ_ONCE(x));`,
];

describe('a load passes an older store to another word (SB)', () => {
  it('without a barrier, and not under sequential consistency', () => {
    expect(outcomes('int x, y;', SB(''))).toEqual(['00', '01', '10', '11']);
    expect(outcomes('int x, y;', SB(''), 'sc')).toEqual(['01', '10', '11']);
  });

  it('whatever binds the compiler only, a release included', () => {
    for (const barrier of ['smp_wmb();', 'smp_rmb();', 'barrier();']) {
      expect(outcomes('int x, y;', SB(barrier)), barrier).toContain('00');
    }
    const release = SB('').map((body) => body.replace(/WRITE_ONCE\((\w), 1\)/, 'smp_store_release(&$1, 1)'));
    expect(outcomes('int x, y;', release)).toContain('00');
    const plain = SB('').map((body) => body.replace(/WRITE_ONCE\((\w), 1\)/, '$1 = 1'));
    expect(outcomes('int x, y;', plain)).toContain('00');
  });

  it('unless smp_mb(), a locked operation or an unlock stands between, on both sides', () => {
    for (const barrier of ['smp_mb();', '__xchg(&z, 1);', '__cmpxchg(&z, 8, 9);', 'lock(&l); unlock(&l);']) {
      expect(outcomes('int x, y, z, l;', SB(barrier)), barrier).toEqual(['01', '10', '11']);
    }
    expect(outcomes('int x, y;', [SB('smp_mb();')[0]!, SB('')[1]!])).toContain('00');
  });

  it('and within a bound a store that stays behind counts as a preemption', () => {
    expect(outcomes('int x, y;', SB(''), 'x86', { preemptions: 0 })).not.toContain('00');
    expect(outcomes('int x, y;', SB(''), 'x86', { preemptions: 1 })).toContain('00');
  });
});

const MP = (write: string, between: string) => [
  `${write}; result(2, 0);`,
  `int seen = READ_ONCE(flag); ${between} result(0, seen); result(1, READ_ONCE(data));`,
];

describe('stores change places (MP)', () => {
  const G = 'int data, flag;';

  it('where nothing keeps the compiler from it', () => {
    expect(outcomes(G, MP('data = 1; flag = 1', ''))).toContain('100');
    expect(outcomes(G, MP('data = 1; WRITE_ONCE(flag, 1)', ''))).toContain('100');
    expect(outcomes(G, MP('WRITE_ONCE(data, 1); flag = 1', ''))).toContain('100');
    expect(outcomes(G, MP('data = 1; flag = 1', ''), 'sc')).not.toContain('100');
  });

  it('not across smp_wmb(), barrier(), smp_mb() or a release', () => {
    for (const write of [
      'data = 1; smp_wmb(); flag = 1',
      'data = 1; barrier(); flag = 1',
      'data = 1; smp_mb(); flag = 1',
      'data = 1; smp_store_release(&flag, 1)',
    ]) {
      expect(outcomes(G, MP(write, 'smp_rmb();')), write).toEqual(['000', '010', '110']);
    }
  });

  it('nor when both are volatile', () => {
    expect(outcomes(G, MP('WRITE_ONCE(data, 1); WRITE_ONCE(flag, 1)', ''))).not.toContain('100');
  });

  it('and a release holds back what was before it, not what follows', () => {
    const write = 'other = 1; smp_store_release(&data, 1); flag = 1';
    expect(outcomes('int data, flag, other;', MP(write, ''))).toContain('100');
    const reader = 'int seen = READ_ONCE(data); result(0, seen); result(1, READ_ONCE(other));';
    expect(outcomes('int data, flag, other;', [`${write}; result(2, 0);`, reader])).not.toContain('100');
  });

  it('and what waits behind a barrier waits for all before it, not for what is behind it', () => {
    const write = 'a = 1; smp_wmb(); b = 1; c = 1; result(3, 0);';
    const read = 'int r = READ_ONCE(c); int s = READ_ONCE(b); result(0, r); result(1, s); result(2, READ_ONCE(a));';
    const seen = outcomes('int a, b, c;', [write, read]);
    expect(seen).toContain('1010');
    expect(seen).toContain('0000');
    for (const outcome of ['1000', '1100', '0100']) expect(seen).not.toContain(outcome);
  });
});

describe('what x86 never does', () => {
  it('a store before an older load (LB)', () => {
    const seen = outcomes('int x, y;', [
      'int r = READ_ONCE(x); WRITE_ONCE(y, 1); result(0, r);',
      'int r = READ_ONCE(y); WRITE_ONCE(x, 1); result(1, r);',
    ]);
    expect(seen).toEqual(['00', '01', '10']);
  });

  it('two CPUs that see two stores in different orders (IRIW)', () => {
    const read = (a: string, b: string, i: number) =>
      `int r = READ_ONCE(${a}); int s = READ_ONCE(${b}); result(${i}, r); result(${i + 1}, s);`;
    const writers = ['WRITE_ONCE(x, 1);', 'WRITE_ONCE(y, 1);'];
    const seen = outcomes('int x, y;', [...writers, read('x', 'y', 0), read('y', 'x', 2)]);
    expect(seen).toContain('1011');
    expect(seen).not.toContain('1010');
  });

  it('a store that another CPU has seen, and a third that was told of it has not (WRC)', () => {
    const seen = outcomes('int x, y;', [
      'WRITE_ONCE(x, 1);',
      'int r = READ_ONCE(x); WRITE_ONCE(y, r); result(0, r);',
      'int r = READ_ONCE(y); int s = READ_ONCE(x); result(1, r); result(2, s);',
    ]);
    expect(seen).toContain('111');
    expect(seen).not.toContain('110');
  });
});

describe('a CPU sees its own stores', () => {
  it('in order, while others do not see them yet', () => {
    const seen = outcomes('int x, y;', [
      'WRITE_ONCE(x, 1); int own = READ_ONCE(x); result(0, own); result(1, READ_ONCE(y));',
      'WRITE_ONCE(y, 1); int own = READ_ONCE(y); result(2, own); result(3, READ_ONCE(x));',
    ]);
    expect(seen).toContain('1010');
    expect(seen.filter((outcome) => outcome[0] !== '1' || outcome[2] !== '1')).toEqual([]);
  });

  it('of every width, whole, in part and in parts', () => {
    const globals = 'union { unsigned long long whole; unsigned parts[2]; unsigned char bytes[8]; } u; int y;';
    const write = 'u.whole = 0x100000002ULL; int high = u.parts[1]; int low = u.bytes[0]; int seen = READ_ONCE(y);';
    const bodies = [
      `${write} result(0, high); result(1, low); result(2, seen);`,
      '__xchg(&y, 1); result(3, (int)READ_ONCE(u.whole));',
    ];
    expect(outcomes(globals, bodies)).toContain('1200');
    const parts = 'u.parts[0] = 1; u.parts[1] = 1; int both = u.whole == 0x100000001ULL; result(0, both);';
    const seen = outcomes(globals, [parts, 'result(1, (int)READ_ONCE(u.whole)); result(2, y);']);
    expect(seen.filter((outcome) => outcome[0] !== '1')).toEqual([]);
  });

  it('twice to one word: the last one stays', () => {
    const seen = outcomes('int x, y;', [
      'x = 1; x = 2; result(0, READ_ONCE(y));',
      'lock(&y); unlock(&y); int r = READ_ONCE(x); int s = READ_ONCE(x); result(1, r); result(2, s);',
    ]);
    expect(seen.filter((outcome) => outcome[1]! > outcome[2]!)).toEqual([]);
    expect(seen.some((outcome) => outcome.endsWith('12'))).toBe(true);
  });
});

describe('more stores than a buffer holds', () => {
  it('reach memory all the same, in order', () => {
    const words = Array.from({ length: 10 }, (_, i) => `w${i}`);
    const seen = outcomes(
      `int ${words.join(', ')};`,
      [
        `${words.map((w) => `WRITE_ONCE(${w}, 1);`).join(' ')} result(0, READ_ONCE(w9));`,
        'int last = READ_ONCE(w9); result(1, last); result(2, READ_ONCE(w0));',
      ],
      'x86',
      { preemptions: 2 },
    );
    expect(seen).toEqual(['100', '101', '111']);
  });
});

describe('a violation that takes a store buffer', () => {
  const BROKEN = [
    'WRITE_ONCE(x, 1); int r = READ_ONCE(y); check(r || READ_ONCE(seen) == 0, 1);',
    'WRITE_ONCE(y, 1); if (!READ_ONCE(x)) WRITE_ONCE(seen, 1);',
  ];
  const options = { createMachine: fakeMachine(BARRIERS), invariants: [], memoryOrder: 'x86' as const };

  it('is found, shortened, and shown again by its schedule alone', () => {
    const { program, threads } = litmus('int x, y, seen;', BROKEN);
    const bounds = { ...UNBOUNDED, preemptions: 2 };
    expect(explore(program, threads, 'default', bounds, { ...options, memoryOrder: 'sc' }).violations).toEqual([]);
    const found: RunResult = explore(program, threads, 'default', bounds, options);
    expect(found.violations).toMatchObject([{ invariant: 'kernel-warning', preemptions: 1 }]);
    const short = shorten(program, threads, 'default', found.violations[0]!, options);
    const text = formatSchedule(short.schedule);
    const trace = traceOf(program, threads, 'default', parseSchedule(text), options);
    expect(trace.at(-1)!.violations, text).toEqual(['kernel-warning: check 1 failed']);
    expect(trace.map(({ thread, action }) => `${thread}: ${action}`).join('\n')).toMatch(
      /(t\d): store to \w+ stays in \1's store buffer/,
    );
    expect(short.preemptions).toBe(1);
  });

  it('shows when the store reaches memory, and says where a schedule does not fit', () => {
    const { program, threads } = litmus('int x, y, seen;', BROKEN);
    const play = (text: string) => traceOf(program, threads, 'default', parseSchedule(text), options);
    const rows = play('0:1 1*2 w0 1').map(({ thread, action, place }) => [thread, action, place?.function]);
    expect(rows).toContainEqual(['t0', expect.stringMatching(/store to x leaves t0's store buffer/), 't0']);
    expect(() => play('w0')).toThrow("at step 1: t0's store buffer holds no store");
    expect(() => play('w7')).toThrow('there is no thread 7');
    expect(formatSchedule(parseSchedule('0:1 w0 w0:1*2'))).toBe('0:1 w0 w0:1*2');
    for (const text of ['w', 'w16', 'w0+3', 'W0']) expect(() => parseSchedule(text), text).toThrow(/schedule/);
  });
});

/** Words that go past memory: an interrupt is sent, and the sender hears that it was taken. */
const interrupt = (stores: StoreOrder): Builtin[] => {
  const flagOf = (args: readonly unknown[]): number => args[0] as number;
  return [
    {
      name: 'take',
      point: true,
      stores: 'none',
      run: (m, _t, args) => void m.memory.setU32(flagOf(args), 1),
    },
    {
      name: 'wait',
      point: true,
      stores,
      ready: (m, _t, args) => m.memory.u32(flagOf(args)) === 1,
      run: () => undefined,
    },
  ];
};

describe('what others are waited for', () => {
  const bodies = ['WRITE_ONCE(x, 1); take(&flag);', 'wait(&flag); check(READ_ONCE(x) == 1, 1);'];
  const found = (stores: StoreOrder): string[] => {
    const words = 'int x, flag; void take(int *flag); void wait(int *flag);';
    const { program, threads } = litmus(words, bodies);
    const options = { createMachine: fakeMachine(interrupt(stores)), invariants: [], memoryOrder: 'x86' as const };
    return explore(program, threads, 'default', UNBOUNDED, options).violations.map(({ message }) => message);
  };

  it('has let out its stores: an interrupt that was taken, a grace period', () => {
    expect(found('all')).toEqual([]);
    for (const name of ['__ipi_wait', '__rcu_wait_end', '__srcu_wait_end', 'rcu_barrier'])
      expect(builtins.get(name)!.stores, name).toBe('all');
  });

  it('has not where only the waiting thread is ordered', () => {
    expect(found('own')).toEqual(['check 1 failed']);
  });
});

describe('invariants of states', () => {
  it('see memory as it will be once all stores have left', () => {
    const { program, threads } = litmus('int x, y; void take(int *flag);', [
      'WRITE_ONCE(x, 1); take(&y);',
      'READ_ONCE(x);',
    ]);
    const createMachine = fakeMachine(interrupt('own'));
    const { globals } = link(program, new Memory(MEMORY_SIZE));
    const word = (m: { memory: Memory }, name: string) => m.memory.peek('i32', globals.get(name)!);
    let met = 0;
    const about = { id: 'x-first', title: '', statement: '', why: '', source: '', example: '', vm: VM_TYPES };
    const invariant: Invariant = {
      ...about,
      kind: 'state',
      onState: (m) => {
        if (word(m, 'y') === 0) return;
        met++;
        if (word(m, 'x') === 0) m.host.violate('x-first', 'y is 1 and x is not');
      },
    };
    const options = { createMachine, invariants: [invariant], memoryOrder: 'x86' as const };
    expect(explore(program, threads, 'default', UNBOUNDED, options).violations).toEqual([]);
    expect(met).toBeGreaterThan(0);
  });
});

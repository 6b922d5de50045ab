import { describe, expect, it } from 'vitest';
import { bench } from './bench';

describe('SRCU', () => {
  it('waits for readers that were inside, not for later ones', () => {
    const b = bench();
    const s = b.scratch(8);
    b.as(0).call('srcu_read_lock', s);
    b.as(1).call('__srcu_wait_begin', s);
    b.as(2).call('srcu_read_lock', s);
    expect(b.as(1).ready('__srcu_wait_end', s)).toBe(false);
    b.as(0).call('srcu_read_unlock', s, 0);
    expect(b.as(1).ready('__srcu_wait_end', s)).toBe(true);
  });

  it('does not end while a reader is nested', () => {
    const b = bench();
    const s = b.scratch(8);
    b.as(0).call('srcu_read_lock', s);
    b.call('srcu_read_lock', s);
    b.as(1).call('__srcu_wait_begin', s);
    b.as(0).call('srcu_read_unlock', s, 0);
    expect(b.as(1).ready('__srcu_wait_end', s)).toBe(false);
    b.as(0).call('srcu_read_unlock', s, 0);
    expect(b.as(1).ready('__srcu_wait_end', s)).toBe(true);
  });

  it('a reader that left and came back is a later reader', () => {
    const b = bench();
    const s = b.scratch(8);
    b.as(0).call('srcu_read_lock', s);
    b.as(1).call('__srcu_wait_begin', s);
    b.as(0).call('srcu_read_unlock', s, 0);
    b.call('srcu_read_lock', s);
    expect(b.as(1).ready('__srcu_wait_end', s)).toBe(true);
  });

  it('keeps domains apart', () => {
    const b = bench();
    const [s, other] = [b.scratch(8), b.scratch(8)];
    b.as(0).call('srcu_read_lock', s);
    b.as(1).call('__srcu_wait_begin', other);
    expect(b.ready('__srcu_wait_end', other)).toBe(true);
  });

  it('a thread that waits for its own section waits for ever', () => {
    const b = bench();
    const s = b.scratch(8);
    b.as(0).call('srcu_read_lock', s);
    b.call('__srcu_wait_begin', s);
    expect(b.ready('__srcu_wait_end', s)).toBe(false);
  });
});

describe('RCU callbacks', () => {
  it('run once the readers of their time have left, in order', () => {
    const b = bench();
    b.as(0).call('rcu_read_lock');
    b.as(1).call('call_rcu', 0x100, 0x1000);
    b.as(0).call('rcu_read_unlock');
    b.as(2).call('rcu_read_lock');
    b.as(1).call('call_rcu', 0x200, 0x1010);
    expect(b.m.pendingCallback()).toEqual({ arg: 0x100, func: 0x1000 });
    b.m.takeCallback();
    expect(b.m.pendingCallback()).toBeNull();
    expect(b.ready('rcu_barrier')).toBe(false);
    b.as(2).call('rcu_read_unlock');
    expect(b.m.pendingCallback()).toEqual({ arg: 0x200, func: 0x1010 });
    b.m.takeCallback();
    expect(b.m.pendingCallback()).toBeNull();
    expect(b.ready('rcu_barrier')).toBe(true);
  });

  it('leave no trace behind', () => {
    const b = bench();
    const mark = b.m.memory.mark();
    b.call('rcu_read_lock');
    b.call('call_rcu', 0x100, 0x1000);
    b.call('rcu_read_unlock');
    b.m.takeCallback();
    expect(b.m.memory.changedWords(mark)).toEqual([]);
  });

  it('an object queued twice ends the path', () => {
    const b = bench();
    b.call('call_rcu', 0x100, 0x1000);
    expect(() => b.call('call_rcu', 0x100, 0x1000)).toThrow(/memory-safety/);
  });
});

import { describe, expect, it } from 'vitest';
import { bench } from './bench';

const MODES = [
  ['mutex', 'mutex_lock', 'mutex_unlock'],
  ['spinlock', 'spin_lock', 'spin_unlock'],
  ['writer', 'write_lock', 'write_unlock'],
  ['rwsem writer', 'down_write', 'up_write'],
] as const;

describe('exclusive locks', () => {
  it.each(MODES)('%s: a second thread waits until the first is out', (_kind, lock, unlock) => {
    const b = bench();
    const l = b.scratch(8);
    b.as(0).call(lock, l);
    expect(b.as(1).ready(lock, l)).toBe(false);
    b.as(0).call(unlock, l);
    expect(b.as(1).ready(lock, l)).toBe(true);
    expect(b.violations).toEqual([]);
    expect(b.m.memory.u64(l)).toBe(0n);
  });

  it.each(MODES)('%s: taking it twice ends the path', (_kind, lock) => {
    const b = bench();
    const l = b.scratch(8);
    b.as(0).call(lock, l);
    expect(() => b.call(lock, l)).toThrow(/lock-rule: .* taken by a thread that holds it already/);
  });

  it.each(MODES)('%s: unlocking what one does not hold is reported and changes nothing', (_kind, lock, unlock) => {
    const b = bench();
    const l = b.scratch(8);
    b.as(0).call(lock, l);
    b.as(1).call(unlock, l);
    expect(b.violations).toEqual([expect.stringContaining("unlocked by a thread that doesn't hold it")]);
    expect(b.as(1).ready(lock, l)).toBe(false);
  });
});

describe('reader-writer locks', () => {
  it('lets readers share, and keeps a writer out until the last has left', () => {
    const b = bench();
    const l = b.scratch(8);
    b.as(0).call('read_lock', l);
    b.as(1).call('read_lock', l);
    expect(b.as(2).ready('write_lock', l)).toBe(false);
    b.as(0).call('read_unlock', l);
    expect(b.as(2).ready('write_lock', l)).toBe(false);
    b.as(1).call('read_unlock', l);
    b.as(2).call('write_lock', l);
    expect(b.as(0).ready('read_lock', l)).toBe(false);
  });

  it('reports an unlock in the wrong mode', () => {
    const b = bench();
    const l = b.scratch(8);
    b.call('read_lock', l);
    b.call('write_unlock', l);
    expect(b.violations).toEqual([expect.stringContaining('held for read and unlocked for write')]);
  });

  it('answers lockdep by mode', () => {
    const b = bench();
    const l = b.scratch(8);
    b.call('read_lock', l);
    b.call('lockdep_assert_held', l);
    b.call('lockdep_assert_held_read', l);
    expect(b.violations).toEqual([]);
    b.call('lockdep_assert_held_write', l);
    b.call('lockdep_assert_not_held', l);
    expect(b.violations).toHaveLength(2);
  });
});

describe('sleeping', () => {
  it.each([
    ['a spinlock', (b: ReturnType<typeof bench>) => b.call('spin_lock', b.scratch(8))],
    ['mmu_lock', (b: ReturnType<typeof bench>) => b.call('read_lock', b.scratch(8))],
    ['an RCU read section', (b: ReturnType<typeof bench>) => b.call('rcu_read_lock')],
    ['disabled interrupts', (b: ReturnType<typeof bench>) => b.call('local_irq_disable')],
  ])('is reported within %s', (_where, enter) => {
    const b = bench().as(0);
    enter(b);
    b.call('mutex_lock', b.scratch(8));
    expect(b.violations).toEqual([expect.stringMatching(/^lock-rule: .*may sleep/)]);
  });

  it('is reported in a notifier that must not block, and so is dropping a lock there', () => {
    const b = bench().as(0);
    const l = b.scratch(8);
    b.call('non_block_start');
    b.call('cond_resched');
    b.call('write_lock', l);
    b.call('__rwlock_yield_write', l);
    b.call('non_block_end');
    b.call('__rwlock_yield_write', l);
    b.call('write_unlock', l);
    b.call('cond_resched');
    expect(b.violations).toEqual([
      expect.stringMatching(/^lock-rule: .*may sleep, but the notifier must not block/),
      expect.stringMatching(/^lock-rule: .*dropped to reschedule/),
    ]);
  });

  it('is fine under a mutex', () => {
    const b = bench().as(0);
    b.call('mutex_lock', b.scratch(8));
    b.call('down_write', b.scratch(8));
    b.call('cond_resched');
    expect(b.violations).toEqual([]);
  });
});

describe('names', () => {
  it('come from the field of struct kvm, then from set-up', () => {
    const b = bench();
    const kvm = b.scratch(256);
    b.call('__machine_vm', kvm);
    b.call('write_lock', kvm);
    const own = b.scratch(8);
    const text = b.scratch(16);
    [...'gmem lock'].forEach((c, i) => {
      b.m.memory.setU8(text + i, c.charCodeAt(0));
    });
    b.call('__machine_name', own, text);
    b.call('spin_lock', own);
    expect(b.eventsOf('lock').map((e) => e.name)).toEqual(['mmu_lock', 'gmem lock']);
    expect(b.m.heldLocks(15).map((h) => h.mode)).toEqual(['write', 'write']);
  });
});

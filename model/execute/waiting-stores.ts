/**
 * The executor's side of the store buffers: which of the running thread's stores wait, what its loads find,
 * and what its steps and builtins let go to memory first. It decides nothing that is the explorer's to decide.
 */

import type { SourcePlace } from '../explore/types';
import type { Builtin, ThreadView } from '../machine/types';
import type { Executor } from './executor';
import type { Memory } from './memory';
import type { Access, Value } from './program';
import { stackOf } from './regions';
import { type Pending, StoreBuffers } from './store-buffers';

/** The choice of a store step that leaves the store in its CPU's buffer. */
export const STORE_WAITS = 1;

export class WaitingStores {
  readonly buffers: StoreBuffers;
  /** The store that reaches memory, or has just done so of its own accord: what goes wrong is told of its place. */
  leaving: Pending | null = null;
  /** Called when a store goes into its thread's buffer (`waits`), and when it leaves that for memory. */
  onStore: (thread: number, store: Pending, waits: boolean) => void = () => {};
  /** Threads by id, as far as they ran. */
  private readonly views: ThreadView[] = [];

  constructor(
    private readonly x: Executor,
    private readonly memory: Memory,
  ) {
    this.buffers = new StoreBuffers(memory);
    this.buffers.onLeave = (thread, store) => this.leaves(thread, store);
  }

  /** Forget a run that is over. */
  rest(): void {
    this.onStore = () => {};
    this.leaving = null;
    this.views.length = 0;
  }

  /** A thread is about to run. */
  resumed(thread: ThreadView): void {
    this.views[thread.id] = thread;
    this.leaving = null;
  }

  // ---- what the running thread's steps do ----

  /**
   * The running thread's stores are about to reach memory: true when others may notice, so that a transition in
   * which something happened before must end here.
   */
  mustShow(): boolean {
    const { x, buffers } = this;
    const thread = x.running.id;
    if (x.first || !x.log.on) return false;
    for (let i = 0, count = buffers.count(thread); i < count; i++) {
      const { addr, size } = buffers.pending(thread, i);
      if (x.log.access(addr, size, true, false, false)) return true;
    }
    return false;
  }

  /** What the running thread's own buffer has for a load; null: memory has it. */
  own(addr: number, size: number): bigint | null {
    const value = this.buffers.forward(this.x.running.id, addr, size);
    if (value !== null && this.memory.watches(addr)) this.memory.onWatch(addr, size, false, value, value);
    return value;
  }

  /** Does a load meet a store that is only a part of it? That one must reach memory first. */
  splits(addr: number, size: number): boolean {
    return this.buffers.splits(this.x.running.id, addr, size);
  }

  /** Is a store one too many, or one to no memory, which is reported where it is made? */
  overfills(addr: number, size: number, access: Access): boolean {
    const thread = this.x.running.id;
    if (!this.buffers.mustWait(thread, addr, size, access)) return false;
    return this.buffers.isFull(thread) || (this.memory.life(addr) & 1) === 0;
  }

  /** A store of the running thread: true when it waits in the buffer, by choice or behind one that does. */
  keep(addr: number, size: number, value: Value, access: Access): boolean {
    const { x, buffers } = this;
    const thread = x.running.id;
    const chosen = x.chosen === STORE_WAITS && buffers.mayWait(thread, addr);
    if (!chosen && !buffers.mustWait(thread, addr, size, access)) return false;
    const { fn, pc } = x.step;
    const store = { addr, size, value: BigInt.asUintN(size * 8, BigInt(value)), origin: (fn << 16) | pc };
    buffers.add(thread, store, access);
    this.onStore(thread, store, true);
    return true;
  }

  /** Is a copy, or a range of zeroes, one that no store may wait across? None of it waits itself. */
  meets(to: number, from: number, size: number): boolean {
    const thread = this.x.running.id;
    if (this.buffers.count(thread) === 0) return false;
    const own = stackOf(thread);
    return to < own.start || to >= own.end || this.buffers.ownWaits(thread, from, size);
  }

  /** The compiler keeps stores before this from moving behind it. */
  fence(): void {
    this.buffers.fence(this.x.running.id);
  }

  /** The running thread's stores reach memory. */
  drain(): void {
    const thread = this.x.running.id;
    if (this.buffers.count(thread) > 0) this.whileLeaving(() => this.buffers.drain(thread));
  }

  /** Everybody's stores reach memory. */
  drainAll(): void {
    this.whileLeaving(() => this.buffers.drainAll());
  }

  // ---- builtins ----

  /** Must a transition end before the builtin, since it lets stores out that others may notice? */
  mustShowFor({ stores = 'own' }: Builtin): boolean {
    return stores === 'own' ? this.mustShow() : stores === 'all' && this.x.log.on && this.buffers.someWait;
  }

  /** What a builtin that is about to run does to stores that wait. */
  order({ stores = 'own' }: Builtin): void {
    if (stores === 'compiler') this.fence();
    else if (stores === 'own') this.drain();
    else if (stores === 'all') this.drainAll();
  }

  // ---- stores that leave ----

  /** The store at a place of a stopped thread's buffer reaches memory; that thread is the running one then. */
  leave(thread: ThreadView, place: number): void {
    this.x.resume(thread, null);
    this.x.inBuiltin = false;
    const store = this.buffers.pending(thread.id, place);
    this.whileLeaving(() => this.buffers.leave(thread.id, place));
    // what is found in the state that comes of it is told of this place, too
    this.leaving = store;
  }

  /** Where a store was made. */
  originOf({ origin }: Pending): SourcePlace[] {
    for (const fn of this.x.compiledFunctions) {
      if (fn.index === origin >>> 16) return [this.x.placeOf(fn, origin & 0xffff)];
    }
    return [];
  }

  private whileLeaving(act: () => void): void {
    const { running } = this.x;
    try {
      act();
    } finally {
      this.leaving = null;
      this.x.running = running;
    }
  }

  private leaves(thread: number, store: Pending): void {
    this.x.running = this.views[thread] ?? this.x.running;
    this.leaving = store;
    if (this.x.log.on) this.x.log.showed?.();
    this.onStore(thread, store, false);
  }
}

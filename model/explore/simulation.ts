/**
 * One machine, one program, the threads of one scenario: who can run, and running it for one
 * transition. It remembers no other state than the present one; the search goes back and forth in
 * time above it.
 */

import type { AccessLog } from '../execute/access-log';
import { Executor } from '../execute/executor';
import type { StackNode } from '../execute/frames';
import { type BadKind, Memory } from '../execute/memory';
import type { Program, Step, Value } from '../execute/program';
import { MAX_THREADS, MEMORY_SIZE, RCU_THREAD, SETUP_THREAD } from '../execute/regions';
import type { MemoryOrder, StoreBuffers } from '../execute/store-buffers';
import type { Invariant } from '../invariants/types';
import type { Machine } from '../machine/machine';
import {
  type Choice,
  type MachineEvent,
  type OracleId,
  type RunHost,
  type RunMachine,
  type ThreadView,
  VM_TYPES,
  type VmType,
} from '../machine/types';
import type { Scenario, SourcePlace } from './types';

/** Makes the machine of a run. */
export type MachineFactory = (vm: VmType, memory: Memory, program: Program) => RunMachine;

/** Who is told what the running thread did. */
export interface Observer {
  /** `stack`: where the thread stood, innermost first. */
  violation(invariant: string, message: string, stack: readonly SourcePlace[]): void;
  unknown(why: string): void;
  event?(event: MachineEvent): void;
  witness(invariant: string): void;
  fact(fact: string): void;
}

/** Thrown to end a path; what there is to say has been said. Not an Error: it needs no stack. */
const PATH_END = { end: true } as const;

const TOUCHES_MEMORY: ReadonlySet<string> = new Set<Step['s']>(['load', 'store', 'atomic', 'copy', 'zero']);

const ONE_CHOICE: readonly Choice[] = [{ label: '', faults: 0 }];

export interface SimulationOptions {
  readonly createMachine: MachineFactory;
  readonly invariants: readonly Invariant[];
  readonly observer: Observer;
  /** Made once the machine is there, since it asks for locks. */
  readonly createLog?: (machine: RunMachine) => AccessLog;
  /** Default `sc`. */
  readonly memoryOrder?: MemoryOrder;
}

/** What this and the thread's number name instead of a thread: its store buffer, which gives up a store of its own accord. */
export const BUFFER_OF = 16;

const STORE_CHOICES: readonly Choice[] = [
  { label: '', faults: 0 },
  { label: 'stays in the store buffer', faults: 0, delays: true },
];

/** How a transition went: `cut` ends the path (a stop, or something not understood). */
export type StepEnd = 'point' | 'ended' | 'cut';

/** Transitions of a set-up; the longest of ours takes some thousand. One that spins must not hang the run. */
const MOST_SET_UP = 50_000;

/**
 * Executors that nobody uses, by their programs: a review makes hundreds of short runs of two programs, and
 * compiling their functions anew took longer than running them.
 */
const idle = new WeakMap<Program, Executor>();

/** Tells nobody. */
export const SILENT: Observer = { violation: () => {}, unknown: () => {}, witness: () => {}, fact: () => {} };

export class Simulation {
  readonly memory: Memory;
  readonly machine: RunMachine;
  readonly executor: Executor;
  /** Scenario threads in order, then `rcu`. */
  readonly threads: readonly ThreadView[];
  /** Where each thread stands; null when it has ended (or, for `rcu`, has nothing to run). */
  readonly stacks: (StackNode | null)[];
  observer: Observer;
  /** Race detection says where transitions of the search end; else marked accesses and builtins do. */
  byRaces = false;
  private probing = false;
  /** A WARN of the transition under way, until it is known whether KVM gives the VM up for it. */
  private warning: { readonly message: string; readonly stack: readonly SourcePlace[] } | null = null;
  private readonly withEvents: readonly Invariant[];
  private readonly withState: readonly Invariant[];
  private readonly stores: StoreBuffers | null;
  /** Choices of the store buffer that the last step amounted to, one by one. */
  left: readonly number[] = [];

  /** Errors: a program whose globals don't fit (`LinkError`), a scenario with too many threads. */
  constructor(
    program: Program,
    readonly scenario: Scenario,
    readonly vm: VmType,
    options: SimulationOptions,
  ) {
    if (scenario.threads.length > MAX_THREADS) throw new RangeError(`more than ${MAX_THREADS} threads`);
    this.observer = options.observer;
    const memoryOrder = options.memoryOrder ?? 'sc';
    let known = idle.get(program);
    if (known?.memoryOrder !== memoryOrder) known = undefined;
    else idle.delete(program);
    this.memory = known?.memory ?? new Memory(MEMORY_SIZE);
    if (known) this.memory.reset();
    // The machine may say it better: it knows what lies where.
    this.memory.onBad = (addr, kind, write, size) => this.stop('memory-safety', badAccess(addr, kind, write, size));
    this.machine = options.createMachine(vm, this.memory, program);
    this.setHost();
    const log = options.createLog?.(this.machine);
    const around = { machine: this.machine, host: this.machine.host, ...(log ? { log } : {}) };
    const { builtins, noEffect, watchedCalls } = this.machine;
    if (known?.builtins === builtins) known.restart(around);
    this.executor =
      known?.builtins === builtins
        ? known
        : new Executor(program, this.memory, { ...around, builtins, noEffect, watchedCalls, memoryOrder });
    this.machine.globals = this.executor.linked.globals;
    this.stores = this.executor.stores?.buffers ?? null;
    this.threads = [...scenario.threads.map((t, id) => ({ id, name: t.name })), { id: RCU_THREAD, name: 'rcu' }];
    this.stacks = this.threads.map(() => null);
    this.withEvents = options.invariants.filter((i) => i.onEvent);
    this.withState = options.invariants.filter((i) => i.onState);
  }

  /**
   * What was compiled and allocated goes to the next simulation of this program. This one must not be used any
   * more, nor may anything that reads its memory.
   */
  release(): void {
    // who was told so far holds the states of a whole run
    this.observer = SILENT;
    this.executor.rest();
    idle.set(this.executor.program, this.executor);
  }

  /** Index of the thread that runs RCU callbacks. */
  get rcu(): number {
    return this.threads.length - 1;
  }

  /** Run the set-up and place the threads at their entries. False when the path ended there. */
  setUp(): boolean {
    return (
      this.guarded(() => {
        const { executor: x, scenario } = this;
        const thread: ThreadView = { id: SETUP_THREAD, name: 'set-up' };
        x.enter(thread, scenario.setup, [VM_TYPES.indexOf(this.vm)]);
        for (let n = 0; x.run(0) === 'point'; n++) {
          if (n >= MOST_SET_UP) this.unknown(`the set-up does not end within ${MOST_SET_UP} transitions`);
          const node = x.save();
          if (node && x.choicesAt(thread, node) === null) this.stop('deadlock', 'the set-up waits for another thread');
        }
        scenario.threads.forEach((t, i) => {
          x.enter(this.threads[i]!, t.entry, t.args);
          this.stacks[i] = x.save();
        });
        return 'ended';
      }) !== 'cut'
    );
  }

  /** The choices with which thread `t` can run now; null when it can't. */
  choices(t: number): readonly Choice[] | null {
    if (t >= BUFFER_OF) return this.storesThatMayLeave(t - BUFFER_OF);
    const node = this.stacks[t]!;
    if (node !== null) {
      if (this.stores !== null && node.fn.stores[node.pc] !== undefined) return this.storeChoices(t, node);
      if (node.fn.builtinCalls[node.pc] === undefined) return ONE_CHOICE;
      return this.probe(() => this.executor.choicesAt(this.threads[t]!, node));
    }
    return t === this.rcu && this.machine.pendingCallback() !== null ? ONE_CHOICE : null;
  }

  /** Thread `t` has not begun, and what it does first is nobody else's business: no scheduling point. */
  standsApart(t: number): boolean {
    const node = this.stacks[t]!;
    if (node === null || node.below !== null || node.pc !== 0) return false;
    return node.fn.builtinCalls[0] === undefined && !TOUCHES_MEMORY.has(node.fn.code.steps[0]!.s);
  }

  /**
   * Run thread `t`, which can run, for one transition (or `steps` steps). Its stack is updated, other
   * stacks and the past are untouched. After a `cut` the present state means nothing: undo it.
   */
  step(t: number, choice: number, steps = 0): StepEnd {
    const x = this.executor;
    if (t >= BUFFER_OF) return this.guarded(() => this.letLeave(t - BUFFER_OF, choice));
    const node = this.stacks[t]!;
    try {
      if (node !== null) x.resume(this.threads[t]!, node);
      else this.enterCallback(t);
      const end = x.run(choice, steps);
      this.tellWarning();
      this.stacks[t] = x.save();
      if (x.log.on) x.log.end(this.stacks[t]!);
      return end;
    } catch (e) {
      return this.pathEnd(e);
    }
  }

  /**
   * Ask the state invariants about the present state, with all stores in memory. They must not write: that would
   * be no state of any path.
   */
  checkState(): void {
    if (this.withState.length === 0) return;
    const waiting = this.stores?.someWait === true ? this.stores : null;
    const mark = waiting === null ? 0 : this.memory.mark();
    waiting?.foresee();
    this.guarded(() => {
      const before = this.memory.dirtyCount;
      for (const i of this.withState) i.onState!(this.machine as Machine);
      if (this.memory.dirtyCount !== before) throw new Error('an invariant wrote to memory in onState');
      return 'point';
    });
    if (waiting !== null) this.memory.undo(mark);
  }

  /** Does some store wait in a buffer? */
  get someStoreWaits(): boolean {
    return this.stores?.someWait === true;
  }

  /** One choice for each store that the thread's buffer may give up; null when there is none. */
  private storesThatMayLeave(t: number): readonly Choice[] | null {
    const { stores } = this;
    if (stores === null || t >= this.threads.length) return null;
    const ready = stores.ready(this.threads[t]!.id);
    return ready.length === 0 ? null : ready.map(() => ONE_CHOICE[0]!);
  }

  /** A store waits or does not, where it makes a difference: another thread may come to look meanwhile. */
  private storeChoices(t: number, node: StackNode): readonly Choice[] {
    const { stores, executor: x } = this;
    const step = node.fn.stores[node.pc]!;
    const thread = this.threads[t]!.id;
    const addr = step.address(node.regs as Value[]);
    if ((this.memory.life(addr) & 1) === 0 || !stores!.mayWait(thread, addr)) return ONE_CHOICE;
    if (stores!.mustWait(thread, addr, step.size, step.access)) return ONE_CHOICE;
    if (x.log.on && x.log.isAwaited?.(thread, addr, step.size) === false) return ONE_CHOICE;
    return STORE_CHOICES;
  }

  /** A store leaves thread `t`'s buffer. In a search those that nobody else looks at go with it as soon as they may. */
  private letLeave(t: number, choice: number): StepEnd {
    const { executor: x } = this;
    const stores = this.stores!;
    const thread = this.threads[t]!;
    const left = [choice];
    this.left = left;
    x.stores!.leave(thread, stores.ready(thread.id)[choice]!);
    const { isRacy } = x.log;
    while (x.log.on && isRacy !== undefined) {
      const next = stores.ready(thread.id).findIndex((place) => {
        const { addr, size } = stores.pending(thread.id, place);
        return !isRacy.call(x.log, addr, size);
      });
      if (next < 0) break;
      left.push(next);
      x.stores!.leave(thread, stores.ready(thread.id)[next]!);
    }
    return 'point';
  }

  /** Where a stopped thread stands, innermost first. */
  placesOf(t: number): SourcePlace[] {
    const places: SourcePlace[] = [];
    for (let n: StackNode | null = this.stacks[t]!; n !== null; n = n.below)
      places.push(this.executor.placeOf(n.fn, n.pc));
    return places;
  }

  private enterCallback(t: number): void {
    const callback = this.machine.pendingCallback();
    if (callback === null) throw new Error('the rcu thread has nothing to run');
    // a grace period has passed
    this.executor.stores?.drainAll();
    this.machine.takeCallback();
    const name = this.executor.linked.functionAt(callback.func);
    if (name === undefined)
      this.stop('memory-safety', `an RCU callback at 0x${callback.func.toString(16)} is no function`);
    this.executor.enter(this.threads[t]!, name as string, [callback.arg]);
  }

  /**
   * Whether a thread can run is asked of threads that don't run. One whose builtin fails when asked
   * may run: it will fail again, and be reported where it stands.
   */
  private probe(ask: () => readonly Choice[] | null): readonly Choice[] | null {
    this.probing = true;
    try {
      return ask();
    } catch {
      return ONE_CHOICE;
    } finally {
      this.probing = false;
    }
  }

  private stop(oracle: OracleId, message: string): never {
    if (!this.probing) this.violate(oracle, message);
    throw PATH_END;
  }

  /** KVM_BUG_ON() is one event: the WARN in it is told only where the VM is not given up in the same place. */
  private violate(invariant: string, message: string, outer = 0): void {
    const stack = this.executor?.places().slice(outer) ?? [];
    if (invariant === 'kernel-bug' && this.warning !== null && isSame(this.warning.stack[0], stack[0])) {
      this.warning = null;
    }
    this.tellWarning();
    if (invariant === 'kernel-warning') this.warning = { message, stack };
    else this.observer.violation(invariant, message, stack);
  }

  private tellWarning(): void {
    if (this.warning === null) return;
    const { message, stack } = this.warning;
    this.warning = null;
    this.observer.violation('kernel-warning', message, stack);
  }

  private unknown(why: string): never {
    if (!this.probing) this.observer.unknown(why);
    throw PATH_END;
  }

  /** Whatever goes wrong while C runs ends the path and is said; it never ends the exploration. */
  private pathEnd(e: unknown): 'cut' {
    this.tellWarning();
    if (e !== PATH_END) this.observer.unknown(`the engine failed: ${e instanceof Error ? e.message : String(e)}`);
    return 'cut';
  }

  private guarded(run: () => StepEnd): StepEnd {
    try {
      const end = run();
      this.tellWarning();
      return end;
    } catch (e) {
      return this.pathEnd(e);
    }
  }

  private setHost(): void {
    this.machine.host = {
      current: () => currentOf(this.executor),
      threadId: () => this.executor.running.id,
      threadName: (id) => this.threads.find((t) => t.id === id)?.name,
      touched: ({ addr, size, write }) => {
        if (this.executor.log.on) this.executor.log.access(addr, size, write, false, true);
      },
      violate: (invariant, message, outer) => this.violate(invariant, message, outer),
      stop: (oracle, message) => this.stop(oracle, message),
      unknown: (why) => this.unknown(why),
      event: (event) => {
        if (event.type === 'call') this.machine.entered?.(event.name);
        this.tellWarning();
        for (const i of this.withEvents) i.onEvent!(this.machine as Machine, event);
        this.observer.event?.(event);
      },
      witness: (invariant) => this.observer.witness(invariant),
      fact: (fact) => this.observer.fact(fact),
    };
  }
}

const isSame = (a: SourcePlace | undefined, b: SourcePlace | undefined): boolean =>
  a !== undefined && b !== undefined && a.file === b.file && a.line === b.line;

function badAccess(addr: number, kind: BadKind, write: boolean, size: number): string {
  const access = `${write ? 'write' : 'read'} of ${size} byte${size === 1 ? '' : 's'}`;
  const at = addr < 0 ? `${addr}` : `0x${addr.toString(16)}`;
  switch (kind) {
    case 'null':
      return `null pointer: ${access} at ${at}`;
    case 'freed':
      return `use after free: ${access} at ${at}`;
    case 'unmapped':
      return `outside any object: ${access} at ${at}`;
    case 'wild':
      return `wild pointer: ${access} at ${at}`;
  }
}

/** Who runs. Most callers want the thread only, and often, so the stack is made when asked for. */
function currentOf(x: Executor): ReturnType<RunHost['current']> {
  return {
    thread: x.running,
    get place() {
      return x.places()[0] ?? null;
    },
    get stack() {
      return x.places();
    },
  };
}

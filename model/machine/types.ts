/**
 * The records that the machine, the executor, the invariants and the explorer share. Types only:
 * nothing here runs. All sizes are bytes, addresses are simulated kernel virtual addresses
 * (numbers), gfn and pfn count 4 KiB pages.
 */

import type { Memory } from '../execute/memory';
import type { Value } from '../execute/program';
import type { SourcePlace } from '../explore/types';

export type VmType = 'default' | 'sw-protected' | 'sev' | 'sev-es' | 'snp' | 'tdx';
export const VM_TYPES: readonly VmType[] = ['default', 'sw-protected', 'sev', 'sev-es', 'snp', 'tdx'];

/** Oracles that every run has, beside the domain's invariants (design.md, section 6). */
export type OracleId =
  | 'memory-safety'
  | 'kernel-bug'
  | 'kernel-warning'
  | 'lock-rule'
  | 'seamcall-refused'
  | 'deadlock'
  | 'livelock';

/** Who runs now. The executor owns the frames; builtins see only this. */
export interface ThreadView {
  /** Small index, 0 is the first thread of the scenario. The set-up runs as thread 15. */
  readonly id: number;
  readonly name: string;
}

/** One alternative of a step that can go several ways (an injected BUSY, a failed allocation). 0 is the default. */
export interface Choice {
  readonly label: string;
  /** How many of the run's injected faults it spends (0 for a free choice). */
  readonly faults: number;
  /** A store stays in its CPU's buffer: that counts as a preemption does. */
  readonly delays?: true;
}

/**
 * What a builtin does to stores that wait in a CPU's buffer, where a run models that: nothing; it keeps the
 * compiler from moving them (`compiler`); the caller's have reached memory (`own`); everybody's have (`all`: other
 * CPUs were interrupted, or a grace period has passed).
 */
export type StoreOrder = 'none' | 'compiler' | 'own' | 'all';

/** An access to memory. */
export interface Touch {
  readonly addr: number;
  /** Bytes. */
  readonly size: number;
  readonly write: boolean;
}

/**
 * A kernel primitive, or an action of the machine, that C calls by name. `run` is atomic. A builtin
 * with `ready` blocks its thread while that is false (a lock); `ready` must not write. A builtin
 * that is a scheduling point is shown as a step of the interleaving; `describe` says how.
 */
export interface Builtin {
  readonly name: string;
  readonly point: boolean;
  /** A thread that waits in it forever is at rest, not deadlocked (a guest with nothing to do). */
  readonly idle?: boolean;
  ready?(machine: MachineView, thread: ThreadView, args: readonly Value[]): boolean;
  /**
   * For one with `point`: the words through which alone other threads can notice that it runs, so that
   * it is a point only where one of them is raced for. Null, or not given: always a point. Must not
   * write. What it waits for, and what it gives back, need not be named.
   */
  touches?(machine: MachineView, thread: ThreadView, args: readonly Value[]): readonly Touch[] | null;
  /** It takes a lock, and so shows nothing to others that it did before. */
  readonly acquires?: boolean;
  /** Default `own`: most are, or contain, a locked instruction, or leave the CPU for the TDX module or the guest. */
  readonly stores?: StoreOrder;
  choices?(machine: MachineView, thread: ThreadView, args: readonly Value[]): readonly Choice[];
  /** Return value is converted by the caller to the C return type; undefined for void. */
  run(machine: MachineView, thread: ThreadView, args: readonly Value[], choice: number): Value | undefined;
  describe?(machine: MachineView, thread: ThreadView, args: readonly Value[], result: Value | undefined): string;
}

/** What the machine tells invariants, in the order in which it happens. */
export type MachineEvent =
  | { readonly type: 'call'; readonly thread: number; readonly name: string; readonly args: readonly Value[] }
  | { readonly type: 'return'; readonly thread: number; readonly name: string; readonly value: Value | undefined }
  | {
      readonly type: 'lock' | 'unlock';
      readonly thread: number;
      readonly lock: number;
      readonly name: string;
      readonly mode: 'read' | 'write';
    }
  /** A write to an entry of a KVM page table. `mirror`: the table belongs to a mirror root. */
  | {
      readonly type: 'spte';
      readonly thread: number;
      readonly gfn: number;
      readonly level: number;
      readonly mirror: boolean;
      /** Address space of that root: 1 is SMM's. */
      readonly asId: number;
      readonly table: number;
      readonly old: bigint;
      readonly value: bigint;
    }
  /** A read or write of a watched kernel word (e.g. `mmu_invalidate_seq`), by its name. */
  | {
      readonly type: 'word';
      readonly thread: number;
      readonly name: string;
      readonly write: boolean;
      readonly old: Value;
      readonly value: Value;
    }
  | {
      readonly type: 'seamcall';
      readonly thread: number;
      readonly name: string;
      readonly gfn: number;
      readonly level: number;
      readonly pfn: number;
      readonly status: bigint;
      readonly expected: boolean;
    }
  | {
      readonly type: 'sept';
      readonly thread: number;
      readonly gfn: number;
      readonly level: number;
      readonly old: string;
      readonly state: string;
      readonly pfn: number;
    }
  /** An entry of SNP's RMP changed, its size or what the guest said of it included. */
  | {
      readonly type: 'rmp';
      readonly thread: number;
      readonly pfn: number;
      readonly gfn: number;
      readonly wasAssigned: boolean;
      readonly assigned: boolean;
      /** RMPUPDATE has given the page to the guest that had it, which has to accept it once more. */
      readonly revoked: boolean;
      readonly old: string;
      readonly state: string;
    }
  /** The host asked for a change of the RMP; `result` as the hardware numbers them. */
  | {
      readonly type: 'rmp-request';
      readonly thread: number;
      readonly name: 'RMPUPDATE' | 'PSMASH';
      readonly pfn: number;
      readonly result: number;
    }
  | { readonly type: 'attribute-read'; readonly thread: number; readonly gfn: number; readonly isPrivate: boolean }
  | {
      readonly type: 'attribute-store';
      readonly thread: number;
      readonly gfn: number;
      readonly wasPrivate: boolean;
      readonly isPrivate: boolean;
    }
  | {
      readonly type: 'page-owner';
      readonly thread: number;
      readonly pfn: number;
      readonly old: string;
      readonly owner: string;
    }
  | { readonly type: 'gmem-truncate'; readonly thread: number; readonly index: number; readonly pfn: number }
  /** User space maps a page of a guest_memfd, or its mapping goes. */
  | { readonly type: 'user-map'; readonly thread: number; readonly pfn: number; readonly mapped: boolean }
  /** The host is about to move a page of a guest_memfd elsewhere (`to` is 0), or has moved it. */
  | {
      readonly type: 'migrate';
      readonly thread: number;
      readonly index: number;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly type: 'tlb-fill';
      readonly thread: number;
      readonly vcpu: number;
      readonly gfn: number;
      readonly pfn: number;
      readonly isPrivate: boolean;
    }
  | { readonly type: 'tlb-flush'; readonly thread: number; readonly vcpu: number }
  | {
      readonly type: 'guest-access';
      readonly thread: number;
      readonly vcpu: number;
      readonly gfn: number;
      readonly isPrivate: boolean;
      readonly write: boolean;
      readonly outcome: 'done' | 'exit' | 've';
      readonly pfn: number;
    }
  /** The guest looked at data that it had written and accepted, and it was gone or changed. */
  | {
      readonly type: 'data-lost';
      readonly thread: number;
      readonly gfn: number;
      readonly expected: number;
      readonly found: number;
    }
  | { readonly type: 'host-access'; readonly thread: number; readonly pfn: number; readonly write: boolean }
  | { readonly type: 'vm-dead'; readonly thread: number }
  | { readonly type: 'yield'; readonly thread: number; readonly lock: string }
  /** VMRUN of an SNP guest, before the hardware looks at the page with the vCPU's registers. */
  | { readonly type: 'vmrun'; readonly thread: number; readonly vcpu: number; readonly vmsa: number }
  | { readonly type: 'enter' | 'exit'; readonly thread: number; readonly vcpu: number }
  /** The guest asks for a conversion, or is told that it is done. */
  | {
      readonly type: 'conversion';
      readonly thread: number;
      readonly vcpu: number;
      readonly phase: 'asked' | 'told';
      readonly gfn: number;
      readonly isPrivate: boolean;
    }
  /** User space logs dirty pages of a range or not; was told of one; has the last log, the guest being stopped. */
  | {
      readonly type: 'dirty-log';
      readonly thread: number;
      readonly phase: 'on' | 'off' | 'told' | 'last';
      /** Address space: 1 is SMM's. */
      readonly asId: number;
      readonly start: number;
      readonly end: number;
    }
  /** User space asked to destroy this range (attribute to shared, punch hole, slot delete, gmem release). */
  | {
      readonly type: 'request-destroy';
      readonly thread: number;
      readonly start: number;
      readonly end: number;
      readonly why: string;
    };

/** What a builtin or an invariant can ask of the machine. The concrete machine has more. */
export interface MachineView {
  readonly memory: Memory;
  readonly vm: VmType;
  emit(event: MachineEvent): void;
  /** Report a broken rule at the place where the running thread stands. The run goes on. */
  violate(invariant: string, message: string): void;
  /** End the current path: the thread did something after which nothing it does has meaning. */
  stop(oracle: OracleId, message: string): never;
  /** End the path as not understood. */
  unknown(why: string): never;
}

/**
 * What the machine asks of whoever runs it. The explorer sets `machine.host`; a test may set a host
 * that collects.
 */
export interface RunHost {
  /** Who runs, where it stands (null in the machine's own code) and its call stack, innermost first. */
  current(): {
    readonly thread: ThreadView;
    readonly place: SourcePlace | null;
    readonly stack: readonly SourcePlace[];
  };
  /** `current().thread.id`, which is asked for at every event. */
  threadId?(): number;
  /** `vcpu0`, for traces. */
  threadName?(id: number): string | undefined;
  /** A builtin reads or writes memory that C uses without being a step of C: race detection listens. */
  touched?(touch: Touch): void;
  /** `outer`: so many frames further out is where it went wrong. */
  violate(invariant: string, message: string, outer?: number): void;
  stop(oracle: OracleId, message: string): never;
  unknown(why: string): never;
  event(event: MachineEvent): void;
  /** The `sometimes` of an invariant has been met. */
  witness(invariant: string): void;
  /** Something this path established, e.g. `zap-after-bug`. */
  fact(fact: string): void;
}

/** What the executor and the explorer need of a machine; the class `Machine` has more. */
export interface RunMachine extends MachineView {
  host: RunHost;
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** Callees without body that may be skipped; they return 0. */
  readonly noEffect: ReadonlySet<string>;
  /** C functions whose entry and return are events. */
  readonly watchedCalls: ReadonlySet<string>;
  heldLocks(thread: number): readonly { readonly lock: number; readonly mode: 'read' | 'write' }[];
  /** The next RCU callback whose grace period has passed; must not write. */
  pendingCallback(): { readonly func: number; readonly arg: number } | null;
  /** A watched function is entered; its frame is the innermost. */
  entered?(name: string): void;
  /** Take that callback off the list; the thread `rcu` then runs it. */
  takeCallback(): void;
  /** The interesting part of the state, name -> printed value. */
  describe(): Record<string, string>;
  /** Where the program's objects at file scope lie, for people; set once they are placed. */
  globals?: ReadonlyMap<string, number>;
  /** What lies at an address, for people; undefined for what has no name. */
  nameOfWord?(addr: number): string | undefined;
}

/**
 * The machine under KVM: joins memory, program and the parts of this folder, and is what builtins,
 * invariants and the explorer hold. It keeps no state of its own that can differ between two moments
 * of a run (M2); what it keeps is fixed by the program.
 */

import { noEffect } from '../builtins/no-effect';
import { builtins } from '../builtins/registry';
import { watchedCalls } from '../builtins/watched-calls';
import type { BadKind, Memory } from '../execute/memory';
import type { Program } from '../execute/program';
import { MACHINE } from '../execute/regions';
import { entered } from './complaints';
import { describe } from './describe';
import { GhostCells } from './ghost';
import * as kvmView from './kvm-view';
import { MACHINE_BYTES, virtToPfn } from './layout';
import { lockFields, nameOfLock } from './lock-names';
import { heldLocks } from './locks';
import { givenName } from './names';
import { hex } from './pages';
import { type Callback, pendingCallback, takeCallback } from './rcu';
import { register, registered } from './registry';
import { FROZEN_SPTE } from './spte';
import type { Builtin, MachineEvent, OracleId, RunHost, RunMachine, VmType } from './types';
import { onWatch, watchedWords } from './watch';
import { nameOfWord } from './word-names';

/** Constants that the machine asks of a program by name. */
export const MACHINE_CONSTANTS = ['SPTE_LEVEL_BITS', 'SPTE_ENT_PER_PAGE', 'PT64_ENT_PER_PAGE', 'FROZEN_SPTE'] as const;

export class Machine implements RunMachine {
  host: RunHost = IDLE_HOST;
  readonly builtins: ReadonlyMap<string, Builtin> = builtins;
  readonly noEffect: ReadonlySet<string> = noEffect;
  readonly watchedCalls: ReadonlySet<string> = watchedCalls;
  /** Named cells for the history that invariants keep. */
  readonly ghost: GhostCells;
  /** Index bits per level of a page table: 9 on hardware, fewer in the reference. */
  readonly levelBits: number;
  /** Fields of struct kvm whose accesses are events. */
  readonly watchedWords: ReturnType<typeof watchedWords>;
  globals: ReadonlyMap<string, number> = new Map();
  readonly kvmLocks: ReadonlyMap<number, string>;
  readonly vcpuLocks: ReadonlyMap<number, string>;

  /** Places of fields found so far, by struct and path (null: no such field): fixed by the program, so no state. */
  readonly fieldPlaces = new Map<string, Map<string, kvmView.Place | null>>();

  private readonly frozen: bigint;

  constructor(
    readonly vm: VmType,
    readonly memory: Memory,
    readonly program: Program,
  ) {
    this.levelBits = levelBitsOf(program);
    this.frozen = BigInt.asUintN(64, BigInt(program.constants.FROZEN_SPTE ?? FROZEN_SPTE));
    this.watchedWords = watchedWords(program);
    this.kvmLocks = lockFields(program, 'struct kvm');
    this.vcpuLocks = lockFields(program, 'struct kvm_vcpu');
    memory.setLife(MACHINE.start, MACHINE_BYTES, 1);
    memory.onWatch = (addr, size, write, old, value) => onWatch(this, addr, size, write, old, value);
    memory.onBad = (addr, kind, write) => this.badAccess(addr, kind, write);
    this.ghost = new GhostCells(this);
  }

  // ---- talking to whoever runs the machine ----

  emit(event: MachineEvent): void {
    this.host.event(event);
  }

  /** `outer`: so many frames further out is where it went wrong. */
  violate(invariant: string, message: string, outer = 0): void {
    this.host.violate(invariant, message, outer);
  }

  stop(oracle: OracleId, message: string): never {
    return this.host.stop(oracle, message);
  }

  unknown(why: string): never {
    return this.host.unknown(why);
  }

  /** The running thread's id. */
  threadId(): number {
    return this.host.threadId?.() ?? this.host.current().thread.id;
  }

  // ---- what the executor and the explorer ask ----

  heldLocks(thread: number): ReturnType<typeof heldLocks> {
    return heldLocks(this, thread);
  }

  pendingCallback(): Callback | null {
    return pendingCallback(this);
  }

  entered(name: string): void {
    entered(this, name);
  }

  takeCallback(): void {
    takeCallback(this);
  }

  describe(): Record<string, string> {
    return describe(this);
  }

  // ---- what the parts ask ----

  /** KVM's own structures: fields by name, roots, page tables. */
  readonly kvm = {
    /** Address of the registered struct kvm, 0 before set-up. */
    address: (): number => registered(this, 'kvm'),
    field: (struct: string, address: number, path: string) => kvmView.readField(this, struct, address, path),
    number: (struct: string, address: number, path: string) => kvmView.numberField(this, struct, address, path),
    /** A field of the registered VM as a number. */
    vmField: (path: string) => kvmView.numberField(this, 'struct kvm', registered(this, 'kvm'), path),
    roots: () => kvmView.roots(this),
    walk: () => kvmView.walkAll(this),
    walkRoot: (root: kvmView.Root) => kvmView.walkRoot(this, root),
    tableOf: (table: number) => kvmView.tableOf(this, table),
  };

  /** The shared bit of a TD's frame numbers; 0 for VMs that have none. */
  sharedGfnBit(): number {
    if (this.vm !== 'tdx' || registered(this, 'kvm') === 0) return 0;
    return this.kvm.vmField('arch.gfn_direct_bits') ?? this.kvm.vmField('arch.gfn_shared_mask') ?? 0;
  }

  frozenSpte(): bigint {
    return this.frozen;
  }

  /** Does the TD take #VE for pending pages, rather than an exit? */
  pendingVe(): boolean {
    return registered(this, 'pendingVe') !== 0;
  }

  pfnOf(address: number): number {
    return virtToPfn(address);
  }

  nameOfLock(lock: number): string {
    return nameOfLock(this, lock);
  }

  nameOfWord(addr: number): string | undefined {
    return nameOfWord(this, addr);
  }

  givenName(object: number): string | undefined {
    return givenName(this, object);
  }

  /** The vCPU that isn't modelled comes back into the guest once mmu_lock is free. */
  onUnlock(lock: number): void {
    if (registered(this, 'noise') !== 0 && this.nameOfLock(lock) === 'mmu_lock') register(this, 'otherInGuest', 1);
  }

  private badAccess(addr: number, kind: BadKind, write: boolean): void {
    const what = {
      null: 'a null pointer',
      wild: 'no memory',
      unmapped: 'memory that was never allocated',
      freed: 'freed memory',
    };
    this.stop('memory-safety', `${write ? 'a write to' : 'a read of'} ${what[kind]} (${hex(addr)})`);
  }
}

function levelBitsOf(program: Program): number {
  const { SPTE_LEVEL_BITS: bits, SPTE_ENT_PER_PAGE, PT64_ENT_PER_PAGE } = program.constants;
  if (bits !== undefined) return clampBits(Number(bits));
  const entries = SPTE_ENT_PER_PAGE ?? PT64_ENT_PER_PAGE;
  return entries === undefined ? 9 : clampBits(Math.log2(Number(entries)));
}

const clampBits = (bits: number): number => (Number.isInteger(bits) && bits >= 1 && bits <= 9 ? bits : 9);

/** Before an explorer takes over nothing runs, so everything that would need a host is a mistake of ours. */
const refuse = (): never => {
  throw new Error('the machine has no host');
};
const IDLE_HOST: RunHost = {
  current: refuse,
  violate: refuse,
  stop: refuse,
  unknown: refuse,
  event: refuse,
  witness: refuse,
  fact: refuse,
};

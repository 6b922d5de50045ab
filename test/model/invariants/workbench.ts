/**
 * A machine on which a test plays KVM by hand: locks, roots, entries, attributes and SEAMCALLs go
 * through the real machine, so invariants see the events that they would see in a run. The layouts
 * stand for a KVM of the test's own.
 */

import { Memory } from '../../../model/execute/memory';
import type { FieldLayout, Program, Scalar, StructLayout } from '../../../model/execute/program';
import { arenaOf } from '../../../model/execute/regions';
import { invariants } from '../../../model/invariants';
import { pfnToVirt } from '../../../model/machine/layout';
import { acquire, drop, type LockMode } from '../../../model/machine/locks';
import { Machine } from '../../../model/machine/machine';
import { allocPage, type OwnerKind } from '../../../model/machine/pages';
import { register } from '../../../model/machine/registry';
import { setSeptState } from '../../../model/machine/sept';
import { setLifecycle, setOpState, setTdWord } from '../../../model/machine/tdx-td';
import type { TlbEntry } from '../../../model/machine/tlb';
import type { MachineEvent, VmType } from '../../../model/machine/types';
import { setVcpuWord } from '../../../model/machine/vcpus';
import { pagePrivateSet, watchKvm } from '../../../model/machine/watch';
import { xaStore } from '../../../model/machine/xarray';

type Spec = readonly [name: string, off: number, type: string, t: Scalar | null, size: number, bits?: [number, number]];

function layout(size: number, specs: readonly Spec[]): StructLayout {
  const fields: Record<string, FieldLayout> = {};
  for (const [name, off, type, t, bytes, bits] of specs) {
    fields[name] = { off, type, t, size: bytes, ...(bits && { bits: { shift: bits[0], width: bits[1] } }) };
  }
  return { size, align: 8, fields };
}

const u64 = (name: string, off: number): Spec => [name, off, 'u64', 'u64', 8];
const pointer = (name: string, off: number, type: string): Spec => [name, off, type, 'ptr', 8];

const STRUCTS: Record<string, StructLayout> = {
  'struct list_head': layout(16, [pointer('next', 0, 'struct list_head *'), pointer('prev', 8, 'struct list_head *')]),
  refcount_t: layout(4, [['refs', 0, 'int', 'i32', 4]]),
  'struct kvm': layout(192, [
    ['mmu_lock', 0, 'rwlock_t', null, 8],
    ['slots_lock', 8, 'struct mutex', null, 8],
    u64('mmu_invalidate_seq', 16),
    ['mmu_invalidate_in_progress', 24, 'long', 'i64', 8],
    u64('mmu_invalidate_range_start', 32),
    u64('mmu_invalidate_range_end', 40),
    ['vm_bugged', 48, 'bool', 'u8', 1],
    ['vm_dead', 56, 'bool', 'u8', 1],
    ['users_count', 64, 'refcount_t', null, 4],
    ['mn_active_invalidate_count', 80, 'long', 'i64', 8],
    ['arch', 88, 'struct kvm_arch', null, 40],
    ['mem_attr_array', 136, 'struct xarray', null, 8],
    ['memslots', 144, 'struct kvm_memslots *[2]', null, 16],
  ]),
  'struct kvm_arch': layout(40, [u64('gfn_direct_bits', 0), ['tdp_mmu_roots', 8, 'struct list_head', null, 16]]),
  'struct kvm_mmu_page': layout(64, [
    ['link', 0, 'struct list_head', null, 16],
    u64('gfn', 16),
    pointer('spt', 24, 'u64 *'),
    pointer('external_spt', 32, 'void *'),
    pointer('ptep', 48, 'u64 *'),
    ['role', 40, 'union kvm_mmu_page_role', null, 4],
    ['tdp_mmu_root_count', 44, 'refcount_t', null, 4],
  ]),
  'union kvm_mmu_page_role': layout(4, [
    ['level', 0, 'unsigned', 'u32', 4, [0, 4]],
    ['invalid', 0, 'unsigned', 'u32', 4, [9, 1]],
    ['is_mirror', 0, 'unsigned', 'u32', 4, [14, 1]],
    ['smm', 0, 'unsigned', 'u32', 4, [24, 8]],
  ]),
  'struct kvm_memslots': layout(48, [
    ['nr_slots', 0, 'int', 'i32', 4],
    ['gfn_tree', 8, 'struct kvm_memory_slot *[4]', null, 32],
    u64('generation', 40),
  ]),
  'struct kvm_memory_slot': layout(64, [
    u64('base_gfn', 0),
    u64('npages', 8),
    ['flags', 16, 'u32', 'u32', 4],
    ['gmem', 24, 'struct gmem', null, 16],
    ['arch', 40, 'struct kvm_arch_memory_slot', null, 16],
  ]),
  'struct kvm_arch_memory_slot': layout(16, [['lpage_info', 0, 'struct kvm_lpage_info *[2]', null, 16]]),
  'struct gmem': layout(16, [pointer('file', 0, 'struct file *'), u64('pgoff', 8)]),
  'struct file': layout(64, [pointer('private_data', 0, 'void *')]),
  'struct gmem_file': layout(64, [['bindings', 8, 'struct xarray', null, 8]]),
  'struct kvm_gfn_range': layout(32, [
    pointer('slot', 0, 'struct kvm_memory_slot *'),
    u64('start', 8),
    u64('end', 16),
    ['attr_filter', 24, 'u32', 'u32', 4],
  ]),
};

const PROGRAM: Program = {
  files: [],
  origins: [],
  functions: {},
  globals: {},
  structs: STRUCTS,
  constants: { SPTE_LEVEL_BITS: 2, RET_PF_EMULATE: 2 },
  problems: [],
};

/** An entry that maps a page, or points to a table. */
export const entry = (pfn: number): bigint => (BigInt(pfn) << 12n) | 0x807n;

/** gfn 0 as vCPU 0 may have it in its TLB. */
export const cached = (pfn: number, more: Partial<TlbEntry>): TlbEntry => ({
  vcpu: 0,
  gfn: 0,
  pfn,
  isPrivate: false,
  writable: true,
  executable: true,
  root: 0,
  level: 1,
  table: 0,
  ...more,
});

export const BUSY = 0x80000200n << 32n;
export const REFUSED = 0xc0000b0dn << 32n;

export interface Root {
  readonly sp: number;
  readonly table: number;
  readonly pfn: number;
  readonly mirror: boolean;
}

/** A memslot; `gmemOnly`: what is shared comes from its guest_memfd, too. */
interface WorkbenchSlot {
  readonly base: number;
  readonly pages: number;
  readonly file: number;
  readonly gmemOnly?: boolean;
}

/** A VM with one vCPU, gfns 0..15, an attribute array, and one memslot over gfn 0..3 with a file. */
export class Workbench {
  readonly m: Machine;
  readonly kvm: number;
  /** Ids of the invariants that were violated, each once, in order. */
  readonly broken: string[] = [];
  readonly seen = new Set<string>();
  private thread = 0;
  private heap: number;

  constructor(vm: VmType) {
    const memory = new Memory();
    this.m = new Machine(vm, memory, PROGRAM);
    this.m.host = {
      current: () => ({ thread: { id: this.thread, name: 't' }, place: null, stack: [] }),
      violate: (id) => void (this.broken.includes(id) || this.broken.push(id)),
      stop: (oracle, message) => {
        throw new Error(`${oracle}: ${message}`);
      },
      unknown: (why) => {
        throw new Error(why);
      },
      event: (event) => this.tell(event),
      witness: (id) => void this.seen.add(id),
      fact: () => {},
    };
    this.heap = arenaOf(0).start;
    this.kvm = this.alloc(192);
    register(this.m, 'kvm', this.kvm);
    register(this.m, 'attributes', this.kvm + 136);
    watchKvm(this.m, this.kvm);
    const head = this.kvm + 96;
    memory.setPtr(head, head);
    memory.setPtr(head + 8, head);
    memory.setU32(this.kvm + 64, 1);
    if (vm === 'tdx') {
      setLifecycle(this.m, 'KEYS_CONFIGURED');
      setOpState(this.m, 'RUNNABLE');
      setTdWord(this.m, 'rootLevel', 2);
      setTdWord(this.m, 'epoch', 1);
    }
    setVcpuWord(this.m, 0, 'address', 1);
    this.slots([{ base: 0, pages: 4, file: this.alloc(64) }]);
  }

  private tell(event: MachineEvent): void {
    for (const invariant of invariants) {
      if (invariant.vm.includes(this.m.vm)) invariant.onEvent?.(this.m, event);
    }
  }

  /** A moment between two transitions. */
  settle(): void {
    for (const invariant of invariants) if (invariant.vm.includes(this.m.vm)) invariant.onState?.(this.m);
  }

  alloc(size: number): number {
    const at = this.heap;
    this.m.memory.setLife(at, size, 1);
    this.heap += (size + 63) & ~63;
    return at;
  }

  as(thread: number): this {
    this.thread = thread;
    return this;
  }

  event(event: MachineEvent): void {
    this.tell(event);
  }

  lock(name: 'mmu_lock' | 'slots_lock', mode: LockMode = 'write'): void {
    acquire(
      this.m,
      this.thread,
      this.kvm + (name === 'mmu_lock' ? 0 : 8),
      name === 'mmu_lock' ? 'rwlock' : 'mutex',
      mode,
    );
  }

  unlock(name: 'mmu_lock' | 'slots_lock', mode: LockMode = 'write'): void {
    drop(this.m, this.thread, this.kvm + (name === 'mmu_lock' ? 0 : 8), mode);
  }

  page(kind: OwnerKind): number {
    return allocPage(this.m, kind, 0);
  }

  /** A page table; level 2 is a root, and goes on KVM's list. */
  table(level: number, mirror: boolean, smm = false): Root {
    const pfn = this.page('kernel');
    const sp = this.alloc(64);
    const { memory } = this.m;
    memory.setPtr(sp + 24, pfnToVirt(pfn));
    memory.setU32(sp + 40, level | (mirror ? 1 << 14 : 0) | (smm ? 1 << 24 : 0));
    // as a new root: of the TDP MMU and of a vCPU
    memory.setU32(sp + 44, level === 2 ? 2 : 0);
    pagePrivateSet(this.m, pfn, sp);
    if (level === 2) this.link(sp);
    return { sp, table: pfnToVirt(pfn), pfn, mirror };
  }

  private link(sp: number): void {
    const head = this.kvm + 96;
    const { memory } = this.m;
    memory.setPtr(sp, memory.ptr(head));
    memory.setPtr(head, sp);
  }

  invalidate(root: Root): void {
    this.m.memory.setU32(root.sp + 40, this.m.memory.u32(root.sp + 40) | (1 << 9));
  }

  spte(table: Root, index: number, value: bigint): void {
    this.m.memory.setU64(table.table + index * 8, value);
  }

  freeze(table: Root, index: number): void {
    this.spte(table, index, this.m.frozenSpte());
  }

  /** A direct or mirror tree of two levels, its lower table over gfn 0..3. */
  tree(mirror: boolean, smm = false): { root: Root; leaves: Root } {
    this.lock('mmu_lock');
    const root = this.table(2, mirror, smm);
    const leaves = this.table(1, mirror, smm);
    if (mirror) {
      const external = this.page('sept');
      this.m.memory.setPtr(leaves.sp + 32, pfnToVirt(external));
      setSeptState(this.m, 0, 2, 'NL_MAPPED', external);
    }
    this.spte(root, 0, entry(leaves.pfn));
    this.unlock('mmu_lock');
    return { root, leaves };
  }

  /** Install as a fault does it that keeps all rules. */
  fault(leaves: Root, gfn: number, pfn: number): void {
    this.snapshot();
    this.readAttribute(gfn);
    this.lock('mmu_lock', 'read');
    this.snapshot();
    if (leaves.mirror) {
      this.freeze(leaves, gfn);
      this.seamcall('MEM.PAGE.AUG', gfn, pfn);
      setSeptState(this.m, gfn, 1, 'PENDING', pfn);
    }
    this.spte(leaves, gfn, entry(pfn));
    this.unlock('mmu_lock', 'read');
  }

  /** Read mmu_invalidate_seq. */
  snapshot(): void {
    this.m.memory.u64(this.kvm + 16);
  }

  readAttribute(gfn: number): void {
    const isPrivate = this.m.vm !== 'default';
    this.event({ type: 'attribute-read', thread: this.thread, gfn, isPrivate });
  }

  attribute(gfn: number, isPrivate: boolean): void {
    xaStore(this.m, this.kvm + 136, BigInt(gfn), isPrivate ? 17 : 0);
  }

  /** Begin an invalidation of [start, end), under the lock. */
  begin(start: number, end: number): void {
    const { memory } = this.m;
    memory.setU64(this.kvm + 24, memory.u64(this.kvm + 24) + 1n);
    memory.setU64(this.kvm + 32, BigInt(start));
    memory.setU64(this.kvm + 40, BigInt(end));
  }

  bump(): void {
    this.m.memory.setU64(this.kvm + 16, this.m.memory.u64(this.kvm + 16) + 1n);
  }

  lower(): void {
    this.m.memory.setU64(this.kvm + 24, BigInt.asUintN(64, this.m.memory.u64(this.kvm + 24) - 1n));
  }

  seamcall(name: string, gfn = 0, pfn = 0, status = 0n): void {
    const level = name === 'MEM.SEPT.ADD' ? 2 : 1;
    this.event({ type: 'seamcall', thread: this.thread, name: `TDH.${name}`, gfn, level, pfn, status, expected: true });
  }

  /** A memslot with a guest_memfd, not active yet. */
  slot({ base, pages, file, gmemOnly = false }: WorkbenchSlot): number {
    const { memory } = this.m;
    const at = this.alloc(64);
    memory.setU64(at, BigInt(base));
    memory.setU64(at + 8, BigInt(pages));
    memory.setU32(at + 16, gmemOnly ? 4 | (1 << 17) : 4);
    memory.setPtr(at + 24, file);
    memory.setPtr(at + 40, at);
    return at;
  }

  /** These become the active memslots; the update may still be under way. */
  activate(list: readonly number[], underWay = false, asId = 0): void {
    const { memory } = this.m;
    const slots = this.alloc(64);
    memory.setU64(slots + 40, underWay ? 1n << 63n : 0n);
    memory.setU32(slots, list.length);
    list.forEach((slot, i) => void memory.setPtr(slots + 8 + 8 * i, slot));
    memory.setPtr(this.kvm + 144 + 8 * asId, slots);
  }

  slots(list: readonly WorkbenchSlot[], asId = 0): void {
    this.activate(
      list.map((slot) => this.slot(slot)),
      false,
      asId,
    );
  }

  /** A guest_memfd file, bound to this memslot from its first page on (0: to none). */
  gmemFile(bound = 0): number {
    const file = this.alloc(64);
    const data = this.alloc(64);
    this.m.memory.setPtr(file, data);
    this.bind(file, bound);
    return file;
  }

  bind(file: number, slot: number): void {
    if (slot !== 0) xaStore(this.m, this.m.memory.ptr(file) + 8, 0n, slot);
  }

  call(name: string, args: readonly number[] = []): void {
    this.event({ type: 'call', thread: this.thread, name, args });
  }

  returns(name: string, value?: number): void {
    this.event({ type: 'return', thread: this.thread, name, value });
  }

  enter(): void {
    setVcpuWord(this.m, 0, 'inGuest', 1);
    this.event({ type: 'enter', thread: this.thread, vcpu: 0 });
  }
}

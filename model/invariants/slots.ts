/**
 * Memslots as KVM's structures hold them: the reference's sorted array, or a kernel's tree by gfn. A
 * KVM that keeps them otherwise yields undefined, and the rules that need them stay silent (vacuous).
 */

import { findField, numberField, readField } from '../machine/kvm-view';
import type { Machine } from '../machine/machine';
import { registered } from '../machine/registry';

export interface Slot {
  readonly address: number;
  readonly base: number;
  readonly pages: number;
  /** KVM_MEMSLOT_INVALID: being deleted or moved. */
  readonly invalid: boolean;
  /** KVM_MEM_GUEST_MEMFD. */
  readonly gmem: boolean;
  /** KVM_MEMSLOT_GMEM_ONLY: what is shared comes from the guest_memfd, too. */
  readonly gmemOnly: boolean;
  /** KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY. */
  readonly logsDirtyPages: boolean;
  readonly readOnly: boolean;
  /** `gmem.file`, 0 when unbound. */
  readonly file: number;
  /** `gmem.pgoff`: the page of the file that is behind the first gfn. */
  readonly pgoff: number;
  /** Has x86's part of it been allocated? Undefined when this KVM's structures aren't known. */
  readonly hasMetadata: boolean | undefined;
}

const SLOT = 'struct kvm_memory_slot';
const SLOTS = 'struct kvm_memslots';
/** KVM's constants: include/linux/kvm_host.h and the user-space interface. */
const INVALID = 1 << 16;
const GMEM_ONLY = 1 << 17;
const GUEST_MEMFD = 1 << 2;
const LOG_DIRTY_PAGES = 1 << 0;
const READONLY = 1 << 1;
const MAX_SLOTS = 32;

/** The memslot at an address. */
export function slotAt(m: Machine, address: number): Slot {
  const field = (path: string): number => numberField(m, SLOT, address, path) ?? 0;
  const flags = field('flags');
  return {
    address,
    base: field('base_gfn'),
    pages: field('npages'),
    invalid: (flags & INVALID) !== 0,
    gmem: (flags & GUEST_MEMFD) !== 0,
    gmemOnly: (flags & GMEM_ONLY) !== 0,
    logsDirtyPages: (flags & LOG_DIRTY_PAGES) !== 0,
    readOnly: (flags & READONLY) !== 0,
    file: gmemField(m, address, 'file', 0),
    pgoff: gmemField(m, address, 'pgoff', 8),
    hasMetadata: hasMetadata(m, address),
  };
}

/** A member of `gmem`. Where its nameless struct has no layout of its own: by its place, the same in all kernels so far. */
function gmemField(m: Machine, address: number, name: string, place: number): number {
  const named = numberField(m, SLOT, address, `gmem.${name}`);
  if (named !== undefined) return named;
  const gmem = findField(m, SLOT, address, 'gmem');
  return gmem ? Number(m.memory.peek('ptr', gmem.address + place) ?? 0) : 0;
}

function hasMetadata(m: Machine, address: number): boolean | undefined {
  const info = findField(m, SLOT, address, 'arch.lpage_info');
  return info && Number(m.memory.peek('ptr', info.address) ?? 0) !== 0;
}

/** The sets of memslots of a VM, an array of pointers; undefined when this KVM's structures aren't known. */
function setPointers(m: Machine) {
  const kvm = registered(m, 'kvm');
  return kvm === 0 ? undefined : findField(m, 'struct kvm', kvm, 'memslots');
}

/** The address spaces that this KVM has: 0, and with SMM 1. A VM need not have memslots in each. */
export const addressSpaces = (m: Machine): number[] => [...Array((setPointers(m)?.layout.size ?? 0) / 8).keys()];

/** Address of the set of memslots that is active in an address space; 0 when there is none. */
export function activePointer(m: Machine, asId: number): number {
  const pointers = setPointers(m);
  return pointers && asId < pointers.layout.size / 8
    ? Number(m.memory.peek('ptr', pointers.address + 8 * asId) ?? 0)
    : 0;
}

/** KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS: there may still be readers of the set before. */
export function isBeingUpdated(m: Machine, asId: number): boolean {
  const generation = readField(m, SLOTS, activePointer(m, asId), 'generation');
  return generation !== undefined && BigInt.asUintN(64, BigInt(generation)) >> 63n !== 0n;
}

/**
 * The active memslots of an address space (0 has all that are private), or undefined when this KVM's structures
 * aren't known.
 */
export function activeSlots(m: Machine, asId = 0): Slot[] | undefined {
  const active = activePointer(m, asId);
  if (active === 0) return undefined;
  const tree = findField(m, SLOTS, active, 'gfn_tree');
  if (!tree) return undefined;
  const count = numberField(m, SLOTS, active, 'nr_slots');
  if (count !== undefined) return fromArray(m, tree.address, count);
  return fromTree(m, tree.address, numberField(m, SLOTS, active, 'node_idx') ?? 0);
}

function fromArray(m: Machine, address: number, count: number): Slot[] {
  const slots: Slot[] = [];
  for (let i = 0; i < Math.min(count, MAX_SLOTS); i++) {
    slots.push(slotAt(m, Number(m.memory.peek('ptr', address + 8 * i) ?? 0)));
  }
  return slots;
}

function fromTree(m: Machine, root: number, index: number): Slot[] | undefined {
  const node = m.program.structs[SLOT]?.fields.gfn_node;
  const layout = m.program.structs['struct rb_node'];
  const left = layout?.fields.rb_left;
  const right = layout?.fields.rb_right;
  if (!node || !layout || !left || !right) return undefined;
  const found: Slot[] = [];
  const pending = [Number(m.memory.peek('ptr', root) ?? 0)];
  while (pending.length > 0 && found.length < MAX_SLOTS) {
    const at = pending.pop() as number;
    if (at === 0) continue;
    found.push(slotAt(m, at - node.off - index * layout.size));
    pending.push(Number(m.memory.peek('ptr', at + left.off) ?? 0), Number(m.memory.peek('ptr', at + right.off) ?? 0));
  }
  return found.sort((a, b) => a.base - b.base);
}

/** The slot that covers a gfn; undefined when none does. */
export const slotOf = (slots: readonly Slot[], gfn: number): Slot | undefined =>
  slots.find(({ base, pages }) => gfn >= base && gfn < base + pages);

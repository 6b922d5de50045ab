/** A memslot never points to a file that is gone, and is bound to it just as long as it can be used. */

import { LIFE } from '../execute/memory';
import type { Value } from '../execute/program';
import { SETUP_THREAD } from '../execute/regions';
import { findField, numberField } from '../machine/kvm-view';
import type { Machine } from '../machine/machine';
import { xaPeek } from '../machine/xarray';
import { ghost, setGhost } from './ghost';
import { gfnText, isLive, isLock } from './observe';
import { activePointer, activeSlots, type Slot, slotAt } from './slots';
import type { Invariant } from './types';

const ID = 'gmem-binding-safe';

/** What a guest_memfd file's private data are, by release. */
const FILES = ['struct gmem_file', 'struct kvm_gmem'] as const;

/** What binds a memslot to its file, by release. */
const BINDS: ReadonlySet<string> = new Set(['kvm_gmem_commit_memory_region', 'kvm_gmem_bind']);

/** The memslot that a file has bound to the first page of this one; undefined when that cannot be told. */
function boundTo(m: Machine, slot: Slot): number | undefined {
  const file = numberField(m, 'struct file', slot.file, 'private_data');
  if (!file) return undefined;
  for (const type of FILES) {
    const bindings = findField(m, type, file, 'bindings');
    if (bindings) return xaPeek(m, bindings.address, slot.pgoff);
  }
  return undefined;
}

function checkFiles(m: Machine): void {
  for (const slot of activeSlots(m) ?? []) {
    if (slot.file === 0) continue;
    m.host.witness(ID);
    const life = m.memory.life(slot.file);
    if (life === LIFE.live || life === LIFE.watched) continue;
    m.violate(ID, `the memslot at ${gfnText(slot.base)} points to a guest_memfd file that is freed`);
    return;
  }
}

/** Memslots were replaced: faults can find the new ones from now on. */
function checkBindings(m: Machine): void {
  const active = activePointer(m, 0);
  if (active === 0 || active === ghost(m, 'boundSlots')) return;
  setGhost(m, 'boundSlots', active);
  for (const slot of activeSlots(m) ?? []) {
    if (slot.file === 0 || slot.invalid || (boundTo(m, slot) ?? slot.address) === slot.address) continue;
    m.violate(ID, `faults can find the memslot at ${gfnText(slot.base)} before its guest_memfd is bound to it`);
    return;
  }
}

const lacksMetadata = (slot: Slot): boolean => slot.gmem && slot.hasMetadata === false;

function half(m: Machine, slot: Slot): void {
  m.violate(ID, `a guest_memfd leads to the memslot at ${gfnText(slot.base)}, whose metadata are not there yet`);
}

/** An unmap works on a memslot; a memslot is about to be bound. */
function onCall(m: Machine, thread: number, name: string, argument: number): void {
  if (name === 'kvm_unmap_gfn_range') {
    const address = numberField(m, 'struct kvm_gfn_range', argument, 'slot');
    const slot = address ? slotAt(m, address) : undefined;
    if (slot && lacksMetadata(slot)) half(m, slot);
  } else if (BINDS.has(name) && thread !== SETUP_THREAD) {
    setGhost(m, 'halfSlot', lacksMetadata(slotAt(m, argument)) ? argument : 0, thread);
  }
}

/** From here on a hole punch can work on the memslot, if it was bound. */
function onReturn(m: Machine, thread: number, name: string, value: Value | undefined): void {
  if (!BINDS.has(name)) return;
  const address = ghost(m, 'halfSlot', thread);
  setGhost(m, 'halfSlot', 0, thread);
  if (address !== 0 && Number(value) === 0) half(m, slotAt(m, address));
}

export const invariant: Invariant = {
  id: ID,
  title: 'A memslot never points to a file that is gone',
  statement:
    'Whenever slots_lock is free, the guest_memfd file of every active memslot is a living object. A memslot is bound to its file before it becomes active, and only when its metadata are there.',
  why: 'A fault or a hole punch would use freed memory, or memory that is not there yet; or a page would be mapped that no hole punch leads to.',
  source:
    'virt/kvm/guest_memfd.c, kvm_gmem_release(), kvm_gmem_unbind() and kvm_gmem_commit_memory_region(); commits ae431059e75d, 1f3359c873db, 3fe5d2944e5a',
  example: 'Skip the unbind when the file is already dying.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'call') onCall(m, event.thread, event.name, Number(event.args[1] ?? 0));
    if (event.type === 'return') onReturn(m, event.thread, event.name, event.value);
    if (event.type !== 'lock' && event.type !== 'unlock') return;
    if (isLive(m)) checkBindings(m);
    if (event.type === 'unlock' && isLock(m, event, 'slots_lock')) checkFiles(m);
  },
};

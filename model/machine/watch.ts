/**
 * What KVM does to words that invariants care about: entries of its page tables, the invalidation
 * counters, the dead flags. Memory reports accesses to watched granules; here they become events.
 */

import type { Program } from '../execute/program';
import { findField, numberField, tableOf } from './kvm-view';
import { PAGE_SIZE, pfnToVirt } from './layout';
import type { Machine } from './machine';
import { hasPage, ownerOf, pfnOfAddress, setOwner, setPagePrivate } from './pages';
import { registered } from './registry';

interface WatchedWord {
  readonly name: string;
  readonly off: number;
  readonly size: number;
}

const WORDS = ['mmu_invalidate_seq', 'mmu_invalidate_in_progress', 'vm_dead', 'vm_bugged'] as const;

/** Watched fields that this program's struct kvm has. */
export function watchedWords(program: Program): WatchedWord[] {
  const fields = program.structs['struct kvm']?.fields ?? {};
  return WORDS.flatMap((name) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return field && field.size > 0 && field.size <= 8 ? [{ name, off: field.off, size: field.size }] : [];
  });
}

/** Begin to watch the VM's words. */
export function watchKvm(m: Machine, kvm: number): void {
  for (const word of m.watchedWords) m.memory.watch(kvm + word.off, word.size);
}

/**
 * set_page_private(): a page whose `struct kvm_mmu_page` has it as `spt` is a page table from now on.
 */
export function pagePrivateSet(m: Machine, pfn: number, value: number): void {
  setPagePrivate(m, pfn, value);
  const table = pfnToVirt(pfn);
  if (value === 0 || numberField(m, 'struct kvm_mmu_page', value, 'spt') !== table) return;
  m.memory.watch(table, 8 << m.levelBits);
  if (ownerOf(m, pfn).kind === 'kernel') setOwner(m, pfn, 'page-table');
}

/** Memory saw an access to a watched granule. */
export function onWatch(m: Machine, addr: number, size: number, write: boolean, old: bigint, value: bigint): void {
  const pfn = pfnOfAddress(addr);
  if (pfn !== undefined) {
    if (write && old !== value) spteWritten(m, pfn, addr, old, value);
    return;
  }
  const kvm = registered(m, 'kvm');
  for (const word of m.watchedWords) {
    if (addr < kvm + word.off + word.size && kvm + word.off < addr + size) wordTouched(m, word.name, write, old, value);
  }
}

function wordTouched(m: Machine, name: string, write: boolean, old: bigint, value: bigint): void {
  const thread = m.threadId();
  if (name === 'vm_dead' || name === 'vm_bugged') {
    if (write && value !== 0n && old === 0n) m.emit({ type: 'vm-dead', thread });
    return;
  }
  m.emit({ type: 'word', thread, name, write, old, value });
}

function spteWritten(m: Machine, pfn: number, addr: number, old: bigint, value: bigint): void {
  const table = tableOf(m, pfnToVirt(pfn));
  if (!table || !hasPage(pfn)) return;
  const index = (addr % PAGE_SIZE) / 8;
  const gfn = table.gfn + index * 2 ** (m.levelBits * (table.level - 1));
  const shared = table.mirror ? 0 : m.sharedGfnBit();
  const plain = shared !== 0 && gfn >= shared ? gfn - shared : gfn;
  const event = {
    gfn: plain,
    level: table.level,
    mirror: table.mirror,
    asId: table.asId,
    table: pfnToVirt(pfn),
    old,
    value,
  };
  m.emit({ type: 'spte', thread: m.threadId(), ...event });
}

/** Address of a field of the registered VM, or undefined. */
export const kvmField = (m: Machine, path: string): number | undefined =>
  registered(m, 'kvm') === 0 ? undefined : findField(m, 'struct kvm', registered(m, 'kvm'), path)?.address;

/**
 * What invariants look at, in their own words: is this event a mapping being installed, is that page
 * a private one, which slot covers a gfn, which translations can a vCPU still use. It only looks.
 */

import {
  entriesOf,
  findField,
  numberField,
  parentEntry,
  readField,
  rootName,
  roots,
  type WalkedSpte,
  walkAll,
} from '../machine/kvm-view';
import { findHeld, isHeld, isHeldByOthers, writerOf } from '../machine/locks';
import type { Machine } from '../machine/machine';
import { ownerOf } from '../machine/pages';
import { REFUSED, registered } from '../machine/registry';
import { coverage } from '../machine/sept';
import { isLeaf, isPresent, sptePfn } from '../machine/spte';
import { type TlbEntry, tlbEntries } from '../machine/tlb';
import type { MachineEvent } from '../machine/types';
import { vcpuWord } from '../machine/vcpus';
import { attributeIsPrivate } from '../machine/xarray';
import { activeSlots, slotOf } from './slots';

export type SpteEvent = Extract<MachineEvent, { type: 'spte' }>;
export type SeamcallEvent = Extract<MachineEvent, { type: 'seamcall' }>;
export type SeptEvent = Extract<MachineEvent, { type: 'sept' }>;

/** `gfn 0x1`. */
export const gfnText = (gfn: number): string => `gfn 0x${gfn.toString(16)}`;
export const pfnText = (pfn: number): string => `pfn 0x${pfn.toString(16)}`;

/** The page that a value of an entry maps, or undefined when it maps none. */
export function mappedPfn(m: Machine, spte: bigint, level: number): number | undefined {
  if (spte === m.frozenSpte() || !isPresent(spte) || !isLeaf(spte, level)) return undefined;
  return sptePfn(spte);
}

/**
 * The page (the first one of a huge page) that a fault maps by this write. Splitting a huge page, or
 * putting one together, is none: KVM has a mapping of it already.
 */
export function installedPfn(m: Machine, event: SpteEvent): number | undefined {
  const installed = installedFrames(m, event);
  return installed.length === coverage(m, event.level) ? installed[0]?.pfn : undefined;
}

/** One page of 4 KiB behind a gfn. */
export interface Frame {
  readonly gfn: number;
  readonly pfn: number;
}

/** The frames that a mapping at a level covers: one at level 1. */
export const frames = (m: Machine, gfn: number, pfn: number, level: number): Frame[] =>
  Array.from({ length: coverage(m, level) }, (_, i) => ({ gfn: gfn + i, pfn: pfn + i }));

/** The frames that this write maps and that were not mapped before. */
export function installedFrames(m: Machine, event: SpteEvent): Frame[] {
  const pfn = mappedPfn(m, event.value, event.level);
  if (pfn === undefined || mappedPfn(m, event.old, event.level) === pfn || splitPfn(m, event) === pfn) return [];
  const before = framesBelow(m, event);
  return frames(m, event.gfn, pfn, event.level).filter(
    (frame) => !before.some((known) => known.gfn === frame.gfn && known.pfn === frame.pfn),
  );
}

/** What a huge page, in whose place a new table is still to come, maps where the entry belongs. */
function splitPfn(m: Machine, event: SpteEvent): number | undefined {
  const above = parentEntry(m, event.table);
  const huge = above === undefined ? undefined : mappedPfn(m, above, event.level + 1);
  return huge === undefined ? undefined : huge + (event.gfn % coverage(m, event.level + 1));
}

/** What the table maps whose place this write takes for a huge page. */
function framesBelow(m: Machine, event: SpteEvent): Frame[] {
  if (event.level === 1 || !isPresent(event.old) || isLeaf(event.old, event.level)) return [];
  const below = event.level - 1;
  return entriesOf(m, sptePfn(event.old)).flatMap((spte, i) => {
    const pfn = mappedPfn(m, spte, below);
    return pfn === undefined ? [] : frames(m, event.gfn + i * coverage(m, below), pfn, below);
  });
}

/** Those that it maps, new or not. */
export function mappedFrames(m: Machine, event: SpteEvent): Frame[] {
  const pfn = mappedPfn(m, event.value, event.level);
  return pfn === undefined ? [] : frames(m, event.gfn, pfn, event.level);
}

export const isFrozen = (m: Machine, spte: bigint): boolean => spte === m.frozenSpte();

/** Does a page lie in guest_memfd as private memory? */
export const isGmemPage = (m: Machine, pfn: number): boolean => ownerOf(m, pfn).kind === 'gmem';

/** Is it neither guest_memfd's nor the VMM's own? Then no guest may reach it. */
export function isStrangers(m: Machine, pfn: number): boolean {
  const { kind } = ownerOf(m, pfn);
  return kind !== 'gmem' && kind !== 'user';
}

/** Does the VM tell private from shared memory? */
export const hasAttributes = (m: Machine): boolean => m.vm !== 'default' && m.vm !== 'sev' && m.vm !== 'sev-es';

/**
 * Kind of a mapping: on a TD the tree says it; elsewhere private memory is what comes from
 * guest_memfd (without INIT_SHARED, which VMs with private memory don't allow in 7.3), but for
 * `isOfEitherKind()`.
 */
export function isPrivateMapping(m: Machine, mirror: boolean, pfn: number): boolean {
  return m.vm === 'tdx' ? mirror : isGmemPage(m, pfn);
}

/** Which tree a leaf is in: its root's name, said to be invalid where it is. */
export const tableName = ({ root, asId, valid }: WalkedSpte): string =>
  `${valid ? '' : 'invalid '}${rootName({ kind: root, asId })}`;

/** Leaves below all roots, those of huge pages once for each frame that they cover. */
export const leaves = (m: Machine): WalkedSpte[] => inFrames(m, walkAll(m));

/** The leaves among entries, by frames. */
export const inFrames = (m: Machine, entries: readonly WalkedSpte[]): WalkedSpte[] =>
  entries.flatMap((entry) => {
    if (!entry.leaf) return [];
    if (entry.level === 1) return [entry];
    return frames(m, entry.gfn, entry.pfn, entry.level).map((frame) => ({ ...entry, ...frame }));
  });

/**
 * Can nothing tell the kind of the gfn's mapping? Where there is one tree, and the memslot has its memory from its
 * guest_memfd alone, the same page is mapped for faults of both kinds (kvm_memslot_is_gmem_only()).
 */
export const isOfEitherKind = (m: Machine, gfn: number): boolean =>
  m.vm !== 'tdx' && slotOf(activeSlots(m) ?? [], gfn)?.gmemOnly === true;

/** Is the attribute of the gfn the kind of this mapping? */
export function attributeMatches(m: Machine, gfn: number, mirror: boolean, pfn: number): boolean {
  return attributeIsPrivate(m, gfn) === isPrivateMapping(m, mirror, pfn) || isOfEitherKind(m, gfn);
}

const KVM = 'struct kvm';

/** A field of struct kvm; undefined when this KVM has no such field. */
export const kvmNumber = (m: Machine, path: string): number | undefined =>
  numberField(m, KVM, registered(m, 'kvm'), path);

/** Address of a lock in struct kvm, 0 when there is none. */
export function lockAddress(m: Machine, name: string): number {
  const kvm = registered(m, 'kvm');
  return kvm === 0 ? 0 : (findField(m, KVM, kvm, name)?.address ?? 0);
}

/** How the thread holds a lock of struct kvm. */
export function holds(m: Machine, thread: number, name: string): 'read' | 'write' | undefined {
  const lock = lockAddress(m, name);
  return lock === 0 ? undefined : findHeld(m, thread, lock)?.mode;
}

export const writeHeld = (m: Machine, name: string): boolean => {
  const lock = lockAddress(m, name);
  return lock !== 0 && writerOf(m, lock) >= 0;
};

export const heldByAnyone = (m: Machine, name: string): boolean => {
  const lock = lockAddress(m, name);
  return lock !== 0 && isHeld(m, lock);
};

/** Does any thread but this one hold it? */
export const heldByOthers = (m: Machine, thread: number, name: string): boolean => {
  const lock = lockAddress(m, name);
  return lock !== 0 && isHeldByOthers(m, lock, thread);
};

export type LockEvent = Extract<MachineEvent, { type: 'lock' | 'unlock' }>;
export const isLock = (m: Machine, event: LockEvent, name: string): boolean => event.lock === lockAddress(m, name);

/** Was the VM given up after a broken assumption? Then mirror and S-EPT may differ. */
export const isBugged = (m: Machine): boolean => (kvmNumber(m, 'vm_bugged') ?? 0) !== 0;

/**
 * Was the VM given up since the TDX module would not let go of a page? Then that page stays in the S-EPT,
 * whatever becomes of its gfn: no proof of KVM's holds for it any more.
 */
export const isGivenUp = (m: Machine): boolean => registered(m, 'refused') >= REFUSED.answering;

/** Does somebody still use the VM? Teardown has rules of its own. */
export const isLive = (m: Machine): boolean => (kvmNumber(m, 'users_count.refs') ?? 1) > 0;

/** Is the gfn inside an invalidation that is under way? */
export function isInvalidating(m: Machine, gfn: number): boolean {
  if ((kvmNumber(m, 'mmu_invalidate_in_progress') ?? 0) <= 0) return false;
  const start = unsigned(m, 'mmu_invalidate_range_start');
  const end = unsigned(m, 'mmu_invalidate_range_end');
  return start !== undefined && end !== undefined && BigInt(gfn) >= start && BigInt(gfn) < end;
}

function unsigned(m: Machine, path: string): bigint | undefined {
  const value = readField(m, KVM, registered(m, 'kvm'), path);
  return value === undefined ? undefined : BigInt.asUintN(64, BigInt(value));
}

/** A translation that the guest can use at this moment: cached by a vCPU that is in the guest, of its loaded root. */
export function usableTranslations(m: Machine, vcpu?: number): TlbEntry[] {
  return tlbEntries(m).filter(
    (entry) =>
      (vcpu === undefined ? vcpuWord(m, entry.vcpu, 'inGuest') !== 0 : entry.vcpu === vcpu) &&
      ((m.vm === 'tdx' && entry.isPrivate) || entry.root === vcpuWord(m, entry.vcpu, 'rootPfn')),
  );
}

/** The root whose table is this page. */
export const rootOfPfn = (m: Machine, pfn: number) => roots(m).find(({ table }) => m.pfnOf(table) === pfn);

/** A SEAMCALL without its class: `MEM.PAGE.AUG`, however the wrapper is spelt. */
export const callName = (event: SeamcallEvent): string =>
  event.name
    .toUpperCase()
    .replaceAll('_', '.')
    .replace(/^TDH\./, '');

/** Calls that take something from the TD, and calls that give it something. */
export const REMOVALS: ReadonlySet<string> = new Set(['MEM.RANGE.BLOCK', 'MEM.TRACK', 'MEM.PAGE.REMOVE']);
export const INSTALLS: ReadonlySet<string> = new Set(['MEM.SEPT.ADD', 'MEM.PAGE.ADD', 'MEM.PAGE.AUG']);

/**
 * Physical pages: the allocator (lowest free pfn first, so that a freed page is reused at once), who
 * owns each page, what it holds as a symbol, and its `struct page`. It doesn't know what owners do
 * with a page.
 */

import { SETUP_THREAD } from '../execute/regions';
import { nameAt } from './enum';
import { AT, FIRST_PFN, PAGE_COUNT, PAGE_SIZE, pfnToVirt, STRIDE, STRUCT_PAGE, virtToPfn } from './layout';
import type { Machine } from './machine';

/** `gmem` pages carry their index in the file. `td` is a control page of the TDX module, `sept` a table of it. */
export const OWNERS = ['free', 'kernel', 'page-table', 'gmem', 'host', 'user', 'td', 'sept'] as const;
export type OwnerKind = (typeof OWNERS)[number];

export interface Owner {
  readonly kind: OwnerKind;
  /** Page index in the gmem file; 0 for the others. */
  readonly index: number;
}

/** Symbols that stand for a page's contents. Guest writes are 1..0xffff. */
export const CONTENT = { zero: 0, host: 0x10000, ciphertext: 0x20000, source: 0x30000 } as const;

const recordOf = (pfn: number): number => AT.pages + (pfn - FIRST_PFN) * STRIDE.page * 4;

/** Is this a page that the machine has? */
export function hasPage(pfn: number): boolean {
  return pfn >= FIRST_PFN && pfn < FIRST_PFN + PAGE_COUNT;
}

export function ownerOf(m: Machine, pfn: number): Owner {
  if (!hasPage(pfn)) return { kind: 'free', index: 0 };
  const word = m.memory.u32(recordOf(pfn));
  return { kind: nameAt(OWNERS, word & 0xff), index: (word >>> 8) & 0xffff };
}

/** `gmem:3`, `free`, `page-table`. */
export function ownerText(owner: Owner): string {
  return owner.kind === 'gmem' ? `gmem:${owner.index}` : owner.kind;
}

export function setOwner(m: Machine, pfn: number, kind: OwnerKind, index = 0): void {
  const at = recordOf(pfn);
  const old = ownerText(ownerOf(m, pfn));
  m.memory.setU32(at, OWNERS.indexOf(kind) | (index << 8));
  const owner = ownerText({ kind, index });
  if (owner !== old) m.emit({ type: 'page-owner', thread: m.threadId(), pfn, old, owner });
}

/** Of the owner's word: the page is in the VMM's page table, by a mapping of its guest_memfd. */
const MAPPED = 2 ** 31;

/** Can user space reach this page of a guest_memfd? A page that gets another owner cannot be reached any more. */
export const isUserMapped = (m: Machine, pfn: number): boolean => hasPage(pfn) && m.memory.u32(recordOf(pfn)) >= MAPPED;

export function setUserMapped(m: Machine, pfn: number, mapped: boolean): void {
  if (!hasPage(pfn) || isUserMapped(m, pfn) === mapped) return;
  const word = m.memory.u32(recordOf(pfn));
  m.memory.setU32(recordOf(pfn), mapped ? word + MAPPED : word - MAPPED);
  m.emit({ type: 'user-map', thread: m.threadId(), pfn, mapped });
}

/** What the page holds, as a symbol (see CONTENT). */
export function contentOf(m: Machine, pfn: number): number {
  return hasPage(pfn) ? m.memory.u32(recordOf(pfn) + 4) : 0;
}

export function setContent(m: Machine, pfn: number, content: number): void {
  if (hasPage(pfn)) m.memory.setU32(recordOf(pfn) + 4, content);
}

/** The lowest free page, zeroed, with one reference; 0 when there is none. */
export function allocPage(m: Machine, kind: OwnerKind, index = 0): number {
  for (let i = 0; i < PAGE_COUNT; i++) {
    const pfn = FIRST_PFN + i;
    if (!isFree(m, pfn)) continue;
    take(m, pfn, kind, index);
    return pfn;
  }
  return 0;
}

/** Frames of 4 KiB to which the CPU has huge pages aligned, however few of them the model's cover. */
const HUGE_ALIGNMENT = 512;

/** The lowest free pages that lie side by side where a huge page can lie; the pfn of the first, 0 when there are none. */
export function allocHuge(m: Machine, kind: OwnerKind, count: number): number {
  const pages = Array.from({ length: count }, (_, i) => i);
  const first = Math.ceil(FIRST_PFN / HUGE_ALIGNMENT) * HUGE_ALIGNMENT;
  for (let pfn = first; pfn + count <= FIRST_PFN + PAGE_COUNT; pfn += HUGE_ALIGNMENT) {
    if (!pages.every((i) => isFree(m, pfn + i))) continue;
    for (const i of pages) take(m, pfn + i, kind, 0);
    return pfn;
  }
  return 0;
}

const isFree = (m: Machine, pfn: number): boolean => (m.memory.u32(recordOf(pfn)) & 0xff) === 0;

function take(m: Machine, pfn: number, kind: OwnerKind, index: number): void {
  const holder = kind === 'kernel' && m.threadId() !== SETUP_THREAD ? m.threadId() + 1 : 0;
  m.memory.setLife(pfnToVirt(pfn), PAGE_SIZE, 1, holder);
  setRefcount(m, pfn, 1);
  setContent(m, pfn, CONTENT.zero);
  setOwner(m, pfn, kind, index);
}

/** Give a page back. A page that is free already is a broken kernel. */
export function freePage(m: Machine, pfn: number): void {
  if (!hasPage(pfn)) m.stop('memory-safety', `a page that doesn't exist is freed (pfn ${hex(pfn)})`);
  if (ownerOf(m, pfn).kind === 'free') m.stop('memory-safety', `page ${hex(pfn)} is freed twice`);
  // Who is told may still look at what the page held.
  setOwner(m, pfn, 'free');
  m.memory.zero(structPage(pfn), STRUCT_PAGE);
  m.memory.setLife(pfnToVirt(pfn), PAGE_SIZE, 2);
}

export const structPage = (pfn: number): number => AT.vmemmap + (pfn - FIRST_PFN) * STRUCT_PAGE;

/** The pfn of a `struct page` (or folio). Anything else ends the path. */
export function pfnOfPage(m: Machine, page: number): number {
  const index = (page - AT.vmemmap) / STRUCT_PAGE;
  if (Number.isInteger(index) && index >= 0 && index < PAGE_COUNT) return FIRST_PFN + index;
  return m.stop('memory-safety', `${hex(page)} is not a struct page`);
}

/** The pfn of a kernel virtual address in the page pool, or undefined. */
export function pfnOfAddress(addr: number): number | undefined {
  const pfn = virtToPfn(addr);
  return hasPage(pfn) ? pfn : undefined;
}

export const refcountOf = (m: Machine, pfn: number): number => m.memory.u32(structPage(pfn) + 8);

export function setRefcount(m: Machine, pfn: number, count: number): void {
  m.memory.setU32(structPage(pfn) + 8, count);
}

/** Drop a reference; the last one frees the page. */
export function putPage(m: Machine, pfn: number): void {
  const count = refcountOf(m, pfn);
  if (count === 0) m.stop('memory-safety', `a reference to free page ${hex(pfn)} is dropped`);
  if (count === 1) freePage(m, pfn);
  else setRefcount(m, pfn, count - 1);
}

export function getPage(m: Machine, pfn: number): void {
  const count = refcountOf(m, pfn);
  if (count === 0) m.stop('memory-safety', `a reference to free page ${hex(pfn)} is taken`);
  setRefcount(m, pfn, count + 1);
}

/** `page_private`: the first word of `struct page`. */
export const pagePrivate = (m: Machine, pfn: number): number => m.memory.ptr(structPage(pfn));

export function setPagePrivate(m: Machine, pfn: number, value: number): void {
  m.memory.setPtr(structPage(pfn), value);
}

export const hex = (n: number): string => `0x${n.toString(16)}`;

/** Every page that isn't free, lowest first. */
export function usedPages(m: Machine): number[] {
  const used: number[] = [];
  for (let i = 0; i < PAGE_COUNT; i++) {
    if ((m.memory.u32(AT.pages + i * STRIDE.page * 4) & 0xff) !== 0) used.push(FIRST_PFN + i);
  }
  return used;
}

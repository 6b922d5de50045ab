/**
 * KVM's C structures as the machine may look at them: fields by name through the program's layouts,
 * and the page tables from KVM's list of roots. It probes and never assumes: a field that this
 * version of KVM lacks is undefined. Looking leaves no trace and reads freed memory as it lies.
 */

import type { FieldLayout, Program, StructLayout, Value } from '../execute/program';
import { GFNS, PAGE_SIZE, pfnToVirt } from './layout';
import type { Machine } from './machine';
import { hasPage, pagePrivate } from './pages';
import { registered } from './registry';
import { isLeaf, isPresent, sptePfn } from './spte';

export interface Field {
  readonly address: number;
  readonly layout: FieldLayout;
}

/** Offset of a (nested) field in a struct type. */
export interface Place {
  readonly off: number;
  readonly layout: FieldLayout;
}

/** An entry of a KVM page table that is present or frozen. */
export interface WalkedSpte {
  readonly root: 'direct' | 'mirror';
  /** Address space of its root: 1 is SMM's. */
  readonly asId: number;
  /** False below a root that is being torn down. */
  readonly valid: boolean;
  readonly gfn: number;
  readonly level: number;
  readonly leaf: boolean;
  readonly frozen: boolean;
  /** The mapped page, or the table below; 0 when frozen. */
  readonly pfn: number;
  readonly spte: bigint;
  /** Address of the table that holds the entry. */
  readonly table: number;
}

export interface Root {
  readonly kind: 'direct' | 'mirror';
  /** kvm_mmu_page_as_id(): 1 for the root of vCPUs in SMM. */
  readonly asId: number;
  readonly valid: boolean;
  /** Address of its struct kvm_mmu_page. */
  readonly sp: number;
  /** Address of its table. */
  readonly table: number;
  readonly level: number;
  readonly refcount: number | undefined;
}

/** `struct kvm_mmu_page *` and friends, without what points. */
const pointee = (type: string): string =>
  type
    .replace(/\b(const|volatile)\b|\*/g, '')
    .replace(/\s+/g, ' ')
    .trim();

/** A type's layout. A typedef of a nameless struct is known by its own name, with or without `struct`. */
export function layoutOf(program: Program, type: string): StructLayout | undefined {
  return program.structs[type] ?? program.structs[type.replace(/^(struct|union) /, '')];
}

/** Where `a.b.c` lies in a struct type; nested structs only, no pointers. The machine keeps the answers. */
function resolve(m: Machine, struct: string, path: string): Place | undefined {
  let paths = m.fieldPlaces.get(struct);
  if (paths === undefined) m.fieldPlaces.set(struct, (paths = new Map()));
  const known = paths.get(path);
  if (known !== undefined) return known ?? undefined;
  const place = lookUp(m, struct, path);
  paths.set(path, place ?? null);
  return place;
}

function lookUp(m: Machine, struct: string, path: string): Place | undefined {
  let type = struct;
  let off = 0;
  let layout: FieldLayout | undefined;
  for (const name of path.split('.')) {
    const fields = layoutOf(m.program, type)?.fields;
    layout = fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!layout) return undefined;
    off += layout.off;
    type = pointee(layout.type);
  }
  return layout && { off, layout };
}

/** A field of an object, by its path. */
export function findField(m: Machine, struct: string, address: number, path: string): Field | undefined {
  const place = resolve(m, struct, path);
  return place && { address: address + place.off, layout: place.layout };
}

/** A field's value; undefined when the type, the field or the memory is not there. */
export function readField(m: Machine, struct: string, address: number, path: string): Value | undefined {
  const place = resolve(m, struct, path);
  if (!place?.layout.t) return undefined;
  const value = m.memory.peek(place.layout.t, address + place.off);
  const bits = place.layout.bits;
  if (value === undefined || !bits) return value;
  if (typeof value === 'number') return (value >>> bits.shift) & (2 ** bits.width - 1);
  return Number((value >> BigInt(bits.shift)) & ((1n << BigInt(bits.width)) - 1n));
}

/** A field as a number, or undefined. */
export function numberField(m: Machine, struct: string, address: number, path: string): number | undefined {
  const value = readField(m, struct, address, path);
  return value === undefined ? undefined : Number(value);
}

const PAGE = 'struct kvm_mmu_page';

/** The address space of a page table: that of vCPUs in SMM, or the other. */
const asIdOf = (m: Machine, sp: number): number => (numberField(m, PAGE, sp, 'role.smm') ? 1 : 0);

/** A root's name in messages: its kind, said to be SMM's where it is. */
export const rootName = ({ kind, asId }: Pick<Root, 'kind' | 'asId'>): string => (asId === 0 ? kind : `SMM ${kind}`);

/** KVM's record of a page table: what the table's page_private points to, if that is plausible. */
export function tableOf(
  m: Machine,
  table: number,
): { sp: number; gfn: number; level: number; mirror: boolean; asId: number } | undefined {
  const pfn = Math.floor(m.pfnOf(table));
  if (!hasPage(pfn)) return undefined;
  const sp = pagePrivate(m, pfn);
  if (sp === 0 || numberField(m, PAGE, sp, 'spt') !== table) return undefined;
  const level = numberField(m, PAGE, sp, 'role.level') ?? 0;
  const gfn = numberField(m, PAGE, sp, 'gfn') ?? 0;
  return { sp, gfn, level, mirror: numberField(m, PAGE, sp, 'role.is_mirror') === 1, asId: asIdOf(m, sp) };
}

/** References to a root: `refcount_t` is one or two structs deep. */
function rootCount(m: Machine, sp: number): number | undefined {
  const paths = ['tdp_mmu_root_count.refs', 'tdp_mmu_root_count.refs.counter', 'root_count'];
  return paths.map((path) => numberField(m, PAGE, sp, path)).find((count) => count !== undefined);
}

/** The entry that points, or is about to point, to a table; undefined for roots and where KVM does not say. */
export function parentEntry(m: Machine, table: number): bigint | undefined {
  const sp = pagePrivate(m, m.pfnOf(table));
  const at = sp === 0 ? 0 : (numberField(m, PAGE, sp, 'ptep') ?? 0);
  const spte = at === 0 ? undefined : m.memory.peek('u64', at);
  return typeof spte === 'bigint' ? spte : undefined;
}

/** Levels that a walk up from a table takes before the tables are known to point in a circle. */
const MOST_LEVELS = 6;

/** The root above a table, on KVM's list or not any more; undefined where KVM does not say which it is. */
export function rootAbove(
  m: Machine,
  table: number,
): { readonly sp: number; readonly valid: boolean; readonly asId: number } | undefined {
  let at = table;
  for (let i = 0; i < MOST_LEVELS; i++) {
    const pfn = Math.floor(m.pfnOf(at));
    const sp = hasPage(pfn) ? pagePrivate(m, pfn) : 0;
    const entry = sp === 0 ? undefined : numberField(m, PAGE, sp, 'ptep');
    if (entry === undefined) return undefined;
    if (entry === 0) return { sp, valid: numberField(m, PAGE, sp, 'role.invalid') !== 1, asId: asIdOf(m, sp) };
    at = entry - (entry % PAGE_SIZE);
  }
  return undefined;
}

/** All entries of a table, in their order; none where there is no such page. */
export function entriesOf(m: Machine, pfn: number): bigint[] {
  if (!hasPage(pfn)) return [];
  return Array.from({ length: 1 << m.levelBits }, (_, i) => {
    const spte = m.memory.peek('u64', pfnToVirt(pfn) + i * 8);
    return typeof spte === 'bigint' ? spte : 0n;
  });
}

/** KVM's roots, valid and invalid, in the order of its list. */
export function roots(m: Machine): Root[] {
  const kvm = registered(m, 'kvm');
  const head = kvm === 0 ? undefined : findField(m, 'struct kvm', kvm, 'arch.tdp_mmu_roots');
  const link = m.program.structs[PAGE]?.fields.link;
  if (!head || !link) return [];
  const list: Root[] = [];
  let at = Number(m.memory.peek('ptr', head.address) ?? 0);
  while (at !== head.address && at !== 0 && list.length < 64) {
    const sp = at - link.off;
    list.push({
      kind: numberField(m, PAGE, sp, 'role.is_mirror') === 1 ? 'mirror' : 'direct',
      asId: asIdOf(m, sp),
      valid: numberField(m, PAGE, sp, 'role.invalid') !== 1,
      sp,
      table: numberField(m, PAGE, sp, 'spt') ?? 0,
      level: numberField(m, PAGE, sp, 'role.level') ?? 0,
      refcount: rootCount(m, sp),
    });
    at = Number(m.memory.peek('ptr', at) ?? 0);
  }
  return list;
}

/** Entries that are present or frozen below one root, parents before children. */
export function walkRoot(m: Machine, root: Root): WalkedSpte[] {
  const found: WalkedSpte[] = [];
  walkTable(m, root, root.table, root.level, 0, found);
  return found;
}

/** Entries below all roots of KVM's list. */
export const walkAll = (m: Machine): WalkedSpte[] => roots(m).flatMap((root) => walkRoot(m, root));

function walkTable(m: Machine, root: Root, table: number, level: number, base: number, found: WalkedSpte[]): void {
  if (level < 1 || table % PAGE_SIZE !== 0 || found.length > 4096) return;
  const bits = m.levelBits;
  const direct = root.kind === 'direct' ? m.sharedGfnBit() : 0;
  const frozenValue = m.frozenSpte();
  for (let i = 0; i < 1 << bits; i++) {
    const spte = m.memory.peek('u64', table + i * 8);
    if (typeof spte !== 'bigint' || spte === 0n) continue;
    const frozen = spte === frozenValue;
    if (!frozen && !isPresent(spte)) continue;
    const gfn = base + i * 2 ** (bits * (level - 1));
    const leaf = !frozen && isLeaf(spte, level);
    const pfn = frozen ? 0 : sptePfn(spte);
    const plain = direct !== 0 && gfn >= direct ? gfn - direct : gfn;
    if (plain < GFNS * 512) {
      const { kind, asId, valid } = root;
      found.push({ root: kind, asId, valid, gfn: plain, level, leaf, frozen, pfn, spte, table });
    }
    if (!frozen && !leaf && hasPage(pfn)) walkTable(m, root, pfnToVirt(pfn), level - 1, gfn, found);
  }
}

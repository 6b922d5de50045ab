/**
 * The interesting part of the state as flat text, for traces: name -> printed value. Only what is not
 * in its resting state is listed, so that a difference of two such records reads like a change.
 */

import { ipiPending } from './cpus';
import { rootName } from './kvm-view';
import { FIRST_PFN, GFNS, PAGE_COUNT, THREADS } from './layout';
import { heldLocks } from './locks';
import type { Machine } from './machine';
import { hex, ownerOf, ownerText, usedPages } from './pages';
import { registered } from './registry';
import { rmpEntry, rmpText } from './rmp';
import { coverage, septEntries } from './sept';
import { spteText } from './spte';
import { epochOf, epochRefcount, lifecycleOf, opStateOf, tdWord } from './tdx-td';
import { tlbEntries } from './tlb';
import { isInSmm, registeredVcpus, vcpuWord } from './vcpus';
import { attributeIsPrivate } from './xarray';

type Text = Record<string, string>;

export function describe(m: Machine): Text {
  const text: Text = {};
  if (registered(m, 'kvm') !== 0) {
    counters(m, text);
    tables(m, text);
  }
  if (registered(m, 'attributes') !== 0) attributes(m, text);
  if (lifecycleOf(m) !== 'NONE') td(m, text);
  tlbs(m, text);
  locks(m, text);
  pages(m, text);
  if (m.vm === 'snp') rmp(m, text);
  return text;
}

function counters(m: Machine, text: Text): void {
  for (const name of ['mmu_invalidate_seq', 'mmu_invalidate_in_progress']) {
    const value = m.kvm.vmField(name);
    if (value !== undefined) text[name] = String(value);
  }
  if (m.kvm.vmField('vm_dead') || m.kvm.vmField('vm_bugged')) text.vm = 'dead';
}

const range = (gfn: number, count: number): string => (count === 1 ? `gfn ${gfn}` : `gfns ${gfn}-${gfn + count - 1}`);

function tables(m: Machine, text: Text): void {
  for (const root of m.kvm.roots()) {
    const name = root.valid ? rootName(root) : `${rootName(root)}, invalid`;
    text[`root ${hex(m.pfnOf(root.table))}`] = name;
    for (const e of m.kvm.walkRoot(root)) {
      text[`${name}[${range(e.gfn, coverage(m, e.level))}]`] = spteText(e.spte, e.level, m.frozenSpte());
    }
  }
}

function attributes(m: Machine, text: Text): void {
  for (let gfn = 0; gfn < GFNS; gfn++) if (attributeIsPrivate(m, gfn)) text[`attribute[gfn ${gfn}]`] = 'private';
}

function td(m: Machine, text: Text): void {
  const epoch = epochOf(m);
  text.td = `${lifecycleOf(m)}, ${opStateOf(m)}`;
  text['td epoch'] =
    `${epoch}, vCPUs inside ${epochRefcount(m, epoch)}, still in epoch ${epoch - 1}: ${epochRefcount(m, epoch + 1)}`;
  if (tdWord(m, 'septLock') !== 0) text['S-EPT tree lock'] = `vcpu${tdWord(m, 'septLock') - 1} (zero-step entry)`;
  for (const e of septEntries(m)) {
    const lock = e.lockedBy >= 0 ? `, locked by vcpu${e.lockedBy}` : e.hostPriority ? ', host priority' : '';
    text[`S-EPT[${range(e.gfn, coverage(m, e.level))}]`] = `${e.state}(pfn ${hex(e.pfn)})${lock}`;
  }
}

function tlbs(m: Machine, text: Text): void {
  for (const e of tlbEntries(m)) {
    const kind = m.vm === 'tdx' || m.vm === 'snp' ? (e.isPrivate ? ' private' : ' shared') : '';
    text[`tlb vcpu${e.vcpu}${kind}[gfn ${e.gfn}]`] = `pfn ${hex(e.pfn)}${e.writable ? '' : ', read-only'}`;
  }
  for (const vcpu of registeredVcpus(m)) {
    const inside = vcpuWord(m, vcpu, 'inGuest') !== 0;
    const kicked = inside && ipiPending(m, vcpuWord(m, vcpu, 'thread'));
    const where = inside ? (kicked ? 'in the guest, kicked' : 'in the guest') : 'in the host';
    text[`vcpu${vcpu}`] = isInSmm(m, vcpu) ? `${where}, SMM` : where;
  }
}

function locks(m: Machine, text: Text): void {
  for (let thread = 0; thread < THREADS; thread++) {
    for (const held of heldLocks(m, thread)) {
      const key = `lock ${m.nameOfLock(held.lock)}`;
      const holder = `${held.mode} by ${m.host.threadName?.(thread) ?? `thread ${thread}`}`;
      text[key] = text[key] === undefined ? holder : `${text[key]}, ${holder}`;
    }
  }
}

/** Pages of the kernel's own tables are seen in the tables; the others matter to whoever may touch them. */
function pages(m: Machine, text: Text): void {
  for (const pfn of usedPages(m)) {
    const owner = ownerOf(m, pfn);
    if (['gmem', 'host', 'user'].includes(owner.kind)) text[`page ${hex(pfn)}`] = ownerText(owner);
  }
}

/** Assigned pages, free ones included: those are the trouble. */
function rmp(m: Machine, text: Text): void {
  for (let pfn = FIRST_PFN; pfn < FIRST_PFN + PAGE_COUNT; pfn++) {
    const entry = rmpEntry(m, pfn);
    if (entry.assigned) text[`RMP[pfn ${hex(pfn)}]`] = rmpText(entry);
  }
}

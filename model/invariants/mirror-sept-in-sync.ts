/** The mirror and the S-EPT say the same. */

import { numberField, roots, type WalkedSpte, walkRoot } from '../machine/kvm-view';
import { pfnToVirt } from '../machine/layout';
import type { Machine } from '../machine/machine';
import { hasPage, pagePrivate } from '../machine/pages';
import { coverage, type SeptEntry, septEntries, septEntry } from '../machine/sept';
import { lifecycleOf } from '../machine/tdx-td';
import { gfnText, isBugged, isFrozen, isLive, isLock, pfnText, writeHeld } from './observe';
import type { Invariant } from './types';

const mirrorEntries = (m: Machine): WalkedSpte[] =>
  roots(m)
    .filter(({ kind }) => kind === 'mirror')
    .flatMap((root) => walkRoot(m, root));

/** A TD that is being torn down, or given up, has no order left to keep. */
const isExempt = (m: Machine): boolean => isBugged(m) || !isLive(m) || lifecycleOf(m) !== 'KEYS_CONFIGURED';

function checkEntry(m: Machine, gfn: number, level: number): void {
  if (isExempt(m)) return;
  const base = Math.floor(gfn / coverage(m, level)) * coverage(m, level);
  const mirror = mirrorEntries(m);
  if (mirror.length > 0) m.host.witness('mirror-sept-in-sync');
  // Below an entry that isn't there (yet), or that is frozen, there is nothing to compare.
  if (mirror.some((entry) => entry.frozen && entry.level >= level && covers(m, entry, base))) return;
  compare(
    m,
    mirror.find((entry) => entry.gfn === base && entry.level === level),
    septEntry(m, base, level),
  );
}

function covers(m: Machine, entry: WalkedSpte, gfn: number): boolean {
  return gfn >= entry.gfn && gfn < entry.gfn + coverage(m, entry.level);
}

function checkAll(m: Machine): void {
  if (isExempt(m)) return;
  const mirror = mirrorEntries(m);
  if (mirror.length > 0) m.host.witness('mirror-sept-in-sync');
  for (const entry of mirror) if (!entry.frozen) compare(m, entry, septEntry(m, entry.gfn, entry.level));
  for (const sept of septEntries(m)) {
    const known = mirror.some((entry) => entry.level === sept.level && entry.gfn === sept.gfn);
    if (!known) compare(m, undefined, sept);
  }
}

function compare(m: Machine, mirror: WalkedSpte | undefined, sept: SeptEntry): void {
  const expected = mirrorText(m, mirror);
  const found = septText(sept);
  if (expected === found) return;
  const where = `${gfnText(sept.gfn)}, level ${sept.level}`;
  m.violate('mirror-sept-in-sync', `${where}: the mirror has ${expected}, the S-EPT has ${found}`);
}

function mirrorText(m: Machine, entry: WalkedSpte | undefined): string {
  if (!entry) return 'nothing';
  return entry.leaf ? `page ${pfnText(entry.pfn)}` : `table ${pfnText(externalPfn(m, entry.pfn) ?? 0)}`;
}

/** The S-EPT page behind a mirror table. */
function externalPfn(m: Machine, table: number): number | undefined {
  if (!hasPage(table)) return undefined;
  const spt = numberField(m, 'struct kvm_mmu_page', pagePrivate(m, table), 'external_spt');
  return spt === undefined || spt < pfnToVirt(0) ? undefined : m.pfnOf(spt);
}

function septText({ state, pfn }: SeptEntry): string {
  if (state === 'FREE') return 'nothing';
  if (state === 'NL_MAPPED') return `table ${pfnText(pfn)}`;
  if (state === 'PENDING' || state === 'MAPPED') return `page ${pfnText(pfn)}`;
  return `a blocked entry (${state}, ${pfnText(pfn)})`;
}

export const invariant: Invariant = {
  id: 'mirror-sept-in-sync',
  title: 'The mirror and the S-EPT say the same',
  statement:
    'Where no entry is frozen and nobody holds mmu_lock for write: the mirror has a leaf exactly where the S-EPT has that page pending or mapped, a table exactly where the S-EPT has that table, and nothing where the S-EPT is free. A VM that was bugged is exempt.',
  why: "KVM decides by its mirror: a mapping it doesn't know is never removed, one it only imagines makes SEAMCALLs fail and the VM die.",
  source: 'seed 003; arch/x86/kvm/mmu/tdp_mmu.c, tdp_mmu_set_spte_atomic()',
  example: 'Write the new entry with cmpxchg and issue the SEAMCALL afterwards.',
  vm: ['tdx'],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'spte' && event.mirror && !isFrozen(m, event.value)) {
      if (!writeHeld(m, 'mmu_lock')) checkEntry(m, event.gfn, event.level);
    } else if (event.type === 'sept' && !writeHeld(m, 'mmu_lock')) {
      checkEntry(m, event.gfn, event.level);
    } else if (event.type === 'unlock' && event.mode === 'write' && isLock(m, event, 'mmu_lock')) {
      checkAll(m);
    }
  },
};

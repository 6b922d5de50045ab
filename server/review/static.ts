/**
 * Rules that need no run: they come first on the screen, within milliseconds, and give way to a run
 * that says more. Each says what a reader should look at, never that something is wrong: they are
 * hints, not findings, and no verdict depends on them. They know the hunks of a mail and nothing else.
 */

import type { FileDiff, Hunk, HunkLine, InputSpan, PatchMail } from '../patch/types';

export interface StaticRemark {
  /** `ignored-result`, `filter-changed`, `call-removed`, `lock-mode-changed`. */
  readonly code: string;
  readonly message: string;
  readonly span: InputSpan;
}

/** Functions whose result must not be dropped, and why. Source: `__must_check` and comments in kernel 7.3. */
const MUST_CHECK: Readonly<Record<string, string>> = {
  tdp_mmu_set_spte_atomic: 'it fails when another CPU changed the entry, and then nothing was set',
  __tdp_mmu_set_spte_atomic: 'it fails when another CPU changed the entry, and then nothing was set',
  tdp_mmu_iter_cond_resched: 'true means that the walk was restarted and the entry must be read again',
  tdp_mmu_link_sp: 'on failure the caller still owns the new page',
  kvm_gmem_get_pfn: 'without its result there is no page to map',
  kvm_tdp_mmu_get_root: 'false means that the root is being freed',
  tdh_mem_page_aug: 'a busy TDX module did not add the page',
  tdh_mem_sept_add: 'a busy TDX module did not add the table',
  tdh_mem_range_block: 'without a successful block the removal must not go on',
  tdh_mem_track: 'without tracking, stale private TLB entries remain',
  tdh_mem_page_remove: 'the page belongs to the TD until this succeeds',
  set_external_spte: 'the S-EPT and the mirror differ when it fails',
};

/** Calls whose removal alone is worth a look. */
const GUARDS: Readonly<Record<string, string>> = {
  tdx_track: 'private TLB entries stay until the TD is tracked and its vCPUs have left the guest',
  kvm_flush_remote_tlbs: 'other vCPUs keep using what their TLBs hold',
  kvm_flush_remote_tlbs_range: 'other vCPUs keep using what their TLBs hold',
  kvm_mmu_invalidate_start: 'faults in the range are no longer held off',
  kvm_mmu_invalidate_end: 'the sequence count is what tells a fault that it is stale',
  kvm_mmu_invalidate_range_add: 'faults in the range are no longer held off',
  is_page_fault_stale: 'nothing else notices an invalidation between the look-up and the mapping',
  kvm_gmem_invalidate_start: 'mappings of the freed pages remain',
  lockdep_assert_held_write: 'the rule it states may still hold; say why it may go',
  synchronize_srcu_expedited: 'faults that saw the old memslot may still be running',
};

/** What a set of roots or of mappings is chosen with. */
const SELECTORS = /\bKVM_(?:FILTER_(?:PRIVATE|SHARED)|(?:ALL|VALID|INVALID|DIRECT|MIRROR)_ROOTS)\b/g;

/** Remarks on a patch, in the order of its lines. */
export function staticRemarks(patch: PatchMail): StaticRemark[] {
  return patch.files.flatMap((file) => file.hunks.flatMap((hunk) => remarksOn(file, hunk)));
}

function remarksOn(file: FileDiff, hunk: Hunk): StaticRemark[] {
  if (!/\.[ch]$/.test(file.newPath ?? file.oldPath ?? '')) return [];
  const added = hunk.lines.filter(({ kind }) => kind === 'add');
  const deleted = hunk.lines.filter(({ kind }) => kind === 'delete');
  return [
    ...added.flatMap(ignoredResult),
    ...changedSelectors(deleted, added),
    ...removedGuards(deleted, added),
    ...changedLockMode(deleted, added),
  ].sort((a, b) => a.span.line - b.span.line || a.span.column - b.span.column);
}

function ignoredResult(line: HunkLine): StaticRemark[] {
  const call = /^\s*(\w+)\s*\(.*\)\s*;\s*$/.exec(line.text)?.[1];
  const why = call === undefined || !Object.hasOwn(MUST_CHECK, call) ? undefined : MUST_CHECK[call];
  if (why === undefined) return [];
  return [{ code: 'ignored-result', message: `the result of ${call}() is dropped: ${why}`, span: line.span }];
}

function selectors(lines: readonly HunkLine[]): string[] {
  return lines.flatMap(({ text }) => text.match(SELECTORS) ?? []).sort();
}

function changedSelectors(deleted: readonly HunkLine[], added: readonly HunkLine[]): StaticRemark[] {
  const before = selectors(deleted);
  const after = selectors(added);
  const at = [...added, ...deleted].find(({ text }) => text.match(SELECTORS) !== null);
  if (at === undefined || before.join() === after.join()) return [];
  const say = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : [...new Set(names)].join(' | '));
  const message = `which mappings this selects changes from ${say(before)} to ${say(after)}`;
  return [{ code: 'filter-changed', message, span: at.span }];
}

function removedGuards(deleted: readonly HunkLine[], added: readonly HunkLine[]): StaticRemark[] {
  const stays = (name: string): boolean => added.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text));
  return deleted.flatMap((line) => {
    const name = Object.keys(GUARDS).find((guard) => new RegExp(`\\b${guard}\\s*\\(`).test(line.text));
    if (name === undefined || stays(name)) return [];
    return [{ code: 'call-removed', message: `${name}() goes: ${GUARDS[name]}`, span: line.span }];
  });
}

const MODES = /\b(read|write)_(?:un)?lock\s*\(\s*&?\w+(?:->|\.)mmu_lock/;

function changedLockMode(deleted: readonly HunkLine[], added: readonly HunkLine[]): StaticRemark[] {
  const from = deleted.map(({ text }) => MODES.exec(text)?.[1]).find((mode) => mode !== undefined);
  const to = added.find(({ text }) => MODES.test(text));
  const mode = to === undefined ? undefined : MODES.exec(to.text)?.[1];
  if (from === undefined || to === undefined || mode === from) return [];
  return [
    { code: 'lock-mode-changed', message: `mmu_lock is taken for ${mode} where it was for ${from}`, span: to.span },
  ];
}

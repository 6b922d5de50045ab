/**
 * What domain.md, section 6, names as mutations of its scenarios S01 to S37, and where each is shown: by which
 * mutation of the reference, and in the kernel by the same or by a seeded bug. What is not shown says why.
 */

/** Parts of the mutations whose texts stand in the reference and in kernel 7.3 alike. */
export const IN_BOTH: ReadonlySet<string> = new Set([
  'pages and VMSAs of SNP guests',
  'address spaces',
  'the log of dirty pages',
  'what domain.md names',
]);

/** Mutations of the reference whose texts kernel 7.3 does not have: the seeded bug that stands for them there, or why none does. */
export const OTHERWISE: Readonly<Record<string, { readonly bug: string } | { readonly why: string }>> = {
  'a fault compares its kind before it takes the snapshot': { bug: 'b13-attributes-before-seq' },
  'a fault does not compare its kind at all': { bug: 'b61-mismatch-checked-for-tdx-only' },
  'an invalidation ends before it bumps the sequence': { bug: 'b19-seq-not-bumped' },
  'a notifier does not flush': { bug: 'b21-notifier-no-flush' },
  'a removal is tried again without a kick': { bug: 'b111-retry-without-kick' },
  'the kick after a TRACK does not wait for vCPUs to leave': { bug: 'b109-track-does-not-wait' },
  'vCPUs may enter while a removal is retried': { bug: 'b110-entry-during-zap' },
  'vCPUs may enter before a removal is retried': { bug: 'b10-flag-cleared-before-retry' },
  'user pages are faulted in under the invalidate lock': { bug: 'b103-gup-under-invalidate-lock' },
  'the local retry does not look whether the VM is dead': { bug: 'b121-local-retry-in-dead-vm' },
  'memslots with a guest_memfd may log dirty pages': { bug: 'b85-dirty-logging-of-guest-memfd' },
  'a fault does not ask whether its root is obsolete': { bug: 'b52-obsolete-root-not-checked' },
  'the walk goes on after a yield as if there had been none': { bug: 'b37-no-restart-after-yield' },
  'the notifier is unregistered after the MMU is gone': { bug: 'b87-notifier-unregistered-late' },
  'the NX worker is stopped after the MMU is gone': { bug: 'b88-nx-worker-stopped-late' },
  'the sequence is not looked at while an invalidation is under way': { bug: 'b72-retry-ignores-sequence' },
  'a page that could not be assigned counts as one that was': {
    why: 'Its message has other words in the kernel. S22 has the failure to assign in both.',
  },
};

/** One mutation of domain.md. */
export interface Named {
  readonly scenario: string;
  /** domain.md's words, shortened. */
  readonly mutation: string;
  /** Titles of mutations that are this one. */
  readonly shown: readonly string[];
  /** Why there is none. */
  readonly why?: string;
}

const shown = (scenario: string, mutation: string, ...titles: readonly string[]): Named => ({
  scenario,
  mutation,
  shown: titles,
});
const not = (scenario: string, mutation: string, why: string): Named => ({ scenario, mutation, shown: [], why });

const IN_PLACE =
  'In-place conversion is not in 7.3: there is no such code yet. What keeps user space from private memory is, and S07 has its mutations.';

export const NAMED: readonly Named[] = [
  shown('S01', 'no freeze', 'a mirror entry is written without being frozen'),
  shown('S01', 'unfreeze early', 'a mirror entry is thawed before the SEAMCALL'),
  not(
    'S01',
    'the SEAMCALL after read_unlock',
    'The SEAMCALL is made five calls below the lock: this would be another design, no change of a few lines.',
  ),
  shown('S02', 'M1: fast zap of direct roots', 'memslot deletion zaps direct roots only, for every VM type'),
  shown('S02', 'M2: fast zap of the mirror too', 'a fast zap deletes every memslot, and takes the mirror root along'),
  shown('S02', 'M3: filter SHARED only', 'memslot deletion unmaps shared memory only'),
  shown('S02', 'M4: filter forgotten', 'memslot deletion forgets the filter'),
  shown('S03', 'whole-root zap', 'a memslot’s deletion unmaps the whole root'),
  shown('S03', 'range rounded to the table', 'a memslot’s deletion unmaps the table from its start'),
  shown('S03', 'fast zap with MIRROR', 'a fast zap deletes every memslot, and takes the mirror root along'),
  shown('S04', 'attribute compared before the snapshot', 'a fault compares its kind before it takes the snapshot'),
  shown('S05', 'none is named; the checks that it exposes', 'a fault does not look for an invalidation under mmu_lock'),
  shown('S06', 'truncate before start', 'a hole punch frees before it unmaps'),
  shown('S06', 'end before truncate', 'a hole punch ends its invalidation before it frees'),
  shown('S06', 'flush after unlock', 'a hole punch flushes when it has dropped mmu_lock'),
  not('S07', 'no refcount check', IN_PLACE),
  not('S07', 'check before unmap_mapping_pages', IN_PLACE),
  not('S07', 'wrong filter', IN_PLACE),
  shown('S08', 'M1: copied without zapping', 'a private page is copied and freed'),
  shown('S08', 'M2: zapped, copied, faulted again', 'the host unmaps a private page and moves it'),
  shown('S09', 'quirk enabled for TDX', 'memory types of a TD follow its devices'),
  not(
    'S09',
    'MTRR or CR0.CD callers again',
    'The callers are gone since 6.12. The scenario supposes a caller of kvm_zap_gfn_range(), whichever it is.',
  ),
  not(
    'S09',
    'with the KVM_BUG_ON() of seed 004',
    'Seed 004 itself is reviewed in test/server/acceptance: the VM is bugged, and a note says that the zap still happens.',
  ),
  shown('S10', 'no flag', 'vCPUs may enter while a removal is retried'),
  shown('S10', 'flag cleared before the retry', 'vCPUs may enter before a removal is retried'),
  shown('S10', 'retry without kick', 'a removal is tried again without a kick'),
  shown('S10', 'mmu_lock dropped', 'mmu_lock is dropped before a removal is tried again'),
  shown('S10', 'flag never cleared', 'vCPUs are never let in again after a removal met BUSY'),
  shown('S11', 'kick after unlock', 'a second TRACK comes before the kick of the first'),
  shown('S11', 'kick without waiting', 'the kick after a TRACK does not wait for vCPUs to leave'),
  shown('S11', 'read lock', 'roots are zapped with mmu_lock for read at the end of a TD'),
  shown('S12', 'no TRACK', 'the removal of a page is not tracked'),
  shown('S12', 'no TRACK, and the error ignored', 'a removal that the module refuses is taken for done'),
  shown('S13', 'yields although it may not block', 'an unmap yields whether it may block or not'),
  shown('S13', 'waits for a vCPU', 'an unmap waits for a vCPU'),
  shown('S13', 'both filters', 'a notifier unmaps private memory too'),
  shown('S13', 'no count of notifiers', 'memslots are replaced without waiting for notifiers'),
  shown('S14', '(a) no bail-out', 'the local retry of a private fault goes on over an invalid memslot'),
  shown('S14', '(b) no bail-out', 'a prefault goes on over a memslot that is being deleted'),
  not(
    'S15',
    'no pointer comparison',
    'What else takes the table away beside the worker, which holds mmu_lock for read, puts nothing or a huge page in its place, and to zap that as well is harmless: the worker flushes. Only beside a fast zap, which freezes the entries of the table above, would KVM warn; no scenario has both.',
  ),
  shown('S15', 'flush after rcu_read_unlock', 'the RCU section of the worker ends before its flush'),
  shown('S15', 'free immediately', 'a removed table is freed at once'),
  not(
    'S15',
    'non-atomic child clear',
    'A leaf that is installed in between is overwritten all the same, and nothing is kept of it since pages are no longer marked dirty from SPTEs. Not clearing children at all is shown.',
  ),
  shown('S16', 'FETCH, and a level above 4K', 'the NX worker reaches the mirror tree'),
  shown('S17', 'return without restoring', 'a failed installation leaves its entry frozen'),
  shown('S17', 'NONLEAF before SEPT.ADD', 'a mirror entry is written without being frozen'),
  shown('S17', 'free the child after it was linked', 'a table is freed though it was linked'),
  shown(
    'S18',
    'writes of FINALIZE swapped',
    'prefaults are allowed before the TD counts as runnable, and vCPUs not held off',
  ),
  not(
    'S18',
    'barriers dropped',
    'Finalising holds the locks of all vCPUs, and a prefault one of them: without taking less of them nothing can come between. On x86 the reader’s barrier is none.',
  ),
  shown('S18', 'guard dropped', 'the build of a TD holds nobody off'),
  not(
    'S18',
    'failure of MR.EXTEND ignored',
    'With slots_lock, the invalidate lock and all vCPUs’ locks held nothing makes MR.EXTEND fail, in the model as in the module; and no rule says that a page is measured.',
  ),
  shown(
    'S19',
    'HKID released before the last guest_memfd',
    'the key is released as soon as user space has closed the VM',
  ),
  shown('S19', 'table reclaimed before FREEID', 'the key is never released'),
  shown('S19', 'zap with shared=true', 'roots are zapped with mmu_lock for read at the end of a TD'),
  shown('S20', 'ALL_ROOTS in zap_all', 'the exit of the mm zaps all roots'),
  shown('S20', 'free roots here', 'the exit of the VMM frees the roots'),
  shown('S21', 'ALL_ROOTS', 'a fast zap of a live TD takes the mirror root along'),
  not(
    'S21',
    'put before zap',
    'The walk over the roots holds a reference of its own until it goes on to the next, so that the root is neither freed nor hidden from a notifier meanwhile.',
  ),
  shown('S21', 'no request', 'a fast zap asks nobody for new roots'),
  shown('S22', 'unassigned without unmap', 'pages of a hole are taken back before they are unmapped'),
  shown('S22', 'failure of RMPUPDATE ignored', 'a failure to assign is ignored'),
  shown('S22', 'assigned only when not up to date', 'only a page that is not up to date is assigned'),
  shown(
    'S23',
    'no invalidate_range in a slot flush or punch',
    'a hole is punched without invalidating VMSAs',
    'a memslot goes without invalidating VMSAs',
  ),
  shown('S23', 'no check of the sequence', 'the reload does not look at the sequence'),
  shown('S23', 'kick without waiting', 'the kick does not wait'),
  shown('S24', 'conditional generation bump', 'the generation of memslots is bumped only while it is 0'),
  shown(
    'S24',
    'faults without memslot install leaves',
    'a fault that found no memslot looks again after it compared its kind',
  ),
  shown('S25', 'VM killed or WARN on the race', 'a fault takes a race for a bug'),
  shown('S25', '4K unassigned without PSMASH', 'a page is taken back without splitting its entry'),
  shown('S26', 'early return when the file is dying', 'a dying file stays bound'),
  shown('S26', 'no invalidate lock in that branch', 'a dying file is unbound without the invalidate lock'),
  shown('S27', 'order of 7.2', 'a memslot is bound before its metadata are there'),
  shown('S27', 'commit after activation', 'a memslot is bound after faults can find it'),
  shown('S27', 'bind on MOVE or FLAGS_ONLY', 'memslots with a guest_memfd may log dirty pages'),
  shown('S28', 'plain store', 'the fast path of a fault stores without comparing'),
  not(
    'S28',
    'fast path on the mirror',
    'Private faults of a TD come without the present bit, and with A/D bits on page_fault_can_be_fast() refuses those: the fast path is never asked.',
  ),
  shown('S28', 'no flush for a change of W alone', 'TLBs are not flushed when logging starts'),
  not(
    'S29',
    'one producer allowed for TDX',
    'The producers are ioctls of interrupt controllers and of Hyper-V, of which the model has none. S09 supposes a caller.',
  ),
  not(
    'S29',
    'zap before the reasons are written',
    'There is no APIC access page in the model: KVM makes its memslot for local APICs, which are not modelled.',
  ),
  shown('S30', 'dirty logging accepted', 'memslots with a guest_memfd may log dirty pages'),
  shown('S31', 'GUP inside the lock', 'user pages are faulted in under the invalidate lock'),
  shown('S31', 'source left set', 'the source page stays recorded after a failure'),
  shown('S31', 'guard dropped', 'the build of a TD holds nobody off'),
  not(
    'S32',
    'kvm_check_request()',
    'Each loop that would clear the request returns -EIO at once, and ioctls refuse a VM with vm_dead set. Not looking at the request is shown.',
  ),
  shown('S32', 'page freed anyway', 'a refused removal is taken for done'),
  shown('S33', 'valid roots only', 'an unmap visits valid roots only'),
  not('S33', 'put before zap', 'As in S21: the walk over the roots holds a reference of its own.'),
  shown('S33', 'asynchronous back half', 'invalid roots are left when the memslot is gone'),
  shown('S34', 'writes swapped', 'an invalidation is over before the sequence says so'),
  shown('S35', 'no overlap check', 'bindings may overlap'),
  shown('S35', 'no aliased-gfn check', 'memslots may lie where gfns have the shared bit'),
  shown('S36', 'mapping swapped', 'private and shared are swapped'),
  shown('S36', 'zero or uninitialised filter', 'memslot deletion forgets the filter'),
  shown('S37', 'punch forgets to unmap', 'a hole is filled again under what still maps the old page'),
  shown('S37', 'no check of the sequence', 'a fault does not look for an invalidation under mmu_lock'),
];

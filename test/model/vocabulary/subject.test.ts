import { describe, expect, it } from 'vitest';
import { scenariosOf } from '../../../model/vocabulary/subject';

const ids = (text: string) => scenariosOf(text).map((subject) => subject.scenario);

/** Our own short retellings of the seed mails, in their words. */
const ATTRIBUTE_WINDOW = `Calling kvm_mem_is_private() outside of the protection of mmu_invalidate_seq is a bug of
the UPM series: a change made by KVM_SET_MEMORY_ATTRIBUTES may never reach the page tables. The fault_is_private
callback for SNP is fine since the #NPF flags don't change.`;
const FD_BASED = `A pfn must never be mapped as both private and shared. On PUNCH_HOLE the backing-store has to tell
KVM to unmap the pfn before it frees the page. And page migration: memfd_encrypted() would need to know EPFN and SPFN.
KVM gets mmu_notifier calls only for mapped pages; think of the PFNMAP trouble and of memslot lifetime.`;
const MIRROR_RACE = `KVM assumes that the S-EPT always follows its mirror. If an SPTE is zapped and mapped at the same
time, mirror[x] = REMOVED_SPTE may be overtaken. TDX_OPERAND_BUSY as a seamcall_needbreak() doesn't help, and the
mmu_notifier may disallow sleeping, so mmu_lock can't be dropped.`;
const SLOT_DELETION = `Memslot deletion for TDX: kvm_mmu_zap_all_fast() only reaches the direct (shared) roots, so the
private mapping stays; KVM_X86_QUIRK_SLOT_ZAP_ALL and attr_filter in kvm_mmu_zap_memslot_leafs().`;
const ZAP_RANGE = `KVM uses kvm_zap_gfn_range() for MTRR, CR0.CD and non-coherent DMA changes. For TDX the guest has to
"accept" memory again, so bug the VM if kvm_gfn_shared_mask() is set.`;

describe('what a mail is about', () => {
  it('the attribute window', () => expect(ids(ATTRIBUTE_WINDOW)).toEqual(['S04', 'S05']));
  it('private memory from a file', () => expect(ids(FD_BASED)).toEqual(expect.arrayContaining(['S05', 'S06', 'S08'])));
  it('the mirror and the S-EPT', () => expect(ids(MIRROR_RACE)).toEqual(expect.arrayContaining(['S01', 'S10', 'S17'])));
  it('memslot deletion', () => expect(ids(SLOT_DELETION).slice(0, 2)).toEqual(['S02', 'S03']));
  it('zapping a range of a TD', () => expect(ids(ZAP_RANGE)[0]).toBe('S09'));

  it('names the words that decided', () => {
    expect(scenariosOf(ATTRIBUTE_WINDOW)[0]?.words).toEqual(
      expect.arrayContaining(['kvm_mem_is_private', 'mmu_invalidate_seq', 'UPM', 'fault_is_private']),
    );
  });
});

describe('a mail about something else', () => {
  it.each([
    [
      'btrfs',
      `btrfs: fix race between fallocate(FALLOC_FL_PUNCH_HOLE) and direct IO. When we punch hole into a prealloc
extent, truncate_inode_pages_range() runs before we take filemap_invalidate_lock(); page migration may then see a stale
folio in the backing store. call_rcu() frees the extent map. Found by xfstests in a KVM guest.`,
    ],
    [
      'network',
      `net/mlx5: free the flow table entry after synchronize_rcu(). The mmu_notifier of the ODP region is still active
when mlx5_ib_invalidate_range() returns -EBUSY. Tested with SR-IOV and non-coherent DMA on TDX hosts.`,
    ],
    [
      'scheduler',
      `sched/fair: need_resched() in pick_next_task_fair(). cond_resched() callers under rcu_read_lock() must not sleep;
steal time in a KVM guest was wrong.`,
    ],
    [
      'x86 perf',
      `perf/x86/intel: PEBS events of a KVM guest. Save IA32_PEBS_ENABLE with perf_guest_get_msrs() and don't touch the
host's DS area on VM entry; kvm_pmu must reprogram the counter. MTRR and PAT are unaffected.`,
    ],
    ['nothing', ''],
  ])('%s names no scenario', (_what, text) => expect(ids(text)).toEqual([]));
});

it('reads a long text in bounded time', () => {
  expect(ids('mmu '.repeat(500_000))).toEqual([]);
});

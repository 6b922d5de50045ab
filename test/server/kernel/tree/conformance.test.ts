import { describe, expect, it } from 'vitest';
import type { VmType } from '../../../../model/machine/types';
import { inReference } from '../../../../model/scenarios';
import { programWith } from '../../../model/scenarios/reference';
import { isThere, type Kernel, RELEASES } from './kernels';
import { outcomesOf, straightOutcomes } from './outcomes';

/**
 * Outcomes that a real kernel has beside those of the reference, by name. Only old kernels have some the
 * other way round: whatever the reference does to the machine, the newest does.
 */
interface Difference {
  readonly name: string;
  readonly why: string;
  readonly text: RegExp;
  /** Scenarios (`S51`, or `S51 default`) in which it is allowed; null: all. */
  readonly scenarios: readonly string[] | null;
  /** It is the reference that has them. */
  readonly of?: 'reference';
  /** The kernels for which it holds; all, where it does not say. */
  readonly in?: (kernel: Kernel) => boolean;
}

const mmuLacks =
  (text: RegExp) =>
  (kernel: Kernel): boolean =>
    !text.test(kernel.text('arch/x86/kvm/mmu/mmu.c'));

const sevLacks =
  (text: RegExp) =>
  (kernel: Kernel): boolean =>
    !text.test(kernel.text('arch/x86/kvm/svm/sev.c'));

const DIFFERENCES: readonly Difference[] = [
  {
    name: 'a tree of four levels',
    why: 'Roots of a kernel are of level 4, those of the reference of level 3: an entry more above each first leaf, for which the TDX module may be busy once more.',
    text: /^(((mirror|SMM) )?SPTE of gfn 0, level 4: (- -> (FROZEN|TABLE\(\))|FROZEN -> (TABLE\(\)|-)|TABLE\(\) -> -)|MEM\.SEPT\.ADD of gfn 0, level 4: (0|8000020000000092)|S-EPT of gfn 0, level 4: FREE -> NL_MAPPED)$/,
    scenarios: null,
  },
  {
    name: 'a table of level 3 is freed',
    why: 'It follows: what is the root in the reference is a table in a kernel, whose entries are frozen as it is freed.',
    text: /^(SMM )?SPTE of gfn (0|16|32|48), level 3: - -> FROZEN$/,
    scenarios: ['S02', 'S21', 'S33', 'S36', 'S42', 'S47', 'S51', 'S64', 'S71'],
  },
  {
    name: 'attributes end with the VM',
    why: 'kvm_destroy_vm() empties the array of attributes; the reference leaves it to the end of the VM.',
    text: /^attribute of gfn \d: private -> shared$/,
    scenarios: ['S19', 'S72'],
  },
  {
    name: 'the NX worker holds mmu_lock for write',
    why: 'Before a57750909580 no fault comes between: none fills entries of the table that goes, so that empty ones stay as they are, and none puts the huge page in its place.',
    text: /^(SMM )?SPTE of gfn \d, level (1: - -> FROZEN|2: TABLE\(\) -> LEAF\(user\))$/,
    scenarios: ['S15', 'S63', 'S73'],
    of: 'reference',
    in: mmuLacks(/kvm_recover_nx_huge_pages\(struct kvm \*kvm,/),
  },
  {
    name: 'a table is zapped for a huge page',
    why: 'Before 6.13 a table in whose place a huge page could be was taken away, for the next fault to map it.',
    text: /^SPTE of gfn \d, level 2: (TABLE\(\) -> FROZEN|FROZEN -> -)$/,
    scenarios: ['S49', 'S50'],
    in: mmuLacks(/void kvm_mmu_recover_huge_pages\(/),
  },
  {
    name: 'a prefault after a fast zap comes to an end',
    why: 'In 6.12 kvm_mmu_reload() does not look at KVM_REQ_MMU_FREE_OBSOLETE_ROOTS: a prefault keeps the root that a deletion invalidated, and retries until a signal comes.',
    text: /^SPTE of gfn 0, level 1: - -> MMIO$/,
    scenarios: ['S51 default'],
    of: 'reference',
    in: (kernel) => !/int kvm_mmu_reload\([^}]*KVM_REQ_MMU_FREE_OBSOLETE_ROOTS/.test(kernel.text('arch/x86/kvm/mmu.h')),
  },
  {
    name: 'a huge page comes in the place of a table',
    why: 'The other side of it.',
    text: /^SPTE of gfn \d, level 2: (TABLE\(\) -> LEAF\(.*\)|LEAF\(.*\) -> (-|FROZEN|LEAF\(.*\)))$/,
    scenarios: ['S49', 'S50'],
    of: 'reference',
    in: mmuLacks(/void kvm_mmu_recover_huge_pages\(/),
  },
  {
    name: 'the VMM has its image in a page',
    why: 'KVM looks up the page that an SNP image is copied from; before, it copied from an address, which made no page.',
    text: /^((a page|user) \(user\)|user): free -> user$/,
    scenarios: ['S52', 'S67'],
    of: 'reference',
    in: sevLacks(/\bstruct page \*src_page\b/),
  },
];

/** Where pages do not go by the order of their appearance, and why. */
const PAGES_DIFFER: ReadonlySet<string> = new Set([
  // pages are used again after others were freed: a tree of four levels has taken other ones in between
  'S47',
  // see the image in DIFFERENCES
  'S52',
  'S67',
]);

/** What runs on a kernel without the way to deal with it: the run shows the defect (see unmodified.test.ts). */
const isBroken = (kernel: Kernel, id: string): boolean =>
  ['S23', 'S48'].includes(id) && sevLacks(/\bsev_gmem_invalidate_range\b/)(kernel);

/**
 * What goes another way on an older kernel: the memory of S58 where ordinary VMs have no guest_memfd, the order of
 * S69's threads where ageing takes mmu_lock, and what becomes of S72's table when the log ends.
 */
const isOther = (kernel: Kernel, id: string): boolean =>
  (id === 'S58' && !/\bGUEST_MEMFD_FLAG_INIT_SHARED\b/.test(kernel.text('virt/kvm/guest_memfd.c'))) ||
  (id === 'S72' && mmuLacks(/void kvm_mmu_recover_huge_pages\(/)(kernel)) ||
  (id === 'S69' && !/\.lockless\b/.test(kernel.text('virt/kvm/kvm_main.c')));

const occurred = new Map<string, Set<string>>(RELEASES.map(({ release }) => [release, new Set()]));

/** Without the differences that are allowed here, which are noted down. Texts are the kernel's, or the reference's. */
function common(
  kernel: Kernel,
  [id, vm]: readonly [string, VmType],
  texts: readonly string[],
  of: 'kernel' | 'reference' = 'kernel',
): string[] {
  const allowed = DIFFERENCES.filter(
    (difference) =>
      (difference.scenarios === null || [id, `${id} ${vm}`].some((name) => difference.scenarios?.includes(name))) &&
      (difference.of ?? 'kernel') === of &&
      (difference.in?.(kernel) ?? true),
  );
  // how often a vCPU looks in vain before another thread lets it go is a matter of how many points there are
  const once = texts.filter((text, at) => !/: exit, no page$/.test(text) || texts.indexOf(text) === at);
  const named = PAGES_DIFFER.has(id) ? once.map((text) => text.replace(/page \d+/g, 'a page')) : once;
  return named.filter((text) => {
    const found = allowed.find((difference) => difference.text.test(text));
    if (found !== undefined) occurred.get(kernel.release)?.add(found.name);
    return found === undefined;
  });
}

/** A result of the reference, worked out once for all releases. */
function once(work: (id: string, vm: VmType) => Promise<string[]>): (id: string, vm: VmType) => Promise<string[]> {
  const kept = new Map<string, Promise<string[]>>();
  return (id, vm) => {
    const result = kept.get(`${id} ${vm}`) ?? work(id, vm);
    kept.set(`${id} ${vm}`, result);
    return result;
  };
}

const reference = once(async (id, vm) => outcomesOf(await programWith(), id, vm));
const straightReference = once(async (id, vm) => straightOutcomes(await programWith(), id, vm));

describe.each(RELEASES.map((kernel): [string, Kernel] => [kernel.release, kernel]))('kernel %s', (_, kernel) => {
  const runs = inReference().filter(
    ([id, vm]) => !kernel.lacks.includes(vm) && !isBroken(kernel, id) && !isOther(kernel, id),
  );

  it.skipIf(!isThere(kernel)).each(runs)(
    'does to the machine what the reference does in %s on %s, in the same order and in any without preemptions',
    async (id, vm) => {
      const program = await kernel.program();
      const expected = common(kernel, [id, vm], await straightReference(id, vm), 'reference');
      expect(common(kernel, [id, vm], straightOutcomes(program, id, vm))).toEqual(expected);
      const any = common(kernel, [id, vm], await reference(id, vm), 'reference');
      expect(common(kernel, [id, vm], outcomesOf(program, id, vm))).toEqual(any);
    },
  );

  it.skipIf(!isThere(kernel))('has each of the listed differences', () => {
    const listed = DIFFERENCES.filter((difference) => difference.in?.(kernel) ?? true);
    expect([...(occurred.get(kernel.release) ?? [])].sort()).toEqual(listed.map(({ name }) => name).sort());
  });
});

it('compares runs in which something happens', async () => {
  for (const [id, vm] of inReference()) {
    // S54 is about vCPUs that are made and freed, and touches no memory of the guest's
    const least = id === 'S54' ? 1 : 5;
    expect((await straightReference(id, vm)).length, `${id} on ${vm}`).toBeGreaterThanOrEqual(least);
  }
});

import { afterAll, describe, expect, it } from 'vitest';
import type { VmType } from '../../../../model/machine/types';
import { scenarios } from '../../../../model/scenarios';
import { CENSUS_PREEMPTIONS } from '../../../../model/scenarios/census';
import { type Tally, tallyOf } from '../../../census/census';
import { broken, explore, summary } from '../../../model/scenarios/reference';
import { isThere, type Kernel, RELEASES } from './kernels';

/** What an unmodified kernel breaks, and why that is so. */
interface Known {
  readonly scenario: string;
  readonly vm: VmType;
  readonly breaks: readonly string[];
  readonly why: string;
  /** The kernels that it holds for. */
  readonly in: (kernel: Kernel) => boolean;
}

const KNOWN: readonly Known[] = [
  ...(['sw-protected', 'tdx'] as const).map((vm) => ({
    scenario: 'S08',
    vm,
    breaks: ['kernel-warning'],
    why: 'The scenario supposes a migration that the kernel believes to be impossible: it refuses with a warning.',
    in: () => true,
  })),
  {
    scenario: 'S09',
    vm: 'tdx',
    breaks: ['accepted-data-preserved', 'no-zap-gfn-range-on-td', 'td-zap-only-requested'],
    why: 'The scenario supposes that something reaches kvm_zap_gfn_range() for a TD. The reference breaks the same.',
    in: () => true,
  },
  {
    scenario: 'S14',
    vm: 'sw-protected',
    breaks: ['livelock'],
    why:
      'A defect of the kernel: KVM_PRE_FAULT_MEMORY retries inside its SRCU section while the memslot is being ' +
      'deleted, and the deletion waits for that section. Mended by 3ccbf6f47098, which gives -EAGAIN to user space.',
    in: (kernel) => !/fault->prefetch\)\s*return -EAGAIN;/.test(kernel.text('arch/x86/kvm/mmu/mmu.c')),
  },
  ...(
    [
      ['S24', 'sw-protected'],
      ['S24', 'tdx'],
      ['S27', 'sw-protected'],
      ['S27', 'tdx'],
      ['S35', 'tdx'],
    ] as const
  ).map(([scenario, vm]) => ({
    scenario,
    vm,
    breaks: ['gmem-binding-safe'],
    why:
      'A defect of the kernel: a memslot is bound to its guest_memfd before its metadata are allocated, so that a ' +
      'hole punch works on half a memslot. Mended by 3fe5d2944e5a, which binds it when it is ready.',
    in: (kernel: Kernel) => !/\bkvm_gmem_commit_memory_region\b/.test(kernel.text('virt/kvm/kvm_main.c')),
  })),
  ...['S23', 'S48'].map(
    (scenario): Known => ({
      scenario,
      vm: 'snp',
      breaks: [
        'kernel-bug',
        'kernel-warning',
        'snp-unassign-before-free',
        'snp-unmap-before-rmpchange',
        'snp-vmsa-tracks-memory',
      ],
      why:
        'A defect of the kernel: nothing tells KVM that the page of a running VMSA goes, so that RMPUPDATE fails, the ' +
        'page is freed all the same, and the host dies when it is used. Mended by KVM_REQ_VMSA_PAGE_RELOAD.',
      in: (kernel) => !/\bsev_gmem_invalidate_range\b/.test(kernel.text('arch/x86/kvm/svm/sev.c')),
    }),
  ),
  {
    scenario: 'S25',
    vm: 'snp',
    breaks: ['kernel-warning'],
    why:
      'A defect of the kernel, if there were folios of 2 MiB: sev_gmem_make_shared() WARNs when PSMASH fails, and does ' +
      'not look whether a fault has split the entry since its lookup, as sev_handle_rmp_fault() does.',
    in: () => true,
  },
];

const present = (kernel: Kernel, id: string, vm: VmType): readonly string[] =>
  KNOWN.filter((known) => known.scenario === id && known.vm === vm && known.in(kernel)).flatMap(({ breaks }) => breaks);

describe.each(RELEASES.map((kernel): [string, Kernel] => [kernel.release, kernel]))('kernel %s', (_, kernel) => {
  const runs = scenarios.flatMap(({ id, vm }) => vm.map((type): [string, VmType] => [id, type]));
  let tally: Tally | null = null;
  afterAll(async () => tally?.close(await kernel.program()));

  it.skipIf(!isThere(kernel))('compiles without a problem at file scope', async () => {
    const { problems, files } = await kernel.program();
    const outside = problems.filter((problem) => problem.function === null);
    expect(outside.map(({ file, line, why }) => `${files[file]}:${line}: ${why}`)).toEqual([]);
  });

  it.skipIf(!isThere(kernel))('has TDX where it has the vendor code of TDX', () => {
    expect(kernel.lacks).toEqual(kernel.text('arch/x86/kvm/vmx/tdx.c') === '' ? ['tdx'] : []);
  });

  it.skipIf(!isThere(kernel)).each(runs.filter(([, vm]) => !kernel.lacks.includes(vm)))(
    'is clean, complete, not vacuous and as large as it was in %s on %s, with two preemptions',
    async (id, vm) => {
      const result = explore(await kernel.program(), id, vm, { preemptions: CENSUS_PREEMPTIONS });
      const text = summary(result);
      expect(broken(result), text).toEqual(present(kernel, id, vm));
      expect(result.unknowns, text).toEqual([]);
      expect(result.vacuous, text).toEqual([]);
      expect(result.complete, text).toBe(true);
      tally ??= tallyOf(kernel.version);
      tally.count(result);
    },
  );
});

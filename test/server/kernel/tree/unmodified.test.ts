import { afterAll, describe, expect, it } from 'vitest';
import type { VmType } from '../../../../model/machine/types';
import { scenarios } from '../../../../model/scenarios';
import { CENSUS_PREEMPTIONS } from '../../../../model/scenarios/census';
import { defects, defectsOf } from '../../../../model/scenarios/defects';
import { type Tally, tallyOf } from '../../../census/census';
import { broken, explore, summary } from '../../../model/scenarios/reference';
import { isThere, type Kernel, RELEASES } from './kernels';

/** What a scenario breaks because of what it supposes. */
const SUPPOSED: Readonly<Record<string, readonly string[]>> = {
  // a migration that the kernel believes to be impossible: it refuses with a warning
  S08: ['kernel-warning'],
  // that something reaches kvm_zap_gfn_range() for a TD
  S09: ['accepted-data-preserved', 'no-zap-gfn-range-on-td', 'td-zap-only-requested'],
};

/** The rules that an unmodified kernel breaks, sorted. */
const present = (kernel: Kernel, id: string, vm: VmType): readonly string[] => {
  const known = defectsOf(id, vm).filter(({ isIn }) => isIn(kernel.text));
  return [...new Set([...(SUPPOSED[id] ?? []), ...known.flatMap(({ breaks }) => breaks)])].sort();
};

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

  it.skipIf(!isThere(kernel))('has the defects that the list says it has', () => {
    for (const { title, kernels, isIn } of defects) {
      const listed = kernels.filter((version) => version.startsWith(`${kernel.release}.`));
      expect(isIn(kernel.text), title).toBe(listed.length > 0);
    }
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

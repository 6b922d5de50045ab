import { describe, expect, it } from 'vitest';
import { divide } from '../../../../server/kernel/tree/divide';
import { partNames, treeUnits } from '../../../../server/kernel/tree/environment';
import { linesOfPart, partOf, weakFunctions } from '../../../../server/kernel/tree/parts';
import { readInput } from '../../../../server/patch/read';

const X86 = 'arch/x86/kvm/x86.c';
const STAND = new Map([
  [
    'model/edge/x86.c',
    'int other(void)\n{\n\treturn 0;\n}\n\n__weak void taken(int a)\n{\n}\n\nstatic __weak int also(void)\n{\n\treturn 1;\n}\n',
  ],
]);
const NAMES = weakFunctions(STAND.get('model/edge/x86.c') ?? '');

/** A kernel file with more in it than is wanted. */
const SOURCE = `#include "xen.h"
static int also(void)
{
	return 3;
}
EXPORT_SYMBOL(also);

void *lost(void)
{
	return table[0];
}

void taken(int a)
{
#ifdef CONFIG_SMP
	lost();
#endif
}
`;

describe('the part of a kernel file that is compiled', () => {
  it('is what its stand-in declares weak', () => {
    expect([...NAMES]).toEqual(['taken', 'also']);
    expect([...partNames(X86, STAND)]).toEqual(['taken', 'also']);
    expect([...partNames('arch/x86/kvm/vmx/vmx.c', STAND)]).toEqual([]);
  });

  it('has those functions on their own lines, and nothing else', () => {
    const part = partOf(SOURCE, NAMES).split('\n');
    expect(part).toHaveLength(SOURCE.split('\n').length);
    expect(part.filter((line) => line !== '')).toEqual([
      'static int also(void)',
      '{',
      '	return 3;',
      '}',
      'void taken(int a)',
      '{',
      '#ifdef CONFIG_SMP',
      '	lost();',
      '#endif',
      '}',
    ]);
    expect(part[12]).toBe('void taken(int a)');
    expect([...linesOfPart(SOURCE, new Set(['also']))]).toEqual([2, 3, 4, 5]);
  });

  it('is a unit before its stand-in, where the tree has the file', () => {
    const paths = (text: string | null) =>
      treeUnits(STAND, (path) => (path === X86 ? text : null)).map(({ path }) => path);
    expect(paths(SOURCE)).toEqual([X86, 'model/edge/x86.c']);
    expect(paths(null)).toEqual(['model/edge/x86.c']);
  });
});

describe('a patch to such a file', () => {
  const divided = async (post: string) => {
    const lines = (text: string, mark: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => mark + line);
    const [a, b] = [lines(SOURCE, '-'), lines(post, '+')];
    const changed = a.findIndex((line, at) => line.slice(1) !== b[at]?.slice(1));
    const hunk = [
      ...a.slice(Math.max(0, changed - 2), changed).map((line) => ` ${line.slice(1)}`),
      a[changed],
      b[changed],
      ...a.slice(changed + 1, changed + 2).map((line) => ` ${line.slice(1)}`),
    ];
    const start = Math.max(0, changed - 2) + 1;
    const count = hunk.length - 1;
    const text = `--- a/${X86}\n+++ b/${X86}\n@@ -${start},${count} +${start},${count} @@\n${hunk.join('\n')}\n`;
    const { patches } = await readInput({ name: '-', bytes: Buffer.from(text) });
    const { inTree, stoodIn } = divide(patches[0]?.files ?? [], new Map([[X86, SOURCE]]), STAND);
    return [inTree.flatMap(({ hunks }) => hunks).length, stoodIn.flatMap(({ hunks }) => hunks).length];
  };

  it('goes into the tree where a function is compiled from there', async () => {
    expect(await divided(SOURCE.replace('return 3', 'return 4'))).toEqual([1, 0]);
    expect(await divided(SOURCE.replace('	lost();', '	also();'))).toEqual([1, 0]);
  });

  it('goes into the stand-in where it is not', async () => {
    expect(await divided(SOURCE.replace('table[0]', 'table[1]'))).toEqual([0, 1]);
  });

  it('goes into the stand-in at file scope', async () => {
    expect(await divided(SOURCE.replace('"xen.h"', '"hyperv.h"'))).toEqual([0, 1]);
  });
});

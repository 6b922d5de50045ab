/**
 * Loads the reference KVM from the package and says which of its files stands for which kernel file.
 * Knows nothing of patches; the texts are read once and are never changed.
 */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Reference {
  /** Text by path in the package (`model/reference/mmu.c`, `model/edge/svm.c`). */
  readonly files: ReadonlyMap<string, string>;
  readonly scenarios: ReadonlyMap<string, string>;
  readonly builtins: ReadonlyMap<string, string>;
  /** What stands for the rest of the kernel around a tree's own KVM. */
  readonly kernel: ReadonlyMap<string, string>;
}

const FOLDERS = {
  files: 'model/reference',
  scenarios: 'model/scenarios',
  builtins: 'model/builtins',
  kernel: 'model/kernel',
  edge: 'model/edge',
} as const;

/** Where our own C stands among what is compiled: first all else, then what the scenarios share, then the scenarios. */
export function rankOf(path: string): number {
  if (!path.startsWith(`${FOLDERS.scenarios}/`)) return 0;
  return /\/driver[a-z_]*\.c$/.test(path) ? 1 : 2;
}

/**
 * Reads the C files of the five folders under the package's root directory: those of the hardware's edge belong to
 * the reference and to what stands around a tree's KVM. A folder that is missing is empty.
 */
export async function loadReference(root: string): Promise<Reference> {
  const read = (folder: string) => readFolder(root, folder);
  const [files, scenarios, builtins, kernel, edge] = await Promise.all([
    read(FOLDERS.files),
    read(FOLDERS.scenarios),
    read(FOLDERS.builtins),
    read(FOLDERS.kernel),
    read(FOLDERS.edge),
  ]);
  return { files: new Map([...files, ...edge]), scenarios, builtins, kernel: new Map([...kernel, ...edge]) };
}

async function readFolder(root: string, folder: string): Promise<Map<string, string>> {
  const names = await readdir(join(root, folder)).catch(() => []);
  const wanted = names.filter((name) => /\.[ch]$/.test(name)).sort();
  const texts = await Promise.all(wanted.map((name) => readFile(join(root, folder, name), 'utf8')));
  return new Map(wanted.map((name, index) => [`${folder}/${name}`, texts[index] ?? '']));
}

/** Kernel path to the reference file that models it, where the names differ. */
const COUNTERPARTS: Readonly<Record<string, string>> = {
  'arch/x86/include/asm/kvm_host.h': 'kvm_host.h',
  'include/linux/kvm_host.h': 'kvm_host.h',
  'include/linux/kvm_types.h': 'kvm_host.h',
  'include/uapi/linux/kvm.h': 'kvm_host.h',
  'arch/x86/include/uapi/asm/kvm.h': 'kvm_host.h',
  'arch/x86/include/asm/kvm-x86-ops.h': 'kvm_host.h',
  'virt/kvm/kvm_mm.h': 'kvm_main.c',
  'arch/x86/kvm/vmx/common.h': 'tdx.c',
  'arch/x86/kvm/vmx/main.c': 'tdx.c',
  'arch/x86/virt/vmx/tdx/tdx.c': 'tdx.c',
  'arch/x86/virt/svm/sev.c': 'psp.c',
  'arch/x86/include/asm/sev.h': 'rmp.h',
};

/**
 * Reference files in which a kernel file's code may stand: its namesake first, then every other file,
 * since the reference keeps some functions elsewhere.
 */
export function counterparts(files: Iterable<string>, kernelPath: string | null): string[] {
  const all = [...files];
  const name =
    kernelPath === null ? '' : (COUNTERPARTS[kernelPath] ?? kernelPath.slice(kernelPath.lastIndexOf('/') + 1));
  const first = all.filter((path) => path.endsWith(`/${name}`));
  return [...first, ...all.filter((path) => !first.includes(path))];
}

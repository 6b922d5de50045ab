/** A clone with what KVM is compiled from, of a real kernel's files that the tests fetch. */

import { cpSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { commit, freshFolder, git, MAKEFILE, MMU } from './kernel-repository';

export const KERNEL = process.env.KMR_KERNEL_7_3 ?? '';
export const kernelIsThere = KERNEL !== '' && existsSync(join(KERNEL, MMU));

const PARTS = [
  'arch/x86/kvm',
  'arch/x86/include/asm',
  'arch/x86/include/uapi',
  'virt/kvm',
  'include/kvm',
  'include/linux',
  'include/uapi/linux',
  'include/trace/events',
];
/** Of the kernel's own folders, not KVM's, this much is enough. */
const HEADERS = /^(kvm.*|hashtable|iodev)\.h$/;

/** Makes the clone, with one commit; it goes when the test file is done. Takes a second or two. */
export function kernelClone(): string {
  const dir = freshFolder();
  for (const part of PARTS) {
    const filter = (from: string) =>
      !part.startsWith('include/') || from.endsWith(part) || HEADERS.test(basename(from));
    cpSync(join(KERNEL, part), join(dir, part), { recursive: true, filter });
  }
  git(dir, 'init', '-q', '-b', 'main');
  commit(dir, { Makefile: MAKEFILE }, 'first');
  return dir;
}

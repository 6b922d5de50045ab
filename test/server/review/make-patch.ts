/**
 * Patches against the reference KVM, made at run time by editing its text: a mail with a unified
 * diff, as a developer would send it, under the path of the kernel file that the reference's stands for.
 */

import { readFileSync } from 'node:fs';
import { createTwoFilesPatch } from 'diff';

/** Where the reference's files stand in the kernel. */
const KERNEL_PATHS: Readonly<Record<string, string>> = {
  'mmu.c': 'arch/x86/kvm/mmu/mmu.c',
  'tdp_mmu.c': 'arch/x86/kvm/mmu/tdp_mmu.c',
  'tdp_iter.h': 'arch/x86/kvm/mmu/tdp_iter.h',
  'tdp_mmu.h': 'arch/x86/kvm/mmu/tdp_mmu.h',
  'spte.h': 'arch/x86/kvm/mmu/spte.h',
  'mmu_internal.h': 'arch/x86/kvm/mmu/mmu_internal.h',
  'kvm_host.h': 'include/linux/kvm_host.h',
  'tdx.c': 'arch/x86/kvm/vmx/tdx.c',
  'x86.c': 'arch/x86/kvm/x86.c',
  'sev.c': 'arch/x86/kvm/svm/sev.c',
  'guest_memfd.c': 'virt/kvm/guest_memfd.c',
  'kvm_main.c': 'virt/kvm/kvm_main.c',
};

export interface ReferenceEdit {
  readonly file: string;
  /** Each `from` must stand in the file exactly once. */
  readonly changes: readonly { readonly from: string; readonly to: string }[];
}

/** The mail. Errors: a text that is not there, or more than once. */
export function patchOf(title: string, edits: readonly ReferenceEdit[]): Uint8Array {
  const diffs = edits.map(({ file, changes }) => {
    const before = readFileSync(`model/reference/${file}`, 'utf8');
    const after = changes.reduce((text, { from, to }) => replaceOnce(text, from, to, file), before);
    const path = KERNEL_PATHS[file];
    if (path === undefined) throw new Error(`no kernel path for ${file}`);
    const diff = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, '', '', { context: 3 });
    return `diff --git a/${path} b/${path}\n${diff.slice(diff.indexOf('---'))}`;
  });
  const mail = `From: A Developer <developer@example.org>\nSubject: [PATCH] ${title}\n\nBecause.\n\n---\n\n${diffs.join('')}`;
  return new TextEncoder().encode(mail);
}

function replaceOnce(text: string, from: string, to: string, file: string): string {
  const at = text.indexOf(from);
  if (at < 0) throw new Error(`${file} has no "${from}"`);
  if (text.indexOf(from, at + 1) >= 0) throw new Error(`${file} has "${from}" more than once`);
  return text.slice(0, at) + to + text.slice(at + from.length);
}

/** Input lines (from 1) of the patch on which `text` stands as an added or deleted line. */
export function linesWith(bytes: Uint8Array, text: string): number[] {
  const lines = new TextDecoder().decode(bytes).split('\n');
  return lines.flatMap((line, index) => (/^[+-]/.test(line) && line.includes(text) ? [index + 1] : []));
}

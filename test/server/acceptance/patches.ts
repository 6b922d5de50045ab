/** Small mails that change one function of the KVM MMU, with lines of the test's choosing. */

const PATH = 'arch/x86/kvm/mmu/mmu.c';

/** Head of a mail, up to its diff. */
export function mailHead(title: string): string {
  const id = title.replace(/\W+/g, '-');
  return `From: A Developer <developer@example.org>\nSubject: [PATCH] ${title}\nMessage-ID: <${id}@example.org>\n\nBecause.\n\n---\n`;
}

/** A diff that adds `lines` to the initialiser of kvm_arch_flush_shadow_memslot(). */
export function initialiserDiff(lines: readonly string[], path = PATH, header: string | null = null): string {
  return [
    `diff --git a/${path} b/${path}`,
    `--- a/${path}`,
    `+++ b/${path}`,
    header ?? `@@ -7624,4 +7624,${4 + lines.length} @@ void kvm_arch_flush_shadow_memslot(struct kvm *kvm,`,
    ' \t\t.start = slot->base_gfn,',
    ' \t\t.end = slot->base_gfn + slot->npages,',
    ' \t\t.may_block = true,',
    ...lines.map((line) => `+${line}`),
    ' \t\t.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,',
    '',
  ].join('\n');
}

/** A diff that adds `lines` to the body of kvm_arch_flush_shadow_memslot(), where mmu_lock is held. */
export function bodyDiff(lines: readonly string[]): string {
  return [
    `diff --git a/${PATH} b/${PATH}`,
    `--- a/${PATH}`,
    `+++ b/${PATH}`,
    `@@ -7630,3 +7630,${3 + lines.length} @@ void kvm_arch_flush_shadow_memslot(struct kvm *kvm,`,
    ' \twrite_lock(&kvm->mmu_lock);',
    ...lines.map((line) => `+${line}`),
    ' ',
    ' \tif (zap_all) {',
    '',
  ].join('\n');
}

/** A message of an mbox as git format-patch writes it. */
export function mboxMessage(title: string, diff: string): string {
  return `From ${'0123456789'.repeat(4)} Mon Sep 17 00:00:00 2001\n${mailHead(title)}${diff}-- \n2.39.5\n\n`;
}

/** The line (from 1) of a text that holds `part`. */
export function lineWith(text: string, part: string): number {
  return text.split('\n').findIndex((line) => line.includes(part)) + 1;
}

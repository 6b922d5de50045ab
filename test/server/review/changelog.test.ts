import { describe, expect, it } from 'vitest';
import type { PatchMail } from '../../../server/patch/types';
import { untouchedNames } from '../../../server/review/changelog';

function mail(text: string): PatchMail {
  const prose = text.split('\n').map((line, i) => ({
    text: line,
    span: { line: i + 1, column: 1, endColumn: line.length + 1 },
  }));
  return {
    input: '-',
    subject: null,
    messageId: null,
    author: null,
    series: null,
    baseCommit: null,
    prose,
    files: [],
    problems: [],
  };
}

const names = (text: string, touched: string) => untouchedNames(mail(text), touched).map(({ name }) => name);

describe('names of the changelog that the diff leaves alone', () => {
  it('finds the remains of an earlier version', () => {
    const text = `Force TDX VMs to use the KVM_X86_QUIRK_SLOT_ZAP_ALL behavior.
kvm_mmu_zap_all_fast() is limited to direct roots, so update the attr_filter field
in kvm_mmu_zap_memslot_leafs() to include both.`;
    const touched = `static void kvm_mmu_zap_memslot_leafs(struct kvm *kvm)
	.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,`;
    expect(names(text, touched)).toEqual(['KVM_X86_QUIRK_SLOT_ZAP_ALL', 'kvm_mmu_zap_all_fast']);
  });

  it('tells where the name stands first, in the input as given', () => {
    expect(untouchedNames(mail('Nothing here.\nDrop foo_bar(), then foo_bar() again.'), '')).toEqual([
      { name: 'foo_bar', span: { line: 2, column: 6, endColumn: 13 } },
    ]);
  });

  it('knows single words of the vocabulary, and calls', () => {
    expect(names('The hkid is released by free() while idle.', '')).toEqual(['hkid', 'free']);
  });

  it.each([
    ['a quoted line', '> kvm_zap_gfn_range() is odd'],
    ['an attribution', 'On Mon, some_one wrote:'],
    ['a trailer', 'Reported-by: under_score Person <a_b@example.org>'],
    ['a link', 'Link: https://lore.kernel.org/all/20240309_under_score@x/'],
    ['a URL in prose', 'see https://example.org/kvm_zap_gfn_range for more'],
    ['a mail address', 'ask under_score@example.org'],
    ['a path', 'in arch/x86/kvm/mmu/tdp_mmu.c and tdp_mmu.h'],
    ['a diffstat', ' virt/kvm/guest_memfd.c | 4 ++--'],
    ['the title of another commit', 'Fixes: 123456789abc ("KVM: foo_bar() is wrong")'],
    ['plain prose', 'The guest writes, the host reads, and nothing else happens.'],
  ])('ignores %s', (_what, text) => expect(names(text, '')).toEqual([]));

  it('reads a mail that an archive made one line of', () => {
    const flat = `${'KVM uses kvm_zap_gfn_range() to zap. '.repeat(20)} For lack of better, use kvm_gfn_shared_mask(). Signed-off-by: A B`;
    expect(names(flat, 'void kvm_zap_gfn_range(struct kvm *kvm)')).toEqual(['kvm_gfn_shared_mask']);
  });

  it('stops at a list of names', () => {
    const many = Array.from({ length: 500 }, (_, i) => `name_${i}`).join(' ');
    expect(names(many, '')).toHaveLength(50);
  });
});

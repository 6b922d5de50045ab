import { describe, expect, it } from 'vitest';
import type { HunkLine, PatchMail } from '../../../server/patch/types';
import { staticRemarks } from '../../../server/review/static';

/** A patch of one hunk whose lines are given as in a diff. */
function patch(...diff: string[]): PatchMail {
  const lines = diff.map((text, index): HunkLine => {
    const kind = text[0] === '+' ? 'add' : text[0] === '-' ? 'delete' : 'context';
    const span = { line: index + 1, column: 1, endColumn: text.length + 1 };
    return { kind, text: text.slice(1), span, oldLine: null, newLine: null };
  });
  const span = { line: 1, column: 1, endColumn: 1 };
  const hunk = {
    oldStart: 1,
    oldCount: 1,
    newStart: 1,
    newCount: 1,
    heading: '',
    span,
    lines,
    damage: 'none' as const,
  };
  const file = {
    oldPath: 'arch/x86/kvm/mmu/mmu.c',
    newPath: 'arch/x86/kvm/mmu/mmu.c',
    status: 'modified' as const,
    binary: false,
    oldBlob: null,
    newBlob: null,
    span,
    hunks: [hunk],
  };
  const mail = { input: '-', subject: null, messageId: null, author: null, series: null, baseCommit: null };
  return { ...mail, prose: [], files: [file], problems: [] };
}

const said = (...diff: string[]) => staticRemarks(patch(...diff)).map(({ code, span }) => `${code}@${span.line}`);

describe('static remarks', () => {
  it('points at a dropped result', () => {
    expect(said('+\ttdp_mmu_set_spte_atomic(kvm, &iter, 0);')).toEqual(['ignored-result@1']);
    expect(said('+\tif (tdp_mmu_set_spte_atomic(kvm, &iter, 0))')).toEqual([]);
  });

  it('points at a changed filter, not at a moved one', () => {
    expect(
      said('-.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,', '+.attr_filter = KVM_FILTER_SHARED,'),
    ).toEqual(['filter-changed@2']);
    expect(said('-f(KVM_DIRECT_ROOTS);', '+g(KVM_DIRECT_ROOTS);')).toEqual([]);
  });

  it('points at a guard that goes, unless it comes back', () => {
    expect(said('-\ttdx_track(kvm);')).toEqual(['call-removed@1']);
    expect(said('-\ttdx_track(kvm);', '+\tif (x)', '+\t\ttdx_track(kvm);')).toEqual([]);
  });

  it('points at a changed mode of mmu_lock', () => {
    expect(said('-\twrite_lock(&kvm->mmu_lock);', '+\tread_lock(&kvm->mmu_lock);')).toEqual(['lock-mode-changed@2']);
  });
});

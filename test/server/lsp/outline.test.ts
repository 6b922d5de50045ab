import { describe, expect, it } from 'vitest';
import { type OutlineParts, outlineOf } from '../../../server/lsp/outline';
import type { Hunk, PatchMail, ReadResult } from '../../../server/patch/types';

const span = (line: number, column = 1, endColumn = 80) => ({ line, column, endColumn });

const HUNK: Hunk = {
  oldStart: 1,
  oldCount: 1,
  newStart: 1,
  newCount: 2,
  heading: 'int f(void)',
  span: span(9),
  damage: 'none',
  lines: [
    { kind: 'delete', text: 'a', span: span(10), oldLine: 1, newLine: null },
    { kind: 'add', text: 'b', span: span(11), oldLine: null, newLine: 1 },
    { kind: 'add', text: 'c', span: span(12), oldLine: null, newLine: 2 },
  ],
};

function mail(change: Partial<PatchMail> = {}): PatchMail {
  return {
    input: '-',
    subject: 's',
    messageId: null,
    author: null,
    series: null,
    baseCommit: null,
    prose: [{ text: 'words', span: span(3) }],
    files: [
      {
        oldPath: 'x.c',
        newPath: 'x.c',
        status: 'modified',
        binary: false,
        oldBlob: null,
        newBlob: null,
        span: span(7),
        hunks: [HUNK],
      },
    ],
    problems: [],
    ...change,
  };
}

const read = (patch: PatchMail, change: Partial<ReadResult> = {}): ReadResult => ({
  patches: [patch],
  problems: [],
  unusable: null,
  ...change,
});

const PARTS: OutlineParts = { inScope: () => true, untouchedNames: () => [] };

describe('an outline', () => {
  it('says where a patch and its hunks are, and which lines they change', () => {
    expect(outlineOf(read(mail()), PARTS).patches).toEqual([
      {
        subject: 's',
        line: 3,
        hunks: [{ path: 'x.c', heading: 'int f(void)', span: span(9), endLine: 12, added: [11, 12], deleted: [10] }],
      },
    ]);
  });

  it('warns of broken structure in its place, of the whole input and of each patch', () => {
    const problems = [{ message: 'The hunk is short.', span: span(9) }];
    const outline = outlineOf(read(mail({ problems }), { unusable: 'Not a text.' }), PARTS);
    expect(outline.remarks.map(({ code, message, span: { line } }) => [code, message, line])).toEqual([
      ['patch-structure', 'Not a text.', 1],
      ['patch-structure', 'The hunk is short.', 9],
    ]);
  });

  it('says that a patch is about something else, at its first file, and nothing more about it', () => {
    const names = [{ name: 'gone', span: span(3) }];
    const outline = outlineOf(read(mail()), { inScope: () => false, untouchedNames: () => names });
    expect(outline.remarks.map(({ code, span: { line } }) => [code, line])).toEqual([['out-of-scope', 7]]);
  });

  it('points at names in the changelog that the diff leaves alone', () => {
    const names = [{ name: 'kvm_gone', span: span(3, 5, 13) }];
    const outline = outlineOf(read(mail()), { ...PARTS, untouchedNames: () => names });
    expect(outline.remarks).toMatchObject([{ code: 'changelog-name', severity: 'information', span: span(3, 5, 13) }]);
  });

  it('has no remarks on a mail without a diff', () => {
    expect(outlineOf(read(mail({ files: [] })), { ...PARTS, inScope: () => false }).remarks).toEqual([]);
  });

  it('hints at what needs no run to be seen', () => {
    const text = '\ttdx_track(kvm);';
    const lines = [{ kind: 'delete' as const, text, span: span(10), oldLine: 1, newLine: null }];
    const patch = mail();
    const files = patch.files.map((file) => ({ ...file, oldPath: 'x.c', newPath: 'x.c', hunks: [{ ...HUNK, lines }] }));
    const { remarks } = outlineOf(read({ ...patch, files }), { inScope: () => true, untouchedNames: () => [] });
    expect(remarks.map(({ code, severity, span: at }) => [code, severity, at.line])).toEqual([
      ['static:call-removed', 'hint', 10],
    ]);
  });
});

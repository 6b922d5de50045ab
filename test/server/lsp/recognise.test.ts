import { describe, expect, it } from 'vitest';
import { isReviewable, looksLikePatch } from '../../../server/lsp/recognise';

describe('a text is taken for a patch', () => {
  it.each([
    ['a git diff', 'diff --git a/x.c b/x.c\nindex 1..2 100644\n'],
    ['a plain diff', '--- a/x.c\t2024-01-01\n+++ b/x.c\t2024-01-01\n'],
    ['a hunk alone', '@@ -1,3 +1,4 @@ void f(void)\n'],
    ['a quoted hunk', '> @@ -1 +1 @@\n> -a\n> +b\n'],
    ['a flattened mail', 'Some text about KVM. --- a/x.c +++ b/x.c @@ -1,2 +1,2 @@ int a; - int b; + int c;'],
    ['a format-patch mail', `From ${'0'.repeat(40)} Mon Sep 17 00:00:00 2001\nFrom: A\n\nkvm_zap() is gone\n`],
    ['a reply about KVM', 'Re: [PATCH v7 04/64] KVM: x86: Add a hook\n\nFrom: A\n'],
    ['CRLF line ends', 'Subject: [PATCH] KVM: TDX: x\r\n\r\nbody\r\n'],
  ])('%s', (_, text) => {
    expect(looksLikePatch(text)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['prose', 'The meeting is on Monday. From: noon to: two.\n'],
    ['a mail about something else', 'From: A <a@example.org>\nSubject: Lunch\n\nPizza?\n'],
    ['C code', 'int main(void)\n{\n\treturn kvm_run();\n}\n'],
    ['a Markdown list', '- one\n+ two\n--- \n'],
  ])('but not %s', (_, text) => {
    expect(looksLikePatch(text)).toBe(false);
  });
});

it('looks at the beginning only, so that a huge text costs little', () => {
  expect(looksLikePatch(`${'x '.repeat(1 << 18)}diff --git a/x b/x`)).toBe(false);
});

it('leaves an editor its own output', () => {
  expect(isReviewable('output:extension-output-kvm')).toBe(false);
  expect(isReviewable('untitled:Untitled-1')).toBe(true);
  expect(isReviewable('vscode-vfs://github/a/b.patch')).toBe(true);
});

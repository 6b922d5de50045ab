import { describe, expect, it } from 'vitest';
import { readInput } from '../../../server/patch/read';
import type { PatchMail, ReadResult } from '../../../server/patch/types';

const read = (text: string | Uint8Array): Promise<ReadResult> =>
  readInput({ name: '-', bytes: typeof text === 'string' ? Buffer.from(text) : text });

async function only(text: string | Uint8Array): Promise<PatchMail> {
  const { patches } = await read(text);
  expect(patches).toHaveLength(1);
  return patches[0] as PatchMail;
}

const DIFF = `diff --git a/virt/kvm/kvm_main.c b/virt/kvm/kvm_main.c
index 1111111..2222222 100644
--- a/virt/kvm/kvm_main.c
+++ b/virt/kvm/kvm_main.c
@@ -3,4 +3,5 @@ static int first(struct kvm *kvm)
 	int r = 0;
 
-	old(kvm);
+	fresh(kvm);
+	/* größer */
 	return r;
`;

const HEAD = `From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>
Date: Mon, 9 Sep 2024 09:46:26 +0200
Message-ID: <20240909-1@example.org>
Subject: [PATCH v2 3/7] KVM: Call
 fresh()
`;

const MAIL = `${HEAD}
Because it is better.

Signed-off-by: J <j@example.org>
---
 virt/kvm/kvm_main.c | 3 ++-
 1 file changed, 2 insertions(+), 1 deletion(-)

${DIFF}-- 
2.43.0

base-commit: 0123456789abcdef0123456789abcdef01234567
`;

const texts = (patch: PatchMail) => patch.files[0]?.hunks[0]?.lines.map((line) => line.text);

describe('a mail', () => {
  it('gives subject, series, author, message id, base commit and prose', async () => {
    const patch = await only(MAIL);
    expect(patch).toMatchObject({
      subject: '[PATCH v2 3/7] KVM: Call fresh()',
      messageId: '20240909-1@example.org',
      author: 'Jürgen <j@example.org>',
      series: { version: 2, index: 3, total: 7 },
      baseCommit: '0123456789abcdef0123456789abcdef01234567',
      problems: [],
    });
    expect(patch.files[0]).toMatchObject({ oldBlob: '1111111', newBlob: '2222222', status: 'modified' });
    expect(patch.prose[0]).toEqual({ text: 'Because it is better.', span: { line: 7, column: 1, endColumn: 22 } });
    expect(patch.files[0]?.hunks[0]?.lines).toHaveLength(6);
    expect(patch.files[0]?.hunks[0]?.damage).toBe('none');
  });

  it('keeps lines and columns with CRLF', async () => {
    const lf = await only(MAIL);
    const crlf = await only(MAIL.replaceAll('\n', '\r\n'));
    expect(crlf.files).toEqual(lf.files);
    expect(crlf.prose).toEqual(lf.prose);
  });

  it('reads UTF-16 and Latin-1', async () => {
    const utf16 = await only(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(MAIL, 'utf16le')]));
    expect(texts(utf16)?.[4]).toBe('\t/* größer */');
    const head = 'Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n';
    const latin = await only(Buffer.from(head + MAIL, 'latin1'));
    expect(texts(latin)?.[4]).toBe('\t/* größer */');
    expect(latin.files[0]?.hunks[0]?.lines[4]?.span).toEqual({
      line: (head + MAIL).split('\n').indexOf('+\t/* größer */') + 1,
      column: 1,
      endColumn: 15,
    });
  });
});

describe('transfer encodings', () => {
  it('maps quoted-printable back to the raw line, through escapes and soft breaks', async () => {
    const encoded = DIFF.replace('größer', 'gr=C3=B6=C3=9Fer')
      .replace('int r = 0;', 'int r =3D 0;')
      .replace('+	fresh(kvm);', '+	fre=\nsh(kvm);');
    const text = `${HEAD}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n${encoded}`;
    const patch = await only(text);
    const lines = text.split('\n');
    const hunk = patch.files[0]?.hunks[0];
    expect(texts(patch)).toEqual(['\tint r = 0;', '', '\told(kvm);', '\tfresh(kvm);', '\t/* größer */', '\treturn r;']);
    const at = (index: number) => hunk?.lines[index]?.span ?? { line: 0, column: 0, endColumn: 0 };
    const under = (index: number) => lines[at(index).line - 1]?.slice(at(index).column - 1, at(index).endColumn - 1);
    expect(under(0)).toBe(' \tint r =3D 0;');
    expect(under(3)).toBe('+\tfre');
    expect(under(4)).toBe('+\t/* gr=C3=B6=C3=9Fer */');
    expect(at(5).line).toBe(at(4).line + 1);
  });

  it('reads base64 and places it at its part; a cut one is reported', async () => {
    const base64 = Buffer.from(DIFF)
      .toString('base64')
      .replace(/(.{76})/g, '$1\n');
    const text = `${HEAD}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${base64}`;
    const patch = await only(text);
    expect(texts(patch)?.[3]).toBe('\tfresh(kvm);');
    expect(patch.files[0]?.hunks[0]?.span).toEqual({ line: 9, column: 1, endColumn: 77 });
    const cut = await only(text.slice(0, -90));
    expect(cut.problems.map((p) => p.message).join()).toMatch(/base64 part is cut off/);
    expect(cut.problems.map((p) => p.message).join()).toMatch(/doesn't add up/);
  });

  it('reads the patch that is attached to a mail of several parts, and says when the last boundary is missing', async () => {
    const parts = (end: string) =>
      `${HEAD}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b 1"\n\nignored\n--b 1\n` +
      `Content-Type: text/plain\n\nSee below.\n\n--b 1\nContent-Type: text/x-patch; name="0001.patch"\n` +
      `Content-Disposition: attachment; filename="0001.patch"\n\n${DIFF}${end}`;
    const whole = await only(parts('\n--b 1--\n'));
    expect(whole.problems).toEqual([]);
    expect(whole.prose.map((p) => p.text)).toEqual(['See below.']);
    const hunkLine =
      parts('')
        .split('\n')
        .findIndex((line) => line.startsWith('@@')) + 1;
    expect(whole.files[0]?.hunks[0]?.span.line).toBe(hunkLine);
    const cut = await only(parts(''));
    expect(cut.files).toEqual(whole.files);
    expect(cut.problems.map((p) => p.message)).toEqual([expect.stringMatching(/before the closing boundary/)]);
  });

  it('takes a forwarded message for the patch that it is', async () => {
    const text =
      `From: b@c.d\nSubject: Fwd: look\nContent-Type: multipart/mixed; boundary=x\n\n--x\n` +
      `Content-Type: message/rfc822\n\n${MAIL}\n--x--\n`;
    const patch = await only(text);
    expect(patch.subject).toBe('[PATCH v2 3/7] KVM: Call fresh()');
  });
});

describe('mailboxes', () => {
  it('splits a format-patch series and an mbox of a thread', async () => {
    const series = [1, 2, 3]
      .map((n) => `From ${'ab'.repeat(20)} Mon Sep 17 00:00:00 2001\n${MAIL.replace('3/7', `${n}/3`)}\n`)
      .join('');
    const { patches } = await read(series);
    expect(patches.map((p) => p.series?.index)).toEqual([1, 2, 3]);
    expect(patches[1]?.files[0]?.span.line).toBe(
      series.split('\n').indexOf('diff --git a/virt/kvm/kvm_main.c b/virt/kvm/kvm_main.c', 20) + 1,
    );
    const thread = `From a@b Mon Sep  9 09:46:26 2024\n${MAIL}\nFrom c@d Mon Sep  9 10:46:26 2024\nFrom: c@d\nSubject: Re: x\n\n>From the kernel's view: no.\nFrom here on, text.\n`;
    const mbox = await read(thread);
    expect(mbox.patches.map((p) => p.subject)).toEqual(['[PATCH v2 3/7] KVM: Call fresh()', 'Re: x']);
    expect(mbox.patches[1]?.prose).toHaveLength(2);
  });

  it('reads a large mailbox in bounded time and says where it stopped', async () => {
    const one = Buffer.from(`From a@b Mon Sep  9 09:46:26 2024\n${MAIL}\n`);
    const copies = Math.ceil((20 << 20) / one.length);
    const big = Buffer.concat(Array.from({ length: copies }, () => one));
    const result = await read(big);
    expect(result.patches).toHaveLength(2000);
    expect(result.problems.map((p) => p.message)).toEqual([
      'Only the first 2000 messages were read; the rest starts here.',
    ]);
  }, 20_000);

  it('reads only the start of a message that is too long', async () => {
    const limits = { messageBytes: 900 };
    const { patches } = await readInput({ name: '-', bytes: Buffer.from(MAIL.repeat(3)) }, limits);
    expect(patches[0]?.files).toHaveLength(1);
    expect(patches[0]?.problems.at(-1)?.message).toMatch(/only the first 900 were read/);
  });
});

describe('what is no text', () => {
  it.each([
    ['an empty file', Buffer.alloc(0), 'The input is empty.'],
    ['blanks', Buffer.from(' \n\n'), 'The input holds nothing but white space.'],
    ['a JPEG', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70]), 'The input is not text: it is a JPEG image.'],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'The input is not text: it is gzip-compressed; unpack it first.'],
    [
      'noise',
      Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 7) % 251)),
      'The input is not text: it holds binary data.',
    ],
  ])('%s is unusable, in one sentence', async (_, bytes, sentence) => {
    expect(await read(bytes)).toEqual({ patches: [], problems: [], unusable: sentence });
  });

  it('text without a diff is a patch without files', async () => {
    const patch = await only('Re: [RFC] a question\n\nFrom: A\nDate: now\n\nWhat about kvm_zap_gfn_range()?\n');
    expect(patch.files).toEqual([]);
    expect(patch.subject).toBe('Re: [RFC] a question');
  });
});

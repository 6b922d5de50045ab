import { createTwoFilesPatch, parsePatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readInput } from '../../../server/patch/read';
import type { InputSpan, PatchMail } from '../../../server/patch/types';

async function read(text: string): Promise<PatchMail> {
  const { patches } = await readInput({ name: '-', bytes: Buffer.from(text) });
  return patches[0] as PatchMail;
}

const messages = (patch: PatchMail) => patch.problems.map((problem) => problem.message);
const marked = (patch: PatchMail) =>
  patch.files.flatMap((file) =>
    file.hunks.flatMap((hunk) =>
      hunk.lines.map((line) => ({ context: ' ', add: '+', delete: '-' })[line.kind] + line.text),
    ),
  );

const HUNK = `@@ -10,5 +10,6 @@ static void zap(struct kvm *kvm)
 	lock(kvm);
 
-	one(kvm);
+	two(kvm);
+	three(kvm);
 	unlock(kvm);
 }
`;
const FILE = `--- a/arch/x86/kvm/mmu/mmu.c\n+++ b/arch/x86/kvm/mmu/mmu.c\n`;

describe('diffs', () => {
  it('reads plain diffs with time stamps and foreign top folders', async () => {
    const patch = await read(
      `--- linux-7.3.orig/arch/x86/kvm/mmu/mmu.c\t2026-01-01 10:00:00.000 +0000\n+++ linux-7.3/arch/x86/kvm/mmu/mmu.c\t2026-01-01 10:00:00.000 +0000\n${HUNK}`,
    );
    expect(patch.files[0]).toMatchObject({ oldPath: 'arch/x86/kvm/mmu/mmu.c', newPath: 'arch/x86/kvm/mmu/mmu.c' });
    expect(patch.files[0]?.hunks[0]).toMatchObject({
      oldStart: 10,
      newCount: 6,
      heading: 'static void zap(struct kvm *kvm)',
    });
    expect(messages(patch)).toEqual([]);
  });

  it('reads a quoted reply and leaves the remarks inside the hunk to the prose', async () => {
    const quoted = (FILE + HUNK).replace(/^/gm, '> > ').replace('> > +\tthree', 'Why three?\n\n> > +\tthree');
    const patch = await read(`On Monday, A wrote:\n> Hello,\n${quoted}\nNo.\n`);
    expect(marked(patch)).toHaveLength(7);
    expect(messages(patch)).toEqual([]);
    expect(patch.prose.map((piece) => piece.text)).toEqual(expect.arrayContaining(['Hello,', 'Why three?', 'No.']));
    expect(patch.files[0]?.hunks[0]?.lines[0]?.span.column).toBe(5);
  });

  it('joins lines that a mailer broke', async () => {
    const broken = HUNK.replace('+	two(kvm);', '+	two(kvm,\nkvm->arch.something_long);');
    const patch = await read(FILE + broken);
    expect(marked(patch)[3]).toBe('+\ttwo(kvm, kvm->arch.something_long);');
    expect(messages(patch)).toEqual([]);
  });

  it('says that a hunk does not add up, and uses what is there', async () => {
    const lying = await read(FILE + HUNK.replace('-10,5 +10,6', '-10,9 +10,10'));
    expect(marked(lying)).toHaveLength(7);
    expect(messages(lying)).toEqual([
      "This hunk doesn't add up: its header promises 9 lines before and 10 after, but 5 and 6 are there. The input ends inside it. The lines that are there are used.",
    ]);
    expect(lying.problems[0]?.span.line).toBe(3);
    const small = await read(FILE + HUNK.replace('-10,5 +10,6', '-10,2 +10,2'));
    expect(messages(small)[0]).toMatch(/promises 2 lines before and 2 after/);
  });

  it('goes on behind a bad hunk', async () => {
    const patch = await read(
      `${FILE}${HUNK.replace(' }\n', '')}${HUNK.replace('-10,5 +10,6', '-40,5 +41,6')}-- \n2.40\n`,
    );
    expect(patch.files[0]?.hunks).toHaveLength(2);
    expect(patch.problems).toHaveLength(1);
    expect(patch.files[0]?.hunks[1]?.lines).toHaveLength(7);
  });

  it('reads a stray hunk and a combined diff with a sentence each', async () => {
    expect(messages(await read(`See:\n${HUNK}`))).toEqual([
      'This hunk has no file header above it; its place is found by its function only.',
    ]);
    expect(messages(await read('diff --cc a.c\nindex 1,2..3\n@@@ -1,2 -1,2 +1,2 @@@\n  x\n +y\n'))).toEqual([
      'A combined (merge) diff was not read: it has more than one pre-image.',
    ]);
  });

  it.each([
    ['Binary files a/x.png and b/x.png differ', /binary and can't be reviewed/],
    [
      'similarity index 100%\nrename from x/old.c\nrename to x/new.c',
      /x\/old\.c was renamed to x\/new\.c without a change/,
    ],
    ['similarity index 100%\ncopy from x/old.c\ncopy to x/new.c', /was copied to/],
    ['old mode 100644\nnew mode 100755', /Only the mode of x\.png changes/],
    ['new file mode 100644\nindex 0000000..e69de29', /x\.png is added as an empty file/],
    ['index 123..456 100644', /has no hunks; the mail may be cut off/],
  ])('says of %j what became of it', async (head, sentence) => {
    const patch = await read(
      `diff --git a/x.png b/x.png\n${head}\n${FILE}${HUNK}`.replace(FILE, `diff --git a/y.c b/y.c\n${FILE}`),
    );
    expect(messages(patch)).toEqual([expect.stringMatching(sentence)]);
    expect(patch.problems[0]?.span.line).toBe(1);
    expect(patch.files).toHaveLength(2);
    expect(patch.files[1]?.hunks).toHaveLength(1);
  });

  it('ignores a path that leaves the tree', async () => {
    const patch = await read(FILE.replaceAll('arch/x86/kvm/mmu/mmu.c', '../../etc/passwd') + HUNK);
    expect(patch.files).toEqual([]);
    expect(messages(patch)).toEqual(['The path ../../etc/passwd leaves the kernel tree; its diff was ignored.']);
  });

  it('agrees with the diff package on any two texts', async () => {
    const texts = fc.array(fc.constantFrom('a', 'b();', '', '}', '\tx = y;', '-- ', 'diff --git a b'), {
      maxLength: 25,
    });
    await fc.assert(
      fc.asyncProperty(texts, texts, async (a, b) => {
        const text = createTwoFilesPatch('a/f.c', 'b/f.c', `${a.join('\n')}\n`, `${b.join('\n')}\n`);
        const expected = parsePatch(text)[0]?.hunks.flatMap((hunk) => hunk.lines) ?? [];
        // "-- " alone on a line is a signature to every mail reader; such a deletion can't be told from it.
        if (expected.some((line) => /^--\s*$/.test(line))) return;
        expect(marked(await read(`Subject\n${text}`))).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

/** Random damage: cut, duplicate, drop and swap pieces, flatten, strip, quote. */
const damage = fc.array(
  fc.tuple(
    fc.constantFrom('cut', 'drop', 'twice', 'flat', 'strip', 'quote', 'noise', 'count'),
    fc.nat(2000),
    fc.nat(80),
  ),
  { maxLength: 6 },
);

function apply(text: string, [kind, at, length]: [string, number, number]): string {
  const from = at % (text.length + 1);
  if (kind === 'cut') return text.slice(0, from);
  if (kind === 'drop') return text.slice(0, from) + text.slice(from + length);
  if (kind === 'twice')
    return text.slice(0, from) + text.slice(from, from + length).repeat(2) + text.slice(from + length);
  if (kind === 'flat') return text.replace(/\s+/g, ' ');
  if (kind === 'strip') return text.replace(/^[ \t]+/gm, '');
  if (kind === 'quote') return text.replace(/^/gm, '> ');
  if (kind === 'noise') return `${text.slice(0, from)}\u0000\ud83d=3D😀\r${text.slice(from)}`;
  return text.replace(/-10,5/, `-10,${length}`);
}

function spansOf(patch: PatchMail): InputSpan[] {
  return [
    ...patch.prose.map((piece) => piece.span),
    ...patch.problems.map((problem) => problem.span),
    ...patch.files.flatMap((file) => [
      file.span,
      ...file.hunks.flatMap((hunk) => [
        hunk.span,
        ...hunk.lines.map((line) => line.span),
        ...(hunk.tokens ?? []).map((token) => token.span),
      ]),
    ]),
  ];
}

describe('damaged input', () => {
  const encodings = ['', 'Content-Transfer-Encoding: quoted-printable\n', 'Content-Transfer-Encoding: base64\n'];
  it.each(['quoted-printable', 'base64'])('finds no text in a %s mail that is cut off at its headers', async (name) => {
    const text = `From: a@b\nSubject: [PATCH] x\nContent-Transfer-Encoding: ${name}\n`;
    const { patches } = await readInput({ name: '-', bytes: Buffer.from(text) });
    expect(patches.flatMap(({ prose }) => prose.filter((piece) => piece.text.trim() !== ''))).toEqual([]);
  });

  it('never throws, and every position lies inside the input', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...encodings), damage, async (encoding, steps) => {
        const clean = `From: a@b\nSubject: [PATCH 1/2] x\n${encoding}\nWhy.\n---\n x.c | 2 +-\n\ndiff --git a/x.c b/x.c\n${FILE}${HUNK}-- \n2.40\n`;
        const text = steps.reduce(apply, clean);
        const bytes = Buffer.from(text);
        const { patches } = await readInput({ name: '-', bytes });
        const lines = bytes.toString('utf8').split('\n');
        for (const span of patches.flatMap(spansOf)) {
          const line = lines[span.line - 1];
          expect(line, JSON.stringify(span)).toBeDefined();
          expect(span.column).toBeGreaterThanOrEqual(1);
          expect(span.endColumn).toBeGreaterThanOrEqual(span.column);
          expect(span.endColumn, JSON.stringify(span)).toBeLessThanOrEqual((line?.length ?? 0) + 1);
        }
      }),
      { numRuns: 600 },
    );
  });
});

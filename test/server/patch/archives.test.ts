import { describe, expect, it } from 'vitest';
import { readInput } from '../../../server/patch/read';
import type { Hunk } from '../../../server/patch/types';

async function hunksOf(text: string): Promise<readonly Hunk[]> {
  const read = await readInput({ name: '-', bytes: Buffer.from(text) });
  return read.patches.flatMap((patch) => patch.files.flatMap((file) => file.hunks));
}

function show(hunk: Hunk | undefined): string[] {
  const mark = { context: ' ', add: '+', delete: '-' };
  return (hunk?.lines ?? []).map((line) => `${mark[line.kind]}${line.text.trim()}`);
}

/** As web archives print a mail (seed 000): no leading blanks, prose right behind the hunk. */
const STRIPPED = `Re: [PATCH v3 02/07] KVM: x86/mmu: Zap both kinds

From: A Reviewer
Date: Mon Sep 09 2024 - 09:46:26 EST


On 9/4/24 05:07, An Author wrote:
Zap the private and the shared mappings.
---
arch/x86/kvm/mmu/mmu.c | 1 +
1 file changed, 1 insertion(+)

diff --git a/arch/x86/kvm/mmu/mmu.c b/arch/x86/kvm/mmu/mmu.c
index a8d91cf11761..7e66d7c426c1 100644
--- a/arch/x86/kvm/mmu/mmu.c
+++ b/arch/x86/kvm/mmu/mmu.c
@@ -10,6 +10,7 @@ static void zap_slot(struct kvm *kvm, struct slot *s
.first = s->base,
.last = s->base + s->count,
.sleep = true,
+ .filter = BOTH,
};
bool flush = false;

Stale commit message, I guess.

A Reviewer
`;

describe('an archive that strips leading white space (seed 000)', () => {
  it('ends the hunk where its counts end it and keeps the prose behind it', async () => {
    const read = await readInput({ name: 'mail.txt', bytes: Buffer.from(STRIPPED) });
    const patch = read.patches[0];
    expect(patch?.problems).toEqual([]);
    expect(patch?.subject).toBe('Re: [PATCH v3 02/07] KVM: x86/mmu: Zap both kinds');
    expect(patch?.series).toEqual({ version: 3, index: 2, total: 7 });
    expect(patch?.author).toBe('A Reviewer');
    const hunk = patch?.files[0]?.hunks[0];
    expect(hunk?.damage).toBe('whitespace');
    expect(show(hunk).slice(3)).toEqual(['+.filter = BOTH,', ' };', ' bool flush = false;', ' ']);
    expect(hunk?.lines[3]?.span).toEqual({ line: 21, column: 1, endColumn: 18 });
    expect(patch?.prose.map((piece) => piece.text)).toContain('Stale commit message, I guess.');
    expect(patch?.prose.map((piece) => piece.text).join('\n')).not.toMatch(/1 insertion/);
  });

  it('gives prose back that lost blank lines had let into the hunk', async () => {
    const hunk = (await hunksOf(STRIPPED.replace('bool flush = false;\n\n', 'bool flush = false;\n')))[0];
    expect(show(hunk).at(-1)).toBe(' bool flush = false;');
  });
});

const FLAT =
  'Explains why. Signed-off-by: A <a@b.c> --- - an item --- x/y.c | 5 +++- 1 file changed, 4 insertions(+), 1 deletion(-) ' +
  'diff --git a/x/y.c b/x/y.c index d5cf5b15a10e..808805b3478d 100644 --- a/x/y.c +++ b/x/y.c ' +
  '@@ -28,6 +28,11 @@ void zap(struct kvm *kvm, u64 start, u64 end) ready = rmap(kvm, start, end); - if (on) ' +
  "+ if (on) { + /* + * It's not what - or whom - it can't be. + */ + CHECK(mask(kvm), kvm); ready = leafs(kvm, end - start); + } " +
  'if (ready) flush(kvm, end - start); -- 2.34.1';

describe('a mail on a single line (seed 004)', () => {
  it('recovers the hunk from its marks and counts', async () => {
    const hunk = (await hunksOf(FLAT))[0];
    expect(hunk?.damage).toBe('flattened');
    expect(hunk?.heading).toBe('void zap(struct kvm *kvm, u64 start, u64 end)');
    expect(show(hunk)).toEqual([
      ' ready = rmap(kvm, start, end);',
      ' ',
      '-if (on)',
      '+if (on) {',
      '+/*',
      "+* It's not what - or whom - it can't be.",
      '+*/',
      '+CHECK(mask(kvm), kvm);',
      ' ready = leafs(kvm, end - start);',
      '+}',
      ' if (ready)',
      ' flush(kvm, end - start);',
    ]);
  });

  it('gives every line its columns on the one input line', async () => {
    const hunk = (await hunksOf(FLAT))[0];
    for (const line of hunk?.lines ?? []) {
      expect(line.span.line).toBe(1);
      expect(FLAT.slice(line.span.column - 1, line.span.endColumn - 1)).toBe(line.text);
    }
    for (const token of hunk?.tokens ?? []) {
      expect(FLAT.slice(token.span.column - 1, token.span.endColumn - 1)).toBe(token.text);
    }
  });

  it('keeps the prose before the diff and leaves the diffstat out', async () => {
    const read = await readInput({ name: '-', bytes: Buffer.from(FLAT) });
    expect(read.patches[0]?.prose.map((piece) => piece.text)).toEqual([
      'Explains why. Signed-off-by: A <a@b.c> --- - an item',
    ]);
  });

  it('ends a heading that git cut off inside its parameters', async () => {
    const hunk = (
      await hunksOf(FLAT.replace('struct kvm *kvm, u64 start, u64 end) ready', 'struct kvm *kvm, ready'))
    )[0];
    expect(hunk?.heading).toBe('void zap(struct kvm *kvm,');
    expect(show(hunk)[0]).toBe(' ready = rmap(kvm, start, end);');
    expect(hunk?.lines).toHaveLength(12);
  });
});

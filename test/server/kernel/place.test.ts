import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../server/kernel/images';
import { placePatch } from '../../../server/kernel/place';
import { indexSources } from '../../../server/kernel/source-index';
import type { ImageText, Placement } from '../../../server/kernel/types';
import { readInput } from '../../../server/patch/read';

/** A small source of our own in the shape of the reference. */
const SOURCE = `/* A model. */
#include "mm.h"

struct pool {
	int count;
	u64 seq;
};

static bool is_mirror_sp(struct pool *sp)
{
	return sp->count > 0;
}

/* Zap what the slot maps. */
void kvm_arch_flush_shadow_memslot(struct kvm *kvm, struct slot *slot)
{
	struct range range = {
		.start = slot->base,
		.end = slot->base + slot->npages,
		.may_block = true,
		.attr_filter = FILTER_PRIVATE | FILTER_SHARED,
	};
	bool zap_all = kvm->type == DEFAULT_VM;
	bool flush;

	write_lock(&kvm->mmu_lock);
	if (zap_all) {
		front_half(kvm);
	} else {
		flush = unmap_range(kvm, &range);
		flush_range(kvm, slot, flush);
	}
	write_unlock(&kvm->mmu_lock);
}

int zap_range(struct kvm *kvm, u64 start, u64 end)
{
	bool flush = false;
	int ret;

	lock_held(&kvm->mmu_lock);
	flush = rmap_zap(kvm, start, end);

	if (tdp_enabled)
		flush = zap_leafs(kvm, start, end, flush);

	ret = track(kvm, direct_bits(kvm));
	if (ret)
		return ret;
	if (flush)
		flush_remote(kvm, start, end - start);
	return 0;
}
`;

const PATH = 'model/reference/mmu.c';
const OTHERS = new Map([
  ['model/reference/tdx.c', 'int tdx_only(struct kvm *kvm)\n{\n\tblock(kvm);\n\treturn 0;\n}\n'],
]);
const index = indexSources(new Map([[PATH, SOURCE], ...OTHERS]), ['KVM_BUG_ON WARN_ON_ONCE is_removed_spte']);

async function place(hunks: string, file = 'arch/x86/kvm/mmu/mmu.c'): Promise<Placement> {
  const text = `--- a/${file}\n+++ b/${file}\n${hunks}`;
  const { patches } = await readInput({ name: '-', bytes: Buffer.from(text) });
  return placePatch(patches[0]?.files ?? [], index);
}

/** Lines of the image that are not in the source, without indentation; and source lines that the image lacks. */
function difference(image: ImageText | undefined): string[] {
  const count = (text: string) => {
    const lines = new Map<string, number>();
    for (const line of text.split('\n').map((each) => each.trim())) lines.set(line, (lines.get(line) ?? 0) + 1);
    lines.delete('');
    return lines;
  };
  const source = count(image?.path === PATH ? SOURCE : (OTHERS.get(image?.path ?? '') ?? ''));
  const own = count(image?.text ?? '');
  const more = [...own].filter(([line, n]) => n > (source.get(line) ?? 0)).map(([line]) => `+${line}`);
  const fewer = [...source].filter(([line, n]) => n > (own.get(line) ?? 0)).map(([line]) => `-${line}`);
  return [...fewer, ...more];
}

const states = (placement: Placement) => placement.changedLines.map((line) => [line.text.trim(), line.status]);
const directions = (placement: Placement) => placement.hunks.map((hunk) => hunk.direction);

describe('direction', () => {
  const addFilter = `@@ -7104,6 +7104,7 @@ static void kvm_mmu_zap_memslot_leafs(struct kvm *kvm, struct slot *s
 		.start = slot->base,
 		.end = slot->base + slot->npages,
 		.may_block = true,
+		.attr_filter = FILTER_PRIVATE | FILTER_SHARED,
 	};
 	bool flush = false;
 
`;

  it('takes a hunk that is already there in reverse, through the former name of its function (seed 000)', async () => {
    const placement = await place(addFilter);
    expect(directions(placement)).toEqual(['reverse']);
    expect(placement.notes).toEqual([
      'The hunk at input line 3 in kvm_mmu_zap_memslot_leafs() is already there: reviewed in reverse.',
    ]);
    expect(difference(placement.images[0]?.pre)).toEqual(['-.attr_filter = FILTER_PRIVATE | FILTER_SHARED,']);
    expect(placement.images[0]?.post.text).toBe(SOURCE);
    expect(placement.changedLines).toMatchObject([
      { status: 'placed', executable: true, side: 'post', imageLines: [21], function: 'kvm_mmu_zap_memslot_leafs' },
    ]);
  });

  it('takes the same hunk forward when its signs are swapped by hand', async () => {
    const placement = await place(addFilter.replace('\n+', '\n-').replace('6 +7104,7', '7 +7104,6'));
    expect(directions(placement)).toEqual(['forward']);
    expect(placement.images[0]?.pre.text).toBe(SOURCE);
    expect(difference(placement.images[0]?.post)).toEqual(['-.attr_filter = FILTER_PRIVATE | FILTER_SHARED,']);
  });

  const bug = (sign: '+' | '-', other: '+' | '-') => `@@ -1,9 +1,9 @@ int zap_range(struct kvm *kvm, u64 start, u64 end)
 	flush = rmap_zap(kvm, start, end);
 
${other}	if (tdp_enabled)
${sign}	if (tdp_enabled) {
${sign}		/* never for a TD */
${sign}		KVM_BUG_ON(direct_bits(kvm), kvm);
 		flush = zap_leafs(kvm, start, end, flush);
${sign}	}
 
`;

  it('wraps a statement in a block, and undoes that when the patch does (seed 004)', async () => {
    const forward = await place(bug('+', '-').replace('9 +1,9', '6 +1,9'));
    expect(directions(forward)).toEqual(['forward']);
    expect(difference(forward.images[0]?.post)).toEqual(['+{', '+}', '+KVM_BUG_ON(direct_bits(kvm), kvm);']);
    const reverse = await place(bug('-', '+').replace('9 +1,9', '9 +1,6'));
    expect(directions(reverse)).toEqual(['reverse']);
    expect(difference(reverse.images[0]?.pre)).toEqual(['+{', '+}', '+KVM_BUG_ON(direct_bits(kvm), kvm);']);
    expect(states(forward)).toEqual([
      ['if (tdp_enabled)', 'placed'],
      ['if (tdp_enabled) {', 'placed'],
      ['/* never for a TD */', 'non-executable'],
      ['KVM_BUG_ON(direct_bits(kvm), kvm);', 'placed'],
      ['}', 'non-executable'],
    ]);
  });

  it('does not take a second copy of a statement for the first', async () => {
    const placement = await place(`@@ -1,3 +1,4 @@ int zap_range(struct kvm *kvm, u64 start, u64 end)
 	lock_held(&kvm->mmu_lock);
 	flush = rmap_zap(kvm, start, end);
+	flush = rmap_zap(kvm, start, end);
 
`);
    expect(directions(placement)).toEqual(['forward']);
    expect(difference(placement.images[0]?.post)).toEqual(['+flush = rmap_zap(kvm, start, end);']);
  });

  it('reports a deletion of what was never modelled', async () => {
    const placement = await place(`@@ -1,3 +1,2 @@ int zap_range(struct kvm *kvm, u64 start, u64 end)
 	lock_held(&kvm->mmu_lock);
-	account_unheard_of(kvm);
 	flush = rmap_zap(kvm, start, end);
`);
    expect(directions(placement)).toEqual(['none']);
    expect(placement.changedLines[0]).toMatchObject({
      status: 'not-understood',
      why: expect.stringMatching(/counterpart/),
    });
    expect(placement.images).toEqual([]);
  });
});

describe('statements', () => {
  it('finds statements around ones that the source lacks, and translates former names', async () => {
    const placement = await place(`@@ -1,7 +1,8 @@ int zap_range(struct kvm *kvm, u64 start, u64 end)
 	lock_held(&kvm->mmu_lock);
 	trace_zap(start, end);
 	kvm_unknown(kvm);
 	flush = rmap_zap(kvm, start, end);
+	WARN_ON_ONCE(is_private_sp(kvm->pool));
 
 	if (tdp_enabled)
 		flush = zap_leafs(kvm, start, end, flush);
`);
    expect(difference(placement.images[0]?.post)).toEqual(['+WARN_ON_ONCE(is_mirror_sp(kvm->pool));']);
    expect(states(placement)).toEqual([['WARN_ON_ONCE(is_private_sp(kvm->pool));', 'placed']]);
  });

  it('makes the change in the statement as the source has it', async () => {
    const placement = await place(`@@ -1,3 +1,3 @@ int zap_range(struct kvm *kvm, u64 start, u64 end)
 	if (tdp_enabled)
-		flush = zap_leafs(kvm, start, end, can_yield, flush);
+		flush = zap_leafs(kvm, start, start + 1, can_yield, flush);
 
`);
    expect(placement.images[0]?.post.text).toContain('flush = zap_leafs ( kvm , start , start + 1 , flush ) ;');
  });

  it('never puts a statement into another block than its own', async () => {
    const placement = await place(`@@ -1,5 +1,6 @@ int zap_range(struct kvm *kvm, u64 start, u64 end)
 	flush = rmap_zap(kvm, start, end);
 	if (some_condition_of_old) {
 		old_times(kvm);
+		drop(kvm);
 	}
 
`);
    expect(placement.changedLines[0]).toMatchObject({ status: 'not-understood' });
    expect(placement.edits).toEqual([]);
  });

  it('follows a local variable that the source calls differently', async () => {
    const placement = await place(`@@ -1,6 +1,7 @@ int zap_range(struct kvm *kvm, u64 start, u64 end)
 	r = track(kvm, direct_bits(kvm));
 	if (r)
 		return r;
+	WARN_ON_ONCE(r);
 	if (flush)
 		flush_remote(kvm, start, end - start);
`);
    expect(difference(placement.images[0]?.post)).toEqual(['+WARN_ON_ONCE(ret);']);
  });
});

describe('functions and records', () => {
  it('extracts a helper: a new function above its caller', async () => {
    const placement = await place(`@@ -1,9 +1,14 @@
+static bool leafs_of(struct kvm *kvm, u64 start, u64 end)
+{
+	return zap_leafs(kvm, start, end, false);
+}
+
 int zap_range(struct kvm *kvm, u64 start, u64 end)
 {
 	bool flush = false;
 	int ret;
 
 	lock_held(&kvm->mmu_lock);
 	flush = rmap_zap(kvm, start, end);
 
`);
    expect(directions(placement)).toEqual(['forward']);
    const text = placement.images[0]?.post.text ?? '';
    expect(text.indexOf('leafs_of')).toBeLessThan(text.indexOf('int zap_range'));
    expect(text.indexOf('leafs_of')).toBeGreaterThan(text.indexOf('write_unlock'));
  });

  it('moves a function, which is not "already there"', async () => {
    const body = (sign: string) =>
      `${sign}static bool is_mirror_sp(struct pool *sp)\n${sign}{\n${sign}\treturn sp->count > 0;\n${sign}}\n${sign}\n`;
    const placement = await place(
      `@@ -8,8 +8,3 @@ struct pool {\n${body('-')} /* Zap what the slot maps. */\n void kvm_arch_flush_shadow_memslot(struct kvm *kvm, struct slot *slot)\n {\n` +
        `@@ -60,3 +55,8 @@ void kvm_arch_flush_shadow_memslot(struct kvm *kvm, struct slot *slot)\n${body('+')} int zap_range(struct kvm *kvm, u64 start, u64 end)\n {\n 	bool flush = false;\n`,
    );
    expect(directions(placement)).toEqual(['forward', 'forward']);
    const text = placement.images[0]?.post.text ?? '';
    expect(text.match(/is_mirror_sp/g)).toHaveLength(1);
    expect(text.indexOf('is_mirror_sp')).toBeGreaterThan(text.indexOf('write_unlock'));
    expect(placement.edits).toHaveLength(1);
  });

  it('changes a signature, adds a field and a macro', async () => {
    const placement = await place(
      `@@ -1,4 +1,5 @@ struct pool {\n 	int count;\n 	u64 seq;\n+	bool frozen;\n };\n` +
        `@@ -9,3 +10,5 @@ struct pool {\n };\n \n+#define POOL_MAX 4\n+\n static bool is_mirror_sp(struct pool *sp)\n` +
        `@@ -50,4 +52,4 @@ static void other(void)\n-int zap_range(struct kvm *kvm, u64 start, u64 end)\n+int zap_range(struct kvm *kvm, u64 start, u64 end, bool shared)\n {\n 	bool flush = false;\n 	int ret;\n`,
    );
    expect(difference(placement.images[0]?.post)).toEqual([
      '-int zap_range(struct kvm *kvm, u64 start, u64 end)',
      '+bool frozen;',
      '+#define POOL_MAX 4',
      '+int zap_range(struct kvm *kvm, u64 start, u64 end, bool shared)',
    ]);
    expect(placement.images[0]?.post.text).toMatch(/u64 seq;\s+bool frozen;\s+};/);
  });

  it('finds a function in another file of the source than the patch says', async () => {
    const placement = await place(`@@ -1,3 +1,2 @@ int tdx_only(struct kvm *kvm)\n {\n-	block(kvm);\n 	return 0;\n`);
    expect(placement.images.map((image) => image.path)).toEqual(['model/reference/tdx.c']);
  });

  it.each([
    ['finds a function by a heading without its return type', 'zap_range(struct kvm *kvm, u64 start,', 'placed'],
    ['takes no other name in front of a bracket for one', 'zap_ranges(struct kvm *kvm, u64 start,', 'not-understood'],
  ])('%s', async (_, heading, status) => {
    const placement = await place(
      `@@ -1,3 +1,2 @@ ${heading}\n 	unknown(kvm);\n-	lock_held(&kvm->mmu_lock);\n 	flush = rmap_zap(kvm, start, end);\n`,
    );
    expect(placement.changedLines).toMatchObject([{ status }]);
  });

  it('says which function is not modelled', async () => {
    const placement = await place(
      `@@ -1,2 +1,3 @@ int unheard_of(struct kvm *kvm)\n 	a(kvm);\n+	b(kvm);\n 	c(kvm);\n`,
    );
    expect(placement.changedLines).toMatchObject([
      { status: 'not-understood', why: 'the function unheard_of is not modelled', function: 'unheard_of' },
    ]);
  });
});

describe('edits', () => {
  const two = `@@ -1,8 +1,9 @@ int zap_range(struct kvm *kvm, u64 start, u64 end)
-	lock_held(&kvm->mmu_lock);
 	flush = rmap_zap(kvm, start, end);
 
 	if (tdp_enabled)
 		flush = zap_leafs(kvm, start, end, flush);
 
+	if (flush)
+		track(kvm, 0);
 	ret = track(kvm, direct_bits(kvm));
`;

  it('are one per changed statement, and any subset can be applied', async () => {
    const placement = await place(two);
    expect(placement.edits.map((edit) => edit.lines.map((line) => line.text.trim()))).toEqual([
      ['lock_held(&kvm->mmu_lock);'],
      ['if (flush)', 'track(kvm, 0);'],
    ]);
    const apply = (...ids: number[]) => applyEdits(placement.baseline, placement.edits, new Set(ids))[0];
    expect(apply()?.text).toBe(SOURCE);
    expect(difference(apply(0))).toEqual(['-lock_held(&kvm->mmu_lock);']);
    expect(difference(apply(1))).toEqual(['+if (flush)', '+track(kvm, 0);']);
    expect(apply(0, 1)?.text).toBe(placement.images[0]?.post.text);
  });

  it('give every image line of the patch its line in the patch', async () => {
    const placement = await place(two);
    const { pre, post } = placement.images[0] ?? { pre: undefined, post: undefined };
    const at = (image: ImageText | undefined, text: string) =>
      image?.origins[image.text.split('\n').findIndex((line) => line.trim() === text)] ?? null;
    expect(at(pre, 'lock_held(&kvm->mmu_lock);')).toEqual({
      kind: 'delete',
      span: { line: 4, column: 1, endColumn: 29 },
    });
    expect(at(post, 'track(kvm, 0);')).toMatchObject({ kind: 'add', span: { line: 11 } });
    expect(at(post, 'flush = rmap_zap(kvm, start, end);')).toMatchObject({ kind: 'context', span: { line: 5 } });
    expect(at(post, 'return 0;')).toBeNull();
    expect(post?.origins).toHaveLength(post?.text.split('\n').length ?? -1);
  });

  it('have no effect without what they require: a use without its declaration, a body without its head', async () => {
    const placement = await place(`@@ -40,10 +40,18 @@ void before(void)
+static int fresh(struct kvm *kvm)
+{
+	block(kvm);
+	return 0;
+}
+
 int zap_range(struct kvm *kvm, u64 start, u64 end)
 {
-	bool flush = false;
+	bool dirty = false;
+	int seen;
 	int ret;
 
 	lock_held(&kvm->mmu_lock);
-	flush = rmap_zap(kvm, start, end);
+	dirty = rmap_zap(kvm, start, end);
+	seen = fresh(kvm);
 
 	if (tdp_enabled)
`);
    const image = (wanted: RegExp) => {
      const chosen = placement.edits.filter((edit) => edit.lines.some((line) => wanted.test(line.text)));
      expect(chosen).not.toEqual([]);
      return applyEdits(placement.baseline, placement.edits, new Set(chosen.map((edit) => edit.id)))[0]?.text;
    };
    expect(image(/block/)).toBe(SOURCE);
    expect(image(/seen = /)).toBe(SOURCE);
    expect(image(/dirty = rmap/)).toBe(SOURCE);
    expect(image(/dirty/)).not.toBe(SOURCE);
    expect(image(/seen|fresh|return 0/)).toContain('seen = fresh(kvm);');
  });

  it('survive damage: no patch makes placing throw, and no subset is beyond applying', async () => {
    const lines =
      `${two}@@ -8,4 +8,6 @@ struct pool {\n+static int fresh(void)\n+{\n \n static bool is_mirror_sp(struct pool *sp)\n {\n`.split(
        '\n',
      );
    const step = fc.record({
      at: fc.nat(lines.length),
      drop: fc.nat(3),
      add: fc.constantFrom('', '+}', '-{', ' /*', '+#if X', '-	if (', '+"', ' };'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 5 }), fc.array(fc.nat(20)), async (steps, ids) => {
        const text = [...lines];
        for (const { at, drop, add } of steps) text.splice(at, drop, add);
        const placement = await place(text.join('\n'));
        for (const image of applyEdits(placement.baseline, placement.edits, new Set(ids))) {
          expect(image.origins).toHaveLength(image.text.split('\n').length);
        }
        for (const line of placement.changedLines) expect(line.status === 'not-understood').toBe(line.why !== null);
      }),
      { numRuns: 300 },
    );
  });
});

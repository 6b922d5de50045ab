import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../server/kernel/images';
import { placePatch } from '../../../server/kernel/place';
import { indexSources } from '../../../server/kernel/source-index';
import { unitsOf } from '../../../server/kernel/statements';
import type { Placement } from '../../../server/kernel/types';
import { readInput } from '../../../server/patch/read';

const SOURCE = `static void kick(struct kvm *kvm)
{
	send(kvm);
}

#define try_twice(fn, kvm, args...) \\
({ \\
	struct pool *__pool = to_pool(kvm); \\
	u64 __err; \\
 \\
	lock_held(&kvm->mmu_lock); \\
	__err = fn(args); \\
	if (unlikely(is_busy(__err))) { \\
		WRITE_ONCE(__pool->wait, true); \\
		kick(kvm); \\
		__err = fn(args); \\
		WRITE_ONCE(__pool->wait, false); \\
	} \\
	__err; \\
})

#define for_each_root(_kvm, _root) \\
	for (_root = next_root(_kvm, NULL); \\
	     _root; \\
	     _root = next_root(_kvm, _root)) \\
		if (skip(_root)) { \\
		} else

#define LIMIT(x) ((x) + 4)

int zap(struct kvm *kvm)
{
	struct root *root;

	for_each_root(kvm, root)
		try_twice(remove, kvm, root);
	return 0;
}
`;

const PATH = 'model/reference/tdx.c';
const index = indexSources(new Map([[PATH, SOURCE]]));

async function place(hunk: string): Promise<Placement> {
  const file = 'arch/x86/kvm/vmx/tdx.c';
  const { patches } = await readInput({ name: '-', bytes: Buffer.from(`--- a/${file}\n+++ b/${file}\n${hunk}`) });
  return placePatch(patches[0]?.files ?? [], index);
}

const post = (placement: Placement): string =>
  applyEdits(placement.baseline, placement.edits, new Set(placement.edits.map(({ id }) => id)))[0]?.text ?? '';

/** Statuses of the changed lines, with the function and the line's own text. */
const statuses = (placement: Placement): string[] =>
  placement.changedLines.map(
    (line) =>
      `${line.status} ${line.function} ${line.imageLines.join(',')}: ${line.kind === 'add' ? '+' : '-'}${line.text.trim().replace(/\s*\\$/, '')}`,
  );

describe('a macro with statements', () => {
  it('is cut into its head and its statements, an expression is not', () => {
    const units = unitsOf(SOURCE.split('\n')).filter(({ macro, kind }) => macro !== null || kind === 'directive');
    const texts = units.map(({ kind, macro, tokens }) => `${macro} ${kind}: ${tokens.map((t) => t.text).join(' ')}`);
    expect(texts).toMatchInlineSnapshot(`
      [
        "try_twice macro-head: # define try_twice ( fn , kvm , args ... )",
        "try_twice open: ( {",
        "try_twice statement: struct pool * __pool = to_pool ( kvm ) ;",
        "try_twice statement: u64 __err ;",
        "try_twice statement: lock_held ( & kvm -> mmu_lock ) ;",
        "try_twice statement: __err = fn ( args ) ;",
        "try_twice head: if ( unlikely ( is_busy ( __err ) ) )",
        "try_twice open: {",
        "try_twice statement: WRITE_ONCE ( __pool -> wait , true ) ;",
        "try_twice statement: kick ( kvm ) ;",
        "try_twice statement: __err = fn ( args ) ;",
        "try_twice statement: WRITE_ONCE ( __pool -> wait , false ) ;",
        "try_twice close: }",
        "try_twice statement: __err ;",
        "try_twice close: } )",
        "for_each_root macro-head: # define for_each_root ( _kvm , _root )",
        "for_each_root head: for ( _root = next_root ( _kvm , NULL ) ; _root ; _root = next_root ( _kvm , _root ) )",
        "for_each_root head: if ( skip ( _root ) )",
        "for_each_root open: {",
        "for_each_root close: }",
        "for_each_root head: else",
        "null directive: # define LIMIT ( x ) ( ( x ) + 4 )",
      ]
    `);
  });
});

describe('a hunk in a macro', () => {
  it('that starts in the middle of it is placed, and the macro stays whole', async () => {
    const placement = await place(`@@ -90,7 +90,6 @@ static void kick(struct kvm *kvm)
 	__err = fn(args);				\\
 	if (unlikely(is_busy(__err))) {			\\
 		WRITE_ONCE(__pool->wait, true);		\\
-		kick(kvm);				\\
 		__err = fn(args);			\\
 		WRITE_ONCE(__pool->wait, false);	\\
 	}						\\
`);
    expect(statuses(placement)).toEqual(['placed try_twice 15: -kick(kvm);']);
    expect(post(placement)).toBe(SOURCE.replace('\t\tkick(kvm); \\\n\t\t__err', '\t\t \\\n\t\t__err'));
    expect(placement.edits.map(({ function: name }) => name)).toEqual(['try_twice']);
  });

  it('may replace and add statements, and the last one', async () => {
    const placement = await place(`@@ -90,8 +90,9 @@ static void kick(struct kvm *kvm)
 	if (unlikely(is_busy(__err))) {			\\
 		WRITE_ONCE(__pool->wait, true);		\\
 		kick(kvm);				\\
-		__err = fn(args);			\\
+		(void)fn(args);				\\
+		count(kvm);				\\
 		WRITE_ONCE(__pool->wait, false);	\\
 	}						\\
-	__err;						\\
+	__err | 1;					\\
 })
 
`);
    expect(statuses(placement).map((line) => line.replace(/ [\d,]+:/, ':'))).toEqual([
      'placed try_twice: -__err = fn(args);',
      'placed try_twice: -__err;',
      'placed try_twice: +(void)fn(args);',
      'placed try_twice: +count(kvm);',
      'placed try_twice: +__err | 1;',
    ]);
    const macro = (text: string): string => text.slice(text.indexOf('#define try'), text.indexOf('#define for'));
    const words = (text: string): string => text.replace(/[\s\\]+/g, ' ');
    const wanted = SOURCE.replace(
      'kick(kvm); \\\n\t\t__err = fn(args);',
      'kick(kvm);\n(void)fn(args);\ncount(kvm);',
    ).replace('\t__err; ', '\t__err | 1; ');
    expect(words(macro(post(placement)))).toBe(words(macro(wanted)));
    // Every line of it but the last goes on.
    const lines = macro(post(placement)).trimEnd().split('\n');
    expect(lines.slice(0, -1).filter((line) => !line.endsWith('\\'))).toEqual([]);
    expect(lines.at(-1)).toBe('})');
  });

  it('of an iterator is placed in the head that it changes', async () => {
    const placement = await place(`@@ -40,5 +40,5 @@ static void kick(struct kvm *kvm)
 #define for_each_root(_kvm, _root)				\\
 	for (_root = next_root(_kvm, NULL);			\\
 	     _root;						\\
 	     _root = next_root(_kvm, _root))			\\
-		if (skip(_root)) {				\\
+		if (!skip(_root)) {				\\
 		} else
 
`);
    expect(statuses(placement).map((line) => line.replace(/ [\d,]+:/, ':'))).toEqual([
      'placed for_each_root: -if (skip(_root)) {',
      'placed for_each_root: +if (!skip(_root)) {',
    ]);
    expect(post(placement)).toContain('if (!skip(_root)) \\\n');
  });

  it('whose rest is all there is to see goes with the function behind it', async () => {
    const placement = await place(`@@ -99,6 +99,6 @@ static void kick(struct kvm *kvm)
 		if (skip(_root)) { \\
 		} else
 
-#define LIMIT(x) ((x) + 4)
+#define LIMIT(x) ((x) + 5)
 
 int zap(struct kvm *kvm)
 {
`);
    expect(statuses(placement)).toEqual([
      'placed null 29: -#define LIMIT(x) ((x) + 4)',
      'placed null 29: +#define LIMIT(x) ((x) + 5)',
    ]);
  });

  it('that adds a macro adds all of it or nothing', async () => {
    const placement = await place(`@@ -100,4 +100,10 @@ static void kick(struct kvm *kvm)
 #define LIMIT(x) ((x) + 4)
 
+#define twice(fn) \\
+do { \\
+	fn(); \\
+	fn(); \\
+} while (0)
+
 int zap(struct kvm *kvm)
 {
`);
    expect(placement.edits.length).toBe(1);
    expect(post(placement)).toMatch(
      /#define twice\(fn\) \\\n\s*do \\\n\s*{ \\\n\s*fn\(\); \\\n\s*fn\(\); \\\n\s*} \\\n\s*while \(0\)\n\n/,
    );
  });

  it('of no macro that is known is said to be so', async () => {
    const placement = await place(`@@ -90,3 +90,2 @@ static void kick(struct kvm *kvm)
 	frobnicate(the_thing, with_care);	\\
-	another_unheard_of(statement, too);	\\
 	and_a_third_one(here, there);		\\
`);
    expect(statuses(placement)).toEqual(['not-understood null : -another_unheard_of(statement, too);']);
    expect(placement.changedLines[0]?.why).toBe('the hunk does not tell which macro it changes');
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile, createParser } from '../../../server/c/index';

/** One use of each thing in model/builtins/sundry.h, and of scoped_guard(). */
const USES = `
#include "prelude.h"
#include "list.h"
struct item { struct list_head link; int n; };
int uses(struct list_head *head, struct item *pos, struct item *n, struct list_head *at, refcount_t *r, atomic_t *v, spinlock_t *lock, s64 x)
{
	int sum = 0;

	list_for_each(at, head) sum++;
	list_for_each_prev(at, head) sum++;
	for (pos = list_first_entry(head, struct item, link); !list_entry_is_head(pos, head, link); pos = list_next_entry(pos, link))
		sum += pos->n;
	pos = list_prev_entry(pos, link);
	list_for_each_entry_continue(pos, head, link) sum++;
	list_for_each_entry_from(pos, head, link) sum++;
	list_for_each_entry_safe_reverse(pos, n, head, link) list_del(&pos->link);
	if (list_is_first(&pos->link, head) || list_is_singular(head)) sum += list_count_nodes(head);
	sum += clamp_t(int, x, 0, 5) + min3(1, 2, sum) + max3(1, 2, sum) + abs(x) + hweight64(x);
	refcount_dec(r);
	sum += atomic_add_return(2, v) + atomic_sub_return(2, v);
	scoped_guard(spinlock, lock) sum++;
	return data_race(sum) + PTR_ERR_OR_ZERO(ERR_CAST(PTR_ALIGN(pos, 64))) + ACCESS_PRIVATE(pos, n) + (SZ_2M >> 12) + (SZ_4G >> 30);
}
`;

describe('what patches use of the kernel’s small headers', () => {
  it('is there', async () => {
    const include = (name: string) => ({ path: name, text: readFileSync(`model/builtins/${name}`, 'utf8') });
    const input = { units: [{ path: 'uses.c', text: USES }], include, defines: {} };
    const program = compile(input, await createParser('native'));
    expect(program.problems).toEqual([]);
    const named = Object.values(program.functions.uses?.steps ?? []).flatMap((step) =>
      step.s === 'call' && 'name' in step.callee ? [step.callee.name] : [],
    );
    const declared = /^\s*(spin_(un)?lock|__warn|class_spinlock_\w+|refcount_dec|hweight64|list_\w+|IS_ERR|PTR_ERR)$/;
    expect(named.filter((name) => !declared.test(name))).toEqual([]);
  });
});

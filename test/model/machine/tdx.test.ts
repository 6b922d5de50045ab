/** The tables of domain.md 1.7.2 to 1.7.5, case by case. */

import { describe, expect, it } from 'vitest';
import { FIRST_PFN } from '../../../model/machine/layout';
import { CONTENT, contentOf, setContent, structPage } from '../../../model/machine/pages';
import { type SeptState, septEntry, setSeptState } from '../../../model/machine/sept';
import { statusText } from '../../../model/machine/tdx-status';
import {
  bepochOf,
  enterEpoch,
  epochOf,
  isTracked,
  leaveEpoch,
  lifecycleOf,
  type OpState,
  opStateOf,
  pamtType,
  setBepoch,
  setLifecycle,
  setOpState,
  setPamt,
  setTdWord,
} from '../../../model/machine/tdx-td';
import { type Bench, bench } from './bench';

const GFN = 5;
const GPA = BigInt(GFN) << 12n;
const TD = 0x1;

/** A keyed TD of three levels with tables down to level 1 for GFN, epoch 10, nobody inside. */
function td(op: OpState = 'RUNNABLE'): Bench {
  const b = bench();
  b.call('__machine_td', TD, 1);
  setTdWord(b.m, 'rootLevel', 3);
  setTdWord(b.m, 'epoch', 10);
  for (const level of [3, 2]) {
    const pfn = newPage(b);
    setPamt(b.m, pfn, 'EPT');
    setSeptState(b.m, level === 3 ? 0 : 4, level, 'NL_MAPPED', pfn);
  }
  setOpState(b.m, op);
  b.events.length = 0;
  return b;
}

const newPage = (b: Bench): number => Number(b.call('__user_page_alloc'));
const text = (status: unknown): string => statusText(status as bigint);

/** Put the entry of GFN (level 1) into a state, blocked ones in epoch `bepoch`. */
function put(b: Bench, state: SeptState, bepoch = 1): number {
  if (state === 'FREE') return 0;
  const pfn = newPage(b);
  setPamt(b.m, pfn, 'REG', GFN);
  setBepoch(b.m, pfn, bepoch);
  setSeptState(b.m, GFN, 1, state, pfn);
  return pfn;
}

const state = (b: Bench, level = 1): SeptState => septEntry(b.m, level === 2 ? 4 : GFN, level).state;

const CALLS = {
  'PAGE.ADD': (b: Bench) => b.call('tdh_mem_page_add', TD, GPA, newPage(b), structPage(newPage(b)), 0, 0),
  'PAGE.AUG': (b: Bench) => b.call('tdh_mem_page_aug', TD, GPA, 1, newPage(b), 0, 0),
  'RANGE.BLOCK': (b: Bench) => b.call('tdh_mem_range_block', TD, GPA, 1, 0, 0),
  'RANGE.UNBLOCK': (b: Bench) => b.call('tdh_mem_range_unblock', TD, GPA, 1, 0, 0),
  'PAGE.REMOVE': (b: Bench) => b.call('tdh_mem_page_remove', TD, GPA, 1, 0, 0),
  'SEPT.REMOVE': (b: Bench) => b.call('tdh_mem_sept_remove', TD, GPA, 1, 0, 0),
  'MR.EXTEND': (b: Bench) => b.call('tdh_mr_extend', TD, GPA, 0, 0),
} as const;

const INCORRECT = 'EPT_ENTRY_STATE_INCORRECT (RCX)';
const NOT_BLOCKED = 'GPA_RANGE_NOT_BLOCKED (RCX)';
const ALREADY = 'GPA_RANGE_ALREADY_BLOCKED (RCX)';

const STATES = ['FREE', 'MAPPED', 'PENDING', 'BLOCKED', 'PENDING_BLOCKED'] as const;

/** What a cell says: a state is reached with SUCCESS; otherwise why the state stays as it was. */
const REFUSALS: Readonly<Record<string, string>> = {
  op: 'OP_STATE_INCORRECT',
  state: INCORRECT,
  'not blocked': NOT_BLOCKED,
  already: ALREADY,
};

/** A call, the TD's op_state, and for an entry in each of STATES what comes of it. Blocked entries are tracked. */
const TABLE: readonly (readonly [keyof typeof CALLS, OpState, ...string[]])[] = [
  ['PAGE.ADD', 'UNINITIALIZED', 'op', 'op', 'op', 'op', 'op'],
  ['PAGE.ADD', 'INITIALIZED', 'MAPPED', 'state', 'state', 'state', 'state'],
  ['PAGE.ADD', 'RUNNABLE', 'op', 'op', 'op', 'op', 'op'],
  ['PAGE.AUG', 'UNINITIALIZED', 'op', 'op', 'op', 'op', 'op'],
  ['PAGE.AUG', 'INITIALIZED', 'PENDING', 'state', 'state', 'state', 'state'],
  ['PAGE.AUG', 'RUNNABLE', 'PENDING', 'state', 'state', 'state', 'state'],
  ['RANGE.BLOCK', 'UNINITIALIZED', 'op', 'op', 'op', 'op', 'op'],
  ['RANGE.BLOCK', 'INITIALIZED', 'state', 'BLOCKED', 'PENDING_BLOCKED', 'already', 'already'],
  ['RANGE.BLOCK', 'RUNNABLE', 'state', 'BLOCKED', 'PENDING_BLOCKED', 'already', 'already'],
  ['RANGE.UNBLOCK', 'UNINITIALIZED', 'op', 'op', 'op', 'op', 'op'],
  ['RANGE.UNBLOCK', 'INITIALIZED', 'not blocked', 'not blocked', 'not blocked', 'MAPPED', 'PENDING'],
  ['RANGE.UNBLOCK', 'RUNNABLE', 'not blocked', 'not blocked', 'not blocked', 'MAPPED', 'PENDING'],
  ['PAGE.REMOVE', 'UNINITIALIZED', 'op', 'op', 'op', 'op', 'op'],
  ['PAGE.REMOVE', 'INITIALIZED', 'state', 'FREE', 'FREE', 'FREE', 'FREE'],
  ['PAGE.REMOVE', 'RUNNABLE', 'state', 'not blocked', 'not blocked', 'FREE', 'FREE'],
  ['SEPT.REMOVE', 'UNINITIALIZED', 'op', 'op', 'op', 'op', 'op'],
  ['SEPT.REMOVE', 'INITIALIZED', 'state', 'state', 'state', 'state', 'state'],
  ['SEPT.REMOVE', 'RUNNABLE', 'state', 'state', 'state', 'state', 'state'],
  ['MR.EXTEND', 'UNINITIALIZED', 'op', 'op', 'op', 'op', 'op'],
  ['MR.EXTEND', 'INITIALIZED', 'state', 'MAPPED', 'state', 'state', 'state'],
  ['MR.EXTEND', 'RUNNABLE', 'op', 'op', 'op', 'op', 'op'],
];

const CASES = TABLE.flatMap(([name, op, ...cells]) =>
  STATES.map((before, at) => {
    const cell = cells[at] ?? '';
    const refused = REFUSALS[cell];
    return [name, op, before, refused ?? 'SUCCESS', refused === undefined ? cell : before] as const;
  }),
);

describe('SEAMCALLs on a leaf', () => {
  it.each(CASES)('TDH.%s of a TD that is %s: %s -> %s, %s', (name, op, before, status, after) => {
    const b = td(op);
    put(b, before);
    expect(text(CALLS[name](b))).toBe(status);
    expect(state(b)).toBe(after);
    expect(b.violations).toHaveLength(status === 'SUCCESS' ? 0 : 1);
    expect(b.eventsOf('seamcall').map((e) => e.expected)).toEqual([status === 'SUCCESS']);
  });

  it.each(Object.keys(CALLS) as (keyof typeof CALLS)[])('TDH.%s needs a keyed TD', (name) => {
    const b = td(name === 'PAGE.ADD' || name === 'MR.EXTEND' ? 'INITIALIZED' : 'RUNNABLE');
    setLifecycle(b.m, 'BLOCKED');
    expect(text(CALLS[name](b))).toBe('LIFECYCLE_STATE_INCORRECT');
  });

  it('needs the tables above', () => {
    const b = td();
    setSeptState(b.m, 4, 2, 'FREE', 0);
    expect(text(CALLS['PAGE.AUG'](b))).toBe('EPT_WALK_FAILED (RCX)');
    expect(text(CALLS['RANGE.BLOCK'](b))).toBe('EPT_WALK_FAILED (RCX)');
  });

  it.each(['PAGE.ADD', 'PAGE.AUG'] as const)('TDH.%s refuses a page that the module owns', (name) => {
    const b = td(name === 'PAGE.ADD' ? 'INITIALIZED' : 'RUNNABLE');
    const pfn = newPage(b);
    setPamt(b.m, pfn, 'REG', 9);
    const args = name === 'PAGE.ADD' ? [GPA, pfn, structPage(newPage(b)), 0, 0] : [GPA, 1, pfn, 0, 0];
    const wrapper = name === 'PAGE.ADD' ? 'tdh_mem_page_add' : 'tdh_mem_page_aug';
    expect(text(b.call(wrapper, TD, ...args))).toBe('PAGE_METADATA_INCORRECT');
  });

  it('PAGE.ADD copies the source, PAGE.REMOVE loses the contents and gives the page back', () => {
    const b = td('INITIALIZED');
    const [pfn, source] = [newPage(b), newPage(b)];
    setContent(b.m, source, 77);
    b.call('tdh_mem_page_add', TD, GPA, pfn, structPage(source), 0, 0);
    expect([contentOf(b.m, pfn), pamtType(b.m, pfn)]).toEqual([77, 'REG']);
    b.call('tdh_mem_page_remove', TD, GPA, 1, 0, 0);
    expect([contentOf(b.m, pfn), pamtType(b.m, pfn)]).toEqual([CONTENT.ciphertext, 'NDA']);
  });

  it('reports the entry and its state beside the status', () => {
    const b = td();
    const [entry, level] = [b.scratch(8), b.scratch(8)];
    put(b, 'PENDING');
    b.call('tdh_mem_page_remove', TD, GPA, 1, entry, level);
    expect(b.m.memory.u64(level)).toBe(2n << 8n);
  });

  it('PAGE.WBINVD wants a page that the module has given back', () => {
    const b = td();
    const pfn = put(b, 'MAPPED');
    expect(text(b.call('tdh_phymem_page_wbinvd_hkid', 1, pfn))).toBe('PAGE_METADATA_INCORRECT');
    expect(text(b.call('tdh_phymem_page_wbinvd_hkid', 1, newPage(b)))).toBe('SUCCESS');
  });
});

describe('tables of the S-EPT', () => {
  const add = (b: Bench, level: number, pfn = newPage(b)) =>
    b.call('tdh_mem_sept_add', TD, 4n << 12n, level, structPage(pfn), 0, 0);

  it('SEPT.ADD makes a table of a page, once', () => {
    const b = td();
    setSeptState(b.m, 4, 2, 'FREE', 0);
    const pfn = newPage(b);
    expect(text(add(b, 2, pfn))).toBe('SUCCESS');
    expect([state(b, 2), pamtType(b.m, pfn)]).toEqual(['NL_MAPPED', 'EPT']);
    expect(text(add(b, 2))).toBe(INCORRECT);
    expect(text(add(b, 1))).toBe(INCORRECT);
  });

  it('SEPT.ADD goes from the top', () => {
    const b = td();
    setSeptState(b.m, 4, 2, 'FREE', 0);
    setSeptState(b.m, 0, 3, 'FREE', 0);
    expect(text(add(b, 2))).toBe('EPT_WALK_FAILED (RCX)');
  });

  it.each([
    ['NL_MAPPED', 1, 'FREE', NOT_BLOCKED],
    ['NL_BLOCKED', 1, 'MAPPED', 'EPT_PAGE_NOT_FREE (RCX)'],
    ['NL_BLOCKED', 10, 'FREE', 'TLB_TRACKING_NOT_DONE (RCX)'],
    ['NL_BLOCKED', 1, 'FREE', 'SUCCESS'],
  ] as const)('SEPT.REMOVE of %s blocked in epoch %i above a %s leaf: %s', (table, bepoch, leaf, status) => {
    const b = td();
    put(b, leaf);
    const entry = septEntry(b.m, 4, 2);
    setBepoch(b.m, entry.pfn, bepoch);
    setSeptState(b.m, 4, 2, table, entry.pfn);
    expect(text(b.call('tdh_mem_sept_remove', TD, 4n << 12n, 2, 0, 0))).toBe(status);
  });

  it('RANGE.BLOCK of a table cuts off everything below', () => {
    const b = td();
    put(b, 'MAPPED');
    expect(text(b.call('tdh_mem_range_block', TD, 4n << 12n, 2, 0, 0))).toBe('SUCCESS');
    expect(text(CALLS['RANGE.BLOCK'](b))).toBe('EPT_WALK_FAILED (RCX)');
  });
});

describe('epochs', () => {
  it('RANGE.BLOCK remembers the epoch', () => {
    const b = td();
    const pfn = put(b, 'MAPPED');
    CALLS['RANGE.BLOCK'](b);
    expect(bepochOf(b.m, pfn)).toBe(10);
  });

  it('nothing blocked in the present epoch is tracked', () => {
    expect(isTracked(td().m, 10)).toBe(false);
  });

  it('the previous epoch is tracked once its vCPUs have left', () => {
    const { m } = td();
    enterEpoch(m);
    setTdWord(m, 'epoch', 11);
    expect(isTracked(m, 10)).toBe(false);
    leaveEpoch(m, 10);
    expect(isTracked(m, 10)).toBe(true);
  });

  it('anything older is tracked', () => {
    const { m } = td();
    enterEpoch(m);
    expect(isTracked(m, 8)).toBe(true);
  });

  it('TRACK is refused while somebody runs in the previous epoch, and that is no plain BUSY', () => {
    const b = td();
    enterEpoch(b.m);
    expect(text(b.call('tdh_mem_track', TD))).toBe('SUCCESS');
    expect(text(b.call('tdh_mem_track', TD))).toBe('PREVIOUS_TLB_EPOCH_BUSY');
    expect(epochOf(b.m)).toBe(11);
    expect(b.violations).toEqual([expect.stringMatching(/^seamcall-refused/)]);
    leaveEpoch(b.m, 10);
    expect(text(b.call('tdh_mem_track', TD))).toBe('SUCCESS');
  });

  it('REMOVE without TRACK is refused', () => {
    const b = td();
    put(b, 'MAPPED');
    CALLS['RANGE.BLOCK'](b);
    expect(text(CALLS['PAGE.REMOVE'](b))).toBe('TLB_TRACKING_NOT_DONE (RCX)');
  });

  it('REMOVE after TRACK is refused until the vCPU that was inside has left', () => {
    const b = td();
    put(b, 'MAPPED');
    const inside = enterEpoch(b.m);
    CALLS['RANGE.BLOCK'](b);
    b.call('tdh_mem_track', TD);
    expect(text(CALLS['PAGE.REMOVE'](b))).toBe('TLB_TRACKING_NOT_DONE (RCX)');
    leaveEpoch(b.m, inside);
    expect(text(CALLS['PAGE.REMOVE'](b))).toBe('SUCCESS');
  });
});

describe('build and teardown', () => {
  it('FINALIZE happens once', () => {
    const b = td('INITIALIZED');
    expect(text(b.call('tdh_mr_finalize', TD))).toBe('SUCCESS');
    expect(opStateOf(b.m)).toBe('RUNNABLE');
    expect(text(b.call('tdh_mr_finalize', TD))).toBe('OP_STATE_INCORRECT');
  });

  it('keys go in order: flush, flush done, caches, key, then pages', () => {
    const b = td();
    const pfn = septEntry(b.m, 4, 2).pfn;
    const reclaim = () => text(b.call('tdh_phymem_page_reclaim', structPage(pfn), 0, 0, 0));
    setTdWord(b.m, 'associated', 1);
    expect(reclaim()).toBe('LIFECYCLE_STATE_INCORRECT');
    expect(text(b.call('tdh_mng_vpflushdone', TD))).toBe('FLUSHVP_NOT_DONE');
    expect(text(b.call('tdh_mng_key_freeid', TD))).toBe('LIFECYCLE_STATE_INCORRECT');
    setTdWord(b.m, 'associated', 0);
    expect(text(b.call('tdh_mng_vpflushdone', TD))).toBe('SUCCESS');
    expect(text(b.call('tdh_mng_key_freeid', TD))).toBe('WBCACHE_NOT_COMPLETE');
    b.call('tdh_phymem_cache_wb', 0);
    expect(text(b.call('tdh_mng_key_freeid', TD))).toBe('SUCCESS');
    expect(lifecycleOf(b.m)).toBe('TEARDOWN');
    expect(reclaim()).toBe('SUCCESS');
    expect(reclaim()).toBe('PAGE_METADATA_INCORRECT');
  });

  it('the root page goes last', () => {
    const b = td();
    const tdr = newPage(b);
    setPamt(b.m, tdr, 'TDR');
    setLifecycle(b.m, 'TEARDOWN');
    const reclaim = () => text(b.call('tdh_phymem_page_reclaim', structPage(tdr), 0, 0, 0));
    expect(reclaim()).toBe('ASSOCIATED_PAGES_EXIST');
    for (const pfn of [FIRST_PFN, FIRST_PFN + 1]) b.call('tdh_phymem_page_reclaim', structPage(pfn), 0, 0, 0);
    expect(reclaim()).toBe('SUCCESS');
  });
});

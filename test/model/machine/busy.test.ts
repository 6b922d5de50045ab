/** Who is in whose way in the TDX module: each host call while a vCPU holds each of the module's locks. */

import { describe, expect, it } from 'vitest';
import { structPage } from '../../../model/machine/pages';
import { setSeptState } from '../../../model/machine/sept';
import { statusText } from '../../../model/machine/tdx-status';
import { setBepoch, setOpState, setPamt, setTdWord } from '../../../model/machine/tdx-td';
import { type Bench, bench } from './bench';

const TD = 1;
const CONTINUE = 0x200n;

const text = (status: unknown): string => statusText(status as bigint);
const newPage = (b: Bench): number => Number(b.call('__user_page_alloc'));
const gpa = (gfn: number): bigint => BigInt(gfn) << 12n;

/** A TD with a vCPU; gfn 1 and 2 are pending, gfn 3 is blocked and tracked. */
function td(): Bench & { readonly vcpu: number } {
  const b = bench('tdx');
  const vcpu = b.scratch(64);
  b.call('__machine_vcpu', vcpu, 0);
  b.call('__machine_td', TD, 1);
  setTdWord(b.m, 'rootLevel', 2);
  setTdWord(b.m, 'epoch', 10);
  setOpState(b.m, 'RUNNABLE');
  const table = newPage(b);
  setPamt(b.m, table, 'EPT');
  setSeptState(b.m, 0, 2, 'NL_MAPPED', table);
  for (const gfn of [1, 2]) b.call('tdh_mem_page_aug', TD, gpa(gfn), 1, newPage(b), 0, 0);
  const blocked = newPage(b);
  setPamt(b.m, blocked, 'REG', 3);
  setBepoch(b.m, blocked, 1);
  setSeptState(b.m, 3, 1, 'BLOCKED', blocked);
  return Object.assign(b, { vcpu });
}

type Td = ReturnType<typeof td>;

function enter(b: Td): void {
  b.as(0).call('local_irq_disable');
  b.call('__guest_enter_begin', b.vcpu);
}

/** What the vCPU is at. */
const HOLDERS: Readonly<Record<string, (b: Td) => void>> = {
  nothing: () => {},
  'an entry with zero-step mitigation': (b) => {
    b.call('__guest_arm_zero_step', b.vcpu);
    enter(b);
  },
  'the guest': enter,
  'ACCEPT of gfn 1': (b) => {
    enter(b);
    expect(b.call('__guest_accept_begin', b.vcpu, gpa(1))).toBe(CONTINUE);
  },
};

const CALLS: Readonly<Record<string, (b: Td) => unknown>> = {
  'SEPT.ADD at gfn 4': (b) => b.call('tdh_mem_sept_add', TD, gpa(4), 2, structPage(newPage(b)), 0, 0),
  'PAGE.AUG of gfn 0': (b) => b.call('tdh_mem_page_aug', TD, gpa(0), 1, newPage(b), 0, 0),
  'PAGE.AUG of gfn 1': (b) => b.call('tdh_mem_page_aug', TD, gpa(1), 1, newPage(b), 0, 0),
  'PAGE.REMOVE of gfn 3': (b) => b.call('tdh_mem_page_remove', TD, gpa(3), 1, 0, 0),
  'PAGE.REMOVE of gfn 1': (b) => b.call('tdh_mem_page_remove', TD, gpa(1), 1, 0, 0),
  'RANGE.BLOCK of gfn 1': (b) => b.call('tdh_mem_range_block', TD, gpa(1), 1, 0, 0),
  'RANGE.BLOCK of gfn 2': (b) => b.call('tdh_mem_range_block', TD, gpa(2), 1, 0, 0),
  'MEM.TRACK': (b) => b.call('tdh_mem_track', TD),
  'PAGE.ADD of gfn 0': (b) => {
    setOpState(b.m, 'INITIALIZED');
    return b.call('tdh_mem_page_add', TD, gpa(0), newPage(b), structPage(newPage(b)), 0, 0);
  },
  'MR.EXTEND of gfn 1': (b) => {
    setOpState(b.m, 'INITIALIZED');
    return b.call('tdh_mr_extend', TD, gpa(1), 0, 0);
  },
  'MR.FINALIZE': (b) => {
    setOpState(b.m, 'INITIALIZED');
    return b.call('tdh_mr_finalize', TD);
  },
};

const OK = 'SUCCESS';
const TREE = 'OPERAND_BUSY (SEPT)';
const ENTRY = 'OPERAND_BUSY (RCX)';
const ROOT = 'OPERAND_BUSY (TDR)';
const STATE = 'EPT_ENTRY_STATE_INCORRECT (RCX)';
const NOT_BLOCKED = 'GPA_RANGE_NOT_BLOCKED (RCX)';

/** A call, and its answer beside each of HOLDERS in their order (domain: locks of the module, conflict matrix). */
const TABLE: readonly (readonly [string, string, string, string, string])[] = [
  ['SEPT.ADD at gfn 4', OK, TREE, OK, OK],
  ['PAGE.AUG of gfn 0', OK, TREE, OK, OK],
  ['PAGE.AUG of gfn 1', STATE, TREE, STATE, ENTRY],
  ['PAGE.REMOVE of gfn 3', OK, TREE, OK, OK],
  ['PAGE.REMOVE of gfn 1', NOT_BLOCKED, TREE, NOT_BLOCKED, ENTRY],
  ['RANGE.BLOCK of gfn 1', OK, TREE, OK, ENTRY],
  ['RANGE.BLOCK of gfn 2', OK, TREE, OK, OK],
  ['MEM.TRACK', OK, 'OPERAND_BUSY (TD_EPOCH)', OK, OK],
  ['PAGE.ADD of gfn 0', OK, ROOT, ROOT, ROOT],
  ['MR.EXTEND of gfn 1', STATE, ROOT, ROOT, ROOT],
  ['MR.FINALIZE', OK, ROOT, ROOT, ROOT],
];

const CASES = TABLE.flatMap(([call, ...answers]) =>
  Object.keys(HOLDERS).map((holder, at): [string, string, string] => [call, holder, answers[at] ?? '']),
);

describe('a host call while the vCPU is at something', () => {
  it.each(CASES)('TDH.%s beside %s: %s', (call, holder, answer) => {
    const b = td();
    HOLDERS[holder]?.(b);
    expect(text(CALLS[call]?.(b))).toBe(answer);
  });

  it('has every call', () => {
    expect(TABLE.map(([call]) => call)).toEqual(Object.keys(CALLS));
  });
});

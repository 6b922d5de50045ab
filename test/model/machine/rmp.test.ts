/** The tables of domain.md 1.8, case by case: each instruction in each state of an entry. */

import { describe, expect, it } from 'vitest';
import { FIRST_PFN, pfnToVirt } from '../../../model/machine/layout';
import {
  launchUpdate,
  pageReclaim,
  psmash,
  pvalidate,
  rmpEntry,
  rmpRefuses,
  rmpResult,
  rmpText,
  rmpUpdate,
} from '../../../model/machine/rmp';
import { type Bench, bench } from './bench';

/** Aligned to a huge page, which is of four pages here. */
const PFN = FIRST_PFN + 8;
const GFN = 4;
const ASID = 1;
const GPA = BigInt(GFN) << 12n;
const PLAIN = { assigned: true, huge: false, immutable: false, asid: ASID, gfn: GFN };
const BACK = { assigned: false, huge: false, immutable: false, asid: 0, gfn: 0 };

/** Each state of an entry, and how it comes to be. */
const STATES = {
  unassigned: () => undefined,
  assigned: (b: Bench) => void rmpUpdate(b.m, PFN, PLAIN),
  validated: (b: Bench) => {
    STATES.assigned(b);
    pvalidate(b.m, { pfn: PFN, gfn: GFN, level: 1, asid: ASID, huge: false, validate: true });
  },
  immutable: (b: Bench) => void rmpUpdate(b.m, PFN, { ...PLAIN, immutable: true }),
  vmsa: (b: Bench) => {
    STATES.immutable(b);
    launchUpdate(b.m, PFN, ASID, true);
  },
  'vmsa in use': (b: Bench) => {
    STATES.vmsa(b);
    inGuest(b, Number(PFN));
  },
  huge: (b: Bench) => void rmpUpdate(b.m, PFN, { ...PLAIN, huge: true }),
  'huge and validated': (b: Bench) => {
    STATES.huge(b);
    pvalidate(b.m, { pfn: PFN, gfn: GFN, level: 2, asid: ASID, huge: true, validate: true });
  },
} as const;
type State = keyof typeof STATES;

/** vCPU 0 runs with this page as its VMSA. */
function inGuest(b: Bench, vmsa: number): number {
  const vcpu = b.scratch(64);
  b.call('__machine_vcpu', vcpu, 0);
  b.call('__guest_vmcb', vcpu, ASID, BigInt(vmsa) << 12n);
  b.as(0).call('local_irq_disable');
  expect(b.call('__guest_enter_begin', vcpu)).toBe(0n);
  return vcpu;
}

function inState(state: State): Bench {
  const b = bench('snp');
  STATES[state](b);
  b.events.length = 0;
  return b;
}

const text = (b: Bench, pfn = PFN): string => rmpText(rmpEntry(b.m, pfn));
const TO_GUEST = 'assigned to gfn 4 (asid 1)';

const HOST = {
  assign: (b: Bench) => b.call('__rmpupdate', PFN, 1, GPA, 1, ASID, 0),
  'assign immutable': (b: Bench) => b.call('__rmpupdate', PFN, 1, GPA, 1, ASID, 1),
  'assign 2M': (b: Bench) => b.call('__rmpupdate', PFN, 1, GPA, 2, ASID, 0),
  unassign: (b: Bench) => b.call('__rmpupdate', PFN, 0, 0, 1, 0, 0),
  'unassign 2M': (b: Bench) => b.call('__rmpupdate', PFN, 0, 0, 2, 0, 0),
  PSMASH: (b: Bench) => b.call('__psmash', PFN),
} as const;

/** Instruction of the host, state before -> result, state after. */
const TABLE: readonly (readonly [keyof typeof HOST, State, string, string])[] = [
  ['assign', 'unassigned', 'SUCCESS', TO_GUEST],
  ['assign', 'assigned', 'SUCCESS', TO_GUEST],
  // what the guest said is gone
  ['assign', 'validated', 'SUCCESS', TO_GUEST],
  ['assign', 'immutable', 'FAIL_PERMISSION', `${TO_GUEST}, immutable`],
  ['assign', 'vmsa', 'SUCCESS', TO_GUEST],
  ['assign', 'vmsa in use', 'FAIL_INUSE', `${TO_GUEST}, validated, vmsa`],
  ['assign', 'huge', 'FAIL_OVERLAP', `${TO_GUEST}, huge`],
  ['assign', 'huge and validated', 'FAIL_OVERLAP', `${TO_GUEST}, huge, validated`],
  ['assign immutable', 'unassigned', 'SUCCESS', `${TO_GUEST}, immutable`],
  ['assign immutable', 'validated', 'SUCCESS', `${TO_GUEST}, immutable`],
  ['assign immutable', 'immutable', 'FAIL_PERMISSION', `${TO_GUEST}, immutable`],
  ['assign 2M', 'unassigned', 'SUCCESS', `${TO_GUEST}, huge`],
  ['assign 2M', 'assigned', 'FAIL_OVERLAP', TO_GUEST],
  ['assign 2M', 'immutable', 'FAIL_OVERLAP', `${TO_GUEST}, immutable`],
  ['assign 2M', 'huge and validated', 'SUCCESS', `${TO_GUEST}, huge`],
  ['unassign', 'unassigned', 'SUCCESS', 'unassigned'],
  ['unassign', 'assigned', 'SUCCESS', 'unassigned'],
  ['unassign', 'validated', 'SUCCESS', 'unassigned'],
  ['unassign', 'immutable', 'FAIL_PERMISSION', `${TO_GUEST}, immutable`],
  ['unassign', 'vmsa', 'SUCCESS', 'unassigned'],
  ['unassign', 'vmsa in use', 'FAIL_INUSE', `${TO_GUEST}, validated, vmsa`],
  ['unassign', 'huge', 'FAIL_OVERLAP', `${TO_GUEST}, huge`],
  ['unassign 2M', 'unassigned', 'SUCCESS', 'unassigned'],
  ['unassign 2M', 'assigned', 'FAIL_OVERLAP', TO_GUEST],
  ['unassign 2M', 'vmsa in use', 'FAIL_OVERLAP', `${TO_GUEST}, validated, vmsa`],
  ['unassign 2M', 'huge', 'SUCCESS', 'unassigned'],
  ['unassign 2M', 'huge and validated', 'SUCCESS', 'unassigned'],
  ['PSMASH', 'unassigned', 'FAIL_INPUT', 'unassigned'],
  ['PSMASH', 'assigned', 'FAIL_INPUT', TO_GUEST],
  ['PSMASH', 'validated', 'FAIL_INPUT', `${TO_GUEST}, validated`],
  ['PSMASH', 'immutable', 'FAIL_INPUT', `${TO_GUEST}, immutable`],
  ['PSMASH', 'vmsa in use', 'FAIL_INPUT', `${TO_GUEST}, validated, vmsa`],
  ['PSMASH', 'huge', 'SUCCESS', TO_GUEST],
  ['PSMASH', 'huge and validated', 'SUCCESS', `${TO_GUEST}, validated`],
];

describe('instructions of the host', () => {
  it.each(TABLE)('%s of a page that is %s: %s, then %s', (call, before, result, after) => {
    const b = inState(before);
    expect(rmpResult(Number(HOST[call](b)))).toBe(result);
    expect(text(b)).toBe(after);
    expect(b.eventsOf('rmp-request')).toHaveLength(1);
  });

  it('take all pages of a huge one', () => {
    const b = inState('huge and validated');
    expect(text(b, PFN + 3)).toBe('assigned to gfn 7 (asid 1), huge, validated');
    HOST.PSMASH(b);
    expect(text(b, PFN + 3)).toBe('assigned to gfn 7 (asid 1), validated');
    expect(rmpUpdate(b.m, PFN + 3, BACK)).toBe(0);
    expect(text(b, PFN + 3)).toBe('unassigned');
    expect(text(b, PFN + 2)).toBe('assigned to gfn 6 (asid 1), validated');
  });

  it('refuse part of a huge page, and one that is not aligned or not there', () => {
    const b = inState('huge');
    expect(rmpResult(rmpUpdate(b.m, PFN + 1, BACK))).toBe('FAIL_OVERLAP');
    expect(rmpResult(psmash(b.m, PFN + 1))).toBe('FAIL_INPUT');
    expect(rmpResult(rmpUpdate(b.m, PFN + 1, { ...PLAIN, huge: true }))).toBe('FAIL_INPUT');
    expect(rmpResult(rmpUpdate(b.m, PFN + 4, { ...PLAIN, huge: true, gfn: 5 }))).toBe('FAIL_INPUT');
    expect(rmpResult(rmpUpdate(b.m, FIRST_PFN - 1, PLAIN))).toBe('FAIL_INPUT');
  });

  it('may meet another CPU at the entry', () => {
    const b = inState('huge');
    expect(b.choices('__psmash', PFN)).toEqual(['', 'INUSE']);
    expect(rmpResult(Number(b.choose(1, '__psmash', PFN)))).toBe('FAIL_INUSE');
    expect(rmpEntry(b.m, PFN).huge).toBe(true);
  });

  it('tell what changed, and nothing where nothing did', () => {
    const b = inState('unassigned');
    HOST.assign(b);
    HOST.assign(b);
    expect(b.eventsOf('rmp').map((e) => `${e.pfn - PFN} ${e.gfn} ${e.old} -> ${e.state}`)).toEqual([
      `0 4 unassigned -> ${TO_GUEST}`,
    ]);
  });
});

const ON = { pfn: PFN, gfn: GFN, level: 1, asid: ASID, huge: false, validate: true };

/** PVALIDATE, state before -> result (a fault by its name), state after. */
const VALIDATIONS: readonly (readonly [string, Partial<typeof ON>, State, number | string, string])[] = [
  ['on', {}, 'unassigned', 'rmp', 'unassigned'],
  ['on', {}, 'assigned', 0, `${TO_GUEST}, validated`],
  ['on', {}, 'validated', 255, `${TO_GUEST}, validated`],
  ['on', {}, 'immutable', 'rmp', `${TO_GUEST}, immutable`],
  ['on', {}, 'huge', 'size', `${TO_GUEST}, huge`],
  ['on, of 2 MiB', { huge: true }, 'huge', 0, `${TO_GUEST}, huge, validated`],
  ['on, of 2 MiB', { huge: true }, 'huge and validated', 255, `${TO_GUEST}, huge, validated`],
  ['on, of 2 MiB', { huge: true }, 'assigned', 6, TO_GUEST],
  ['on, of 2 MiB, unaligned', { huge: true, gfn: 5 }, 'huge', 1, `${TO_GUEST}, huge`],
  ['on, at another address', { gfn: 5 }, 'assigned', 'rmp', TO_GUEST],
  ['on, by another guest', { asid: 2 }, 'assigned', 'rmp', TO_GUEST],
  ['off', { validate: false }, 'validated', 0, TO_GUEST],
  ['off', { validate: false }, 'assigned', 255, TO_GUEST],
];

describe('PVALIDATE', () => {
  it.each(VALIDATIONS)('%s (%o) of a page that is %s: %s, then %s', (_, change, before, result, after) => {
    const b = inState(before);
    expect(pvalidate(b.m, { ...ON, ...change })).toBe(result);
    expect(text(b)).toBe(after);
  });
});

/** Firmware command, state before -> done, state after. */
const FIRMWARE: readonly (readonly [string, (b: Bench) => boolean, State, boolean, string])[] = [
  ['LAUNCH_UPDATE', (b) => launchUpdate(b.m, PFN, ASID, false), 'immutable', true, `${TO_GUEST}, validated`],
  ['LAUNCH_UPDATE', (b) => launchUpdate(b.m, PFN, ASID, false), 'assigned', false, TO_GUEST],
  ['LAUNCH_UPDATE', (b) => launchUpdate(b.m, PFN, ASID, false), 'unassigned', false, 'unassigned'],
  [
    'LAUNCH_UPDATE (other guest)',
    (b) => launchUpdate(b.m, PFN, 2, false),
    'immutable',
    false,
    `${TO_GUEST}, immutable`,
  ],
  [
    'LAUNCH_UPDATE (VMSA)',
    (b) => launchUpdate(b.m, PFN, ASID, true),
    'immutable',
    true,
    `${TO_GUEST}, validated, vmsa`,
  ],
  ['PAGE_RECLAIM', (b) => pageReclaim(b.m, PFN), 'immutable', true, TO_GUEST],
  ['PAGE_RECLAIM', (b) => pageReclaim(b.m, PFN), 'assigned', false, TO_GUEST],
  ['PAGE_RECLAIM', (b) => pageReclaim(b.m, PFN), 'unassigned', false, 'unassigned'],
];

describe('the firmware', () => {
  it('measures nothing once the launch is over', () => {
    const b = inState('immutable');
    b.call('__snp_launch_finish');
    expect(b.call('__snp_launch_update', PFN, ASID, 0)).toBe(0);
    expect(text(b)).toBe(`${TO_GUEST}, immutable`);
  });

  it.each(FIRMWARE)('%s: %o of a page that is %s: %s, then %s', (_, command, before, done, after) => {
    const b = inState(before);
    expect(command(b)).toBe(done);
    expect(text(b)).toBe(after);
  });
});

const TRY = { pfn: PFN, gfn: GFN, level: 1, encrypted: true, asid: ASID };

/** Access of the guest, state of the page -> how the RMP ends it. */
const ACCESSES: readonly (readonly [string, Partial<typeof TRY>, State, string | undefined])[] = [
  ['encrypted', {}, 'unassigned', 'rmp'],
  ['encrypted', {}, 'assigned', 'unvalidated'],
  ['encrypted', {}, 'validated', undefined],
  ['encrypted', {}, 'immutable', 'rmp'],
  ['encrypted, elsewhere', { gfn: 5 }, 'validated', 'rmp'],
  ['encrypted, of another guest', { asid: 2 }, 'validated', 'rmp'],
  ['encrypted, by a 2 MiB mapping', { level: 2 }, 'validated', 'size'],
  ['encrypted, by a 4 KiB mapping', {}, 'huge and validated', 'size'],
  ['encrypted, by a 2 MiB mapping', { level: 2 }, 'huge and validated', undefined],
  ['plain', { encrypted: false }, 'unassigned', undefined],
  ['plain', { encrypted: false }, 'assigned', 'rmp'],
  ['plain', { encrypted: false }, 'validated', 'rmp'],
];

describe('an access of the guest', () => {
  it.each(ACCESSES)('%s (%o) to a page that is %s: %s', (_, change, state, fault) => {
    expect(rmpRefuses(inState(state).m, { ...TRY, ...change })).toBe(fault);
  });
});

const READ = 0;
const WRITE = 1;
const C_BIT = 1n << 47n;
const NPF = 0x400n;

/** A guest in which gfn 4 is mapped to PFN by a table of one level. */
function running(state: State): Bench & { vcpu: number } {
  const b = inState(state);
  const vmsa = PFN + 16;
  rmpUpdate(b.m, vmsa, { ...PLAIN, gfn: 9, immutable: true });
  launchUpdate(b.m, vmsa, ASID, true);
  const table = Number(b.call('__user_page_alloc'));
  const vcpu = inGuest(b, vmsa);
  b.call('__guest_load_root', vcpu, BigInt(table) << 12n, 1);
  b.m.memory.setU64(pfnToVirt(table) + (GFN % 4) * 8, (BigInt(PFN) << 12n) | 0x807n);
  return Object.assign(b, { vcpu });
}

/** Bits of the error code of a nested page fault, by name. */
function errorCode(b: Bench, vcpu: number): string[] {
  const names: Record<number, string> = {
    0: 'P',
    1: 'W',
    2: 'U',
    3: 'RSVD',
    31: 'RMP',
    32: 'FINAL',
    34: 'ENC',
    35: 'SIZEM',
  };
  const code = b.call('__guest_npf_error_code', vcpu) as bigint;
  return Object.keys(names).flatMap((bit) => ((code >> BigInt(bit)) & 1n ? [names[Number(bit)]!] : []));
}

describe('a running guest', () => {
  it('reaches a page that it has validated', () => {
    const b = running('validated');
    expect(b.call('__guest_access', b.vcpu, GPA | C_BIT, WRITE)).toBe(0n);
    expect(b.eventsOf('guest-access')).toMatchObject([{ gfn: GFN, isPrivate: true, outcome: 'done', pfn: PFN }]);
  });

  it('is told of one that it has not validated', () => {
    const b = running('assigned');
    expect(b.call('__guest_access', b.vcpu, GPA | C_BIT, READ)).toBe(0x103n);
    expect(b.call('__guest_accept_begin', b.vcpu, GPA | C_BIT)).toBe(0n);
    expect(b.call('__guest_access', b.vcpu, GPA | C_BIT, READ)).toBe(0n);
    expect(b.call('__guest_accept_begin', b.vcpu, GPA | C_BIT)).toBe(0x102n);
  });

  it('exits for a page that is not its own, with the bits that say so', () => {
    const b = running('unassigned');
    expect(b.call('__guest_access', b.vcpu, GPA | C_BIT, WRITE)).toBe(NPF);
    expect(errorCode(b, b.vcpu)).toEqual(['P', 'W', 'U', 'RMP', 'FINAL', 'ENC']);
    expect(b.call('__guest_exit_gpa', b.vcpu)).toBe(GPA);
    expect(b.call('__guest_access', b.vcpu, GPA, WRITE)).toBe(0n);
  });

  it('exits for a plain access to a page that is assigned', () => {
    const b = running('validated');
    expect(b.call('__guest_access', b.vcpu, GPA, READ)).toBe(NPF);
    expect(errorCode(b, b.vcpu)).toEqual(['P', 'U', 'RMP', 'FINAL']);
  });

  it('exits where sizes differ', () => {
    const b = running('huge and validated');
    expect(b.call('__guest_access', b.vcpu, GPA | C_BIT, READ)).toBe(NPF);
    expect(errorCode(b, b.vcpu)).toContain('SIZEM');
    expect(b.call('__guest_accept_begin', b.vcpu, GPA | C_BIT)).toBe(NPF);
    expect(errorCode(b, b.vcpu)).toContain('SIZEM');
  });

  it('exits where nothing is mapped, or MMIO is', () => {
    const b = running('validated');
    expect(b.call('__guest_access', b.vcpu, (BigInt(GFN + 1) << 12n) | C_BIT, READ)).toBe(NPF);
    expect(errorCode(b, b.vcpu)).toEqual(['U', 'FINAL', 'ENC']);
    const table = FIRST_PFN;
    b.m.memory.setU64(pfnToVirt(table) + 3 * 8, (1n << 51n) | 1n);
    expect(b.call('__guest_access', b.vcpu, BigInt(GFN + 3) << 12n, READ)).toBe(NPF);
    expect(errorCode(b, b.vcpu)).toEqual(['P', 'U', 'RSVD', 'FINAL']);
  });

  it('goes on with what its TLB has until that is flushed', () => {
    const b = running('validated');
    b.call('__guest_access', b.vcpu, GPA | C_BIT, READ);
    rmpUpdate(b.m, PFN, BACK);
    expect(b.call('__guest_access', b.vcpu, GPA | C_BIT, READ)).toBe(0n);
    b.call('__guest_flush_tlb', b.vcpu);
    expect(b.call('__guest_access', b.vcpu, GPA | C_BIT, READ)).toBe(NPF);
  });

  it('makes a page the registers of another vCPU, which then can be entered', () => {
    const b = running('validated');
    const other = b.scratch(64);
    b.call('__machine_vcpu', other, 1);
    b.call('__guest_vmcb', other, ASID, BigInt(PFN) << 12n);
    b.as(1).call('local_irq_disable');
    expect(b.call('__guest_enter_begin', other)).toBe(0x401n);
    expect(b.as(0).call('__guest_make_vmsa', b.vcpu, GPA | C_BIT)).toBe(0n);
    expect(b.as(1).call('__guest_enter_begin', other)).toBe(0n);
    expect(rmpResult(rmpUpdate(b.m, PFN, BACK))).toBe('FAIL_INUSE');
    b.call('__guest_exit', other);
    expect(rmpResult(rmpUpdate(b.m, PFN, BACK))).toBe('SUCCESS');
    expect(b.call('__guest_enter_begin', other)).toBe(0x401n);
  });
});

describe('the host', () => {
  it('dies of a write to an assigned page', () => {
    const b = inState('assigned');
    b.call('__user_page_alloc');
    rmpUpdate(b.m, FIRST_PFN, PLAIN);
    expect(() => b.call('__host_access', FIRST_PFN, 1)).toThrow(
      /^kernel-bug: the host writes page 0x[0-9a-f]+, assigned/,
    );
    expect(() => b.call('__host_access', FIRST_PFN, 0)).not.toThrow();
  });

  it.each([
    'alloc_page',
    '__user_page_alloc',
    '__host_alloc_and_write',
  ])('dies of a page of %s that is still assigned', (name) => {
    const b = inState('unassigned');
    rmpUpdate(b.m, FIRST_PFN, PLAIN);
    expect(() => b.call(name, 0)).toThrow(/RMP bit/);
  });
});

it('is shown with a state', () => {
  const b = inState('validated');
  const shown = Object.entries(b.m.describe()).filter(([name]) => name.startsWith('RMP'));
  expect(shown).toEqual([[`RMP[pfn 0x${PFN.toString(16)}]`, `${TO_GUEST}, validated`]]);
});

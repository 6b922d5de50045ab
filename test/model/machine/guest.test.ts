/** The guest: entry, epochs, locks of the module that a vCPU holds, TLBs, acceptance, data. */

import { describe, expect, it } from 'vitest';
import { ipiPending } from '../../../model/machine/cpus';
import { pfnToVirt } from '../../../model/machine/layout';
import { structPage } from '../../../model/machine/pages';
import { septEntry, setSeptState } from '../../../model/machine/sept';
import { statusText } from '../../../model/machine/tdx-status';
import { epochRefcount, setOpState, setPamt, setTdWord } from '../../../model/machine/tdx-td';
import { tlbEntries } from '../../../model/machine/tlb';
import { type Bench, bench } from './bench';

const DONE = 0n;
const INTERRUPT = 1n;
const VIOLATION = 48n;
const CONTINUE = 0x200n;
const PENDING_EXIT = 6n;
const READ = 0;
const WRITE = 1;
const EXEC = 2;
const TD = 1;

const text = (status: unknown): string => statusText(status as bigint);
const newPage = (b: Bench): number => Number(b.call('__user_page_alloc'));
const gpa = (gfn: number): bigint => BigInt(gfn) << 12n;

interface Guest extends Bench {
  readonly vcpu: number;
}

function withVcpus(b: Bench): { b: Bench; vcpus: number[] } {
  const vcpus = [0, 1].map((id) => {
    const vcpu = b.scratch(64);
    b.call('__machine_vcpu', vcpu, id);
    return vcpu;
  });
  return { b, vcpus };
}

function runnableTd(): Guest & { other: number } {
  const { b, vcpus } = withVcpus(bench('tdx'));
  b.call('__machine_td', TD, 1);
  setTdWord(b.m, 'rootLevel', 2);
  setOpState(b.m, 'RUNNABLE');
  const table = newPage(b);
  setPamt(b.m, table, 'EPT');
  setSeptState(b.m, 0, 2, 'NL_MAPPED', table);
  return Object.assign(b, { vcpu: vcpus[0]!, other: vcpus[1]! });
}

function enter(b: Bench, thread: number, vcpu: number): unknown {
  b.as(thread).call('local_irq_disable');
  return b.call('__guest_enter_begin', vcpu);
}

function leave(b: Bench, thread: number, vcpu: number): void {
  b.as(thread).call('__guest_exit', vcpu);
  b.call('local_irq_enable');
}

const aug = (b: Bench, gfn: number): number => {
  const pfn = newPage(b);
  b.call('tdh_mem_page_aug', TD, gpa(gfn), 1, pfn, 0, 0);
  return pfn;
};

function accept(b: Bench, vcpu: number, gfn: number): unknown {
  const begun = b.call('__guest_accept_begin', vcpu, gpa(gfn));
  return begun === CONTINUE ? b.call('__guest_accept_end', vcpu, gpa(gfn)) : begun;
}

describe('private memory of a TD', () => {
  it('an access to a free gfn exits, and one to a pending page exits with its own type', () => {
    const b = runnableTd();
    enter(b, 0, b.vcpu);
    expect(b.call('__guest_access', b.vcpu, gpa(1), WRITE)).toBe(VIOLATION);
    expect(b.call('__guest_exit_gpa', b.vcpu)).toBe(gpa(1));
    expect(b.call('__guest_ext_exit_qualification', b.vcpu)).toBe(0n);
    aug(b, 1);
    expect(b.call('__guest_access', b.vcpu, gpa(1), WRITE)).toBe(VIOLATION);
    expect(b.call('__guest_ext_exit_qualification', b.vcpu)).toBe(PENDING_EXIT);
    expect(Number(b.call('__guest_exit_qualification', b.vcpu)) & 0x38).toBe(0);
  });

  it('a pending page is a #VE where the TD asks for it', () => {
    const b = runnableTd();
    b.call('__machine_pending_ve', 1);
    aug(b, 1);
    enter(b, 0, b.vcpu);
    expect(b.call('__guest_access', b.vcpu, gpa(1), READ)).toBe(0x100n);
  });

  it('an accepted page can be used, through the TLB', () => {
    const b = runnableTd();
    const pfn = aug(b, 1);
    enter(b, 0, b.vcpu);
    expect(accept(b, b.vcpu, 1)).toBe(DONE);
    expect(b.call('__guest_access', b.vcpu, gpa(1), WRITE)).toBe(DONE);
    expect(tlbEntries(b.m)).toMatchObject([{ vcpu: 0, gfn: 1, pfn, isPrivate: true, writable: true, root: 0 }]);
    expect(accept(b, b.vcpu, 1)).toBe(0x102n);
  });

  it('ACCEPT of a free or blocked entry exits for the host to map it', () => {
    const b = runnableTd();
    enter(b, 0, b.vcpu);
    expect(accept(b, b.vcpu, 1)).toBe(VIOLATION);
    expect(b.call('__guest_ext_exit_qualification', b.vcpu)).toBe(1n);
    aug(b, 1);
    b.call('tdh_mem_range_block', TD, gpa(1), 1, 0, 0);
    expect(accept(b, b.vcpu, 1)).toBe(VIOLATION);
  });
});

describe('locks that the guest holds in the module', () => {
  it('ACCEPT in progress makes host operations on the entry busy, and gives the host priority', () => {
    const b = runnableTd();
    aug(b, 1);
    aug(b, 2);
    enter(b, 0, b.vcpu);
    expect(b.call('__guest_accept_begin', b.vcpu, gpa(1))).toBe(CONTINUE);
    expect(text(b.call('tdh_mem_range_block', TD, gpa(1), 1, 0, 0))).toBe('OPERAND_BUSY (RCX)');
    expect(text(b.call('tdh_mem_range_block', TD, gpa(2), 1, 0, 0))).toBe('SUCCESS');
    expect(b.violations).toEqual([]);
    b.call('__guest_accept_end', b.vcpu, gpa(1));
    expect(septEntry(b.m, 1, 1)).toMatchObject({ state: 'MAPPED', lockedBy: -1, hostPriority: true });
    expect(accept(b, b.vcpu, 1)).toBe(0x101n);
    expect(text(b.call('tdh_mem_range_block', TD, gpa(1), 1, 0, 0))).toBe('SUCCESS');
    expect(septEntry(b.m, 1, 1).hostPriority).toBe(false);
  });

  it('a zero-step entry locks the tree and the epoch for one step', () => {
    const b = runnableTd();
    aug(b, 1);
    b.call('__guest_arm_zero_step', b.vcpu);
    expect(enter(b, 0, b.vcpu)).toBe(CONTINUE);
    expect(text(b.call('tdh_mem_page_aug', TD, gpa(2), 1, newPage(b), 0, 0))).toBe('OPERAND_BUSY (SEPT)');
    expect(text(b.call('tdh_mem_range_block', TD, gpa(1), 1, 0, 0))).toBe('OPERAND_BUSY (SEPT)');
    expect(text(b.call('tdh_mem_track', TD))).toBe('OPERAND_BUSY (TD_EPOCH)');
    expect(b.call('__guest_enter_end', b.vcpu)).toBe(DONE);
    expect(text(b.call('tdh_mem_page_aug', TD, gpa(2), 1, newPage(b), 0, 0))).toBe('SUCCESS');
  });

  it('a zero-step entry that finds its page still unmapped reports the violation again', () => {
    const b = runnableTd();
    enter(b, 0, b.vcpu);
    b.call('__guest_access', b.vcpu, gpa(3), WRITE);
    leave(b, 0, b.vcpu);
    b.call('__guest_arm_zero_step', b.vcpu);
    expect(enter(b, 0, b.vcpu)).toBe(CONTINUE);
    expect(b.call('__guest_enter_end', b.vcpu)).toBe(VIOLATION);
    expect(b.call('__guest_exit_gpa', b.vcpu)).toBe(gpa(3));
  });

  it('a vCPU in the guest shares the TDR, so that nobody takes it exclusively', () => {
    const b = runnableTd();
    enter(b, 0, b.vcpu);
    setOpState(b.m, 'INITIALIZED');
    const source = structPage(newPage(b));
    expect(text(b.call('tdh_mr_finalize', TD))).toBe('OPERAND_BUSY (TDR)');
    expect(text(b.call('tdh_mem_page_add', TD, gpa(1), newPage(b), source, 0, 0))).toBe('OPERAND_BUSY (TDR)');
  });

  it('BUSY can be injected only while somebody is in the guest', () => {
    const b = runnableTd();
    const block = ['tdh_mem_range_block', TD, gpa(1), 1, 0, 0] as const;
    expect(b.choices(...block)).toEqual(['']);
    enter(b, 0, b.vcpu);
    expect(b.choices(...block)).toEqual(['', 'BUSY']);
    expect(text(b.choose(1, ...block))).toBe('OPERAND_BUSY (SEPT)');
    leave(b, 0, b.vcpu);
    expect(b.choices(...block)).toEqual(['']);
  });

  it('with noise, BUSY can be injected until a kick has been waited for, and again after mmu_lock is dropped', () => {
    const b = runnableTd();
    const kvm = b.scratch(256);
    b.call('__machine_vm', kvm);
    b.call('__machine_noise', 1);
    const track = ['tdh_mem_track', TD] as const;
    b.as(3).call('write_lock', kvm);
    expect(b.choices(...track)).toEqual(['', 'BUSY']);
    b.call('__ipi_send', 0n);
    b.call('__ipi_wait', 0n);
    expect(b.choices(...track)).toEqual(['']);
    b.call('write_unlock', kvm);
    expect(b.choices(...track)).toEqual(['', 'BUSY']);
  });
});

describe('entry and kicks', () => {
  it('an interrupt that came before keeps the vCPU out', () => {
    const b = runnableTd();
    b.as(0).call('local_irq_disable');
    b.as(1).call('__ipi_send', 1n);
    expect(b.ready('__ipi_wait', 1n)).toBe(false);
    expect(b.as(0).call('__guest_enter_begin', b.vcpu)).toBe(INTERRUPT);
    b.call('local_irq_enable');
    expect(b.as(1).ready('__ipi_wait', 1n)).toBe(true);
  });

  it('a kick waits until the vCPU has left and taken the interrupt', () => {
    const b = runnableTd();
    enter(b, 0, b.vcpu);
    expect(b.ready('__guest_idle', b.vcpu)).toBe(false);
    b.as(1).call('__ipi_send', 1n);
    expect(b.as(0).ready('__guest_idle', b.vcpu)).toBe(true);
    expect(b.call('__guest_access', b.vcpu, gpa(1), READ)).toBe(INTERRUPT);
    b.call('__guest_exit', b.vcpu);
    expect(b.as(1).ready('__ipi_wait', 1n)).toBe(false);
    b.as(0).call('local_irq_enable');
    expect(b.as(1).ready('__ipi_wait', 1n)).toBe(true);
    expect(ipiPending(b.m, 0)).toBe(false);
  });

  it('a CPU with interrupts on takes the kick at once', () => {
    const b = bench();
    b.as(1).call('__ipi_send', 1n);
    expect(b.ready('__ipi_wait', 1n)).toBe(true);
  });

  it('entering in a new epoch drops the private TLB, in the same one keeps it', () => {
    const b = runnableTd();
    aug(b, 1);
    enter(b, 0, b.vcpu);
    accept(b, b.vcpu, 1);
    b.call('__guest_access', b.vcpu, gpa(1), READ);
    leave(b, 0, b.vcpu);
    enter(b, 0, b.vcpu);
    expect(tlbEntries(b.m)).toHaveLength(1);
    b.as(2).call('tdh_mem_track', TD);
    expect(tlbEntries(b.m)).toHaveLength(1);
    leave(b, 0, b.vcpu);
    enter(b, 0, b.vcpu);
    expect(tlbEntries(b.m)).toHaveLength(0);
    expect([epochRefcount(b.m, 2), epochRefcount(b.m, 1)]).toEqual([1, 0]);
  });

  it('a TLB flush of the host leaves private entries alone', () => {
    const b = runnableTd();
    aug(b, 1);
    enter(b, 0, b.vcpu);
    accept(b, b.vcpu, 1);
    b.call('__guest_access', b.vcpu, gpa(1), READ);
    b.call('__guest_flush_tlb', b.vcpu);
    expect(tlbEntries(b.m)).toHaveLength(1);
  });
});

describe('data', () => {
  function written(): Guest {
    const b = runnableTd();
    aug(b, 1);
    enter(b, 0, b.vcpu);
    accept(b, b.vcpu, 1);
    b.call('__guest_access', b.vcpu, gpa(1), WRITE);
    return b;
  }

  function zap(b: Guest): void {
    b.call('tdh_mem_range_block', TD, gpa(1), 1, 0, 0);
    b.call('tdh_mem_track', TD);
    leave(b, 0, b.vcpu);
    b.call('tdh_mem_page_remove', TD, gpa(1), 1, 0, 0);
    aug(b, 1);
    enter(b, 0, b.vcpu);
  }

  it('is there as long as nobody takes the page', () => {
    const b = written();
    b.call('__guest_access', b.vcpu, gpa(1), READ);
    expect(b.eventsOf('data-lost')).toEqual([]);
  });

  it('is noticed as lost when the page was removed and added again, once', () => {
    const b = written();
    zap(b);
    b.call('__guest_access', b.vcpu, gpa(1), READ);
    b.call('__guest_access', b.vcpu, gpa(1), READ);
    expect(b.eventsOf('data-lost')).toHaveLength(1);
  });

  it('may go where user space asked for it', () => {
    const b = written();
    b.call('__request_destroy', 1, 2, 0);
    zap(b);
    b.call('__request_destroy_end', 1, 2);
    accept(b, b.vcpu, 1);
    b.call('__guest_access', b.vcpu, gpa(1), READ);
    expect(b.eventsOf('data-lost')).toEqual([]);
  });

  it('is lost to a host that writes the page', () => {
    const b = written();
    b.as(3).call('__host_access', septEntry(b.m, 1, 1).pfn, 1);
    b.as(0).call('__guest_access', b.vcpu, gpa(1), READ);
    expect(b.eventsOf('data-lost')).toHaveLength(1);
  });
});

describe('tables that the CPU walks itself', () => {
  const LEAF = 0x807n;

  function direct(): Guest & { root: number; table: number } {
    const { b, vcpus } = withVcpus(bench('default'));
    const tables = [b, b].map(() => Number(b.call('get_zeroed_page', 0)));
    const [root, table] = [tables[0]!, tables[1]!];
    b.m.memory.setU64(root, BigInt(b.m.pfnOf(table)) * 4096n + LEAF);
    b.call('__guest_load_root', vcpus[0]!, BigInt(b.m.pfnOf(root)) * 4096n, 2);
    return Object.assign(b, { vcpu: vcpus[0]!, root, table });
  }

  it('a present leaf translates, and stays in the TLB until it is flushed', () => {
    const b = direct();
    const pfn = newPage(b);
    b.m.memory.setU64(b.table + 8, BigInt(pfn) * 4096n + LEAF);
    enter(b, 0, b.vcpu);
    expect(b.call('__guest_access', b.vcpu, gpa(1), WRITE)).toBe(DONE);
    b.m.memory.setU64(b.table + 8, 0n);
    expect(b.call('__guest_access', b.vcpu, gpa(1), WRITE)).toBe(DONE);
    b.call('__guest_flush_tlb', b.vcpu);
    expect(b.call('__guest_access', b.vcpu, gpa(1), WRITE)).toBe(VIOLATION);
  });

  it('a write to a read-only leaf exits, with the permissions', () => {
    const b = direct();
    b.m.memory.setU64(b.table, BigInt(newPage(b)) * 4096n + 0x801n);
    enter(b, 0, b.vcpu);
    expect(b.call('__guest_access', b.vcpu, gpa(0), READ)).toBe(DONE);
    expect(b.call('__guest_access', b.vcpu, gpa(0), WRITE)).toBe(VIOLATION);
    expect(b.call('__guest_exit_qualification', b.vcpu)).toBe(0x2n | 0x8n);
  });

  it('write without read is a misconfiguration', () => {
    const b = direct();
    b.m.memory.setU64(b.table, 0x6n);
    enter(b, 0, b.vcpu);
    expect(b.call('__guest_access', b.vcpu, gpa(0), READ)).toBe(49n);
  });

  it('entries of another root are not used', () => {
    const b = direct();
    b.m.memory.setU64(b.table, BigInt(newPage(b)) * 4096n + LEAF);
    enter(b, 0, b.vcpu);
    b.call('__guest_access', b.vcpu, gpa(0), READ);
    const other = Number(b.call('get_zeroed_page', 0));
    b.call('__guest_load_root', b.vcpu, BigInt(b.m.pfnOf(other)) * 4096n, 2);
    expect(b.call('__guest_access', b.vcpu, gpa(0), READ)).toBe(VIOLATION);
  });

  it('a huge page is cached for all that it covers, and dropped so', () => {
    const b = direct();
    const pfn = Number(b.call('__user_huge_page_alloc'));
    b.m.memory.setU64(b.root + 8, BigInt(pfn) * 4096n + 0x885n);
    enter(b, 0, b.vcpu);
    expect(b.call('__guest_access', b.vcpu, gpa(5), READ)).toBe(DONE);
    const cached = tlbEntries(b.m).map((entry) => [entry.gfn, entry.pfn - pfn, entry.level]);
    expect(cached.sort()).toEqual([4, 5, 6, 7].map((gfn) => [gfn, gfn - 4, 2]));
    b.m.memory.setU64(b.root + 8, 0n);
    expect(b.call('__guest_access', b.vcpu, gpa(7), READ)).toBe(DONE);
    expect(b.call('__guest_access', b.vcpu, gpa(6), WRITE)).toBe(VIOLATION);
    expect(tlbEntries(b.m)).toEqual([]);
  });

  it('a huge page beside one that is cached alone leaves that as it is', () => {
    const b = direct();
    const pfn = Number(b.call('__user_huge_page_alloc'));
    const alone = newPage(b);
    b.m.memory.setU64(b.table, BigInt(alone) * 4096n + LEAF);
    enter(b, 0, b.vcpu);
    b.call('__guest_access', b.vcpu, gpa(0), READ);
    b.m.memory.setU64(b.root, BigInt(pfn) * 4096n + 0x887n);
    b.call('__guest_access', b.vcpu, gpa(1), READ);
    expect(tlbEntries(b.m).map((entry) => entry.pfn)).toEqual([alone, pfn + 1, pfn + 2, pfn + 3]);
  });

  it('code is fetched through executable entries only', () => {
    const b = direct();
    b.m.memory.setU64(b.table, BigInt(newPage(b)) * 4096n + 0x803n);
    enter(b, 0, b.vcpu);
    expect(b.call('__guest_access', b.vcpu, gpa(0), WRITE)).toBe(DONE);
    expect(b.call('__guest_access', b.vcpu, gpa(0), EXEC)).toBe(VIOLATION);
    expect(b.call('__guest_exit_qualification', b.vcpu)).toBe(0x4n | 0x18n);
    b.m.memory.setU64(b.table, BigInt(newPage(b)) * 4096n + LEAF);
    expect(b.call('__guest_access', b.vcpu, gpa(0), EXEC)).toBe(DONE);
  });

  it('a walk through a freed table ends the path', () => {
    const b = direct();
    b.call('free_page', b.table);
    enter(b, 0, b.vcpu);
    expect(() => b.call('__guest_access', b.vcpu, gpa(0), READ)).toThrow(/freed memory/);
    expect(pfnToVirt(b.m.pfnOf(b.table))).toBe(b.table);
  });
});

/** The command on the kernel's own code: the right line of the right file, and a series on top of itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PatchReview } from '../../../server/review/types';
import { kernelClone, kernelIsThere } from '../kernel/tree/kernel-clone';
import { commit, git, MMU } from '../kernel/tree/kernel-repository';
import { buildCommand, type Command, reportOf } from './command';
import { breaches } from './contract-check';

const BOTH = '.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,';
const SHARED = '.attr_filter = KVM_FILTER_SHARED,';
const quick = ['--scenario', 'S02', '--vm', 'tdx', '--preemptions', '0', '--budget', '200', '--format', 'json'];

describe.skipIf(!kernelIsThere)('on the code of kernel 7.3', () => {
  let command: Command;
  let clone: string;
  let mails: string;
  let line: number;
  beforeAll(async () => {
    command = await buildCommand();
    clone = kernelClone();
    const text = readFileSync(join(clone, MMU), 'utf8');
    const start = text.indexOf('void kvm_arch_flush_shadow_memslot');
    const broken = text.slice(0, start) + text.slice(start).replace(BOTH, SHARED);
    line = broken.slice(0, broken.indexOf(SHARED)).split('\n').length;
    commit(clone, { [MMU]: broken }, 'KVM: unmap what is shared');
    commit(clone, { [MMU]: text }, 'KVM: unmap all');
    mails = join(command.folder, 'series.mbox');
    writeFileSync(mails, git(clone, 'format-patch', '--stdout', 'HEAD~2'));
    git(clone, 'reset', '-q', '--hard', 'HEAD~2');
  }, 60_000);
  afterAll(() => command?.remove());

  const found = ({ findings }: PatchReview) =>
    findings
      .filter(({ invariant }) => invariant === 'slot-delete-leaves-nothing')
      .map((finding) => [finding.status, finding.side, finding.file, finding.line, finding.function]);

  it('a series is reviewed patch by patch, each on the one before it, by blob ids alone', async () => {
    const ended = await command.run(['check', mails, '--git', clone, ...quick]);
    const { patches } = reportOf(ended);
    expect(breaches(JSON.parse(ended.stdout))).toEqual([]);
    expect(patches.map(({ tier, kernel, verdict }) => [tier, kernel, verdict])).toEqual([
      ['tree', '7.3.4', 'findings'],
      ['tree', '7.3.4', 'clean'],
    ]);
    const place = [MMU, line, 'kvm_arch_flush_shadow_memslot'];
    expect(patches.map(found)).toEqual([[['introduced', 'post', ...place]], [['fixed', 'pre', ...place]]]);
    expect(patches.map(({ coverage }) => coverage.executed)).toEqual([2, 2]);
    const [{ replay = [], findings = [] } = {}] = patches;
    expect(replay).toEqual([mails, '--patch', '1', '--git', clone]);
    const { side = 'post', schedule = '' } = findings[0] ?? {};
    const again = ['--scenario', 'S02', '--vm', 'tdx', '--side', side, '--schedule', schedule];
    const replayed = await command.run(['simulate', ...replay, ...again]);
    expect(replayed.stdout).toContain(`! ${findings[0]?.invariant}: `);
  }, 400_000);

  it('a patch that is there already is reviewed against the file without it', async () => {
    const [first = ''] = readFileSync(mails, 'utf8').split(/^(?=From [0-9a-f]{40} )/m);
    const undone = join(command.folder, 'undone.patch');
    // As if HEAD had come from the broken state: what the patch adds is what stands there.
    const swapped = first.replace(/^([-+])(\t\t\.attr_filter)/gm, (_, mark, rest) => (mark === '-' ? '+' : '-') + rest);
    writeFileSync(undone, swapped.replace(/^index .*\n/m, ''));
    const ended = await command.run(['check', undone, '--tree', clone, ...quick]);
    const [patch] = reportOf(ended).patches;
    expect(patch?.notes.join('\n')).toMatch(/the patch is already in the work tree/);
    expect(patch && found(patch)).toEqual([['fixed', 'pre', MMU, line, 'kvm_arch_flush_shadow_memslot']]);
  }, 400_000);
});

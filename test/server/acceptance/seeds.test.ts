/** The mails that the project started from, as a reviewer runs them through the command. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInput } from '../../../server/patch/read';
import type { Finding, PatchReview } from '../../../server/review/types';
import { buildCommand, type Command, onlyPatch, SEEDS, seed, seedsAreThere } from './command';

let command: Command;
beforeAll(async () => {
  command = await buildCommand();
});
afterAll(() => command.remove());

const quick = ['--scenario', 'S02', '--vm', 'tdx', '--format', 'json'];
const FILTER = '.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,';

function write(name: string, text: string): string {
  const path = join(command.folder, name);
  writeFileSync(path, text);
  return path;
}

/** Seed 000 with its hunk the other way round, as an archive would show the revert. */
function reversed000(): string {
  const text = readFileSync(seed('000'), 'utf8');
  return text.replace('-7104,6 +7104,7', '-7104,7 +7104,6').replace(`+ ${FILTER}`, `- ${FILTER}`);
}

/** Seed 004's hunk as a diff of several lines, with additions and deletions exchanged. */
async function reversed004(): Promise<string> {
  const { patches } = await readInput({ name: 'seed', bytes: readFileSync(seed('004')) });
  const file = patches[0]?.files[0];
  const hunk = file?.hunks[0];
  if (file === undefined || hunk === undefined) throw new Error('seed 004 has no hunk');
  const marks = { add: '-', delete: '+', context: ' ' };
  const lines = hunk.lines.map(({ kind, text }) => `${marks[kind]}${text}`);
  return [
    `--- a/${file.newPath}`,
    `+++ b/${file.oldPath}`,
    `@@ -${hunk.newStart},${hunk.newCount} +${hunk.oldStart},${hunk.oldCount} @@ ${hunk.heading}`,
    ...lines,
    '',
  ].join('\n');
}

function byId(patch: PatchReview, id: string): Finding {
  const found = patch.findings.find(({ invariant }) => invariant === id);
  if (found === undefined) throw new Error(`${id} was not found; ${JSON.stringify(patch, null, 1).slice(0, 3000)}`);
  return found;
}

function lineOf(path: string, text: string): number {
  return (
    readFileSync(path, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(text)) + 1
  );
}

it.runIf(process.env.CI === 'true')('has the seeds to run under CI', () => {
  expect(seedsAreThere, `the seeds are missing in ${SEEDS}`).toBe(true);
});

describe.skipIf(!seedsAreThere)(`the seeds in ${SEEDS} (skipped where they are missing)`, () => {
  it('000: its added line fixes what a deleted memslot leaves behind', async () => {
    const ended = await command.run(['check', seed('000'), ...quick]);
    const patch = onlyPatch(ended);
    expect(ended.code).toBe(0);
    expect(patch).toMatchObject({
      tier: 'reference',
      verdict: 'clean',
      coverage: { changedLines: 1, executed: 1, notReached: [], notUnderstood: [] },
    });
    expect(patch.findings.map(({ status }) => status)).not.toContain('introduced');
    const line = lineOf(seed('000'), FILTER);
    for (const id of ['slot-delete-leaves-nothing', 'unmap-before-free']) {
      const found = byId(patch, id);
      expect(found).toMatchObject({
        status: 'fixed',
        severity: 'information',
        vm: ['tdx'],
        side: 'pre',
        patchLine: line,
      });
      expect(found.trace).not.toEqual([]);
      expect(found.culprits.map(({ text }) => text)).toEqual([FILTER]);
    }
    expect(patch.notes.join('\n')).toContain('already there');
    const changelog = patch.notes.find((note) => note.startsWith('named in the changelog'));
    expect(changelog).toContain('kvm_mmu_zap_all_fast');
  });

  it('000 in every scenario that reaches it: nothing introduced, exit 0', { timeout: 420_000 }, async () => {
    // The budget is wall clock: tests share the machine, and what is pinned here is the result.
    const ended = await command.run(['check', seed('000'), '--format', 'json', '--budget', '400']);
    const patch = onlyPatch(ended);
    expect(patch).toMatchObject({
      verdict: 'clean',
      coverage: { changedLines: 1, executed: 1 },
      runs: { complete: true },
    });
    expect(new Set(patch.findings.map(({ status }) => status))).toEqual(new Set(['fixed']));
    expect(byId(patch, 'slot-delete-leaves-nothing').scenarios).toContain('S02');
    expect(ended.code).toBe(0);
  });

  it('000 reversed: both rules are broken by that line', async () => {
    const path = write('000-reversed.txt', reversed000());
    const ended = await command.run(['check', path, ...quick]);
    const patch = onlyPatch(ended);
    expect(ended.code).toBe(1);
    expect(patch.verdict).toBe('findings');
    for (const id of ['slot-delete-leaves-nothing', 'unmap-before-free']) {
      const found = byId(patch, id);
      expect(found).toMatchObject({ status: 'introduced', severity: 'error', side: 'post' });
      expect(found.patchLine).toBe(lineOf(path, FILTER));
      expect(found.trace).not.toEqual([]);
    }
  });

  it('000 on a reference whose filter selects other roots: nothing is fixed any more', async () => {
    const dist = join(command.folder, 'changed');
    cpSync(command.dist, dist, { recursive: true });
    const path = join(dist, 'model/reference/tdp_mmu.h');
    const text = readFileSync(path, 'utf8');
    const changed = text.replace('ret |= KVM_MIRROR_ROOTS', 'ret |= KVM_DIRECT_ROOTS');
    expect(changed).not.toBe(text);
    writeFileSync(path, changed);
    const usual = onlyPatch(await command.run(['check', seed('000'), ...quick]));
    const other = onlyPatch(await command.run(['check', seed('000'), ...quick], { dist }));
    const statuses = (patch: PatchReview) => patch.findings.map(({ invariant, status }) => `${status} ${invariant}`);
    expect(statuses(usual)).toContain('fixed slot-delete-leaves-nothing');
    expect(statuses(other)).not.toContain('fixed slot-delete-leaves-nothing');
    expect(statuses(other)).not.toEqual(statuses(usual));
  });

  it('004: the flattened hunk, at its columns, in the scenario that supposes a caller', async () => {
    const path = seed('004');
    const ended = await command.run(['check', path, '--scenario', 'S09', '--format', 'json']);
    const patch = onlyPatch(ended);
    expect(ended.code).toBe(0);
    expect(patch.coverage).toMatchObject({ changedLines: 3, executed: 3, notReached: [], notUnderstood: [] });
    expect(byId(patch, 'accepted-data-preserved').status).toBe('fixed');
    expect(byId(patch, 'td-zap-only-requested').status).toBe('present');
    expect(byId(patch, 'no-zap-gfn-range-on-td').status).toBe('present');
    expect(byId(patch, 'accepted-data-preserved').assumption).toMatch(/kvm_zap_gfn_range/);
    expect(patch.notes.join('\n')).toContain('the zap still happens after KVM_BUG_ON()');
    const input = readFileSync(path, 'utf8');
    const culprits = patch.findings.flatMap((finding) => finding.culprits);
    expect(culprits).not.toEqual([]);
    for (const { patchLine, patchColumn, text } of culprits) {
      const line = input.split('\n')[patchLine - 1] ?? '';
      const words = (code: string) => code.replace(/\s+/g, '');
      expect(words(line.slice(patchColumn - 1))).toMatch(startsWith(words(text)));
    }
  });

  it('004 reversed: the guest loses what it accepted', async () => {
    const path = write('004-reversed.patch', await reversed004());
    const ended = await command.run(['check', path, '--scenario', 'S09', '--format', 'json']);
    expect(byId(onlyPatch(ended), 'accepted-data-preserved')).toMatchObject({
      status: 'introduced',
      severity: 'error',
    });
    expect(ended.code).toBe(1);
  });

  it.each([
    ['001', 'S04'],
    ['002', 'S06'],
    ['003', 'S17'],
  ])('%s: prose that is about %s', async (number, scenario) => {
    const ended = await command.run(['check', seed(number), '--format', 'json']);
    expect(ended.code).toBe(0);
    const patch = onlyPatch(ended);
    expect(patch).toMatchObject({ verdict: 'no-diff', findings: [] });
    expect(patch.notes.some((note) => note.includes(`about ${scenario}`))).toBe(true);
  });
});

/** A pattern for text that begins with `text`. */
function startsWith(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placePatch } from '../../../server/kernel/place';
import { loadReference } from '../../../server/kernel/reference';
import { indexSources } from '../../../server/kernel/source-index';
import { readInput } from '../../../server/patch/read';

/** The mails that the project started from; they lie beside the repository, not in it. */
const SEEDS = process.env.KVM_MMU_REVIEW_SEEDS ?? join(process.cwd(), '..', 'shared', 'seeds');
const there = existsSync(SEEDS);

async function seed(number: string) {
  const name = readdirSync(SEEDS).find((each) => each.startsWith(number)) ?? '';
  const bytes = readFileSync(join(SEEDS, name));
  const { patches, problems } = await readInput({ name, bytes });
  expect(problems).toEqual([]);
  expect(patches).toHaveLength(1);
  return { patch: patches[0], text: bytes.toString('utf8') };
}

async function placed(number: string) {
  const { patch, text } = await seed(number);
  const reference = await loadReference(process.cwd());
  const placement = placePatch(patch?.files ?? [], indexSources(reference.files, reference.builtins.values()));
  return { placement, text };
}

describe.skipIf(!there)(`the seeds in ${SEEDS}`, () => {
  it('000: one added line, already there, in the function that today does the job', async () => {
    const { placement } = await placed('000');
    expect(placement.hunks.map((hunk) => hunk.direction)).toEqual(['reverse']);
    expect(placement.changedLines.map((line) => line.status)).toEqual(['placed']);
    expect(placement.edits[0]?.splices[0]?.path).toBe('model/reference/mmu.c');
  });

  it('004: the flattened hunk in full, at its columns, forward', async () => {
    const { placement, text } = await placed('004');
    expect(placement.hunks[0]?.direction).toBe('forward');
    const lines = placement.hunks[0]?.hunk.lines ?? [];
    const changed = lines.filter((line) => line.kind !== 'context');
    expect(changed.map((line) => line.kind)).toEqual(['delete', ...Array.from({ length: 10 }, () => 'add')]);
    expect(lines.filter((line) => line.kind === 'context' && line.text === '')).toHaveLength(3);
    for (const line of lines) expect(text.slice(line.span.column - 1, line.span.endColumn - 1)).toBe(line.text);
    const own = placement.changedLines.filter((line) => line.executable);
    expect(own.map((line) => line.status)).toEqual(['placed', 'placed', 'placed']);
  });

  it.each(['001', '002', '003'])('%s: prose without a diff', async (number) => {
    const { patch } = await seed(number);
    expect(patch?.files).toEqual([]);
    expect(patch?.problems).toEqual([]);
    expect(patch?.prose.length).toBeGreaterThan(20);
    expect(patch?.subject).toMatch(/^Re: /);
  });
});

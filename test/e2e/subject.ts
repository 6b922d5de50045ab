/**
 * What the end-to-end tests open and expect: the repository's own example, reviewed by the extension
 * as it is shipped. With E2E_FAKE=1, for work on the editor side alone, the fake reviewer is inside.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ADDED_LINE, PATCH } from '../server/lsp/patches';
import { type Editor, pick } from './vscode';

export interface Subject {
  readonly fake: boolean;
  readonly patch: string;
  /** The line that introduces the violation, as the editor shows it, and its number. */
  readonly culprit: string;
  readonly line: number;
  /** Part of a context line. */
  readonly context: string;
  /** Part of the reason that a hover gives. */
  readonly why: string;
  /** A step of S02 by its action, before the violation; an entry of the state that it changes, and how. */
  readonly change: { readonly step: string; readonly row: string; readonly mark: 'A' | 'M' | 'D' };
  /** File of that step. */
  readonly file: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Answer the question which finding is meant, where there is one. */
  chooseFinding(editor: Editor): Promise<void>;
}

const EXAMPLE = readFileSync(path.join(import.meta.dirname, '../patches/slot-delete-shared-only.patch'), 'utf8');
const EXAMPLE_LINE = EXAMPLE.split('\n').findIndex((line) => line.startsWith('+\t')) + 1;

/** Tabs come to stand for blanks up to the next fourth column. */
function shown(text: string, line: number): string {
  const source = text.split('\n')[line - 1] ?? '';
  return [...source].reduce(
    (done, char) => (char === '\t' ? done.padEnd(done.length + 4 - (done.length % 4)) : done + char),
    '',
  );
}

const SHIPPED: Subject = {
  fake: false,
  patch: EXAMPLE,
  culprit: shown(EXAMPLE, EXAMPLE_LINE),
  line: EXAMPLE_LINE,
  context: '.may_block = true',
  why: 'Why:',
  change: { step: 'mutex_lock(slots_arch_lock)', row: 'slots_arch_lock', mark: 'A' },
  file: 'kvm_main.c',
  settings: { 'kvmMmu.vmTypes': ['tdx'], 'kvmMmu.budgetSeconds': 30 },
  chooseFinding: (editor) => pick(editor, 'Show Interleaving: finding', 'slot-delete-leaves-nothing'),
};

const FAKE: Subject = {
  fake: true,
  patch: PATCH,
  culprit: shown(PATCH, ADDED_LINE),
  line: ADDED_LINE,
  context: 'return kvm_tdp_mmu_unmap_gfn_range',
  why: 'The page may be freed and reused',
  change: { step: 'shared roots only', row: 'invalidate_in_progress', mark: 'A' },
  file: 'mmu.h',
  settings: {},
  chooseFinding: async () => {},
};

export const SUBJECT: Subject = process.env.E2E_FAKE === '1' ? FAKE : SHIPPED;

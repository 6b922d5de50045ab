/** What the language server is given in tests: a few records instead of the model's. */

import type { InvariantPage } from '../../../model/invariants/types';
import type { Word } from '../../../server/lsp/hover';
import type { Reviewer } from '../../../server/lsp/reviewer';
import type { ServerParts } from '../../../server/lsp/server';

export const PAGE: InvariantPage = {
  id: 'slot-delete-leaves-nothing',
  title: 'A deleted memslot leaves no mapping',
  statement: 'After a memslot is deleted, no root maps a gfn of it.',
  why: 'The page may be freed and reused while the guest still reaches it.',
  source: 'kvm_arch_flush_shadow_memslot()',
  example: 'filtering the unmap to shared roots',
  vm: ['tdx'],
  kind: 'state',
};

export const WORD: Word = {
  name: 'kvm_unmap_gfn_range',
  kind: 'function',
  meaning: 'Removes the mappings of a range from the roots that its filter names.',
  source: 'arch/x86/kvm/mmu/mmu.c',
  scenarios: ['S02'],
};

export function fakeParts(reviewer: Reviewer, change: Partial<ServerParts> = {}): ServerParts {
  return {
    version: '0.0.0',
    reviewer,
    scenarios: [
      {
        id: 'S01',
        name: 'private-fault',
        title: 'Two vCPUs fault on a private page',
        description: 'Both map the same gfn.',
        vm: ['tdx'],
        assumption: null,
      },
      {
        id: 'S02',
        name: 'slot-delete-punch-reuse',
        title: 'A memslot is deleted, its page punched out and reused',
        description: 'The VMM deletes a slot; later its memory is freed.',
        vm: ['default', 'sw-protected', 'tdx'],
        assumption: null,
      },
    ],
    page: (id) => (id === PAGE.id ? PAGE : null),
    explain: (id) => (id === PAGE.id ? `file:///pages/${id}.md` : null),
    lookup: (word) => (word === WORD.name ? WORD : null),
    resolve: (file) => (file === 'model/reference/mmu.h' ? 'file:///pages/mmu.h' : null),
    quiet: 0,
    ...change,
  };
}

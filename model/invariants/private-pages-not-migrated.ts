/** The host does not move private pages. */

import { pfnText } from './observe';
import type { Invariant } from './types';

const ID = 'private-pages-not-migrated';

export const invariant: Invariant = {
  id: ID,
  title: 'The host does not move private pages',
  statement:
    'A page of a guest_memfd is never copied to another one by the host: what is behind a private gfn changes only when user space has destroyed it, or through firmware that has the key.',
  why: 'The contents are encrypted with a key that the host lacks, for the place where they lie: in another page they are noise.',
  source: 'seed 002; virt/kvm/guest_memfd.c, kvm_gmem_migrate_folio()',
  example: 'Give kvm_gmem_aops the generic filemap_migrate_folio().',
  vm: ['snp', 'tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type !== 'migrate') return;
    m.host.witness(ID);
    if (event.to === 0) return;
    m.violate(ID, `the host moves a private page from ${pfnText(event.from)} to ${pfnText(event.to)}`);
  },
};

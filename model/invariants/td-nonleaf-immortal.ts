/** A table of a living TD is not freed. */

import { septEntries } from '../machine/sept';
import { lifecycleOf } from '../machine/tdx-td';
import { gfnText, pfnText } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'td-nonleaf-immortal',
  title: 'A table of a living TD is not freed',
  statement: "A page that is a table of the S-EPT changes hands only after the TD's key was released.",
  why: 'The module goes on using the page.',
  source: 'arch/x86/kvm/vmx/tdx.c, tdx_sept_free_private_spt()',
  example: 'Let NX recovery or a huge-page collapse remove a mirror table.',
  vm: ['tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'sept' && event.state === 'NL_MAPPED') m.host.witness('td-nonleaf-immortal');
    if (event.type !== 'page-owner' || event.old !== 'sept' || lifecycleOf(m) !== 'KEYS_CONFIGURED') return;
    const entry = septEntries(m).find(({ state, pfn }) => pfn === event.pfn && state.startsWith('NL_'));
    if (!entry) return;
    const where = `the table of ${gfnText(entry.gfn)} (level ${entry.level}, ${pfnText(event.pfn)})`;
    m.violate('td-nonleaf-immortal', `${where} is freed while the TD uses it`);
  },
};

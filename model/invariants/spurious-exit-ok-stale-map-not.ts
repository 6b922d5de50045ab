/** No mapping of an obsolete kind exists. */

import type { Machine } from '../machine/machine';
import { attributeMatches, gfnText, heldByAnyone, installedPfn, isLock, leaves } from './observe';
import type { Invariant } from './types';

function check(m: Machine): void {
  const stale = leaves(m).find(({ gfn, root, pfn }) => !attributeMatches(m, gfn, root === 'mirror', pfn));
  if (!stale) return;
  m.violate(
    'spurious-exit-ok-stale-map-not',
    `the ${stale.root} tree maps ${gfnText(stale.gfn)} as the kind that it no longer is`,
  );
}

export const invariant: Invariant = {
  id: 'spurious-exit-ok-stale-map-not',
  title: 'No mapping of an obsolete kind exists',
  statement:
    'Whenever slots_lock is free, every leaf has the kind that the attribute of its gfn says. (An exit may report a kind that is obsolete.)',
  why: 'An exit can be repeated; a mapping of the wrong kind is used.',
  source: 'seed 001',
  example: 'Map first and repair later.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'unlock' && isLock(m, event, 'slots_lock')) {
      check(m);
    } else if (event.type === 'spte' && installedPfn(m, event) !== undefined) {
      m.host.witness('spurious-exit-ok-stale-map-not');
      if (!heldByAnyone(m, 'slots_lock')) check(m);
    }
  },
};

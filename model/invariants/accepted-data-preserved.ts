/** What the guest wrote and accepted is still there. */

import { expectedData } from '../machine/guest-data';
import { gfnText } from './observe';
import type { Invariant } from './types';

export const invariant: Invariant = {
  id: 'accepted-data-preserved',
  title: 'What the guest wrote and accepted is still there',
  statement:
    'When the guest looks at private memory that it has accepted and written, it finds what it wrote, unless user space asked to destroy it; and no page that it has accepted is given to it anew.',
  why: 'Silent corruption of the guest, or its death on a page that is suddenly pending.',
  source: 'seeds 000 and 004; arch/x86/kvm/svm/sev.c, sev_gmem_make_private() (it leaves a page that is assigned)',
  example: 'Any zap of private memory that nobody asked for.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'state',
  onEvent(m, event) {
    if (event.type === 'data-lost') {
      m.violate('accepted-data-preserved', `the guest finds its data at ${gfnText(event.gfn)} gone`);
    } else if (event.type === 'rmp' && event.revoked) {
      const text = `RMPUPDATE gives the guest the page at ${gfnText(event.gfn)} again, which it has accepted`;
      m.violate('accepted-data-preserved', text);
    } else if (event.type === 'guest-access' && event.isPrivate && expectedData(m, event.gfn) !== 0) {
      m.host.witness('accepted-data-preserved');
    }
  },
};

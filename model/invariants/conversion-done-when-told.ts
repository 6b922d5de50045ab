/** What a guest is told of a conversion has happened. */

import { THREADS } from '../machine/layout';
import type { Machine } from '../machine/machine';
import { attributeIsPrivate } from '../machine/xarray';
import { type GhostName, ghost, setGhost } from './ghost';
import { gfnText } from './observe';
import type { Invariant } from './types';

/** Frames that the rule follows: one bit of a cell each. */
const FRAMES = 32;

const cellOf = (isPrivate: boolean): GhostName => (isPrivate ? 'askedPrivate' : 'askedShared');

const isOpen = (m: Machine, thread: number, gfn: number, isPrivate: boolean): boolean =>
  ((ghost(m, cellOf(isPrivate), thread) >>> gfn) & 1) !== 0;

function setOpen(m: Machine, thread: number, gfn: number, isPrivate: boolean, on: boolean): void {
  const word = ghost(m, cellOf(isPrivate), thread);
  setGhost(m, cellOf(isPrivate), on ? word | (1 << gfn) : word & ~(1 << gfn), thread);
}

export const invariant: Invariant = {
  id: 'conversion-done-when-told',
  title: 'What a guest is told of a conversion has happened',
  statement:
    "When KVM tells a guest that a page is private, or shared, as it asked, then the page's attribute has been so at some time since it asked.",
  why: 'The guest goes on as if the page were of the other kind: it shares what it takes for private, or waits for memory that never comes.',
  source:
    'AMD, GHCB specification, Page State Change; arch/x86/kvm/svm/sev.c, snp_do_psc() and __snp_complete_one_psc(); arch/x86/kvm/vmx/tdx.c, tdx_map_gpa()',
  example: 'Complete the entries of a page state change before user space has answered.',
  vm: ['sw-protected', 'snp', 'tdx'],
  kind: 'transition',
  onEvent(m, event) {
    if (event.type === 'attribute-store') {
      for (let thread = 0; thread < THREADS && event.gfn < FRAMES; thread++)
        if (isOpen(m, thread, event.gfn, event.isPrivate)) setOpen(m, thread, event.gfn, event.isPrivate, false);
    }
    if (event.type !== 'conversion' || event.gfn >= FRAMES) return;
    const { thread, gfn, isPrivate } = event;
    if (event.phase === 'asked') {
      setOpen(m, thread, gfn, isPrivate, attributeIsPrivate(m, gfn) !== isPrivate);
      return;
    }
    m.host.witness('conversion-done-when-told');
    if (!isOpen(m, thread, gfn, isPrivate)) return;
    setOpen(m, thread, gfn, isPrivate, false);
    const kind = isPrivate ? 'private' : 'shared';
    m.violate(
      'conversion-done-when-told',
      `${gfnText(gfn)} was not ${kind} since the guest asked for it, and it is told so`,
    );
  },
};

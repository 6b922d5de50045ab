/**
 * Ghost data: what the guest last wrote to each private page, and which ranges user space has asked
 * to destroy. It exists so that lost data is noticed when the guest looks; hardware has none of it.
 */

import { AT, GFNS, STRIDE } from './layout';
import type { Machine } from './machine';
import { CONTENT, contentOf, setContent } from './pages';

const at = (gfn: number, word: number): number => AT.gfns + (gfn * STRIDE.gfn + word) * 4;
const EXPECTED = 0;
const REQUESTS = 1;
const ACCEPTED = 2;

/** What the guest wrote last to the private page, 0 when nothing has to be there. */
export const expectedData = (m: Machine, gfn: number): number => (gfn < GFNS ? m.memory.u32(at(gfn, EXPECTED)) : 0);

/** Has the guest accepted the page, and nobody asked to destroy it since? */
export const isAccepted = (m: Machine, gfn: number): boolean => gfn < GFNS && m.memory.u32(at(gfn, ACCEPTED)) !== 0;

export function setAccepted(m: Machine, gfn: number): void {
  if (gfn < GFNS) m.memory.setU32(at(gfn, ACCEPTED), 1);
}

/** Is a request of user space to destroy the gfn's contents under way? */
export const destroyRequested = (m: Machine, gfn: number): boolean =>
  gfn < GFNS && m.memory.u32(at(gfn, REQUESTS)) !== 0;

export function requestDestroy(m: Machine, start: number, end: number, why: string): void {
  m.emit({ type: 'request-destroy', thread: m.threadId(), start, end, why });
  for (let gfn = start; gfn < Math.min(end, GFNS); gfn++) {
    m.memory.setU32(at(gfn, REQUESTS), m.memory.u32(at(gfn, REQUESTS)) + 1);
    forget(m, gfn);
  }
}

export function requestDestroyEnd(m: Machine, start: number, end: number): void {
  for (let gfn = start; gfn < Math.min(end, GFNS); gfn++) {
    m.memory.setU32(at(gfn, REQUESTS), Math.max(0, m.memory.u32(at(gfn, REQUESTS)) - 1));
    forget(m, gfn);
  }
}

function forget(m: Machine, gfn: number): void {
  m.memory.setU32(at(gfn, EXPECTED), 0);
  m.memory.setU32(at(gfn, ACCEPTED), 0);
}

/** The guest itself says that it is done with what it had there. */
export function guestGivesUp(m: Machine, gfn: number): void {
  if (gfn < GFNS) forget(m, gfn);
}

/** The guest writes: a value that differs from the last. Remembered where it has to survive. */
export function guestWrites(m: Machine, gfn: number, pfn: number, isPrivate: boolean): void {
  const value = (contentOf(m, pfn) & 0xffff) === gfn + 1 ? gfn + 0x101 : gfn + 1;
  setContent(m, pfn, value);
  if (isPrivate && gfn < GFNS && !destroyRequested(m, gfn)) m.memory.setU32(at(gfn, EXPECTED), value);
}

/** The guest looks at its private page. Lost data is reported once. */
export function guestReads(m: Machine, gfn: number, pfn: number): void {
  compare(m, gfn, contentOf(m, pfn));
}

/** The guest meets a page that it would have to accept again: what it had is gone. */
export function guestFindsPending(m: Machine, gfn: number): void {
  compare(m, gfn, CONTENT.zero);
}

function compare(m: Machine, gfn: number, found: number): void {
  const expected = expectedData(m, gfn);
  if (expected === 0 || expected === found || destroyRequested(m, gfn)) return;
  forget(m, gfn);
  m.emit({ type: 'data-lost', thread: m.threadId(), gfn, expected, found });
}

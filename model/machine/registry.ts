/**
 * Which C objects are which: what set-up told the machine through `__machine_*`. Addresses only.
 */

import { AT } from './layout';
import type { Machine } from './machine';

const FIELDS = { kvm: 0, attributes: 4, td: 8, noise: 12, pendingVe: 16, otherInGuest: 20, faultUsed: 24 } as const;

/** Address of a registered object (0: none), or a switch of set-up. */
export const registered = (m: Machine, what: keyof typeof FIELDS): number => m.memory.u32(AT.vm + FIELDS[what]);

export function register(m: Machine, what: keyof typeof FIELDS, value: number): void {
  m.memory.setU32(AT.vm + FIELDS[what], value);
}

/**
 * Which C objects are which: what set-up told the machine through `__machine_*`. Addresses only.
 */

import { AT } from './layout';
import type { Machine } from './machine';

const FIELDS = {
  kvm: 0,
  attributes: 4,
  td: 8,
  noise: 12,
  pendingVe: 16,
  otherInGuest: 20,
  faultUsed: 24,
  refusals: 28,
  refused: 32,
  launched: 36,
  /** The vCPUs that are in SMM, one bit each. */
  smm: 40,
  /** Allocations may fail. */
  scarce: 44,
} as const;

/** Values of `refused`: whether the TDX module has refused a removal for a reason of its own. */
export const REFUSED = {
  /** It hasn't. */
  no: 0,
  /** It has, and KVM has not given the VM up for it so far. */
  pending: 1,
  /** It has, and KVM has said so: what follows at once is that it gives the VM up. */
  answering: 2,
  /** It has, and KVM has given the VM up. */
  answered: 3,
} as const;

/** Address of a registered object (0: none), or a switch of set-up. */
export const registered = (m: Machine, what: keyof typeof FIELDS): number => m.memory.u32(AT.vm + FIELDS[what]);

export function register(m: Machine, what: keyof typeof FIELDS, value: number): void {
  m.memory.setU32(AT.vm + FIELDS[what], value);
}

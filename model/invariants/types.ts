/** What an invariant is. One file per invariant exports one of these as `invariant`. */

import type { Machine } from '../machine/machine';
import type { MachineEvent, VmType } from '../machine/types';

export interface InvariantPage {
  /** `slot-delete-leaves-nothing`. */
  readonly id: string;
  readonly title: string;
  /** The rule, checkable, in one or two sentences. */
  readonly statement: string;
  /** Why it matters: what breaks for host and guest. */
  readonly why: string;
  /** Kernel file and function, firmware rule, seed. */
  readonly source: string;
  /** A change that breaks it, in one line. */
  readonly example: string;
  /** VM types to which it applies. */
  readonly vm: readonly VmType[];
  readonly kind: 'state' | 'transition' | 'liveness' | 'oracle';
}

export interface Invariant extends InvariantPage {
  /**
   * Called for every event. Ghost history goes into `machine.ghost` (journaled), never into the
   * invariant itself, since the explorer goes back and forth in time.
   */
  onEvent?(machine: Machine, event: MachineEvent): void;
  /** Called after every transition, and at the end of the set-up. */
  onState?(machine: Machine): void;
  /**
   * The situation that the rule guards was reached in this run. Called after every transition until
   * true; a `witness(id)` call from `onEvent` does the same.
   */
  sometimes?(machine: Machine): boolean;
}

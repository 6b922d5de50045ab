/**
 * Memory for history: named cells that invariants keep in the journaled memory, so that going back in
 * time takes them along. A cell is a 32-bit number, 0 at first; names are given places in the order in
 * which they are first asked for, which the machine keeps per program run, not per state.
 */

import { AT, GHOST_CELLS } from './layout';
import type { Machine } from './machine';

export interface Ghost {
  get(name: string, index?: number): number;
  set(name: string, value: number, index?: number): void;
  add(name: string, delta: number, index?: number): number;
}

/** First address and number of cells. */
interface Place {
  readonly at: number;
  readonly length: number;
}

/**
 * `declare` gives each name its cells. Which cells a name has doesn't depend on the path: invariants
 * declare theirs when the machine is built, in a fixed order.
 */
export class GhostCells implements Ghost {
  private readonly places = new Map<string, Place>();
  private used = 0;

  constructor(private readonly machine: Machine) {}

  /** Give a name `length` cells. Declaring it again with the same length changes nothing. */
  declare(name: string, length = 1): Place {
    const old = this.places.get(name);
    if (old && old.length !== length) {
      throw new Error(`ghost ${name} is declared with ${old.length} and ${length} cells`);
    }
    if (old) return old;
    if (this.used + length > GHOST_CELLS) throw new Error(`no room for ghost ${name}`);
    const place = { at: AT.ghost + this.used * 4, length };
    this.places.set(name, place);
    this.used += length;
    return place;
  }

  get(name: string, index = 0): number {
    return this.machine.memory.u32(this.cell(name, index));
  }

  set(name: string, value: number, index = 0): void {
    this.machine.memory.setU32(this.cell(name, index), value);
  }

  /** Add and return the new value. */
  add(name: string, delta: number, index = 0): number {
    const value = this.get(name, index) + delta;
    this.set(name, value, index);
    return value;
  }

  private cell(name: string, index: number): number {
    const place = this.places.get(name) ?? this.declare(name);
    if (index < 0 || index >= place.length) throw new RangeError(`ghost ${name} has no cell ${index}`);
    return place.at + index * 4;
  }
}

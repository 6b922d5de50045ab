/**
 * Linking: where a program's globals lie and which numbers stand for its functions. It fills the
 * globals region with its initial contents and knows nothing of how functions run.
 */

import { BLOCK, LIFE, type Memory } from './memory';
import type { Program } from './program';
import { GLOBALS } from './regions';
import { convert } from './values';

/** Function addresses are small numbers outside the memory, so that a data access to one is caught. */
const FUNCTION_BASE = 0x1000;
const FUNCTION_STEP = 16;

export interface Linked {
  /** Address of each global. */
  readonly globals: ReadonlyMap<string, number>;
  functionAddress(name: string): number;
  /** The name behind a function address, undefined for any other number. */
  functionAt(address: number): string | undefined;
}

/** A program that doesn't fit the machine; the message says what to change. */
export class LinkError extends Error {}

/** Place and initialise every global. Each starts on a block of its own, so that running over an end is caught. */
export function link(program: Program, memory: Memory): Linked {
  const globals = placeGlobals(program, memory);
  const names: string[] = [];
  const addresses = new Map<string, number>();
  const functionAddress = (name: string): number => {
    const known = addresses.get(name);
    if (known !== undefined) return known;
    const address = FUNCTION_BASE + FUNCTION_STEP * names.length;
    names.push(name);
    addresses.set(name, address);
    return address;
  };
  for (const name of Object.keys(program.functions)) functionAddress(name);
  initialise(program, memory, globals, functionAddress);
  const functionAt = (address: number) =>
    (address - FUNCTION_BASE) % FUNCTION_STEP === 0 ? names[(address - FUNCTION_BASE) / FUNCTION_STEP] : undefined;
  return { globals, functionAddress, functionAt };
}

/** Place and initialise the globals of a linked program once more, in a memory that was reset. Addresses stay. */
export function relink(program: Program, memory: Memory, { functionAddress }: Linked): void {
  initialise(program, memory, placeGlobals(program, memory), functionAddress);
}

function placeGlobals(program: Program, memory: Memory): Map<string, number> {
  const globals = new Map<string, number>();
  let at = GLOBALS.start;
  for (const g of Object.values(program.globals)) {
    const align = Math.max(g.align, BLOCK);
    at = Math.ceil(at / align) * align;
    if (!(at + g.size <= GLOBALS.end)) throw new LinkError(`the globals need more than 1 MiB (at ${g.name})`);
    memory.setLife(at, Math.max(g.size, 1), LIFE.live);
    globals.set(g.name, at);
    at += Math.max(g.size, 1);
  }
  return globals;
}

function initialise(
  program: Program,
  memory: Memory,
  globals: ReadonlyMap<string, number>,
  functionAddress: (name: string) => number,
): void {
  for (const g of Object.values(program.globals)) {
    const base = globals.get(g.name) as number;
    for (const init of g.init) {
      if ('global' in init) {
        const target = globals.get(init.global);
        if (target === undefined)
          throw new LinkError(`${g.name} is initialised with the unknown global ${init.global}`);
        memory.setPtr(base + init.off, target + init.add);
      } else if ('func' in init) memory.setPtr(base + init.off, functionAddress(init.func));
      else memory.store(init.t, base + init.off, convert(init.t, init.v));
    }
  }
}

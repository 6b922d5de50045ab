/**
 * Call frames: the one that runs, and stacks of stopped ones, interned so that equal stacks are the
 * same object. It knows what is live in a frame, not what its steps do.
 */

import type { CompiledFunction } from './compile';
import type { Value } from './program';

/** A frame that can run. Registers are followed by the frame's base address. */
export class Frame {
  /** Frames below this one that are still interned; used when `parent` is null. */
  below: StackNode | null = null;

  constructor(
    readonly fn: CompiledFunction,
    /** The next step; of a caller, its call. */
    public pc: number,
    readonly regs: Value[],
    /** First address of its frame memory, and one past the last. */
    readonly base: number,
    readonly top: number,
    readonly parent: Frame | null,
  ) {}
}

/** A stopped frame on top of a stopped stack. Immutable; equal stacks are one object. */
export interface StackNode {
  readonly id: number;
  readonly fn: CompiledFunction;
  readonly pc: number;
  /** True for a caller: it waits for the call at `pc`. */
  readonly waiting: boolean;
  /** All registers and the base; dead ones hold the function's zeros. */
  readonly regs: readonly Value[];
  readonly base: number;
  readonly top: number;
  readonly below: StackNode | null;
  readonly hash: number;
}

const scratch = new ArrayBuffer(8);
const words = new Int32Array(scratch);
const big = new BigUint64Array(scratch);

function mix(h: number, v: number): number {
  const x = Math.imul(h ^ v, 0x9e3779b1);
  return x ^ (x >>> 15);
}

function mixValue(h: number, v: Value): number {
  if (typeof v === 'number') return mix(h, v | 0);
  big[0] = v;
  return mix(mix(h, words[0]!), words[1]!);
}

export class StackTable {
  private slots: (StackNode | undefined)[] = new Array(1 << 10);
  private count = 0;
  private readonly nodes: StackNode[] = [];
  /** Bytes that the table holds, roughly. */
  bytes = 0;

  /** Number of distinct stacks. */
  get size(): number {
    return this.count;
  }

  /** The stack with this id; 0 is the empty one. */
  byId(id: number): StackNode | null {
    return id === 0 ? null : this.nodes[id - 1]!;
  }

  /** The stack with `frame` on top, as it stands. Empty is null. */
  intern(frame: Frame | null): StackNode | null {
    if (frame === null) return null;
    const pending: Frame[] = [];
    let f: Frame | null = frame;
    for (; f !== null; f = f.parent) pending.push(f);
    let below = pending[pending.length - 1]!.below;
    for (let i = pending.length - 1; i >= 0; i--) below = this.node(pending[i]!, i > 0, below);
    return below;
  }

  private node(f: Frame, waiting: boolean, below: StackNode | null): StackNode {
    const live = waiting ? f.fn.live.duringCall(f.pc) : f.fn.live.before(f.pc);
    let h = mix(mix(f.fn.index * 2 + (waiting ? 1 : 0), f.pc), below === null ? 0 : below.id);
    const regs = f.regs;
    for (let i = 0; i < live.length; i++) h = mixValue(h, regs[live[i]!]!);
    const mask = this.slots.length - 1;
    let at = h & mask;
    for (let n = this.slots[at]; n !== undefined; at = (at + 1) & mask, n = this.slots[at]) {
      if (n.hash === h && n.fn === f.fn && n.pc === f.pc && n.waiting === waiting && n.below === below) {
        if (sameLive(n.regs, regs, live)) return n;
      }
    }
    return this.add(f, waiting, below, live, h, at);
  }

  private add(
    f: Frame,
    waiting: boolean,
    below: StackNode | null,
    live: readonly number[],
    hash: number,
    at: number,
  ): StackNode {
    const regs = f.fn.zeros.slice();
    for (const r of live) regs[r] = f.regs[r]!;
    regs[f.fn.code.registers] = f.base;
    const node: StackNode = {
      id: ++this.count,
      fn: f.fn,
      pc: f.pc,
      waiting,
      regs,
      base: f.base,
      top: f.top,
      below,
      hash,
    };
    this.slots[at] = node;
    this.nodes.push(node);
    this.bytes += 120 + 8 * regs.length;
    if (this.count * 2 > this.slots.length) this.grow();
    return node;
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Array(old.length * 2);
    const mask = this.slots.length - 1;
    for (const n of old) {
      if (n === undefined) continue;
      let at = n.hash & mask;
      while (this.slots[at] !== undefined) at = (at + 1) & mask;
      this.slots[at] = n;
    }
  }
}

function sameLive(a: readonly Value[], b: readonly Value[], live: readonly number[]): boolean {
  for (let i = 0; i < live.length; i++) if (a[live[i]!] !== b[live[i]!]) return false;
  return true;
}

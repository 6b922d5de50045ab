/**
 * Memory states, kept whole and shared: blocks that ever changed are leaves of a four-way tree of
 * interned nodes, so that a state is one number and a new state costs only what changed. It knows
 * memory blocks; threads are added by the state store.
 */

import { BASE, BLOCK, BLOCK_WORDS, type BlockImage, LIFE, type Memory } from '../execute/memory';
import { WordList, WordTable } from './word-table';

const ARITY = 4;

/** Identity of a memory state: the root of its tree and the tree's height, the smallest that holds it. */
export interface MemoryRoot {
  root: number;
  height: number;
}

/** A copy of all blocks as they are now, to be read like the memory itself. One that is not in use is zero. */
function imageOf(memory: Memory): BlockImage {
  const isUsed = (block: number): boolean => {
    const addr = BASE + block * BLOCK;
    return memory.life(addr) !== LIFE.unmapped || memory.holder(addr) !== 0;
  };
  const places = new Int32Array(memory.size / BLOCK);
  let used = 0;
  for (let b = 0; b < places.length; b++) if (isUsed(b)) places[b] = ++used;
  const words = new Int32Array(used * BLOCK_WORDS);
  const placeOf = (block: number): number => (places[block]! - 1) * BLOCK_WORDS;
  for (let b = 0; b < places.length; b++) if (places[b] !== 0) memory.readBlock(b, words, placeOf(b));
  return {
    readBlock(block, out, at) {
      const from = placeOf(block);
      for (let i = 0; i < BLOCK_WORDS; i++) out[at + i] = from < 0 ? 0 : words[from + i]!;
    },
  };
}

/**
 * Slots are given to blocks in the order in which they first change. Leaf 0 is a block's content at
 * the beginning, and node 0 a subtree of such leaves: a block that no state so far had touched needs
 * no entry in the states before.
 */
export class MemoryStore {
  private readonly start: BlockImage;
  private readonly leaves = new WordTable(BLOCK_WORDS);
  private readonly nodes = new WordTable(ARITY);
  private readonly slotOf: Int32Array;
  private readonly blockOf = new WordList();
  /** What each slot's block held at the beginning. */
  private readonly startLeaves = new WordList();
  /** The current state's tree: ids by level; level 0 holds leaves. */
  private levels: Int32Array[] = [new Int32Array(ARITY), new Int32Array(1)];
  private readonly undoAt = new WordList();
  private readonly undoOld = new WordList();
  private readonly scratch = new Int32Array(BLOCK_WORDS);
  private changed = new Int32Array(64);
  /** Undo entries before this one don't cover the upper levels of the tree. */
  private grownAt = 0;

  /** Memory as it stands now is the beginning; later states are relative to it. */
  constructor(private readonly memory: Memory) {
    this.start = imageOf(memory);
    this.slotOf = new Int32Array(memory.size / BLOCK).fill(-1);
    this.leaves.intern(new Int32Array(BLOCK_WORDS).fill(-1), 0);
    this.nodes.intern(new Int32Array(ARITY), 0);
    memory.clearDirty();
  }

  /** Bytes of stored states. */
  get bytes(): number {
    return this.leaves.bytes + this.nodes.bytes + this.undoAt.bytes * 2;
  }

  /** Blocks that any state so far changed. */
  get hotBlocks(): number {
    return this.blockOf.length;
  }

  /** Take up what the memory's dirty blocks hold now. The result is valid until the next call. */
  intern(out: MemoryRoot): void {
    const count = this.memory.dirtyCount;
    if (count > 0) this.absorb(count);
    const top = this.levels.length - 1;
    let root = this.levels[top]![0]!;
    let height = top;
    const words = this.nodes.words;
    while (height > 1) {
      const at = root * ARITY;
      if (words[at + 1] !== 0 || words[at + 2] !== 0 || words[at + 3] !== 0) break;
      root = words[at]!;
      height--;
    }
    out.root = root;
    out.height = height;
  }

  mark(): number {
    return this.undoAt.length;
  }

  /** Go back to a mark; the memory must be undone to its own mark of the same moment. */
  undo(mark: number): void {
    for (let i = this.undoAt.length - 1; i >= mark; i--) {
      const at = this.undoAt.at(i);
      this.levels[at >>> 24]![at & 0xffffff] = this.undoOld.at(i);
    }
    this.undoAt.length = mark;
    this.undoOld.length = mark;
    if (mark < this.grownAt) this.repairTop(mark);
  }

  /** Make memory what it was in a stored state. Marks, of the memory too, are void afterwards. */
  restore(target: MemoryRoot): void {
    this.memory.forget();
    this.undoAt.length = 0;
    this.undoOld.length = 0;
    this.grownAt = 0;
    const top = this.levels.length - 1;
    let id = target.root;
    const spine: number[] = [];
    for (let h = target.height; h <= top; h++) {
      spine.push(id);
      if (h < top) id = this.spineNode(id);
    }
    this.restoreAt(top, 0, id);
    this.memory.clearDirty();
  }

  private spineNode(child: number): number {
    this.scratch.fill(0, 0, ARITY);
    this.scratch[0] = child;
    return this.nodes.intern(this.scratch, 0);
  }

  private restoreAt(level: number, index: number, id: number): void {
    if (this.levels[level]![index] === id) return;
    this.levels[level]![index] = id;
    if (level === 0) this.restoreBlock(index, id);
    for (let i = 0; i < ARITY && level > 0; i++) {
      this.restoreAt(level - 1, index * ARITY + i, this.nodes.word(id, i));
    }
  }

  private restoreBlock(slot: number, leaf: number): void {
    const block = this.blockOf.at(slot);
    const stored = leaf === 0 ? this.startLeaves.at(slot) : leaf;
    this.memory.writeBlock(block, this.leaves.words, stored * BLOCK_WORDS);
  }

  private absorb(count: number): void {
    const blocks = this.memory.dirtyBlocks;
    if (this.changed.length < count) this.changed = new Int32Array(count * 2);
    let n = 0;
    for (let i = 0; i < count; i++) {
      const slot = this.slot(blocks[i]!);
      if (this.set(0, slot, this.leafOf(blocks[i]!, slot))) this.changed[n++] = slot;
    }
    this.memory.clearDirty();
    for (let level = 1; level < this.levels.length && n > 0; level++) n = this.lift(level, n);
  }

  /** Recompute the nodes above the first `n` changed indices of the level below; returns how many changed. */
  private lift(level: number, n: number): number {
    const { changed } = this;
    const below = this.levels[level - 1]!;
    let m = 0;
    for (let i = 0; i < n; i++) {
      const parent = changed[i]! >>> 2;
      if (this.set(level, parent, this.nodes.intern(below, parent * ARITY))) changed[m++] = parent;
    }
    return m;
  }

  private set(level: number, index: number, id: number): boolean {
    const row = this.levels[level]!;
    const old = row[index]!;
    if (old === id) return false;
    this.undoAt.push((level << 24) | index);
    this.undoOld.push(old);
    row[index] = id;
    return true;
  }

  private leafOf(block: number, slot: number): number {
    this.memory.readBlock(block, this.scratch, 0);
    const leaf = this.leaves.intern(this.scratch, 0);
    return leaf === this.startLeaves.at(slot) ? 0 : leaf;
  }

  private slot(block: number): number {
    const known = this.slotOf[block]!;
    if (known >= 0) return known;
    const slot = this.blockOf.length;
    this.blockOf.push(block);
    this.start.readBlock(block, this.scratch, 0);
    this.startLeaves.push(this.leaves.intern(this.scratch, 0));
    this.slotOf[block] = slot;
    if (slot >= this.levels[0]!.length) this.growTree();
    return slot;
  }

  /** One level more: four times the slots. What earlier marks lead back to knows nothing of it: see `repairTop`. */
  private growTree(): void {
    const top = this.levels.length - 1;
    for (let level = 0; level <= top; level++) {
      const bigger = new Int32Array(this.levels[level]!.length * ARITY);
      bigger.set(this.levels[level]!);
      this.levels[level] = bigger;
    }
    this.levels.push(new Int32Array(1));
    this.levels[top + 1]![0] = this.nodes.intern(this.levels[top]!, 0);
    this.grownAt = this.undoAt.length;
  }

  /** Recompute the leftmost path, whose upper part is younger than the mark that was gone back to. */
  private repairTop(mark: number): void {
    for (let level = 2; level < this.levels.length; level++) {
      this.levels[level]![0] = this.nodes.intern(this.levels[level - 1]!, 0);
    }
    this.grownAt = mark;
  }
}

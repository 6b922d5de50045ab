/**
 * States of a run and the ways in which they were reached. A state is memory and the threads' stacks,
 * interned whole (invariant M6); an entry is a state together with what bounds its future: who ran
 * last and how many faults were spent.
 */

import type { StackNode, StackTable } from '../execute/frames';
import type { Memory } from '../execute/memory';
import { type MemoryRoot, MemoryStore } from './memory-store';
import { WordList, WordTable } from './word-table';

/** No thread: the one that ran last could not go on. */
export const NOBODY = 31;

export class StateStore {
  private readonly memories: MemoryStore;
  private states: WordTable;
  /** The newest entry of each state plus one, and of each entry the next of the same state. */
  private heads = new WordList();
  private nexts = new WordList();
  private entryStates = new WordList();
  /** Who ran last, and faults spent. */
  private entryKinds = new WordList();
  private parents = new WordList();
  private actions = new WordList();
  private depths = new WordList();
  private readonly words: Int32Array;
  private readonly rootNow: MemoryRoot = { root: 0, height: 1 };
  /** True when the last `intern` or `enter` met something known. */
  known = false;

  constructor(
    memory: Memory,
    private readonly stacks: StackTable,
    private readonly threads: number,
  ) {
    this.memories = new MemoryStore(memory);
    this.words = new Int32Array(threads + 2);
    this.states = new WordTable(threads + 2);
  }

  /** Forget states and entries, but not their parts, which the next exploration will meet again. */
  clear(): void {
    this.states = new WordTable(this.threads + 2);
    this.heads = new WordList();
    this.nexts = new WordList();
    this.entryStates = new WordList();
    this.entryKinds = new WordList();
    this.parents = new WordList();
    this.actions = new WordList();
    this.depths = new WordList();
  }

  get stateCount(): number {
    return this.states.size;
  }

  get entryCount(): number {
    return this.entryStates.length;
  }

  get bytes(): number {
    const perEntry = this.nexts.bytes + this.entryStates.bytes + this.entryKinds.bytes + this.parents.bytes;
    const lists = this.heads.bytes + perEntry + this.actions.bytes + this.depths.bytes;
    return this.memories.bytes + this.states.bytes + lists + this.stacks.bytes;
  }

  /** The number of the current state. */
  intern(stacks: readonly (StackNode | null)[]): number {
    this.memories.intern(this.rootNow);
    const words = this.words;
    words[0] = this.rootNow.root;
    words[1] = this.rootNow.height;
    for (let i = 0; i < this.threads; i++) words[i + 2] = stacks[i]?.id ?? 0;
    const id = this.states.intern(words, 0);
    this.known = this.states.known;
    return id;
  }

  /** The number of (state, last thread, faults spent), with how it was reached when it is new. */
  enter(state: number, last: number, faults: number, parent: number, action: number): number {
    const kind = last | (faults << 8);
    while (this.heads.length <= state) this.heads.push(0);
    const head = this.heads.at(state);
    this.known = true;
    for (let id = head; id !== 0; id = this.nexts.at(id - 1)) if (this.entryKinds.at(id - 1) === kind) return id - 1;
    this.known = false;
    this.nexts.push(head);
    this.entryStates.push(state);
    this.entryKinds.push(kind);
    this.parents.push(parent);
    this.actions.push(action);
    this.depths.push(parent < 0 ? 0 : this.depths.at(parent) + 1);
    const entry = this.entryStates.length - 1;
    this.heads.set(state, entry + 1);
    return entry;
  }

  stateOf(entry: number): number {
    return this.entryStates.at(entry);
  }

  /** The entry through which a state was reached first. */
  entryOf(state: number): number {
    let first = 0;
    for (let id = this.heads.at(state); id !== 0; id = this.nexts.at(id - 1)) first = id - 1;
    return first;
  }

  last(entry: number): number {
    return this.entryKinds.at(entry) & 0xff;
  }

  faults(entry: number): number {
    return this.entryKinds.at(entry) >>> 8;
  }

  /** Thread `t`'s stack in an entry's state. */
  stackOf(entry: number, t: number): StackNode | null {
    return this.stacks.byId(this.states.word(this.entryStates.at(entry), t + 2));
  }

  parent(entry: number): number {
    return this.parents.at(entry);
  }

  /** Transitions from the beginning to here, the way it was first reached. */
  depth(entry: number): number {
    return this.depths.at(entry);
  }

  /** The actions that lead here, first to last. */
  path(entry: number): number[] {
    const path: number[] = [];
    for (let e = entry; this.parents.at(e) >= 0; e = this.parents.at(e)) path.push(this.actions.at(e));
    return path.reverse();
  }

  mark(): number {
    return this.memories.mark();
  }

  undo(mark: number): void {
    this.memories.undo(mark);
  }

  /** Make memory and stacks what they were in an entry's state. */
  restore(entry: number, stacks: (StackNode | null)[]): void {
    const state = this.entryStates.at(entry);
    this.memories.restore({ root: this.states.word(state, 0), height: this.states.word(state, 1) });
    for (let i = 0; i < this.threads; i++) stacks[i] = this.stacks.byId(this.states.word(state, i + 2));
  }
}

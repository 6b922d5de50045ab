/**
 * Race detection by lockset, and what follows for scheduling: a word that two threads touch, one of
 * them writing, with no lock that protects both, is racy, and a transition ends before an access to it
 * with which something that another thread may still do conflicts. It remembers words over all paths
 * and never forgets; new racy words count from the next exploration on, so that explorations are
 * repeated until nothing new is found that would have changed a decision.
 *
 * Why that is enough: an access with which nothing conflicts that others may still do can be moved in
 * front of all that they do before the thread runs again. So a switch away from the thread just before
 * the access reaches what one just before the transition's end reaches, with as many preemptions, or
 * fewer when the thread ends or waits there. What others may still do is what they were seen to do
 * from where they stand, or after (Progress).
 *
 * Fresh memory belongs to the thread that allocated it (`Memory.holder`) until another thread touches
 * the block; what the holder does to it meanwhile needs no lock. Assumed: nobody else can reach it
 * before the holder shows it, by writing to a racy word, giving back a lock, or a builtin that is a
 * point. Transitions end before racy writes, so after the first such act in a transition the holder's
 * accesses count like any other, until it stops; whoever reaches the memory then takes the hold away.
 *
 * Writes by marked accesses to watched memory (page table entries) are points always, since
 * invariants judge the states between them.
 */

import type { AccessLog } from '../execute/access-log';
import { giveBuffer, takeBuffer } from '../execute/buffers';
import type { StackNode } from '../execute/frames';
import { BASE, type Memory } from '../execute/memory';
import { RCU_THREAD, stackOf } from '../execute/regions';
import type { Builtin } from '../machine/types';
import { Progress } from './progress';
import { type OtherThread, TouchTable } from './touch-table';
import { WordTable } from './word-table';

export interface HeldLock {
  readonly lock: number;
  readonly mode: 'read' | 'write';
}

/** One kind of access to a word, and the places of the thread from which it was made. */
interface Access {
  readonly thread: number;
  readonly write: boolean;
  readonly locks: number;
  readonly places: number[];
}

/** Who takes part, and where they stand. */
export interface Standing {
  readonly threads: readonly { readonly id: number }[];
  readonly stacks: readonly (StackNode | null)[];
}

/** What a word's mark says: nothing yet, racy from the next exploration on, racy. */
const FOUND = 1;
const RACY = 2;

export class Lockset implements AccessLog {
  on = false;
  /** Racy words found in this exploration. */
  private found: number[] = [];
  /** Something was seen that may change what others may still do. */
  private learned = false;
  private thread = 0;
  private locks = -1;
  private stackStart = 0;
  private stackEnd = 0;
  /** Own stacks are private until another thread has touched one. */
  private sharedStacks = 0;
  /** The transition may have shown something to others. */
  private shown = false;

  private readonly lockSets: (readonly HeldLock[])[] = [];
  private readonly lockSetIds = new Map<string, number>();
  private readonly marks: Uint8Array<ArrayBuffer>;
  /** The last tuple noted for each word, plus one; of a racy word its number in `touches`. */
  private readonly latest: Int32Array<ArrayBuffer>;
  private readonly touches = new TouchTable();
  private readonly progress = new Progress();
  /** Where the running thread began its transition, and the others that may still run. */
  private place = 0;
  private others: OtherThread[] = [];
  private standing: Standing = { threads: [], stacks: [] };
  /** Pairs (word; thread, write and locks) met so far. */
  private readonly seen = new WordTable(2, 1 << 10);
  private readonly tuple = new Int32Array(2);
  private readonly words = new Map<number, Access[]>();

  constructor(
    private readonly memory: Memory,
    private readonly held: (thread: number) => readonly HeldLock[],
    /** Does a store of a thread other than this one wait to reach any of these bytes? Null: stores don't wait. */
    private readonly othersWait: ((thread: number, addr: number, size: number) => boolean) | null = null,
  ) {
    this.marks = new Uint8Array(takeBuffer(memory.size >>> 2));
    this.latest = new Int32Array(takeBuffer(memory.size));
  }

  /** Gives the buffers to the next run's. Nobody may use this one afterwards. */
  release(): void {
    giveBuffer(this.marks.buffer);
    giveBuffer(this.latest.buffer);
  }

  get bytes(): number {
    return this.seen.bytes + this.touches.bytes + this.marks.length * 5;
  }

  begin(thread: number): void {
    this.thread = thread;
    this.shown = false;
    this.locks = this.currentLocks();
    this.lookAround();
    const stack = stackOf(thread);
    this.stackStart = stack.start;
    this.stackEnd = stack.end;
  }

  end(node: StackNode | null): void {
    if (this.progress.went(this.thread, this.place, this.progress.placeOf(this.thread, node))) this.learned = true;
  }

  /** From now on these threads take part. */
  attend(standing: Standing): void {
    this.standing = standing;
  }

  private lookAround(): void {
    const { threads, stacks } = this.standing;
    this.others = [];
    for (let t = 0; t < threads.length; t++) {
      const { id } = threads[t]!;
      const place = this.progress.placeOf(id, stacks[t]!);
      if (id === this.thread) this.place = place;
      else if (stacks[t] !== null || id === RCU_THREAD) {
        this.others.push({ thread: id, place, ...this.progress.future(id, place) });
      }
    }
  }

  /** Must the exploration be repeated? When not, what was learned counts from now on. */
  mustRepeat(): boolean {
    if (this.found.length > 0) return true;
    if (!this.learned) return false;
    this.learned = false;
    this.progress.close();
    return !this.touches.stands(this.progress);
  }

  /** Another exploration begins: what was found so far counts. */
  activate(): void {
    for (const word of this.found) this.marks[word] = RACY;
    this.found = [];
    this.learned = false;
    this.progress.close();
    this.touches.forgetAnswers();
  }

  /** A builtin ran: the locks may have changed. */
  builtinRan(builtin: Builtin): void {
    const before = this.locks;
    this.locks = this.currentLocks();
    if (before !== this.locks && !this.includes(this.locks, before)) this.shown = true;
    else if (builtin.point && !builtin.acquires) this.shown = true;
  }

  access(addr: number, size: number, write: boolean, marked: boolean, first: boolean): boolean {
    const off = addr - BASE;
    if (off < 0 || off + size > this.memory.size) return false;
    if (addr >= this.stackStart && addr < this.stackEnd && ((this.sharedStacks >> this.thread) & 1) === 0) return false;
    const from = off >>> 2;
    const to = (off + size - 1) >>> 2;
    const { marks } = this;
    if (!first) {
      for (let w = from; w <= to; w++) if (marks[w] === RACY && this.othersCare(w, write)) return true;
      if (marked && write && this.memory.watches(addr)) return true;
    }
    const who = this.thread | (write ? 16 : 0) | (this.place << 5) | (this.locks << 13);
    for (let w = from; w <= to; w++) {
      if (this.isHeld(w)) continue;
      if (marks[w] === 0) this.note(w, who, write);
      else this.noteRacy(w, write);
    }
    return false;
  }

  showed(): void {
    this.shown = true;
  }

  isRacy(addr: number, size: number): boolean {
    const off = addr - BASE;
    for (let w = off >>> 2; w <= (off + size - 1) >>> 2; w++) if (this.marks[w] === RACY) return true;
    return false;
  }

  isAwaited(thread: number, addr: number, size: number): boolean {
    if (!this.isRacy(addr, size)) return false;
    this.begin(thread);
    const off = addr - BASE;
    for (let w = off >>> 2; w <= (off + size - 1) >>> 2; w++) {
      if (this.marks[w] === RACY && this.othersCare(w, true)) return true;
    }
    return false;
  }

  private othersCare(word: number, write: boolean): boolean {
    if (this.othersWait?.(this.thread, BASE + word * 4, 4) === true) return true;
    if (!this.shown && this.memory.holder(BASE + word * 4) === this.thread + 1) return false;
    return this.touches.conflicts(this.latest[word]!, write, this.others);
  }

  private noteRacy(word: number, write: boolean): void {
    if (write) this.shown = true;
    if (this.touches.note(this.latest[word]!, this.thread, this.place, write)) this.learned = true;
  }

  /** Does the running thread alone know of this word? Whoever else comes ends that. */
  private isHeld(word: number): boolean {
    const addr = BASE + word * 4;
    const holder = this.memory.holder(addr);
    if (holder === 0) return false;
    if (holder === this.thread + 1) return !this.shown;
    this.memory.share(addr);
    return false;
  }

  private note(word: number, who: number, write: boolean): void {
    if (this.latest[word] === who + 1) return;
    this.latest[word] = who + 1;
    this.tuple[0] = word;
    this.tuple[1] = who;
    this.seen.intern(this.tuple, 0);
    if (!this.seen.known) this.add(word, write);
  }

  private currentLocks(): number {
    const held = this.held(this.thread);
    let key = '';
    for (const h of held) key += `${h.lock}${h.mode === 'read' ? 'r' : 'w'},`;
    let id = this.lockSetIds.get(key);
    if (id === undefined) {
      id = this.lockSets.length;
      this.lockSets.push([...held]);
      this.lockSetIds.set(key, id);
    }
    return id;
  }

  private add(word: number, write: boolean): void {
    this.noteForeignStack(word);
    let accesses = this.words.get(word);
    if (accesses === undefined) this.words.set(word, (accesses = []));
    const { thread, locks, place } = this;
    const same = accesses.find((a) => a.thread === thread && a.write === write && a.locks === locks);
    if (same) {
      same.places.push(place);
      return;
    }
    accesses.push({ thread, write, locks, places: [place] });
    const races = accesses.some((a) => a.thread !== thread && (a.write || write) && !this.protects(a.locks, locks));
    if (!races) return;
    this.marks[word] = FOUND;
    const number = this.touches.add();
    this.latest[word] = number;
    for (const a of accesses) for (const p of a.places) this.touches.note(number, a.thread, p, a.write);
    this.found.push(word);
    this.words.delete(word);
  }

  /** A lock that both hold, at least one of them for writing. */
  private protects(a: number, b: number): boolean {
    const other = this.lockSets[b]!;
    return this.lockSets[a]!.some((l) =>
      other.some((m) => m.lock === l.lock && (m.mode === 'write' || l.mode === 'write')),
    );
  }

  /** Are all locks of set `b` in set `a`? */
  private includes(a: number, b: number): boolean {
    const more = this.lockSets[a]!;
    return this.lockSets[b]!.every((l) => more.some((m) => m.lock === l.lock && m.mode === l.mode));
  }

  private noteForeignStack(word: number): void {
    const addr = BASE + word * 4;
    for (let t = 0; t < 16; t++) {
      const { start, end } = stackOf(t);
      if (t !== this.thread && addr >= start && addr < end) this.sharedStacks |= 1 << t;
    }
  }
}

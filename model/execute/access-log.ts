import type { StackNode } from './frames';

/** Who touches which word: what the executor asks before each access, and race detection listens to. */
export interface AccessLog {
  /**
   * While true, a transition ends where `access` says so. While false (set-up, replay, no race
   * detection) nothing is asked, and it ends before every marked access and every builtin with `point`.
   */
  on: boolean;
  /** `thread` is about to run for one transition. */
  begin(thread: number): void;
  /** The thread came to the end of its transition, where it stands now; null: it ended. */
  end(node: StackNode | null): void;
  /**
   * The running thread is about to touch `size` bytes. True: not in this transition, it must stop
   * first. Never true for the transition's `first` step. `marked`: an access by READ_ONCE and its like.
   */
  access(addr: number, size: number, write: boolean, marked: boolean, first: boolean): boolean;
  /** A store that waited in the running thread's buffer reaches memory: others may see it from now on. */
  showed?(): void;
  /** May another thread still come to touch what `thread`, which is stopped, is about to write? */
  isAwaited?(thread: number, addr: number, size: number): boolean;
  /** Is a word of these touched by several threads, with no lock that all of them hold? */
  isRacy?(addr: number, size: number): boolean;
}

export const NO_LOG: AccessLog = { on: false, begin: () => {}, end: () => {}, access: () => false };

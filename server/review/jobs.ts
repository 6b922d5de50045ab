/**
 * What a worker can be asked: run a scenario on a set of source texts, replay one schedule, shorten
 * one, or outline the compiled program. Jobs and results are plain data. This file knows nothing of
 * patches: it sees only texts that stand in for files of the reference (or of a tree).
 */

import type { MemoryOrder } from '../../model/explore/index';
import type { Bounds, RunResult, ScheduleText, TraceStep, Violation } from '../../model/explore/types';
import type { VmType } from '../../model/machine/types';

/** File path -> text that replaces that file. The files that are not named stay as they are. */
export type Overrides = Readonly<Record<string, string>>;

/** A kernel tree at one moment, on disk in our own form: what a job's overrides replace files of. */
export interface TreeRef {
  /** Names the content: equal ids, equal texts. */
  readonly id: string;
  /** The snapshot's file. */
  readonly file: string;
}

/** What every job says of the code that it compiles. */
interface OnTree {
  /** Absent or null: the reference. */
  readonly tree?: TreeRef | null;
}

/** What every job says that runs the code. */
interface OnMachine extends OnTree {
  /** Absent: `sc`. */
  readonly memoryOrder?: MemoryOrder;
}

/**
 * Who waits for a run: a reader for a finding, the choice of scenarios, the verdict on what the patch leads to,
 * or the comparison with what was before it, of which only repairs can come. The first goes first.
 */
export type Urgency = 'finding' | 'look' | 'verdict' | 'comparison';

export interface RunJob extends OnMachine {
  readonly kind: 'run';
  readonly overrides: Overrides;
  readonly scenario: string;
  readonly vm: VmType;
  readonly bounds: Bounds;
  /** Null: every invariant that applies. */
  readonly invariants: readonly string[] | null;
  /** One 32-bit word, non-zero once the run is to stop. */
  readonly cancel: SharedArrayBuffer;
  readonly urgency: Urgency;
}

export interface ReplayJob extends OnMachine {
  readonly kind: 'replay';
  readonly overrides: Overrides;
  readonly scenario: string;
  readonly vm: VmType;
  readonly schedule: ScheduleText;
}

export interface MinimiseJob extends OnMachine {
  readonly kind: 'minimise';
  readonly overrides: Overrides;
  readonly scenario: string;
  readonly vm: VmType;
  readonly violation: Violation;
  /** One 32-bit word, non-zero once it is as short as it will get. */
  readonly cancel: SharedArrayBuffer;
}

export interface OutlineJob extends OnTree {
  readonly kind: 'outline';
  readonly overrides: Overrides;
}

export interface DifferenceJob extends OnTree {
  readonly kind: 'difference';
  readonly pre: Overrides;
  readonly post: Overrides;
}

/** What a run is known to enter, without running it. */
export interface EnteredJob extends OnMachine {
  readonly kind: 'entered';
  readonly scenario: string;
  readonly vm: VmType;
  readonly bounds: Bounds;
}

/** What differs between two programs, by name. */
export interface CodeDifference {
  /** Functions whose code differs, or that one side lacks. */
  readonly functions: readonly string[];
  /** Objects at file scope whose contents differ before anything ran. */
  readonly data: readonly string[];
  /** What functions of both sides have more or less of, of that which does nothing but order memory. */
  readonly barriers: readonly {
    readonly function: string;
    /** `smp_wmb`; `release` for a store that is one. */
    readonly names: readonly string[];
  }[];
}

export interface Outline {
  readonly functions: readonly {
    readonly name: string;
    readonly file: string;
    readonly line: number;
    readonly endLine: number;
  }[];
  /** Functions that the scenarios could enter, as far as calls and addresses tell. */
  readonly reachable: readonly string[];
  /** Per file: the lines on which at least one step stands, or from which (a macro's body) one was expanded. */
  readonly lines: Readonly<Record<string, readonly number[]>>;
  /** Per file: the lines of which every step runs only once a WARN has fired. */
  readonly behindWarnings: Readonly<Record<string, readonly number[]>>;
  /** Per file and line of a macro's body: the functions into which it was expanded. */
  readonly expanded: Readonly<Record<string, Readonly<Record<number, readonly string[]>>>>;
  readonly problems: readonly {
    readonly file: string;
    readonly line: number;
    readonly function: string | null;
    readonly why: string;
  }[];
}

export interface Replay {
  readonly threads: readonly string[];
  readonly schedule: ScheduleText;
  readonly steps: readonly TraceStep[];
}

export type Job = RunJob | ReplayJob | MinimiseJob | OutlineJob | DifferenceJob | EnteredJob;

/** Carries out jobs, several at a time. `close` ends its workers. */
export interface Runner {
  run(job: RunJob): Promise<RunResult>;
  replay(job: ReplayJob): Promise<Replay>;
  minimise(job: MinimiseJob): Promise<Violation>;
  outline(job: OutlineJob): Promise<Outline>;
  difference(job: DifferenceJob): Promise<CodeDifference>;
  /** The functions that a run of the unmodified code entered, null where that is not known. */
  entered(job: EnteredJob): Promise<readonly string[] | null>;
  close(): Promise<void>;
}

/** Generous for the reference tier: its largest scenario stays two orders of magnitude below. */
export const DEFAULT_BOUNDS: Bounds = {
  preemptions: 2,
  states: 2_000_000,
  transitions: 10_000_000,
  steps: 2_000_000_000,
  stepsPerTransition: 200_000,
  bytes: 400_000_000,
};

/**
 * The records of exploration: what a scenario is, how far a run may go, and what comes out of it.
 * Types only. Results are a function of (program, scenario, VM type, bounds) alone: no clock, no
 * random numbers; wall-clock limits cancel from outside through `Cancel`.
 */

import type { OracleId, VmType } from '../machine/types';

export interface ScenarioThread {
  /** Shown at the head of its column: `vcpu0`, `vmm`, `mm`, `host`. */
  readonly name: string;
  /** C function of the scenario's driver that the thread runs. */
  readonly entry: string;
  readonly args: readonly number[];
}

/** A situation of domain.md section 6, made concrete. One file per scenario defines one. */
export interface Scenario {
  /** `S02`. */
  readonly id: string;
  /** `slot-delete-punch-reuse`. */
  readonly name: string;
  readonly title: string;
  /** What happens, in two or three sentences a reviewer understands. */
  readonly description: string;
  readonly vm: readonly VmType[];
  /** Seeds, kernel functions, section of domain.md. */
  readonly source: string;
  /** What the scenario supposes of the rest of the kernel; its findings carry this text. */
  readonly assumption: string | null;
  /** C source files of the driver, relative to `model/scenarios`. */
  readonly driver: string;
  /** C function, run alone to completion before the threads start; gets the VM type as its argument. */
  readonly setup: string;
  readonly threads: readonly ScenarioThread[];
  /** Invariants of the domain that this scenario exercises: their `sometimes` must be met, else they are vacuous. */
  readonly invariants: readonly string[];
  /** Vocabulary (names, words of mails) that points at this scenario. */
  readonly words: readonly string[];
  /** Injected faults allowed per run (BUSY, contention, failed allocation). */
  readonly faults: number;
  /** What the mutations of domain.md break here, for documentation and tests. */
  readonly mutations: readonly { readonly title: string; readonly breaks: readonly string[] }[];
}

export interface Bounds {
  /** Preemptions: switches away from a thread that could have gone on, and stores that stay in a store buffer. */
  readonly preemptions: number;
  /** With a violation found, no more preemptions are tried than it took. The run is complete all the same. */
  readonly untilViolation?: boolean;
  readonly states: number;
  readonly transitions: number;
  /** Steps of the step form, over the whole run. */
  readonly steps: number;
  /** Steps in one transition: more is a function that never ends. */
  readonly stepsPerTransition: number;
  /** Bytes of stored states. */
  readonly bytes: number;
}

export interface Cancel {
  /** Polled between transitions. */
  readonly cancelled: boolean;
}

/** One transition of a schedule: thread index and choice. Printed as `0*3 1 0:2 0+37 w0`. */
export interface Action {
  /** From 16 on: the store buffer of the thread 16 below, which gives up a store. */
  readonly thread: number;
  readonly choice: number;
  /** Stop after so many steps, between two plain accesses, rather than at the next marked access or builtin. */
  readonly steps?: number;
}

export interface SourcePlace {
  readonly file: string;
  /** From 1 in the image. */
  readonly line: number;
  readonly function: string;
  /** Lines of the macro bodies that the step was expanded from, if any, innermost first. */
  readonly expanded?: readonly { readonly file: string; readonly line: number }[];
}

/** A row of the trace view: one transition, or a noteworthy event within it. */
export interface TraceStep {
  readonly thread: string;
  readonly place: SourcePlace | null;
  /** `write_lock(mmu_lock)`, `TDH.MEM.PAGE.REMOVE gfn 0`. */
  readonly action: string;
  /** What changed in the state, as text: `mirror[gfn 0]: LEAF(pfn 5) -> FROZEN`. */
  readonly changes: readonly string[];
  readonly violations: readonly string[];
  /** The interesting part of the state after the step, flat: name -> printed value. */
  readonly state: Readonly<Record<string, string>>;
}

export interface Violation {
  /** Id of an invariant or of an oracle. */
  readonly invariant: string | OracleId;
  readonly message: string;
  readonly thread: string;
  readonly place: SourcePlace | null;
  /** Innermost first. */
  readonly stack: readonly SourcePlace[];
  /** The shortest schedule found at the lowest preemption bound; minimised on request. */
  readonly schedule: readonly Action[];
  readonly preemptions: number;
}

export interface Unknown {
  /** Callee, statement or construct. */
  readonly what: string;
  readonly place: SourcePlace | null;
  /** How many paths ended here. */
  readonly paths: number;
}

export interface RunResult {
  readonly scenario: string;
  readonly vm: VmType;
  /** The highest bound explored completely, and whether `bounds.preemptions` was. */
  readonly preemptions: number;
  readonly complete: boolean;
  /** Why not, in words. */
  readonly incomplete: string | null;
  readonly states: number;
  readonly transitions: number;
  readonly steps: number;
  /** First violation per invariant (and place, for oracles). */
  readonly violations: readonly Violation[];
  readonly unknowns: readonly Unknown[];
  /** Lines of each file that at least one path executed. */
  readonly lines: Readonly<Record<string, readonly number[]>>;
  /** C functions that at least one path entered. */
  readonly functions: readonly string[];
  /** Invariants of the scenario whose `sometimes` was never met. */
  readonly vacuous: readonly string[];
  /** Facts a path established, e.g. `zap-after-bug`; for derived notes. */
  readonly facts: readonly string[];
}

/** A schedule in its printed form, and back. `0*12 1*3 0:1 w0`: thread or buffer, `:choice` when not 0, `+steps` when given, `*count`. */
export type ScheduleText = string;

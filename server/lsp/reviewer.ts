/**
 * What the language server asks of a review: outline a text, review it, simulate a scenario. The same
 * interface stands on both sides of the worker thread. It knows neither LSP nor threads.
 */

import type { MemoryOrder } from '../../model/explore/index';
import type { VmType } from '../../model/machine/types';
import type { InputSpan } from '../patch/types';
import type { SimulationTrace } from '../review/simulate';
import type { Finding, PatchReview, Severity } from '../review/types';
import type { Side } from './protocol';

/** A text as the editor holds it. */
export interface ReviewInput {
  /** File name or URI, for messages only. */
  readonly name: string;
  readonly text: string;
  /** Where a kernel tree may be; without, there is none. */
  readonly tree?: TreeWish;
  /** Path on disk of a kernel C file: the text is the file under change, reviewed against its clone's HEAD. */
  readonly file?: string;
  /** Other kernel C files as the editor holds them. */
  readonly others?: readonly { readonly file: string; readonly text: string }[];
}

/** Where a kernel tree may be. */
export interface TreeWish {
  /** What the settings name; empty: nothing. */
  readonly setting: string;
  /** Folders to look upwards from, the document's own first. */
  readonly folders: readonly string[];
  /** Whether the user trusts the workspace: without that no git is run. */
  readonly trusted: boolean;
}

export interface OutlineHunk {
  readonly path: string;
  readonly heading: string;
  /** The hunk's `@@` line. */
  readonly span: InputSpan;
  /** From 1; the last line of the hunk in the input. */
  readonly endLine: number;
  /** Lines of the input that the hunk adds and deletes. */
  readonly added: readonly number[];
  readonly deleted: readonly number[];
}

export interface OutlinePatch {
  readonly subject: string | null;
  /** Where the patch starts: its first prose or diff. From 1. */
  readonly line: number;
  readonly hunks: readonly OutlineHunk[];
}

/** Something that can be said without running anything. */
export interface Remark {
  /** `patch-structure`, `out-of-scope`, `changelog-name`. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly span: InputSpan;
}

/** What is known about a text before anything runs. */
export interface Outline {
  readonly patches: readonly OutlinePatch[];
  readonly remarks: readonly Remark[];
  /** Folder of the kernel tree that the review will use, in which files of traces are opened. */
  readonly root?: string | null;
  /** Why there is nothing to review. */
  readonly idle?: string;
}

export interface ReviewOptions {
  /** Empty: all. */
  readonly vm: readonly VmType[];
  readonly preemptions: number;
  /** Default `sc`. */
  readonly memoryOrder?: MemoryOrder;
  /** Wall clock per patch, in seconds. */
  readonly budgetSeconds: number;
  /** Worker threads; 0 for one per core. */
  readonly jobs: number;
}

export interface SimulationRequest {
  readonly scenario: string;
  readonly vm: VmType;
  readonly schedule: string | null;
  readonly side: Side;
  /** Show this invariant's violation rather than the first. */
  readonly invariant: string | null;
  readonly preemptions: number;
  /** Default `sc`. */
  readonly memoryOrder?: MemoryOrder;
  readonly budgetSeconds: number;
}

/** What is being done, and how much of how much. */
export interface Progress {
  readonly text: string;
  readonly done: number;
  readonly total: number;
}

/** What a run tells while it goes on. A finding is told once, as soon as it is known. */
export type RunEvent =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'finding'; readonly patch: number; readonly finding: Finding };

export interface RunHooks {
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
}

/** All methods reject with an `AbortError` once `signal` is aborted, and with `WorkerLost` when the thread died. */
export interface Reviewer {
  outline(input: ReviewInput, hooks: RunHooks): Promise<Outline>;
  review(input: ReviewInput, options: ReviewOptions, hooks: RunHooks): Promise<readonly PatchReview[]>;
  simulate(input: ReviewInput | null, request: SimulationRequest, hooks: RunHooks): Promise<SimulationTrace>;
  close(): Promise<void>;
}

/** The worker thread ended by itself: out of memory, or a defect. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
}

/** The run was stopped on request. */
export class Aborted extends Error {
  override readonly name = 'AbortError';
}

/** The records at the far end of the pipeline. They are the JSON contract, version 1 (design.md, section 7). */

import type { MemoryOrder } from '../../model/explore/index';
import type { VmType } from '../../model/machine/types';

export type Verdict = 'clean' | 'findings' | 'incomplete' | 'no-diff' | 'out-of-scope' | 'unusable';
export type FindingStatus = 'introduced' | 'fixed' | 'present';
export type Severity = 'error' | 'warning' | 'information' | 'hint';

/** From 1, in the input as given; columns in UTF-16 units. */
export interface PatchPlace {
  readonly patchLine: number;
  readonly patchColumn: number;
}

export interface FindingTraceStep {
  readonly thread: string;
  /** C function that the step stands in; null for a step of the machine's own. */
  readonly function?: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly patchLine: number | null;
  readonly action: string;
  readonly changes: readonly string[];
}

export interface Finding extends PatchPlace {
  readonly invariant: string;
  readonly status: FindingStatus;
  readonly severity: Severity;
  /** The first VM type and the first scenario are those of `schedule` and `trace`. */
  readonly vm: readonly VmType[];
  readonly scenarios: readonly string[];
  readonly assumption: string | null;
  readonly message: string;
  readonly function: string | null;
  readonly file: string | null;
  readonly line: number | null;
  /** The run that violates: `pre` for a fix. */
  readonly side: 'pre' | 'post';
  readonly patchEndColumn: number;
  readonly culprits: readonly (PatchPlace & { readonly kind?: 'add' | 'delete' | 'context'; readonly text: string })[];
  readonly schedule: string;
  readonly preemptions: number;
  readonly trace: readonly FindingTraceStep[];
  readonly unknowns: readonly string[];
}

export interface Coverage {
  /** Changed lines that can execute. */
  readonly changedLines: number;
  readonly nonExecutable: number;
  readonly executed: number;
  readonly notReached: readonly { readonly patchLine: number }[];
  readonly notUnderstood: readonly { readonly patchLine: number; readonly why: string }[];
}

export interface Runs {
  readonly scenarios: number;
  readonly states: number;
  readonly transitions: number;
  readonly milliseconds: number;
  readonly complete: boolean;
  readonly vacuous: readonly string[];
  /** How memory was modelled; absent where nothing ran. */
  readonly memoryOrder?: MemoryOrder;
}

export interface PatchReview {
  readonly input: string;
  readonly subject: string | null;
  readonly messageId: string | null;
  readonly tier: 'tree' | 'reference' | 'static';
  readonly kernel: string | null;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  readonly runs: Runs;
  /** What `simulate` is given to run on the same code: the input, or a range of commits, the tree, the memory order. */
  readonly replay?: readonly string[];
  readonly notes: readonly string[];
}

export interface Report {
  readonly version: 1;
  readonly tool: { readonly name: 'kvm-mmu-review'; readonly version: string };
  readonly patches: readonly PatchReview[];
}

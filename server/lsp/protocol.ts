/**
 * The requests and notifications beyond standard LSP, all of them optional for a client. This file is
 * their documentation, and imports no LSP library; it knows nothing of how they are answered. Whoever changes it raises
 * PROTOCOL_VERSION and the content hash in test/server/lsp/protocol.test.ts.
 *
 * | method              | direction        | answer             | what for                                        |
 * | ------------------- | ---------------- | ------------------ | ----------------------------------------------- |
 * | `kvmMmu/review`     | client -> server | `ReviewResult`     | review a document now, whatever it looks like   |
 * | `kvmMmu/scenarios`  | client -> server | `ScenarioInfo[]`   | what can be simulated, best suited first        |
 * | `kvmMmu/simulate`   | client -> server | `TraceResult`      | run one scenario on one VM type                 |
 * | `kvmMmu/trace`      | client -> server | `TraceResult`      | the interleaving behind one finding, with state |
 * | `kvmMmu/status`     | server -> client | (notification)     | how far the review of a document is             |
 * | `kvmMmu/trust`      | client -> server | (notification)     | the user trusts the workspace from now on       |
 *
 * Requests may be cancelled, and carry an optional `workDoneToken`, on which `$/progress` reports. All
 * lines and columns in here are from 1, as in the reports; those in standard LSP parts are from 0.
 */

import type { VmType } from '../../model/machine/types';
import type { SimulationTrace } from '../review/simulate';
import type { FindingStatus, PatchReview, Verdict } from '../review/types';

export const PROTOCOL_VERSION = 2;

/** LSP's own; spelled out so that client and server need not share a library. */
export type ProgressToken = number | string;

export interface ReviewParams {
  readonly uri: string;
  /** Run again even if this version of the document has been reviewed. */
  readonly force: boolean;
  readonly workDoneToken?: ProgressToken;
}

export interface ReviewResult {
  readonly uri: string;
  /** Version of the document that was reviewed. */
  readonly version: number;
  readonly patches: readonly PatchReview[];
  /** The findings of all patches, the introduced ones first. */
  readonly findings: readonly FindingSummary[];
}

export interface FindingSummary {
  /** For `kvmMmu/trace`; the `data.finding` of its diagnostic. */
  readonly id: string;
  readonly invariant: string;
  readonly status: FindingStatus;
  readonly message: string;
  readonly patchLine: number;
  readonly vm: readonly VmType[];
  readonly scenarios: readonly string[];
}

export interface ScenariosParams {
  /** A document whose findings and text put the scenarios in order; null for the plain list. */
  readonly uri: string | null;
}

export interface ScenarioInfo {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly vm: readonly VmType[];
  readonly assumption: string | null;
  /** A finding of the document shows in it. */
  readonly suggested: boolean;
}

/** The code before or after the patch. */
export type Side = 'pre' | 'post';

export interface SimulateParams {
  /** The patch; null simulates the unmodified reference. */
  readonly uri: string | null;
  readonly scenario: string;
  readonly vm: VmType;
  /** `0*12 1*3`, as findings print it; without one the simulation picks a telling schedule. */
  readonly schedule?: string;
  readonly side: Side;
  readonly workDoneToken?: ProgressToken;
}

export interface TraceParams {
  readonly uri: string;
  /** `data.finding` of the diagnostic. */
  readonly finding: string;
  readonly workDoneToken?: ProgressToken;
}

export interface TraceResult {
  readonly trace: SimulationTrace;
  /** The patch that was simulated. */
  readonly uri: string | null;
  /** File name in `trace.steps` -> URI, for the files that can be opened. */
  readonly files: Readonly<Record<string, string>>;
}

/** What `data` of a diagnostic holds when it is a finding. */
export interface FindingData {
  readonly kind: 'finding';
  /** Names the finding within this version of the document. */
  readonly finding: string;
  readonly version: number;
  readonly status: FindingStatus;
  readonly scenario: string;
  readonly vm: VmType;
  readonly side: Side;
  readonly schedule: string;
}

export interface StatusParams {
  readonly uri: string;
  readonly version: number;
  /** `ignored`: not recognised as a patch or mail, or a C file with nothing to review. */
  readonly state: 'ignored' | 'waiting' | 'running' | 'done' | 'cancelled' | 'failed';
  /** While running: what is being done. When failed, or ignored after a look: why. */
  readonly message: string;
  readonly tier: 'tree' | 'reference' | 'static' | null;
  readonly kernel: string | null;
  /** The most telling verdict of the document's patches. */
  readonly verdict: Verdict | null;
  readonly counts: { readonly introduced: number; readonly fixed: number; readonly present: number };
}

export const METHODS = {
  review: 'kvmMmu/review',
  scenarios: 'kvmMmu/scenarios',
  simulate: 'kvmMmu/simulate',
  trace: 'kvmMmu/trace',
  status: 'kvmMmu/status',
  trust: 'kvmMmu/trust',
} as const;

/** What a client may say in `initializationOptions`; all of it is optional. */
export interface InitializationOptions {
  /** The section `kvmMmu` of the settings, for clients without `workspace/configuration`. */
  readonly kvmMmu?: unknown;
  /** The client has the commands below; without, lenses are only text and there are no code actions. */
  readonly commands?: boolean;
  /** False: the workspace is not trusted, and git is not run in it. Absent: it is. */
  readonly trusted?: boolean;
}

export const SIMULATE_COMMAND = 'kvmMmu.simulatePatch';
export const SHOW_COMMAND = 'kvmMmu.showInterleaving';

/** The argument of both commands. */
export interface CommandArgument {
  readonly uri: string;
  /** Ids of findings to choose from; for `SHOW_COMMAND`. */
  readonly findings?: readonly string[];
}

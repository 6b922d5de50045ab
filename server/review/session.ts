/**
 * A review in progress of one patch: its budget, its cancellation and its runs. Both sides of each
 * situation run through here, so that no run outlives the budget and equal texts run once.
 */

import type { MemoryOrder } from '../../model/explore/index';
import type { Bounds, RunResult, ScheduleText, Violation } from '../../model/explore/types';
import type { VmType } from '../../model/machine/types';
import { probeBounds } from './execute-job';
import type { CodeDifference, Outline, Overrides, Replay, Runner, TreeRef, Urgency } from './jobs';
import { sameTexts } from './same-texts';

/** Part of the budget after which nothing more is searched for: the rest is for telling what was found. */
const SEARCH_SHARE = 7 / 8;

/** Texts whose runs are remembered: both sides of the patch, and the parts of it that were tried last. */
const KEPT_TEXTS = 64;

export interface SessionOptions {
  readonly runner: Runner;
  readonly bounds: Bounds;
  /** Wall-clock milliseconds for the whole patch. */
  readonly budget: number;
  readonly invariants: readonly string[] | null;
  readonly signal: AbortSignal | null;
  /** The tree whose files the texts replace; null for the reference. */
  readonly tree: TreeRef | null;
  /** Default `sc`. */
  readonly memoryOrder?: MemoryOrder;
}

export interface Session {
  /** A first look; `finding` for one that may show what somebody waits for. */
  probe(overrides: Overrides, scenario: string, vm: VmType, urgency?: Urgency): Promise<RunResult>;
  run(overrides: Overrides, scenario: string, vm: VmType, bounds?: Partial<Bounds>): Promise<RunResult>;
  /** The same, behind all others: what it can tell is of no hurry. */
  runLater(overrides: Overrides, scenario: string, vm: VmType): Promise<RunResult>;
  /** The same, ahead of the runs that are waiting: somebody waits for this one. */
  runSoon(overrides: Overrides, scenario: string, vm: VmType, bounds?: Partial<Bounds>): Promise<RunResult>;
  replay(overrides: Overrides, scenario: string, vm: VmType, schedule: ScheduleText): Promise<Replay>;
  minimise(overrides: Overrides, scenario: string, vm: VmType, violation: Violation): Promise<Violation>;
  outline(overrides: Overrides): Promise<Outline>;
  /** The functions that a run of the unmodified code enters; null where that is not known without running it. */
  entered(scenario: string, vm: VmType): Promise<readonly string[] | null>;
  /** What the compiled code of the two differs in. */
  difference(pre: Overrides, post: Overrides): Promise<CodeDifference>;
  readonly memoryOrder: MemoryOrder;
  /** States and transitions of every run so far. */
  readonly spent: { runs: number; states: number; transitions: number };
  readonly stopped: boolean;
  close(): void;
}

/** Open a session; `close` it to stop its clock. */
export function openSession(options: SessionOptions): Session {
  const { runner, bounds, invariants, signal, tree, memoryOrder = 'sc' } = options;
  const flags = { whole: new SharedArrayBuffer(4), search: new SharedArrayBuffer(4) };
  const flag = new Int32Array(flags.whole);
  const endSearch = (): void => {
    Atomics.store(new Int32Array(flags.search), 0, 1);
  };
  const stop = (): void => {
    endSearch();
    Atomics.store(flag, 0, 1);
  };
  const timers = [setTimeout(endSearch, options.budget * SEARCH_SHARE), setTimeout(stop, options.budget)];
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop);
  const spent = { runs: 0, states: 0, transitions: 0 };
  const same = sameTexts(KEPT_TEXTS);
  const known = new WeakMap<Overrides, Map<string, Promise<RunResult>>>();

  const run = (
    overrides: Overrides,
    scenario: string,
    vm: VmType,
    limits: Bounds,
    urgency: Urgency = 'verdict',
  ): Promise<RunResult> => {
    const cancel = urgency === 'verdict' || urgency === 'comparison' ? flags.search : flags.whole;
    const texts = same(overrides);
    const runs = known.get(texts) ?? new Map<string, Promise<RunResult>>();
    known.set(texts, runs);
    const key = JSON.stringify([scenario, vm, limits]);
    let result = runs.get(key);
    if (result === undefined) {
      result = runner
        .run({ kind: 'run', tree, memoryOrder, overrides, scenario, vm, bounds: limits, invariants, cancel, urgency })
        .catch((error: unknown) => lost(scenario, vm, error))
        .then((done) => {
          spent.runs++;
          spent.states += done.states;
          spent.transitions += done.transitions;
          return done;
        });
      runs.set(key, result);
    }
    return result;
  };

  return {
    memoryOrder,
    spent,
    get stopped() {
      return Atomics.load(flag, 0) !== 0;
    },
    probe: (overrides, scenario, vm, urgency = 'look') => run(overrides, scenario, vm, probeBounds(bounds), urgency),
    runSoon: (overrides, scenario, vm, limits) => run(overrides, scenario, vm, { ...bounds, ...limits }, 'finding'),
    run: (overrides, scenario, vm, limits) => run(overrides, scenario, vm, { ...bounds, ...limits }),
    runLater: (overrides, scenario, vm) => run(overrides, scenario, vm, bounds, 'comparison'),
    replay: (overrides, scenario, vm, schedule) =>
      runner.replay({ kind: 'replay', tree, memoryOrder, overrides, scenario, vm, schedule }),
    minimise: (overrides, scenario, vm, violation) =>
      runner.minimise({
        kind: 'minimise',
        tree,
        memoryOrder,
        overrides,
        scenario,
        vm,
        violation,
        cancel: flags.whole,
      }),
    entered: (scenario, vm) => runner.entered({ kind: 'entered', tree, memoryOrder, scenario, vm, bounds }),
    outline: (overrides) => runner.outline({ kind: 'outline', tree, overrides }),
    difference: (pre, post) => runner.difference({ kind: 'difference', tree, pre, post }),
    close: () => {
      timers.forEach(clearTimeout);
      signal?.removeEventListener('abort', stop);
    },
  };
}

/** A worker that died (most often of its memory limit) costs its own run and no other. */
function lost(scenario: string, vm: VmType, error: unknown): RunResult {
  const why = error instanceof Error ? error.message : String(error);
  return {
    scenario,
    vm,
    preemptions: -1,
    complete: false,
    incomplete: `the worker that ran it was lost: ${why}`,
    states: 0,
    transitions: 0,
    steps: 0,
    violations: [],
    unknowns: [],
    lines: {},
    functions: [],
    vacuous: [],
    facts: [],
  };
}

/**
 * Carries out one job in the thread it is called in: compiles the texts, runs the model. Compiled
 * programs are kept by content, and functions by their tokens, so that a patch costs what it changes.
 * It is the only place where the C engine, the reference and the explorer meet.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../../model/execute/program';
import { formatSchedule, minimise, parseSchedule, replay, run, straight } from '../../model/explore/index';
import type { Bounds, Cancel, RunResult, Scenario, Violation } from '../../model/explore/types';
import { facts } from '../../model/invariants/facts';
import { invariants as allInvariants } from '../../model/invariants/index';
import { scenarios } from '../../model/scenarios/index';
import { type CParser, createParser, LoweringCache, type ScopeStore, type WasmFiles } from '../c/index';
import { loadReference, type Reference } from '../kernel/reference';
import type { SnapshotTexts } from '../kernel/tree/snapshot';
import { behindWarnings } from './behind-warnings';
import { differenceOf } from './code-difference';
import { compileReference } from './compile';
import { compileTree, snapshotReader, standIns } from './compile-tree';
import { enteredStore } from './entered-store';
import type { CodeDifference, Job, MinimiseJob, Outline, Overrides, Replay, ReplayJob, RunJob, TreeRef } from './jobs';
import { reachableFrom } from './reachable';
import { codeNamer, hashOf, openRunCache, runKey } from './run-cache';
import { sameTexts } from './same-texts';
import { scopeStore } from './scope-store';

/** Programs kept at once: the two sides of a patch and a few of its parts. */
const KEPT_PROGRAMS = 8;
/** Trees, the reference among them, of which programs are kept. */
const KEPT_TREES = 4;

export interface Worker {
  execute(job: Job): RunResult | Replay | Violation | Outline | CodeDifference | readonly string[] | null;
}

/** Where functions and results of runs are kept between processes, and what names the engine that made them. */
export interface Keeping {
  readonly folder: string;
  readonly engine: string;
}

/** Prepare a worker; `root` is the folder that holds `model/reference`. Errors: the parser cannot be loaded. */
export async function createWorker(root: string, keeping: Keeping | null = null): Promise<Worker> {
  const parser = await createParser('auto', shippedGrammar(root));
  const reference = await loadReference(root);
  const snapshot = snapshotReader();
  const store = keeping && scopeStore(join(keeping.folder, 'lowered'), keeping.engine);
  const compile = rememberingCompiler(reference, snapshot, parser, store);
  const results = openRunCache(keeping && join(keeping.folder, 'runs'));
  const entered = enteredStore(keeping && join(keeping.folder, 'entered'));
  const own = Object.fromEntries(reference.files);
  const around = hashOf(JSON.stringify([...standIns(reference)]));
  const code = codeNamer(`${keeping?.engine} ${around}`);
  const same = sameTexts(KEPT_PROGRAMS);
  return {
    execute(job) {
      const tree = job.tree ?? null;
      const base = (): SnapshotTexts => (tree === null ? own : snapshot(tree));
      if (job.kind === 'entered') return entered.load(enteredKey(code(base(), NONE), job));
      if (job.kind === 'difference') return differenceOf(compile(same(job.pre), tree), compile(same(job.post), tree));
      const overrides = same(job.overrides);
      const program = (): Program => compile(overrides, tree);
      switch (job.kind) {
        case 'run': {
          const result = results.get(runKey(code(base(), overrides), job), () => executeRun(program(), job));
          if (result.complete && isUnmodified(base(), overrides)) {
            entered.save(enteredKey(code(base(), NONE), job), result.functions);
          }
          return result;
        }
        case 'replay':
          return executeReplay(program(), job);
        case 'minimise':
          return executeMinimise(program(), job);
        case 'outline':
          return outlineOf(program());
      }
    },
  };
}

/** No file is replaced. */
const NONE: Overrides = {};

/** Names what a run of unmodified code enters; the rules that it is judged by don't matter. */
function enteredKey(code: string, job: Pick<RunJob, 'scenario' | 'vm' | 'bounds' | 'memoryOrder'>): string {
  return runKey(code, { ...job, invariants: null });
}

function isUnmodified(base: SnapshotTexts, overrides: Overrides): boolean {
  return Object.entries(overrides).every(([path, text]) => Object.hasOwn(base, path) && base[path] === text);
}

/** A built package has the WebAssembly grammar beside its programs; elsewhere the installed packages have it. */
function shippedGrammar(root: string): WasmFiles {
  const runtime = join(root, 'tree-sitter.wasm');
  const grammar = join(root, 'tree-sitter-c.wasm');
  return existsSync(runtime) && existsSync(grammar) ? { runtime, grammar } : {};
}

function rememberingCompiler(
  reference: Reference,
  snapshot: ReturnType<typeof snapshotReader>,
  parser: CParser,
  store: ScopeStore | null,
): (overrides: Overrides, tree: TreeRef | null) => Program {
  const cache = new LoweringCache(store);
  /** By tree, and by the object that stands for the texts. */
  const kept = new Map<string, WeakMap<Overrides, Program>>();
  const stand = standIns(reference);
  const make = (overrides: Overrides, tree: TreeRef | null): Program =>
    tree === null
      ? compileReference(reference, overrides, parser, cache)
      : compileTree(snapshot(tree), stand, overrides, parser, cache);
  return (overrides, tree) => {
    const of = tree?.id ?? '';
    const programs = kept.get(of) ?? new WeakMap<Overrides, Program>();
    // Last used goes to the end, so that the first is the one to drop.
    kept.delete(of);
    kept.set(of, programs);
    const oldest = kept.keys().next();
    if (kept.size > KEPT_TREES && !oldest.done) kept.delete(oldest.value);
    const program = programs.get(overrides) ?? make(overrides, tree);
    programs.set(overrides, program);
    return program;
  };
}

function scenarioOf(id: string): Scenario {
  const scenario = scenarios.find((candidate) => candidate.id === id);
  if (scenario === undefined) throw new Error(`no scenario ${id}`);
  return scenario;
}

/** Set from outside, in memory that is shared. */
function cancelOf(shared: SharedArrayBuffer): Cancel {
  const flag = new Int32Array(shared);
  return {
    get cancelled() {
      return Atomics.load(flag, 0) !== 0;
    },
  };
}

function executeRun(program: Program, job: RunJob): RunResult {
  const wanted = job.invariants;
  const invariants = wanted === null ? allInvariants : allInvariants.filter(({ id }) => wanted.includes(id));
  return run(program, scenarioOf(job.scenario), job.vm, job.bounds, {
    invariants: [...invariants, ...facts],
    memoryOrder: job.memoryOrder ?? 'sc',
    cancel: cancelOf(job.cancel),
  });
}

/** An empty schedule stands for the plain run. */
function executeReplay(program: Program, job: ReplayJob): Replay {
  const scenario = scenarioOf(job.scenario);
  const schedule = job.schedule.trim() === '' ? straight(program, scenario, job.vm) : parseSchedule(job.schedule);
  const steps = replay(program, scenario, job.vm, schedule, {
    invariants: allInvariants,
    memoryOrder: job.memoryOrder ?? 'sc',
  });
  return {
    threads: [...scenario.threads.map(({ name }) => name), 'rcu'],
    schedule: formatSchedule(schedule),
    steps,
  };
}

function executeMinimise(program: Program, job: MinimiseJob): Violation {
  return minimise(program, scenarioOf(job.scenario), job.vm, job.violation, {
    invariants: allInvariants,
    memoryOrder: job.memoryOrder ?? 'sc',
    cancel: cancelOf(job.cancel),
  });
}

function outlineOf(program: Program): Outline {
  const name = (file: number): string => program.files[file] ?? '';
  const functions = Object.values(program.functions);
  /** By file and line: does anything of it run without a WARN? */
  const lines = new Map<string, Map<number, boolean>>();
  const expanded: Record<string, Record<number, string[]>> = Object.create(null);
  const add = (file: string, line: number, runs: boolean): void => {
    const known = lines.get(file) ?? new Map<number, boolean>();
    lines.set(file, known.set(line, runs || known.get(line) === true));
  };
  for (const code of functions) {
    const behind = behindWarnings(code);
    const reached = new Set(code.steps.filter((_, pc) => !behind.has(pc)).map((step) => step.at));
    for (const at of new Set(code.steps.map((step) => step.at))) {
      const origin = program.origins[at];
      if (origin === undefined) continue;
      add(name(origin.file), origin.line, reached.has(at));
      for (const { file, line } of origin.expanded ?? []) {
        add(name(file), line, true);
        const users = ((expanded[name(file)] ??= {})[line] ??= []);
        if (users.at(-1) !== code.name) users.push(code.name);
      }
    }
  }
  return {
    reachable: [...reachableFrom(program, scenarios)],
    functions: functions.map((code) => ({
      name: code.name,
      file: name(code.file),
      line: code.line,
      endLine: code.endLine,
    })),
    lines: Object.fromEntries([...lines].map(([file, all]) => [file, sorted(all.keys())])),
    behindWarnings: Object.fromEntries(
      [...lines].map(([file, all]) => [file, sorted(all.keys()).filter((line) => all.get(line) === false)]),
    ),
    expanded,
    problems: program.problems.map((problem) => ({
      file: name(problem.file),
      line: problem.line,
      function: problem.function,
      why: problem.why,
    })),
  };
}

const sorted = (lines: Iterable<number>): number[] => [...lines].sort((a, b) => a - b);

/** The bounds of a first look: one schedule's worth, no preemptions. */
export function probeBounds(bounds: Bounds): Bounds {
  return { ...bounds, preemptions: 0, transitions: Math.min(bounds.transitions, 20_000) };
}

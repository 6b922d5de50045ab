/**
 * One run: set-up, then exploration, again with more scheduling points while races are found, and the
 * result. It joins simulation, search and findings; each of those knows less.
 */

import type { Program } from '../execute/program';
import type { MemoryOrder } from '../execute/store-buffers';
import type { Invariant } from '../invariants/types';
import type { RunMachine, VmType } from '../machine/types';
import type { Cycle } from './cycles';
import { Findings, type Found } from './findings';
import { Lockset } from './lockset';
import { toSchedule } from './schedule';
import { packAction, Search, type SearchEnd, type SearchListener } from './search';
import { type MachineFactory, type Observer, SILENT, Simulation } from './simulation';
import { StateStore } from './state-store';
import type { Bounds, Cancel, RunResult, Scenario, SourcePlace, Violation } from './types';

export interface RunOptions {
  readonly createMachine: MachineFactory;
  /** Those that don't apply to the VM type are left out. */
  readonly invariants: readonly Invariant[];
  readonly cancel?: Cancel;
  /** False leaves race detection out: only marked accesses and builtins are scheduling points. Default true. */
  readonly races?: boolean;
  /** Default `sc`. */
  readonly memoryOrder?: MemoryOrder;
}

/** Present circumstances of the running thread, which a violation is recorded with. */
interface Moment {
  /** Entry from which the thread runs, and its action; entry -1 during set-up. */
  entry: number;
  action: number;
}

const NEVER: Cancel = { cancelled: false };

/**
 * Explore a scenario. Results depend on nothing but the arguments (and on whether it was cancelled).
 * Errors: a program that can't be linked, a scenario with too many threads.
 */
export function explore(
  program: Program,
  scenario: Scenario,
  vm: VmType,
  bounds: Bounds,
  options: RunOptions,
): RunResult {
  const invariants = options.invariants.filter((i) => i.vm.includes(vm));
  const run = new Run(program, scenario, vm, bounds, { ...options, invariants });
  try {
    return run.result();
  } finally {
    run.release();
  }
}

class Run {
  private readonly findings = new Findings();
  private readonly moment: Moment = { entry: -1, action: 0 };
  private readonly sim: Simulation;
  private lockset: Lockset | null = null;
  private search: Search | null = null;
  private store: StateStore | null = null;
  private pendingWitnesses: readonly Invariant[];
  /** Violations with their schedules, of explorations that were restarted and of the last. */
  private readonly violations = new Map<string, Violation>();
  private transitionsBefore = 0;

  constructor(
    program: Program,
    private readonly scenario: Scenario,
    private readonly vm: VmType,
    private readonly bounds: Bounds,
    private readonly options: RunOptions,
  ) {
    const othersWait = (thread: number, addr: number, size: number) =>
      this.sim.executor.stores?.buffers.othersWait(thread, addr, size) === true;
    const wait = options.memoryOrder === 'x86' ? othersWait : null;
    this.sim = new Simulation(program, scenario, vm, {
      createMachine: options.createMachine,
      invariants: options.invariants,
      observer: this.observer(),
      memoryOrder: options.memoryOrder ?? 'sc',
      createLog: (machine: RunMachine) =>
        (this.lockset = new Lockset(machine.memory, (t) => machine.heldLocks(t), wait)),
    });
    this.lockset!.attend(this.sim);
    this.sim.executor.stepsPerTransition = bounds.stepsPerTransition;
    this.sim.executor.onBuiltin = (builtin) => {
      if (this.lockset!.on) this.lockset!.builtinRan(builtin);
    };
    this.pendingWitnesses = options.invariants.filter((i) => i.sometimes);
  }

  /** To be called once the result is there. */
  release(): void {
    this.sim.release();
    this.lockset?.release();
  }

  result(): RunResult {
    if (!this.sim.setUp()) {
      this.keepSetUpViolations();
      return this.summary('the set-up did not run to its end', 0, 0, -1);
    }
    this.onState();
    this.keepSetUpViolations();
    const end = this.exploreToFixpoint();
    const search = this.search!;
    this.keepViolations(search, false);
    return this.summary(describeEnd(end, this.bounds), search.store.stateCount, search.transitions, search.completed);
  }

  /** Explore; as long as that finds new racy accesses, make them scheduling points and begin again. */
  private exploreToFixpoint(): SearchEnd {
    const { sim } = this;
    const lockset = this.lockset!;
    const store = new StateStore(sim.memory, sim.executor.stacks, sim.threads.length);
    this.store = store;
    const atStart = [...sim.stacks];
    for (;;) {
      const listener = this.listener();
      const cancel = this.options.cancel ?? NEVER;
      const search = new Search(sim, this.bounds, cancel, listener, this.transitionsBefore, store);
      this.search = search;
      sim.byRaces = this.options.races ?? true;
      lockset.on = sim.byRaces;
      const end = search.run();
      lockset.on = false;
      if (end !== 'races') return end;
      this.keepViolations(search, true);
      this.findings.clearPaths();
      this.transitionsBefore += search.transitions;
      store.restore(0, sim.stacks);
      atStart.forEach((node, t) => {
        sim.stacks[t] = node;
      });
      store.clear();
      lockset.activate();
    }
  }

  private observer(): Observer {
    return {
      violation: (invariant, message, stack) => {
        this.violation(invariant, message, this.sim.executor.running.name, stack);
      },
      unknown: (why) => this.findings.unknown(why, this.sim.executor.places()[0] ?? null),
      witness: (id) => {
        this.findings.witnessed.add(id);
      },
      fact: (fact) => {
        this.findings.facts.add(fact);
      },
    };
  }

  private listener(): SearchListener {
    const { sim, moment } = this;
    const lockset = this.lockset!;
    return {
      before: (entry, t, choice) => {
        moment.entry = entry;
        moment.action = packAction(t, choice);
      },
      state: () => this.onState(),
      deadlock: (entry, waiting) => this.deadlock(entry, waiting),
      livelock: (_entry, t) => {
        const message = `${sim.threads[t]!.name} runs in a circle, and nobody else can run`;
        this.violation('livelock', message, sim.threads[t]!.name, sim.placesOf(t));
      },
      livelockOfMany: (entry, cycle) => this.livelockOfMany(entry, cycle),
      racesFound: () => lockset.mustRepeat(),
      isEnough: () => this.bounds.untilViolation === true && this.findings.violations.length + this.violations.size > 0,
    };
  }

  private onState(): void {
    this.sim.checkState();
    if (this.pendingWitnesses.length === 0) return;
    const machine = this.sim.machine as Parameters<NonNullable<Invariant['sometimes']>>[0];
    const met = this.pendingWitnesses.filter((i) => i.sometimes!(machine) || this.findings.witnessed.has(i.id));
    if (met.length === 0) return;
    for (const i of met) this.findings.witnessed.add(i.id);
    this.pendingWitnesses = this.pendingWitnesses.filter((i) => !met.includes(i));
  }

  private deadlock(entry: number, waiting: readonly number[]): void {
    const { sim } = this;
    const who = waiting.map((t) => {
      const place = sim.placesOf(t)[0];
      return `${sim.threads[t]!.name}${place ? ` in ${place.function}()` : ''}`;
    });
    // The state itself is the evidence: the last action is the one that led to it.
    const path = this.store!.path(entry);
    const moment = { ...this.moment };
    this.moment.entry = path.length === 0 ? -1 : this.store!.parent(entry);
    this.moment.action = path[path.length - 1] ?? 0;
    const first = waiting[0]!;
    this.violation('deadlock', `nobody can run; ${who.join(', ')} wait`, sim.threads[first]!.name, sim.placesOf(first));
    this.moment.entry = moment.entry;
    this.moment.action = moment.action;
  }

  /** The schedule goes round once, so that the trace shows what is repeated. Told once for the same threads. */
  private livelockOfMany(entry: number, { walk, movers }: Cycle): void {
    const { sim } = this;
    const threads = movers.filter((t) => t < sim.threads.length);
    const names = threads.map((t) => sim.threads[t]!.name);
    const message = `${names.join(' and ')} run in a circle, and nobody ends it`;
    if (this.findings.violations.some((known) => known.message === message)) return;
    this.store!.restore(entry, sim.stacks);
    const stack = sim.placesOf(threads[0]!);
    this.findings.violation({
      invariant: 'livelock',
      message,
      thread: names[0]!,
      place: stack[0] ?? null,
      stack,
      path: [...this.store!.path(entry), ...walk],
      preemptions: this.search!.level,
    });
  }

  private violation(invariant: string, message: string, thread: string, stack: readonly SourcePlace[]): void {
    const { entry, action } = this.moment;
    const place = stack[0] ?? null;
    const preemptions = this.search?.level ?? 0;
    const length = entry < 0 ? 0 : this.store!.depth(entry) + 1;
    if (!this.findings.wants(invariant, place, preemptions, length)) return;
    const path = entry < 0 ? [] : [...this.store!.path(entry), action];
    this.findings.violation({ invariant, message, thread, place, stack, path, preemptions });
  }

  private keepSetUpViolations(): void {
    for (const found of this.findings.violations) this.keep(found, [], 0);
    this.findings.clearViolations();
  }

  /**
   * Turn what the search found into schedules that stand for themselves. `again`: the exploration begins anew, and
   * finds once more what can't be told from this one.
   */
  private keepViolations(search: Search, again: boolean): void {
    const { sim } = this;
    const observer = sim.observer;
    sim.observer = SILENT;
    for (const found of this.findings.violations) {
      search.store.restore(0, sim.stacks);
      sim.memory.mark();
      const { schedule, preemptions, fits } = toSchedule(sim, found.path);
      sim.memory.undo(0);
      sim.memory.clearDirty();
      if (!fits && again) continue;
      this.keep(found, schedule, Number.isFinite(this.bounds.preemptions) ? found.preemptions : preemptions);
    }
    sim.observer = observer;
  }

  private keep(found: Found, schedule: Violation['schedule'], preemptions: number): void {
    const { invariant, message, thread, place, stack } = found;
    const violation = { invariant, message, thread, place, stack, schedule, preemptions };
    this.violations.set(this.findings.keyOf(found), violation);
  }

  private summary(incomplete: string | null, states: number, transitions: number, completed: number): RunResult {
    const covered = coverage(this.sim);
    const ids = new Set(this.options.invariants.map((i) => i.id));
    return {
      scenario: this.scenario.id,
      vm: this.vm,
      preemptions: completed,
      complete: incomplete === null,
      incomplete,
      states,
      transitions,
      steps: this.sim.executor.steps,
      violations: [...this.violations.values()],
      unknowns: this.findings.unknowns,
      lines: covered.lines,
      functions: covered.functions,
      vacuous: this.scenario.invariants.filter((id) => ids.has(id) && !this.findings.witnessed.has(id)),
      facts: [...this.findings.facts].sort(),
    };
  }
}

function describeEnd(end: SearchEnd, bounds: Bounds): string | null {
  switch (end) {
    case 'complete':
    case 'races':
      return null;
    case 'cancelled':
      return 'cancelled';
    default:
      return `the budget of ${bounds[end]} ${end} ran out`;
  }
}

/** Lines, macro bodies' included, and functions that ran, from the executor's marks. */
function coverage(sim: Simulation): { lines: Record<string, number[]>; functions: string[] } {
  const files = new Map<string, Set<number>>();
  const functions: string[] = [];
  for (const fn of sim.executor.compiledFunctions) {
    if (!fn.covered.includes(1)) continue;
    functions.push(fn.code.name);
    for (let pc = 0; pc < fn.code.steps.length; pc++) {
      if (fn.covered[pc] !== 1) continue;
      const place = sim.executor.placeOf(fn, pc);
      for (const { file, line } of [place, ...(place.expanded ?? [])]) {
        let lines = files.get(file);
        if (lines === undefined) files.set(file, (lines = new Set()));
        lines.add(line);
      }
    }
  }
  const sorted = [...files].map(([file, lines]) => [file, [...lines].sort((a, b) => a - b)] as const);
  return { lines: Object.fromEntries(sorted), functions: functions.sort() };
}

/**
 * Replaying a schedule as a trace: one row per thing worth showing, with what it changed in the
 * state. It explores nothing.
 */

import type { Program } from '../execute/program';
import type { Pending } from '../execute/store-buffers';
import type { Builtin, MachineEvent, VmType } from '../machine/types';
import { eventAction, eventText, isNoteworthy } from './events';
import { playStrictly } from './play';
import type { RunOptions } from './run';
import { BUFFER_OF, type Observer, Simulation } from './simulation';
import type { Action, Scenario, SourcePlace, TraceStep } from './types';

/**
 * The trace of a schedule. Errors: a schedule that doesn't fit the scenario, a set-up that doesn't
 * end, a program that can't be linked.
 */
export function traceOf(
  program: Program,
  scenario: Scenario,
  vm: VmType,
  schedule: readonly Action[],
  options: Pick<RunOptions, 'createMachine' | 'invariants' | 'memoryOrder'>,
): TraceStep[] {
  const recorder = new Recorder();
  const invariants = options.invariants.filter((i) => i.vm.includes(vm));
  const sim = new Simulation(program, scenario, vm, { ...options, invariants, observer: recorder });
  try {
    recorder.attach(sim);
    const ready = sim.setUp();
    recorder.endSetUp();
    if (!ready) return recorder.rows;
    playStrictly(
      sim,
      schedule,
      (action, i) => recorder.begin(action.thread, choiceLabel(sim, action), schedule[i - 1]?.thread !== action.thread),
      (action, i) => recorder.end(schedule[i + 1]?.thread !== action.thread),
    );
    return recorder.rows;
  } finally {
    sim.release();
  }
}

function choiceLabel(sim: Simulation, action: Action): string {
  if (action.choice === 0) return '';
  return sim.choices(action.thread)?.[action.choice]?.label ?? '';
}

/** Collects rows while the simulation runs. */
class Recorder implements Observer {
  readonly rows: TraceStep[] = [];
  private sim!: Simulation;
  private thread = 'set-up';
  private label = '';
  private start: SourcePlace | null = null;
  /** Rows at the beginning of the thread's turn. */
  private made = 0;
  private texts: string[] = [];
  private violations: string[] = [];
  private failedAt: SourcePlace | null = null;
  private state: Record<string, string> = {};

  attach(sim: Simulation): void {
    this.sim = sim;
    sim.executor.onBuiltin = (builtin, args, result) => this.builtin(builtin, args, result);
    if (sim.executor.stores) sim.executor.stores.onStore = (thread, store, waits) => this.store(thread, store, waits);
  }

  /** What happens during set-up is no row, unless it breaks something. */
  endSetUp(): void {
    this.rows.length = 0;
    this.texts = [];
    this.state = {};
    if (this.violations.length > 0) this.row('set-up', this.failedAt);
    this.state = this.sim.machine.describe();
  }

  /** An action begins; `turn` when another thread ran before. */
  begin(t: number, label: string, turn: boolean): void {
    this.thread = this.sim.threads[t % BUFFER_OF]!.name;
    this.label = label;
    this.start = t < BUFFER_OF ? caller(this.sim.placesOf(t)) : null;
    if (turn) this.made = this.rows.length;
  }

  /** An action is over. A turn in which nothing was worth a row gets one all the same. */
  end(switches: boolean): void {
    if (this.violations.length > 0) this.row(this.violations[0]!, this.failedAt ?? this.start);
    else if (this.texts.length > 0) this.row(this.texts.shift()!, this.start);
    else if (switches && this.rows.length === this.made) {
      this.row(this.start ? `runs ${this.start.function}()` : 'runs a callback', this.start);
    }
  }

  violation(invariant: string, message: string, stack: readonly SourcePlace[]): void {
    this.violations.push(`${invariant}: ${message}`);
    this.failedAt = caller(stack);
  }

  unknown(why: string): void {
    this.violations.push(`not understood: ${why}`);
    this.failedAt = this.place();
  }

  witness(): void {}

  fact(): void {}

  /** What C does to a watched word is a row; what a builtin does is told with the builtin. */
  event(e: MachineEvent): void {
    const text = eventText(e);
    if (text !== null) this.texts.push(text);
    if (isNoteworthy(e) && !this.sim.executor.inBuiltin) this.row(eventAction(e), this.place());
  }

  /** A builtin is a row when it changed something that shows, went an unusual way, or broke a rule. */
  private builtin(builtin: Builtin, args: readonly (number | bigint)[], result: number | bigint | undefined): void {
    if (!builtin.describe) return;
    const { machine, executor } = this.sim;
    const state = machine.describe();
    const quiet = this.texts.length === 0 && this.violations.length === 0 && this.label === '';
    if (quiet && differences(this.state, state).length === 0) return;
    const action = builtin.describe(machine, executor.running, args, result);
    this.row(this.label === '' ? action : `${action} [${this.label}]`, this.place(), state);
    this.label = '';
  }

  /** A store that waits is a row, and so is one that has waited and reaches memory, which its thread may do later. */
  private store(thread: number, store: Pending, waits: boolean): void {
    const { executor, machine, threads } = this.sim;
    const name = threads.find(({ id }) => id === thread)?.name ?? 'a thread';
    const word = machine.nameOfWord?.(store.addr) ?? globalAt(executor.linked.globals, store.addr);
    const action = `store to ${word} ${waits ? 'stays in' : 'leaves'} ${name}'s store buffer`;
    if (waits) this.label = '';
    this.row(action, caller(executor.stores!.originOf(store)), this.state, name);
  }

  private place(): SourcePlace | null {
    return caller(this.sim?.executor.places() ?? []);
  }

  private row(
    action: string,
    place: SourcePlace | null,
    state = this.sim.machine.describe(),
    thread = this.thread,
  ): void {
    const changes = differences(this.state, state);
    const told = new Set([action, ...changes]);
    this.rows.push({
      thread,
      place,
      action,
      changes: [...changes, ...this.texts.filter((t) => !told.has(t))],
      violations: this.violations,
      state,
    });
    this.state = state;
    this.texts = [];
    this.violations = [];
    this.failedAt = null;
  }
}

/** The global object that starts there; else the address. */
function globalAt(globals: ReadonlyMap<string, number>, addr: number): string {
  for (const [name, at] of globals) if (at === addr) return name;
  return `0x${addr.toString(16)}`;
}

/** Our own headers, in which guards and lists are written out. */
const PRELUDE = /(^|\/)model\/builtins\//;

/** The innermost place in KVM's code: a guard's lock is taken where the guard stands. */
function caller(places: readonly SourcePlace[]): SourcePlace | null {
  return places.find(({ file }) => !PRELUDE.test(file)) ?? places[0] ?? null;
}

/** `name: old -> new` for what differs; a value that appears or goes shows as such. */
export function differences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  const changes: string[] = [];
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (old !== value) changes.push(`${name}: ${old ?? '-'} -> ${value}`);
  }
  for (const [name, old] of Object.entries(before))
    if (!Object.hasOwn(after, name)) changes.push(`${name}: ${old} -> -`);
  return changes;
}

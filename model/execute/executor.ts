/**
 * Runs one thread of a program from where it stands to its next scheduling point. It owns the frame
 * that runs and the functions compiled so far. Which thread runs next, and what counts as a state, is
 * the explorer's business.
 */

import type { SourcePlace } from '../explore/types';
import type { Builtin, Choice, MachineEvent, MachineView, OracleId, ThreadView } from '../machine/types';
import { type AccessLog, NO_LOG } from './access-log';
import { type CompiledFunction, compileFunction, SIGNAL } from './compile';
import { Frame, type StackNode, StackTable } from './frames';
import { type Linked, link, relink } from './link';
import { BLOCK, LIFE, type Memory } from './memory';
import type { FunctionCode, Program, Value } from './program';
import { stackOf } from './regions';
import type { MemoryOrder } from './store-buffers';
import { convert } from './values';
import { WaitingStores } from './waiting-stores';

/** Where the executor reports. `stop` and `unknown` end the path: they throw. */
export interface ExecutorHost {
  stop(oracle: OracleId, message: string): never;
  unknown(why: string): never;
  event(event: MachineEvent): void;
}

export interface ExecutorOptions {
  readonly machine: MachineView;
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly noEffect: ReadonlySet<string>;
  /** C functions whose entry and return are events. */
  readonly watchedCalls: ReadonlySet<string>;
  readonly host: ExecutorHost;
  readonly log?: AccessLog;
  /** Default `sc`. */
  readonly memoryOrder?: MemoryOrder;
}

const MAX_FRAMES = 200;
const STEPS_PER_TRANSITION = 1_000_000;
/** Steps after which a transition ends at the next marked access all the same: the thread may wait for another one. */
const LONG_TRANSITION = 2000;

export type RunEnd = 'point' | 'ended';

export class Executor {
  readonly linked: Linked;
  stacks = new StackTable();
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly noEffect: ReadonlySet<string>;
  readonly watchedCalls: ReadonlySet<string>;
  host: ExecutorHost;
  log: AccessLog;
  private machine: MachineView;

  /** Steps run so far, over all transitions. */
  steps = 0;
  /** Steps after which a transition is given up as one that never ends. */
  stepsPerTransition = STEPS_PER_TRANSITION;
  /** What the last function to end returned. */
  result: Value | undefined;

  private readonly functions = new Map<string, CompiledFunction>();
  /** Stores on their way to memory; null where there is no way: memory is sequentially consistent. */
  readonly stores: WaitingStores | null;

  private thread: ThreadView = { id: 0, name: '' };
  private frame: Frame | null = null;
  private depth = 0;
  private pc = 0;
  /** True while the first step of a transition runs: it was chosen, so it doesn't stop again. */
  first = true;
  /** Injected faults that the path may still spend: a choice that costs more is none. */
  faultsLeft = Number.POSITIVE_INFINITY;
  private builtinsRun = 0;
  private choice = 0;

  constructor(
    readonly program: Program,
    readonly memory: Memory,
    options: ExecutorOptions,
  ) {
    this.machine = options.machine;
    this.builtins = options.builtins;
    this.noEffect = options.noEffect;
    this.watchedCalls = options.watchedCalls;
    this.host = options.host;
    this.log = options.log ?? NO_LOG;
    this.stores = options.memoryOrder === 'x86' ? new WaitingStores(this, memory) : null;
    this.linked = link(program, memory);
  }

  get memoryOrder(): MemoryOrder {
    return this.stores === null ? 'sc' : 'x86';
  }

  /**
   * As a new one, after a `rest`, on the same program and memory, which has been reset, but with the functions that it
   * has compiled.
   * Builtins and the like are those that it was made with. Errors: as the constructor's.
   */
  restart({ machine, host, log }: Pick<ExecutorOptions, 'machine' | 'host' | 'log'>): void {
    this.machine = machine;
    this.host = host;
    this.log = log ?? NO_LOG;
    this.stores?.buffers.begin();
    relink(this.program, this.memory, this.linked);
  }

  /** Forget the run that is over: its stacks, its counts, and whoever listened, with all that they hold. */
  rest(): void {
    this.log = NO_LOG;
    this.stacks = new StackTable();
    this.steps = 0;
    this.stepsPerTransition = STEPS_PER_TRANSITION;
    this.result = undefined;
    this.faultsLeft = Number.POSITIVE_INFINITY;
    this.inBuiltin = false;
    this.onBuiltin = () => {};
    this.stores?.rest();
    this.thread = { id: 0, name: '' };
    this.frame = null;
    this.depth = 0;
    for (const { covered } of this.functions.values()) covered.fill(0);
  }

  // ---- functions ----

  functionCode(name: string): FunctionCode | undefined {
    return Object.hasOwn(this.program.functions, name) ? this.program.functions[name] : undefined;
  }

  compiled(name: string): CompiledFunction {
    const known = this.functions.get(name);
    if (known) return known;
    const code = this.functionCode(name);
    if (!code) return this.host.unknown(`the function ${name}, which nothing defines`);
    const fn = compileFunction(code, this, this.functions.size + 1);
    this.functions.set(name, fn);
    return fn;
  }

  /** Functions compiled so far: those that ran, or were about to. */
  get compiledFunctions(): Iterable<CompiledFunction> {
    return this.functions.values();
  }

  /** Registers of a fresh frame of `name`, holding these arguments converted to its parameters' types. */
  arguments(name: string, values: readonly Value[]): Value[] {
    const fn = this.compiled(name);
    const regs = fn.zeros.slice();
    fn.code.params.forEach((p, i) => {
      regs[i] = convert(p.t, values[i]);
    });
    return regs;
  }

  // ---- threads ----

  /** Make a stopped thread the running one. */
  resume(thread: ThreadView, node: StackNode | null): void {
    this.thread = thread;
    if (this.stores !== null) this.stores.resumed(thread);
    this.frame = node === null ? null : unfold(node);
    this.depth = 0;
    for (let n = node; n !== null; n = n.below) this.depth++;
  }

  /** Make `thread`, which has no frames, stand at the first step of `name`. */
  enter(thread: ThreadView, name: string, args: readonly Value[]): void {
    this.thread = thread;
    this.frame = null;
    this.depth = 0;
    this.first = true;
    const fn = this.compiled(name);
    this.push(fn, this.arguments(name, args), 0);
  }

  /** The running thread's stack, interned. Null once it has ended. */
  save(): StackNode | null {
    return this.stacks.intern(this.frame);
  }

  get running(): ThreadView {
    return this.thread;
  }

  /** What happens next is that thread's doing. */
  set running(thread: ThreadView) {
    this.thread = thread;
  }

  /** The choice with which the running step is taken. */
  get chosen(): number {
    return this.first ? this.choice : 0;
  }

  /** The running step: its function's index, and its own. */
  get step(): { readonly fn: number; readonly pc: number } {
    return { fn: this.frame!.fn.index, pc: this.pc };
  }

  /**
   * Run the thread to its next scheduling point. `choice` is for the step at which it stands. With
   * `steps` it stops after that many, wherever that is.
   */
  run(choice: number, steps = 0): RunEnd {
    this.choice = choice;
    this.first = true;
    this.inBuiltin = false;
    const limit = steps > 0 && steps < this.stepsPerTransition ? steps : this.stepsPerTransition;
    let left = limit;
    const byMarks = !this.log.on;
    /** With fewer steps left than this, marked accesses end the transition. */
    const patience = byMarks ? Number.POSITIVE_INFINITY : limit - LONG_TRANSITION;
    if (!byMarks) this.log.begin(this.thread.id);
    this.builtinsRun = 0;
    try {
      let frame = this.frame;
      while (frame !== null) {
        const { ops, points, covered } = frame.fn;
        const regs = frame.regs;
        let pc = frame.pc;
        for (;;) {
          this.pc = pc;
          const next = ops[pc]!(regs);
          if (next === SIGNAL.stop) {
            frame.pc = pc;
            return 'point';
          }
          this.first = false;
          covered[pc] = 1;
          left--;
          if (next < 0) break;
          pc = next;
          if ((points[pc] !== 0 && left < patience) || left <= 0) {
            frame.pc = pc;
            break;
          }
        }
        frame = this.frame;
        if (frame === null) break;
        if (frame.fn.points[frame.pc] !== 0 && left < patience) return 'point';
        if (left <= 0) {
          if (limit === steps) return 'point';
          this.host.unknown(`no scheduling point within ${limit} steps`);
        }
      }
      return 'ended';
    } finally {
      this.steps += limit - left;
    }
  }

  /** The choices of the step at which a stopped thread stands: null when it must wait. */
  choicesAt(thread: ThreadView, node: StackNode): readonly Choice[] | null {
    const call = node.fn.builtinCalls[node.pc];
    if (call === undefined) return ONE_CHOICE;
    const regs = node.regs as Value[];
    const builtin = call.target(regs);
    if (builtin === null) return ONE_CHOICE;
    if (builtin.ready === undefined && builtin.choices === undefined) return ONE_CHOICE;
    const args = call.args(regs);
    if (builtin.ready && !builtin.ready(this.machine, thread, args)) return null;
    return builtin.choices ? builtin.choices(this.machine, thread, args) : ONE_CHOICE;
  }

  /** The builtin at which a stopped thread stands, with its arguments; null when it stands elsewhere. */
  builtinAt(node: StackNode): { readonly builtin: Builtin; readonly args: readonly Value[] } | null {
    const call = node.fn.builtinCalls[node.pc];
    const builtin = call?.target(node.regs as Value[]);
    return call && builtin ? { builtin, args: call.args(node.regs as Value[]) } : null;
  }

  // ---- called by steps ----

  push(fn: CompiledFunction, regs: Value[], callPc: number): void {
    const parent = this.frame;
    if (this.depth >= MAX_FRAMES) this.host.stop('memory-safety', `stack overflow: ${MAX_FRAMES} frames deep`);
    const region = stackOf(this.thread.id);
    const base = parent === null ? region.start : parent.top;
    const size = Math.ceil(fn.code.frameSize / BLOCK) * BLOCK;
    if (size > 0) {
      if (base + size > region.end) this.host.stop('memory-safety', 'stack overflow: frames are too large');
      this.memory.setLife(base, size, LIFE.live);
    }
    if (parent !== null) parent.pc = callPc;
    regs[fn.code.registers] = base;
    this.frame = new Frame(fn, 0, regs, base, base + size, parent);
    this.depth++;
    if (fn.watched) this.callEvent(fn, regs);
  }

  pop(value: Value | undefined): void {
    const frame = this.frame!;
    if (frame.top !== frame.base) this.memory.setLife(frame.base, frame.top - frame.base, LIFE.unmapped);
    if (frame.fn.watched) {
      this.host.event({ type: 'return', thread: this.thread.id, name: frame.fn.code.name, value });
    }
    const caller = frame.parent ?? (frame.below === null ? null : unfold(frame.below));
    this.frame = caller;
    this.depth--;
    if (caller === null) {
      this.result = value;
      return;
    }
    const step = caller.fn.code.steps[caller.pc]!;
    if (step.s === 'call' && step.r !== null && step.t !== 'void') {
      caller.regs[step.r] = frame.fn.code.returns === step.t ? value! : convert(step.t, value);
    }
    caller.pc++;
  }

  /** A builtin that isn't the transition's first step ends it when others could notice, or when it could go several ways. */
  mustStopBefore(builtin: Builtin, args: readonly Value[]): boolean {
    if (this.first) return false;
    if (builtin.point && this.isVisible(builtin, args)) return true;
    if (this.stores?.mustShowFor(builtin)) return true;
    if (builtin.ready && !builtin.ready(this.machine, this.thread, args)) return true;
    if (builtin.choices === undefined) return false;
    const choices = builtin.choices(this.machine, this.thread, args);
    for (let i = 1; i < choices.length; i++) if (choices[i]!.faults <= this.faultsLeft) return true;
    return false;
  }

  /** Could another thread notice the builtin? One that says what it touches is seen through those words only. */
  private isVisible(builtin: Builtin, args: readonly Value[]): boolean {
    if (!this.log.on || builtin.touches === undefined || this.builtinsRun > LONG_TRANSITION) return true;
    const touches = builtin.touches(this.machine, this.thread, args);
    return touches === null || touches.some((t) => this.log.access(t.addr, t.size, t.write, false, false));
  }

  runBuiltin(builtin: Builtin, args: readonly Value[]): Value | undefined {
    if (this.stores !== null) this.stores.order(builtin);
    this.inBuiltin = true;
    this.builtinsRun++;
    if (this.log.on && builtin.touches) {
      const touches = builtin.touches(this.machine, this.thread, args) ?? [];
      for (const t of touches) this.log.access(t.addr, t.size, t.write, false, true);
    }
    const result = builtin.run(this.machine, this.thread, args, this.first ? this.choice : 0);
    this.inBuiltin = false;
    this.onBuiltin(builtin, args, result);
    return result;
  }

  /** Called after every builtin; race detection and traces listen here. */
  onBuiltin: (builtin: Builtin, args: readonly Value[], result: Value | undefined) => void = () => {};
  /** True while a builtin runs: what happens then is its doing, not the C line's. */
  inBuiltin = false;

  private callEvent(fn: CompiledFunction, regs: readonly Value[]): void {
    const args = regs.slice(0, fn.code.params.length);
    this.host.event({ type: 'call', thread: this.thread.id, name: fn.code.name, args });
  }

  // ---- places ----

  /** Where the running thread stands, innermost first. */
  places(): SourcePlace[] {
    const places: SourcePlace[] = [];
    if (this.stores !== null && this.stores.leaving !== null) return this.stores.originOf(this.stores.leaving);
    let f = this.frame;
    let pc = this.pc;
    while (f !== null) {
      places.push(this.placeOf(f.fn, pc));
      if (f.parent === null) {
        for (let n = f.below; n !== null; n = n.below) places.push(this.placeOf(n.fn, n.pc));
        break;
      }
      f = f.parent;
      pc = f.pc;
    }
    return places;
  }

  placeOf(fn: CompiledFunction, pc: number): SourcePlace {
    const at = fn.code.steps[pc]?.at;
    const origin = at === undefined ? undefined : this.program.origins[at];
    const file = this.program.files[origin?.file ?? fn.code.file] ?? '';
    const place = { file, line: origin?.line ?? fn.code.endLine, function: fn.code.name };
    const lines = origin?.expanded;
    if (lines === undefined) return place;
    return { ...place, expanded: lines.map((one) => ({ file: this.program.files[one.file] ?? '', line: one.line })) };
  }
}

const ONE_CHOICE: readonly Choice[] = [{ label: '', faults: 0 }];

/** A frame that can run, from a stopped one. Its callers stay interned until it returns. */
function unfold(node: StackNode): Frame {
  const frame = new Frame(node.fn, node.pc, node.regs.slice(), node.base, node.top, null);
  frame.below = node.below;
  return frame;
}

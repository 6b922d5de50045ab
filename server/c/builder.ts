/**
 * Collects a function's steps: registers, frame memory, labels, origins. Jumps name labels until
 * `finish` turns them into indices. Knows nothing of C.
 */

import type { Expr, Scalar, Step, Value } from '../../model/execute/program';
import type { FileRef, MacroPlace, PPToken } from './pp-token';
import { isBig, LowerError } from './types';

export type Label = number & { readonly label: true };

type Without<S> = S extends unknown ? Omit<S, 'at'> : never;
/** A step to be emitted; its origin is added, and its targets are labels. */
export type NewStep = Without<Step>;

interface Placed {
  readonly label: Label;
}

type Entry = Step | Placed;

export interface LocalOrigin {
  readonly file: FileRef;
  readonly line: number;
  /** The first token with this line, and this way through macros, that a step was made for. */
  readonly token: PPToken;
}

export interface FrameObject {
  readonly name: string;
  readonly off: number;
  readonly type: string;
}

const MAX_STEPS = 200_000;

export class Builder {
  private entries: Entry[] = [];
  private labels = 0;
  private readonly names: (string | null)[] = [];
  private readonly freeNumbers: number[] = [];
  private readonly freeBigs: number[] = [];
  private readonly live: { readonly reg: number; readonly big: boolean }[] = [];
  private readonly originIndex = new Map<FileRef, Map<number, Map<MacroPlace | null, number>>>();
  private emitted = 0;
  readonly origins: LocalOrigin[] = [];
  readonly objects: FrameObject[] = [];
  frameSize = 0;
  /** While positive, no line markers are made (constants, types). */
  quiet = 0;

  constructor(public at: PPToken) {}

  emit(step: NewStep): void {
    if (++this.emitted > MAX_STEPS) throw new LowerError('the function is too long');
    this.entries.push({ ...step, at: this.origin() } as Step);
  }

  private origin(): number {
    const { file, line, from } = this.at;
    let lines = this.originIndex.get(file);
    if (!lines) this.originIndex.set(file, (lines = new Map()));
    let froms = lines.get(line);
    if (!froms) lines.set(line, (froms = new Map()));
    let index = froms.get(from);
    if (index === undefined) {
      index = this.origins.push({ file, line, token: this.at }) - 1;
      froms.set(from, index);
    }
    return index;
  }

  label(): Label {
    return this.labels++ as Label;
  }

  place(label: Label): void {
    this.entries.push({ label });
  }

  jump(to: Label): void {
    this.emit({ s: 'jump', to });
  }

  branch(c: Expr, then: Label, otherwise: Label): void {
    if (c.k === 'const') this.jump(c.v ? then : otherwise);
    else this.emit({ s: 'branch', c, then, else: otherwise });
  }

  /** A register for a C variable: its own for the whole function. */
  variable(name: string): number {
    return this.names.push(name) - 1;
  }

  /** A register for a value within the current statement. */
  temp(t: Scalar): number {
    const big = isBig(t);
    const reg = (big ? this.freeBigs : this.freeNumbers).pop() ?? this.names.push(null) - 1;
    this.live.push({ reg, big });
    return reg;
  }

  /** Registers taken after this point are free again once `release` is called with it. */
  mark(): number {
    return this.live.length;
  }

  release(mark: number): void {
    while (this.live.length > mark) {
      const { reg, big } = this.live.pop() as { reg: number; big: boolean };
      (big ? this.freeBigs : this.freeNumbers).push(reg);
    }
  }

  frame(size: number, align: number, name: string, type: string): number {
    const off = Math.ceil(this.frameSize / align) * align;
    this.frameSize = off + size;
    if (this.frameSize > 1 << 20) throw new LowerError('the frame is larger than 1 MiB');
    if (name !== '') this.objects.push({ name, off, type });
    return off;
  }

  /** Position to go back to with `cut`, or to compare with. */
  position(): number {
    return this.entries.length;
  }

  /** Whether control can't reach what comes next. */
  closed(): boolean {
    const last = this.entries.at(-1);
    return last !== undefined && 's' in last && (last.s === 'return' || last.s === 'jump');
  }

  /** Drop what was emitted since `position`. */
  cut(position: number): void {
    this.entries.length = position;
  }

  /** Take out what was emitted since `position`, to be put back elsewhere. */
  take(position: number): readonly unknown[] {
    return this.entries.splice(position);
  }

  put(entries: readonly unknown[]): void {
    for (const entry of entries) this.entries.push(entry as Entry);
  }

  /** Whether a step of the current line was emitted since `position`. */
  touched(position: number): boolean {
    const { file, line } = this.at;
    for (let i = this.entries.length - 1; i >= position; i--) {
      const entry = this.entries[i] as Entry;
      const origin = 's' in entry ? this.origins[entry.at] : undefined;
      if (origin?.line === line && origin.file === file) return true;
    }
    return false;
  }

  get registers(): number {
    return this.names.length;
  }

  get registerNames(): readonly (string | null)[] {
    return this.names;
  }

  finish(): Step[] {
    const targets: number[] = [];
    const steps: Step[] = [];
    for (const entry of this.entries) {
      if ('s' in entry) steps.push(entry);
      else targets[entry.label] = steps.length;
    }
    const lost = steps.length;
    let missed = false;
    const target = (label: number): number => {
      const to = targets[label];
      missed ||= to === undefined;
      return to ?? lost;
    };
    const resolved = steps.map((step): Step => {
      switch (step.s) {
        case 'jump':
          return { ...step, to: target(step.to) };
        case 'branch':
          return { ...step, then: target(step.then), else: target(step.else) };
        case 'switch':
          return {
            ...step,
            cases: step.cases.map((c): { low: Value; high: Value; to: number } => ({ ...c, to: target(c.to) })),
            otherwise: target(step.otherwise),
          };
        default:
          return step;
      }
    });
    // A label that went with the statement around it, which could not be lowered.
    if (missed) resolved.push({ s: 'poison', why: 'a jump into a statement that was not understood', at: 0 });
    return resolved;
  }
}

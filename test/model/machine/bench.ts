/** A machine on a bench: a tiny program, a host that collects, and builtins called by name. */

import { Memory } from '../../../model/execute/memory';
import type { FieldLayout, Program, Scalar, StructLayout, Value } from '../../../model/execute/program';
import { SETUP_THREAD, stackOf } from '../../../model/execute/regions';
import { Machine } from '../../../model/machine/machine';
import type { MachineEvent, VmType } from '../../../model/machine/types';

/** What stop() and unknown() throw here. */
export class PathEnd extends Error {}

export interface Bench {
  readonly m: Machine;
  readonly events: MachineEvent[];
  /** `lock-rule: ...`. */
  readonly violations: string[];
  /** Run the next calls as this thread. */
  as(thread: number): Bench;
  /** Call a builtin; it must be ready. */
  call(name: string, ...args: Value[]): Value | undefined;
  /** Call it with an injected choice. */
  choose(choice: number, name: string, ...args: Value[]): Value | undefined;
  ready(name: string, ...args: Value[]): boolean;
  choices(name: string, ...args: Value[]): string[];
  /** Live scratch memory for C objects. */
  scratch(bytes: number): number;
  eventsOf<T extends MachineEvent['type']>(type: T): (MachineEvent & { type: T })[];
}

const SIZES: Record<Scalar, number> = { i8: 1, u8: 1, i16: 2, u16: 2, i32: 4, u32: 4, i64: 8, u64: 8, ptr: 8 };

type FieldSpec = Scalar | { type: string; size: number } | { t: Scalar; type: string };

/** Lay out a struct: fields in order, 8 bytes each at least. */
export function struct(fields: Record<string, FieldSpec>): StructLayout {
  const out: Record<string, FieldLayout> = {};
  let off = 0;
  for (const [name, f] of Object.entries(fields)) {
    const size = typeof f === 'string' ? SIZES[f] : 'size' in f ? f.size : SIZES[f.t];
    const t = typeof f === 'string' ? f : 'size' in f ? null : f.t;
    out[name] = { off, type: typeof f === 'string' ? f : f.type, t, size };
    off += Math.max(8, size);
  }
  return { size: off, align: 8, fields: out };
}

const role: StructLayout = {
  size: 4,
  align: 4,
  fields: {
    word: { off: 0, type: 'u32', t: 'u32', size: 4 },
    level: { off: 0, type: 'unsigned', t: 'u32', size: 4, bits: { shift: 0, width: 4 } },
    invalid: { off: 0, type: 'unsigned', t: 'u32', size: 4, bits: { shift: 4, width: 1 } },
    is_mirror: { off: 0, type: 'unsigned', t: 'u32', size: 4, bits: { shift: 5, width: 1 } },
  },
};

export const STRUCTS: Record<string, StructLayout> = {
  'struct kvm': struct({
    mmu_lock: { type: 'struct rwlock_t', size: 8 },
    slots_lock: { type: 'struct mutex', size: 8 },
    mmu_invalidate_seq: 'u64',
    mmu_invalidate_in_progress: 'i64',
    vm_dead: 'u8',
    vm_bugged: 'u8',
    arch: { type: 'struct kvm_arch', size: 32 },
  }),
  'struct kvm_arch': struct({ gfn_direct_bits: 'u64', tdp_mmu_roots: { type: 'struct list_head', size: 16 } }),
  'struct list_head': struct({
    next: { t: 'ptr', type: 'struct list_head *' },
    prev: { t: 'ptr', type: 'struct list_head *' },
  }),
  'struct kvm_vcpu': struct({ mutex: { type: 'struct mutex', size: 8 } }),
  'struct kvm_mmu_page': struct({
    link: { type: 'struct list_head', size: 16 },
    spt: { t: 'ptr', type: 'u64 *' },
    gfn: 'u64',
    role: { type: 'union kvm_mmu_page_role', size: 4 },
  }),
  'union kvm_mmu_page_role': role,
};

export const PROGRAM: Program = {
  files: [],
  origins: [],
  functions: {},
  globals: {},
  structs: STRUCTS,
  constants: { SPTE_LEVEL_BITS: 2 },
  problems: [],
};

export function bench(vm: VmType = 'tdx', program: Program = PROGRAM): Bench {
  const memory = new Memory();
  const m = new Machine(vm, memory, program);
  const events: MachineEvent[] = [];
  const violations: string[] = [];
  let thread = SETUP_THREAD;
  let scratchAt = stackOf(0).start;
  const end = (text: string): never => {
    throw new PathEnd(text);
  };
  m.host = {
    current: () => ({ thread: { id: thread, name: `t${thread}` }, place: null, stack: [] }),
    violate: (id, message) => void violations.push(`${id}: ${message}`),
    stop: (id, message) => end(`${id}: ${message}`),
    unknown: (why) => end(`unknown: ${why}`),
    event: (event) => void events.push(event),
    witness: () => undefined,
    fact: () => undefined,
  };
  const find = (name: string) => m.builtins.get(name) ?? end(`no builtin ${name}`);
  const view = () => ({ id: thread, name: `t${thread}` });
  const self: Bench = {
    m,
    events,
    violations,
    as(id) {
      thread = id;
      return self;
    },
    call: (name, ...args) => self.choose(0, name, ...args),
    choose(choice, name, ...args) {
      if (!self.ready(name, ...args)) end(`${name} blocks`);
      return find(name).run(m, view(), args, choice);
    },
    ready: (name, ...args) => find(name).ready?.(m, view(), args) ?? true,
    choices: (name, ...args) => (find(name).choices?.(m, view(), args) ?? []).map((c) => c.label),
    scratch(bytes) {
      const at = scratchAt;
      scratchAt += (bytes + 63) & ~63;
      memory.setLife(at, bytes, 1);
      return at;
    },
    eventsOf: (type) => events.filter((e) => e.type === type) as never,
  };
  return self;
}

/**
 * Names of locks for people: the field of struct kvm or struct kvm_vcpu in which a lock lies, else the
 * name that set-up gave it, else the object at file scope, else its address.
 */

import type { Program, StructLayout } from '../execute/program';
import { layoutOf } from './kvm-view';
import type { Machine } from './machine';
import { registered } from './registry';
import { registeredVcpus, vcpuWord } from './vcpus';

/** With or without `struct`: a typedef of a nameless struct is reported either way. */
const LOCK_TYPES = new Set(['mutex', 'spinlock_t', 'rwlock_t', 'rw_semaphore', 'srcu_struct']);

/** Offset in the struct -> field name, nested structs included. */
export function lockFields(program: Program, struct: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  collect(program, layoutOf(program, struct), 0, names, 0);
  return names;
}

function collect(
  program: Program,
  layout: StructLayout | undefined,
  base: number,
  names: Map<number, string>,
  depth: number,
): void {
  if (!layout || depth > 3) return;
  for (const [name, field] of Object.entries(layout.fields)) {
    if (LOCK_TYPES.has(field.type.replace(/^struct /, ''))) names.set(base + field.off, name);
    else if (field.t === null) collect(program, layoutOf(program, field.type), base + field.off, names, depth + 1);
  }
}

export function nameOfLock(m: Machine, lock: number): string {
  const kvm = registered(m, 'kvm');
  const field = kvm !== 0 ? m.kvmLocks.get(lock - kvm) : undefined;
  if (field !== undefined) return field;
  for (const vcpu of registeredVcpus(m)) {
    const name = m.vcpuLocks.get(lock - vcpuWord(m, vcpu, 'address'));
    if (name !== undefined) return `vcpu${vcpu}->${name}`;
  }
  return m.givenName(lock) ?? inGlobal(m, lock) ?? `lock 0x${lock.toString(16)}`;
}

/** `kvm_lock`, or the field of an object at file scope: `init_mm.page_table_lock`. */
function inGlobal(m: Machine, lock: number): string | undefined {
  for (const [name, at] of m.globals) {
    const object = m.program.globals[name];
    if (object === undefined || lock < at || lock >= at + object.size) continue;
    const field = lockFields(m.program, object.type).get(lock - at);
    if (field !== undefined) return `${name}.${field}`;
    if (lock === at) return name;
  }
  return undefined;
}

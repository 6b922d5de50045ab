/**
 * Names of words for people: a field of the VM or of a vCPU, or the entry of a page table that lies at an
 * address. It looks and changes nothing.
 */

import type { StructLayout } from '../execute/program';
import { layoutOf, tableOf } from './kvm-view';
import { PAGE_SIZE, pfnToVirt } from './layout';
import type { Machine } from './machine';
import { pfnOfAddress } from './pages';
import { registered } from './registry';
import { registeredVcpus, vcpuWord } from './vcpus';

/** What a VM and a vCPU are parts of, and the field that they are there. */
const AROUND_VM = [
  ['struct kvm_tdx', 'kvm'],
  ['struct kvm_svm', 'kvm'],
] as const;
const AROUND_VCPU = [
  ['struct vcpu_tdx', 'vcpu'],
  ['struct vcpu_svm', 'vcpu'],
  ['struct vcpu_vmx', 'vcpu'],
] as const;

/** `kvm->mmu_invalidate_seq`, `vcpu0->mode`, `the SPTE of gfn 0x4, level 1`; undefined for anything else. */
export function nameOfWord(m: Machine, addr: number): string | undefined {
  const pfn = pfnOfAddress(addr);
  if (pfn !== undefined) return nameOfSpte(m, pfn, addr);
  const kvm = registered(m, 'kvm');
  const field = kvm === 0 ? undefined : fieldOf(m, 'struct kvm', AROUND_VM, addr - kvm);
  if (field !== undefined) return `kvm->${field}`;
  for (const vcpu of registeredVcpus(m)) {
    const name = fieldOf(m, 'struct kvm_vcpu', AROUND_VCPU, addr - vcpuWord(m, vcpu, 'address'));
    if (name !== undefined) return `vcpu${vcpu}->${name}`;
  }
  return m.givenName(addr);
}

function nameOfSpte(m: Machine, pfn: number, addr: number): string | undefined {
  const table = tableOf(m, pfnToVirt(pfn));
  if (!table) return undefined;
  const gfn = table.gfn + ((addr % PAGE_SIZE) / 8) * 2 ** (m.levelBits * (table.level - 1));
  const tree = table.mirror ? 'mirror ' : table.asId === 0 ? '' : 'SMM ';
  return `the ${tree}SPTE of gfn 0x${gfn.toString(16)}, level ${table.level}`;
}

function fieldOf(
  m: Machine,
  struct: string,
  around: readonly (readonly [string, string])[],
  off: number,
): string | undefined {
  const own = fieldAt(m, layoutOf(m.program, struct), off);
  if (own !== undefined) return own;
  for (const [outer, part] of around) {
    const layout = layoutOf(m.program, outer);
    const at = layout && Object.hasOwn(layout.fields, part) ? layout.fields[part]!.off : undefined;
    const name = at === undefined ? undefined : fieldAt(m, layout, off + at);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The path of the scalar at an offset; nested structs only. */
function fieldAt(m: Machine, layout: StructLayout | undefined, off: number): string | undefined {
  if (!layout || off < 0 || off >= layout.size) return undefined;
  for (const [name, field] of Object.entries(layout.fields)) {
    if (off < field.off || off >= field.off + field.size) continue;
    if (field.t !== null) return name;
    const inner = fieldAt(m, layoutOf(m.program, field.type), off - field.off);
    return inner === undefined ? name : `${name}.${inner}`;
  }
  return undefined;
}

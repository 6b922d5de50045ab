/**
 * vCPUs as the hardware knows them: registered C object, whether it runs the guest, tables loaded,
 * what the last exit reported. Sharing code decides nothing here.
 */

import { AT, STRIDE, VCPUS } from './layout';
import type { Machine } from './machine';
import { register, registered } from './registry';

const FIELDS = {
  address: 0,
  inGuest: 1,
  /** 1 while a zero-step entry holds the SEPT tree lock. */
  entering: 2,
  zeroStep: 3,
  /** TD epoch in which the vCPU last entered. */
  epoch: 4,
  rootPfn: 5,
  rootLevel: 6,
  /** Thread that runs the guest. */
  thread: 7,
  exitGpa: 8,
  exitQualification: 10,
  extQualification: 11,
  /** gfn + 1 of an ACCEPT in progress. */
  accepting: 12,
  /** gfn + 1 of the last private EPT violation, which a zero-step entry walks again. */
  faulted: 13,
  /** SEV-ES and SNP: the page with the vCPU's registers (0: none), and its address space id, as its VMCB says. */
  vmsa: 14,
  asid: 15,
} as const;

export type VcpuField = keyof typeof FIELDS;

const at = (vcpu: number, field: VcpuField): number => AT.vcpus + (vcpu * STRIDE.vcpu + FIELDS[field]) * 4;

export const vcpuWord = (m: Machine, vcpu: number, field: VcpuField): number => m.memory.u32(at(vcpu, field));

export function setVcpuWord(m: Machine, vcpu: number, field: VcpuField, value: number): void {
  m.memory.setU32(at(vcpu, field), value);
}

/** Guest physical address of the last EPT violation. */
export const exitGpa = (m: Machine, vcpu: number): bigint => m.memory.u64(at(vcpu, 'exitGpa'));

export function setExit(m: Machine, vcpu: number, gpa: bigint, qualification: number, extended: number): void {
  m.memory.setU64(at(vcpu, 'exitGpa'), gpa);
  setVcpuWord(m, vcpu, 'exitQualification', qualification);
  setVcpuWord(m, vcpu, 'extQualification', extended);
}

/** The vCPU's number, by its `struct kvm_vcpu`. A stranger ends the path as not understood. */
export function vcpuOf(m: Machine, address: number): number {
  for (let vcpu = 0; vcpu < VCPUS; vcpu++) if (vcpuWord(m, vcpu, 'address') === address) return vcpu;
  return m.unknown('a guest operation on a vCPU that __machine_vcpu() has not registered');
}

/** Is the vCPU in system management mode? What its guest knows; KVM keeps its own account. */
export const isInSmm = (m: Machine, vcpu: number): boolean => (registered(m, 'smm') & (1 << vcpu)) !== 0;

/** An SMI was taken, or RSM has ended it. */
export function setInSmm(m: Machine, vcpu: number, on: boolean): void {
  const others = registered(m, 'smm') & ~(1 << vcpu);
  register(m, 'smm', on ? others | (1 << vcpu) : others);
}

/** Numbers of the registered vCPUs. */
export function registeredVcpus(m: Machine): number[] {
  const vcpus: number[] = [];
  for (let vcpu = 0; vcpu < VCPUS; vcpu++) if (vcpuWord(m, vcpu, 'address') !== 0) vcpus.push(vcpu);
  return vcpus;
}

export const vcpusInGuest = (m: Machine): number[] =>
  registeredVcpus(m).filter((vcpu) => vcpuWord(m, vcpu, 'inGuest') !== 0);

/** Could a vCPU of the TD, modelled or not, do something inside the guest at this moment? */
export const someGuestRuns = (m: Machine): boolean =>
  vcpusInGuest(m).length > 0 || (registered(m, 'noise') !== 0 && registered(m, 'otherInGuest') !== 0);

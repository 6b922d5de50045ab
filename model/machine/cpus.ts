/**
 * CPUs: one per thread, with its interrupt flag, one pending inter-processor interrupt and the sleep
 * state of the kernel's wait protocol. It knows nothing of what an interrupt is for.
 */

import { AT, STRIDE, THREADS } from './layout';
import type { Machine } from './machine';

const FIELD = { irqsOff: 0, pending: 4, sleeping: 8, inGuest: 12, nonBlock: 16 } as const;

const at = (cpu: number, field: keyof typeof FIELD): number => AT.cpus + cpu * STRIDE.cpu * 4 + FIELD[field];

export const irqsOff = (m: Machine, cpu: number): boolean => m.memory.u32(at(cpu, 'irqsOff')) !== 0;

export function disableIrqs(m: Machine, cpu: number): void {
  m.memory.setU32(at(cpu, 'irqsOff'), 1);
}

/** Interrupts on: what was pending is taken now. */
export function enableIrqs(m: Machine, cpu: number): void {
  m.memory.setU32(at(cpu, 'irqsOff'), 0);
  m.memory.setU32(at(cpu, 'pending'), 0);
}

export const ipiPending = (m: Machine, cpu: number): boolean => m.memory.u32(at(cpu, 'pending')) !== 0;

/** Does this CPU run a guest? An interrupt then makes it exit, but is taken only once the host enables interrupts. */
export const inGuest = (m: Machine, cpu: number): boolean => m.memory.u32(at(cpu, 'inGuest')) !== 0;

export function setInGuest(m: Machine, cpu: number, on: boolean): void {
  m.memory.setU32(at(cpu, 'inGuest'), on ? 1 : 0);
}

/** CPUs of a mask, lowest first. */
export function cpusOf(mask: bigint): number[] {
  const cpus: number[] = [];
  for (let cpu = 0; cpu < THREADS; cpu++) if ((mask >> BigInt(cpu)) & 1n) cpus.push(cpu);
  return cpus;
}

/** Send an interrupt. A CPU that can take it at once has done so; the others have it pending. */
export function sendIpi(m: Machine, mask: bigint): void {
  for (const cpu of cpusOf(mask)) if (irqsOff(m, cpu) || inGuest(m, cpu)) m.memory.setU32(at(cpu, 'pending'), 1);
}

/** Have all CPUs of the mask taken their interrupt? */
export const ipisTaken = (m: Machine, mask: bigint): boolean => cpusOf(mask).every((cpu) => !ipiPending(m, cpu));

/** Is the thread where nothing may sleep though it holds nothing: in a notifier's callback that must not block? */
export const mustNotBlock = (m: Machine, cpu: number): boolean => m.memory.u32(at(cpu, 'nonBlock')) !== 0;

export function setMustNotBlock(m: Machine, cpu: number, on: boolean): void {
  m.memory.setU32(at(cpu, 'nonBlock'), on ? 1 : 0);
}

export const isSleeping = (m: Machine, cpu: number): boolean => m.memory.u32(at(cpu, 'sleeping')) !== 0;

export function setSleeping(m: Machine, cpu: number, on: boolean): void {
  m.memory.setU32(at(cpu, 'sleeping'), on ? 1 : 0);
}

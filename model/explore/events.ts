/** Events of the machine as text for traces. What `describe()` shows as a change of state is left out here. */

import { hex } from '../machine/pages';
import type { MachineEvent } from '../machine/types';

/** What happened in words; null for events that the state's own difference tells better. */
export function eventText(e: MachineEvent): string | null {
  switch (e.type) {
    case 'call':
    case 'return':
    case 'lock':
    case 'unlock':
    case 'seamcall':
    case 'sept':
    case 'rmp':
    case 'rmp-request':
    case 'vmrun':
    case 'page-owner':
    case 'tlb-fill':
    case 'spte':
      return null;
    case 'word':
      return e.write ? `${e.name}: ${e.old} -> ${e.value}` : `${e.name} is ${e.value}`;
    case 'attribute-read':
      return `attribute of gfn ${e.gfn} is ${shared(e.isPrivate)}`;
    case 'attribute-store':
      return `attribute of gfn ${e.gfn}: ${shared(e.wasPrivate)} -> ${shared(e.isPrivate)}`;
    case 'gmem-truncate':
      return `guest_memfd gives up pfn ${hex(e.pfn)} (index ${e.index})`;
    case 'user-map':
      return `user space ${e.mapped ? '' : 'un'}maps pfn ${hex(e.pfn)}`;
    case 'migrate':
      return e.to === 0
        ? `the host wants to move pfn ${hex(e.from)} (index ${e.index})`
        : `index ${e.index} of guest_memfd: pfn ${hex(e.from)} -> pfn ${hex(e.to)}`;
    case 'tlb-flush':
      return `TLB of vcpu${e.vcpu} flushed`;
    case 'guest-access':
      return `guest ${e.write ? 'writes' : 'reads'} ${shared(e.isPrivate)} gfn ${e.gfn}: ${outcome(e)}`;
    case 'data-lost':
      return `gfn ${e.gfn}: the guest expected ${e.expected} and found ${e.found}`;
    case 'host-access':
      return `host ${e.write ? 'writes' : 'reads'} pfn ${hex(e.pfn)}`;
    case 'vm-dead':
      return 'the VM is dead';
    case 'yield':
      return `yields ${e.lock}`;
    case 'enter':
      return `vcpu${e.vcpu} enters the guest`;
    case 'exit':
      return `vcpu${e.vcpu} leaves the guest`;
    case 'conversion':
      return `the guest ${e.phase === 'asked' ? 'asks for' : 'is told of'} gfn ${e.gfn}: ${shared(e.isPrivate)}`;
    case 'dirty-log':
      return `${LOG[e.phase]} gfns ${e.start} to ${e.end - 1}${e.asId === 0 ? '' : ' of SMM'}`;
    case 'request-destroy':
      return `asked to destroy gfns ${e.start} to ${e.end - 1}: ${e.why}`;
  }
}

/** Events that deserve a row of their own, at the line of C that caused them, when no builtin did. */
export function isNoteworthy(e: MachineEvent): boolean {
  return e.type === 'spte' || e.type === 'word' || e.type === 'vm-dead' || e.type === 'attribute-store';
}

/** The action of such a row. */
export function eventAction(e: MachineEvent): string {
  switch (e.type) {
    case 'spte':
      return `writes ${e.mirror ? 'mirror ' : e.asId === 0 ? '' : 'SMM '}SPTE of gfn ${e.gfn}, level ${e.level}`;
    case 'word':
      return `${e.write ? 'writes' : 'reads'} ${e.name}`;
    default:
      return eventText(e) ?? e.type;
  }
}

const LOG = {
  on: 'user space logs dirty pages:',
  off: 'user space logs dirty pages no longer:',
  told: 'user space is told of dirty pages:',
  last: 'user space has the last log:',
} as const;

const shared = (isPrivate: boolean): string => (isPrivate ? 'private' : 'shared');

function outcome(e: Extract<MachineEvent, { type: 'guest-access' }>): string {
  switch (e.outcome) {
    case 'done':
      return `pfn ${hex(e.pfn)}`;
    case 'exit':
      return 'exits to KVM';
    case 've':
      return '#VE';
  }
}

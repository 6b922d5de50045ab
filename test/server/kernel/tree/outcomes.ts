/**
 * What a KVM does to the machine in a scenario, in words that are the same whichever KVM it is: no
 * addresses and pfns, no locks, counters or words of KVM's own.
 */

import type { Program } from '../../../../model/execute/program';
import { run, straight } from '../../../../model/explore';
import { playStrictly } from '../../../../model/explore/play';
import { Simulation } from '../../../../model/explore/simulation';
import type { Scenario } from '../../../../model/explore/types';
import { callName } from '../../../../model/invariants/observe';
import type { Invariant } from '../../../../model/invariants/types';
import { Machine } from '../../../../model/machine/machine';
import { hasPage, ownerOf, ownerText } from '../../../../model/machine/pages';
import { rmpResult } from '../../../../model/machine/rmp';
import { spteText } from '../../../../model/machine/spte';
import { type MachineEvent, VM_TYPES, type VmType } from '../../../../model/machine/types';
import { scenarioById } from '../../../../model/scenarios';
import { BOUNDS } from '../../../model/scenarios/reference';

/** Every outcome that some run without preemptions has, sorted. Pages go by their owners. */
export function outcomesOf(program: Program, id: string, vm: VmType): string[] {
  const seen = new Set<string>();
  const recorder = recording(byOwner, (text) => seen.add(text));
  run(program, scenarioOf(id), vm, { ...BOUNDS, preemptions: 0 }, { invariants: [recorder] });
  return [...seen].sort();
}

/**
 * Outcomes of the set-up, and of the run in which each thread goes on while it can, in their order. Pages
 * go by the order in which they appear, so that one that is used again is seen to be.
 */
export function straightOutcomes(program: Program, id: string, vm: VmType): string[] {
  const texts: string[] = [];
  const recorder = recording(byAppearance(), (text) => texts.push(text));
  const sim = new Simulation(program, scenarioOf(id), vm, {
    createMachine: (type, memory, linked) => new Machine(type, memory, linked),
    invariants: [recorder],
    observer: { violation() {}, unknown() {}, witness() {}, fact() {} },
  });
  const nothing = () => {};
  if (sim.setUp()) playStrictly(sim, straight(program, scenarioOf(id), vm), nothing, nothing);
  return texts;
}

function scenarioOf(id: string): Scenario {
  const found = scenarioById(id);
  if (found === undefined) throw new Error(`no scenario ${id}`);
  return found;
}

/** Names a page. */
type PageName = (m: Machine, pfn: number) => string;

const byOwner: PageName = (m, pfn) => (hasPage(pfn) ? ownerText(ownerOf(m, pfn)) : 'no page');

function byAppearance(): PageName {
  const names = new Map<number, string>();
  return (m, pfn) => {
    if (!hasPage(pfn)) return 'no page';
    const name = names.get(pfn) ?? `page ${names.size + 1}`;
    names.set(pfn, name);
    return `${name} (${byOwner(m, pfn)})`;
  };
}

/** Not a rule: it only listens. */
function recording(page: PageName, told: (text: string) => void): Invariant {
  const about = { id: 'outcomes', title: '', statement: '', why: '', source: '', example: '' };
  const onEvent = (m: Machine, event: MachineEvent) => {
    const text = outcome(m, event, (pfn) => page(m, pfn));
    if (text !== null) told(text);
  };
  return { ...about, vm: VM_TYPES, kind: 'transition', onEvent };
}

function outcome(m: Machine, e: MachineEvent, page: (pfn: number) => string): string | null {
  switch (e.type) {
    case 'seamcall': {
      const name = callName(e);
      return /^MEM\./.test(name) ? `${name} of gfn ${e.gfn}, level ${e.level}: ${e.status.toString(16)}` : null;
    }
    case 'sept':
      return `S-EPT of gfn ${e.gfn}, level ${e.level}: ${e.old} -> ${e.state}`;
    case 'rmp':
      return `RMP of ${page(e.pfn)}: ${e.old} -> ${e.state}`;
    case 'rmp-request':
      return `${e.name} of ${page(e.pfn)}: ${rmpResult(e.result)}`;
    case 'spte':
      return entry(m, e, page);
    case 'attribute-store':
      return `attribute of gfn ${e.gfn}: ${kind(e.wasPrivate)} -> ${kind(e.isPrivate)}`;
    case 'gmem-truncate':
      return `guest_memfd gives up index ${e.index}, ${page(e.pfn)}`;
    case 'user-map':
      return `user space ${e.mapped ? '' : 'un'}maps ${page(e.pfn)}`;
    case 'migrate':
      return `the host ${e.to === 0 ? 'wants to move' : 'moves'} index ${e.index} of guest_memfd, ${page(e.from)}`;
    case 'guest-access':
      return `vcpu${e.vcpu} ${done(e.write)} ${kind(e.isPrivate)} gfn ${e.gfn}: ${e.outcome}, ${page(e.pfn)}`;
    case 'data-lost':
      return `gfn ${e.gfn}: data lost`;
    case 'host-access':
      return `host ${done(e.write)} ${page(e.pfn)}`;
    case 'page-owner':
      return /gmem|user|host/.test(e.old + e.owner) ? `${page(e.pfn)}: ${e.old} -> ${e.owner}` : null;
    case 'vm-dead':
      return 'the VM is dead';
    case 'request-destroy':
      return `asked to destroy gfns ${e.start} to ${e.end - 1}: ${e.why}`;
    default:
      return null;
  }
}

/** A change of an entry that a CPU, or KVM, would take for another. Tables have no names: each KVM has its own. */
function entry(m: Machine, e: Extract<MachineEvent, { type: 'spte' }>, page: (pfn: number) => string): string | null {
  const text = (value: bigint) =>
    spteText(value, e.level, m.frozenSpte()).replace(/(LEAF|TABLE)\(pfn 0x([0-9a-f]+)/, (_, what, pfn) =>
      what === 'TABLE' ? 'TABLE(' : `LEAF(${page(Number.parseInt(pfn, 16))}`,
    );
  const [old, value] = [text(e.old), text(e.value)];
  return old === value
    ? null
    : `${e.mirror ? 'mirror ' : e.asId === 0 ? '' : 'SMM '}SPTE of gfn ${e.gfn}, level ${e.level}: ${old} -> ${value}`;
}

const kind = (isPrivate: boolean): string => (isPrivate ? 'private' : 'shared');
const done = (write: boolean): string => (write ? 'writes' : 'reads');

/**
 * The settings under `kvmMmu` and their validation. The manifest's `configuration` is the same list;
 * a test compares the two. A wrong value is reported and replaced by its default.
 */

import { isAbsolute } from 'node:path';
import type { MemoryOrder } from '../../model/explore/index';
import { VM_TYPES, type VmType } from '../../model/machine/types';
import type { ReviewOptions } from './reviewer';

export interface Settings {
  /** Empty: all that apply. */
  readonly vmTypes: readonly VmType[];
  readonly preemptions: number;
  readonly memoryOrder: MemoryOrder;
  /** Wall clock per patch, in seconds. */
  readonly budgetSeconds: number;
  /** Worker threads; 0 for one per core. */
  readonly jobs: number;
  /** Review a recognised document when it is opened or changed. */
  readonly reviewOnOpen: boolean;
  /** Review KVM's own C files as their difference to HEAD. */
  readonly reviewWorkingTree: boolean;
  /** Folder of a kernel work tree or clone; empty: the one that holds the document or the workspace. */
  readonly tree: string;
}

export const DEFAULT_SETTINGS: Settings = {
  vmTypes: [],
  preemptions: 2,
  memoryOrder: 'sc',
  budgetSeconds: 60,
  jobs: 0,
  reviewOnOpen: true,
  reviewWorkingTree: true,
  tree: '',
};

/** Inclusive bounds of the numeric settings. */
export const SETTING_BOUNDS = {
  preemptions: [0, 4],
  budgetSeconds: [1, 3600],
  jobs: [0, 64],
} as const;

/** Read what a client sent for the section `kvmMmu`; `problems` has a sentence for each value not taken. */
export function readSettings(value: unknown): { settings: Settings; problems: string[] } {
  const problems: string[] = [];
  const given = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const integer = (name: keyof typeof SETTING_BOUNDS): number => {
    const [low, high] = SETTING_BOUNDS[name];
    const found = given[name];
    if (found === undefined || found === null) return DEFAULT_SETTINGS[name];
    if (typeof found === 'number' && Number.isInteger(found) && found >= low && found <= high) return found;
    problems.push(`kvmMmu.${name} must be a whole number from ${low} to ${high}; using ${DEFAULT_SETTINGS[name]}.`);
    return DEFAULT_SETTINGS[name];
  };
  return {
    settings: {
      vmTypes: readVmTypes(given.vmTypes, problems),
      preemptions: integer('preemptions'),
      memoryOrder: readMemoryOrder(given.memoryOrder, problems),
      budgetSeconds: integer('budgetSeconds'),
      jobs: integer('jobs'),
      reviewOnOpen: typeof given.reviewOnOpen === 'boolean' ? given.reviewOnOpen : DEFAULT_SETTINGS.reviewOnOpen,
      reviewWorkingTree:
        typeof given.reviewWorkingTree === 'boolean' ? given.reviewWorkingTree : DEFAULT_SETTINGS.reviewWorkingTree,
      tree: readFolder(given.tree, problems),
    },
    problems,
  };
}

/** Relative to what would be anybody's guess. */
function readFolder(value: unknown, problems: string[]): string {
  if (value === undefined || value === null || value === '') return DEFAULT_SETTINGS.tree;
  if (typeof value === 'string' && isAbsolute(value) && !value.includes('\0')) return value;
  problems.push('kvmMmu.tree must be the absolute path of a folder; using none.');
  return DEFAULT_SETTINGS.tree;
}

function readMemoryOrder(value: unknown, problems: string[]): MemoryOrder {
  if (value === undefined || value === null) return DEFAULT_SETTINGS.memoryOrder;
  if (value === 'sc' || value === 'x86') return value;
  problems.push(`kvmMmu.memoryOrder must be sc or x86; using ${DEFAULT_SETTINGS.memoryOrder}.`);
  return DEFAULT_SETTINGS.memoryOrder;
}

function readVmTypes(value: unknown, problems: string[]): readonly VmType[] {
  if (value === undefined || value === null) return DEFAULT_SETTINGS.vmTypes;
  if (!Array.isArray(value)) {
    problems.push('kvmMmu.vmTypes must be a list of VM types; using all.');
    return DEFAULT_SETTINGS.vmTypes;
  }
  const known = value.filter((name): name is VmType => (VM_TYPES as readonly unknown[]).includes(name));
  if (known.length < value.length)
    problems.push(`kvmMmu.vmTypes may hold ${VM_TYPES.join(', ')}; the rest is ignored.`);
  return [...new Set(known)];
}

/** What a review takes from the settings. */
export function reviewOptions(settings: Settings): ReviewOptions {
  const { vmTypes, preemptions, memoryOrder, budgetSeconds, jobs } = settings;
  return { vm: vmTypes, preemptions, memoryOrder, budgetSeconds, jobs };
}

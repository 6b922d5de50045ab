/** What a mutation of the reference KVM is, and words to write one down with. */

import type { VmType } from '../../../model/machine/types';
import type { Edit } from './reference';

export interface Expected {
  readonly scenario: string;
  readonly vm: VmType;
  /** Ids that must be among what the run finds. */
  readonly breaks: readonly string[];
  /** Preemptions that are needed; 1 unless said otherwise. */
  readonly preemptions?: number;
}

export interface Mutation {
  readonly title: string;
  readonly edits: readonly Edit[];
  readonly found: readonly Expected[];
}

export const edit = (file: string, find: string, put: string): Edit => ({ file, find, put });
export const at = (scenario: string, vm: VmType, breaks: string, preemptions = 1): Expected => ({
  scenario,
  vm,
  breaks: breaks.split(' '),
  preemptions,
});
/** The words of a mutation in their order: what it is, its edit or edits, where it is found. */
export const mutation = (title: string, edits: Edit | readonly Edit[], ...found: readonly Expected[]): Mutation => ({
  title,
  edits: 'file' in edits ? [edits] : edits,
  found,
});

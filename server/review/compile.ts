/**
 * Compiles the reference KVM, with texts of its files replaced, together with the builtins' headers
 * and the scenarios' drivers into one program. It knows which files there are and in which order, and
 * nothing of patches.
 */

import type { Program } from '../../model/execute/program';
import { type CParser, compile, type LoweringCache, type SourceText } from '../c/index';
import { type Reference, rankOf } from '../kernel/reference';
import type { Overrides } from './jobs';

/** Constants that the machine and the invariants ask the program for, by name. */
export const CONSTANTS: readonly string[] = [
  'SPTE_LEVEL_BITS',
  'SPTE_ENT_PER_PAGE',
  'PT64_ROOT_MAX_LEVEL',
  'SHADOW_NONPRESENT_VALUE',
  'FROZEN_SPTE',
];

/** Several times what the reference has; a patch whose macros multiply beyond that is cut off early. */
const LIMITS = { tokens: 400_000, expansions: 200_000 };

/**
 * Files named in `overrides` take that text. What cannot be parsed or lowered stands in the program's
 * problems and ends the path that runs into it.
 */
export function compileReference(
  reference: Reference,
  overrides: Overrides,
  parser: CParser,
  cache: LoweringCache,
): Program {
  const texts = new Map([...reference.files, ...reference.scenarios, ...reference.builtins]);
  for (const [path, text] of Object.entries(overrides)) texts.set(path, text);
  const byName = new Map<string, SourceText>();
  for (const [path, text] of texts) byName.set(path.slice(path.lastIndexOf('/') + 1), { path, text });
  const units = [...texts]
    .filter(([path]) => path.endsWith('.c'))
    .sort(([a], [b]) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))
    .map(([path, text]) => ({ path, text }));
  const include = (name: string): SourceText | null => byName.get(name.slice(name.lastIndexOf('/') + 1)) ?? null;
  const expandedFrom = Object.keys(overrides);
  return compile({ units, include, defines: {}, constants: CONSTANTS, limits: LIMITS, expandedFrom }, parser, cache);
}

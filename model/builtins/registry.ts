/** All builtins by name. A name that occurs twice is a mistake of ours. */

import type { Builtin } from '../machine/types';
import { cpuBuiltins } from './cpu';
import { guestBuiltins } from './guest';
import { hostBuiltins } from './host';
import { lockBuiltins } from './locks';
import { memoryBuiltins } from './memory';
import { oracleBuiltins } from './oracles';
import { rcuBuiltins } from './rcu';
import { snpBuiltins } from './snp';
import { tdxBuiltins } from './tdx';
import { xarrayBuiltins } from './xarray';

const PARTS: readonly (readonly Builtin[])[] = [
  cpuBuiltins,
  guestBuiltins,
  hostBuiltins,
  lockBuiltins,
  memoryBuiltins,
  oracleBuiltins,
  rcuBuiltins,
  snpBuiltins,
  tdxBuiltins,
  xarrayBuiltins,
];

function collect(): ReadonlyMap<string, Builtin> {
  const byName = new Map<string, Builtin>();
  for (const builtin of PARTS.flat()) {
    if (byName.has(builtin.name)) throw new Error(`two builtins named ${builtin.name}`);
    byName.set(builtin.name, builtin);
  }
  return byName;
}

export const builtins: ReadonlyMap<string, Builtin> = collect();

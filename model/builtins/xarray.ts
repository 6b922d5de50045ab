/** xarrays by the kernel's names. Loads and stores are points: readers take no lock. */

import { registered } from '../machine/registry';
import type { Builtin, Choice } from '../machine/types';
import { xaFind, xaHasNode, xaLoad, xaOfPointers, xaReserve, xaStore, xaStoreRange } from '../machine/xarray';
import { big, type Call, define, num, ONE_WAY, OUT_OF_MEMORY, reads, writes } from './define';

const find = (c: Call, after: boolean): number => {
  const at = num(c, 1);
  const index = xaFind(c.m, num(c, 0), c.m.memory.u64(at), big(c, 2), after);
  if (index === undefined) return 0;
  c.m.memory.setU64(at, BigInt(index));
  return xaLoad(c.m, num(c, 0), BigInt(index));
};

const nameOf = (c: Call): string => (num(c, 0) === registered(c.m, 'attributes') ? 'mem_attr_array' : 'xarray');

/** -ENOMEM as a pointer. */
const ENOMEM = -12n;

/** Needs the entry a node, in a machine where there may be no memory for one? */
const needsNode = (c: Call): readonly Choice[] =>
  registered(c.m, 'scarce') === 0 || xaHasNode(c.m, num(c, 0), big(c, 1)) ? ONE_WAY : OUT_OF_MEMORY;

export const xarrayBuiltins: readonly Builtin[] = [
  define('__machine_page_cache', { run: (c) => xaOfPointers(c.m, num(c, 0), num(c, 1)) }),
  define('xa_init', { run: (c) => c.m.memory.setU64(num(c, 0), 0n) }),
  define('xa_load', {
    point: true,
    stores: 'compiler',
    touches: reads,
    run: (c) => xaLoad(c.m, num(c, 0), big(c, 1)),
    describe: (c, result) => `xa_load(${nameOf(c)}, ${big(c, 1)}) = ${result ?? 0}`,
  }),
  define('xa_store', {
    point: true,
    touches: writes,
    // Taking an entry away needs no memory.
    choices: (c) => (num(c, 2) === 0 ? ONE_WAY : needsNode(c)),
    run: (c) => (c.choice === 1 ? ENOMEM : xaStore(c.m, num(c, 0), big(c, 1), num(c, 2))),
    describe: (c) =>
      `xa_store(${nameOf(c)}, ${big(c, 1)}, ${num(c, 2)})${c.choice === 1 ? ': out of memory (injected)' : ''}`,
  }),
  define('xa_erase', {
    point: true,
    touches: writes,
    run: (c) => xaStore(c.m, num(c, 0), big(c, 1), 0),
    describe: (c) => `xa_erase(${nameOf(c)}, ${big(c, 1)})`,
  }),
  define('xa_reserve', {
    choices: needsNode,
    run: (c) => {
      if (c.choice === 1) return Number(ENOMEM);
      // Without a shortage nobody can tell.
      if (registered(c.m, 'scarce') !== 0) xaReserve(c.m, num(c, 0), big(c, 1));
      return 0;
    },
    describe: (c) => `xa_reserve(${nameOf(c)}, ${big(c, 1)})${c.choice === 1 ? ': out of memory (injected)' : ''}`,
  }),
  define('xa_store_range', {
    point: true,
    touches: writes,
    // Taking entries away needs no memory.
    choices: (c) => (num(c, 3) === 0 ? ONE_WAY : OUT_OF_MEMORY),
    run: (c) => {
      // Memory gives out on the way: the first entry is there by then.
      const last = c.choice === 1 ? big(c, 1) : big(c, 2);
      xaStoreRange(c.m, num(c, 0), big(c, 1), last, num(c, 3));
      return c.choice === 1 ? ENOMEM : 0;
    },
    describe: (c, r) =>
      `xa_store_range(${nameOf(c)}, ${big(c, 1)}, ${big(c, 2)}, ${num(c, 3)})${r ? ': out of memory (injected)' : ''}`,
  }),
  define('xa_find', { stores: 'compiler', run: (c) => find(c, false) }),
  define('xa_find_after', { stores: 'compiler', run: (c) => find(c, true) }),
  define('xa_empty', {
    stores: 'compiler',
    run: (c) => (xaFind(c.m, num(c, 0), 0n, 0xffffn, false) === undefined ? 1 : 0),
  }),
  define('xa_destroy', {
    run: (c) => {
      for (let i = xaFind(c.m, num(c, 0), 0n, 0xffffn, false); i !== undefined; ) {
        xaStore(c.m, num(c, 0), BigInt(i), 0);
        i = xaFind(c.m, num(c, 0), BigInt(i), 0xffffn, false);
      }
    },
  }),
];

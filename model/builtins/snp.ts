/**
 * SNP's instructions and firmware commands as the host uses them (machine.h). RMPUPDATE and PSMASH are
 * atomic at their points. Where another CPU could be at the same entry, PSMASH may be told so: an injected
 * choice. Callers loop and complain; nothing here does.
 */

import { hex } from '../machine/pages';
import { register } from '../machine/registry';
import {
  launchUpdate,
  PVALIDATE,
  pageReclaim,
  psmash,
  pvalidate,
  RMP,
  type RmpEntry,
  rmpEntry,
  rmpResult,
  rmpText,
  rmpUpdate,
} from '../machine/rmp';
import type { Builtin, Choice } from '../machine/types';
import { big, type Call, define, flag, num, ONE_WAY } from './define';

const INUSE: readonly Choice[] = [...ONE_WAY, { label: 'INUSE', faults: 1 }];

function request(c: Call, name: 'RMPUPDATE' | 'PSMASH', result: number): number {
  c.m.emit({ type: 'rmp-request', thread: c.thread.id, name, pfn: num(c, 0), result });
  return result;
}

const page = (c: Call): string => `pfn ${hex(num(c, 0))}`;
const gfnOf = (c: Call, i: number): number => Number(big(c, i) >> 12n) >>> 0;
const entry = (c: Call): RmpEntry => rmpEntry(c.m, num(c, 0));

export const snpBuiltins: readonly Builtin[] = [
  define('__rmpupdate', {
    point: true,
    run: (c) => {
      const state = { assigned: flag(c, 1), gfn: gfnOf(c, 2), huge: num(c, 3) > 1, asid: num(c, 4) };
      return request(c, 'RMPUPDATE', rmpUpdate(c.m, num(c, 0), { ...state, immutable: flag(c, 5) }));
    },
    describe: (c, r) =>
      flag(c, 1)
        ? `RMPUPDATE: ${page(c)} to gfn ${gfnOf(c, 2)}${num(c, 3) > 1 ? ', 2 MiB' : ''}: ${rmpResult(Number(r))}`
        : `RMPUPDATE: ${page(c)} back to the host: ${rmpResult(Number(r))}`,
  }),
  define('__psmash', {
    point: true,
    choices: () => INUSE,
    run: (c) => request(c, 'PSMASH', c.choice === 1 ? RMP.FAIL_INUSE : psmash(c.m, num(c, 0))),
    describe: (c, r) => `PSMASH: ${page(c)}: ${rmpResult(Number(r))}`,
  }),
  define('__rmp_assigned', {
    point: true,
    run: (c) => (entry(c).assigned ? 1 : 0),
    describe: (c) => `RMP entry of ${page(c)}: ${rmpText(entry(c))}`,
  }),
  define('__rmp_validate_huge', {
    run: (c) => {
      const { gfn, asid } = entry(c);
      const all = { pfn: num(c, 0), gfn, level: 2, asid, huge: true, validate: true };
      return pvalidate(c.m, all) === PVALIDATE.SUCCESS ? 1 : 0;
    },
  }),
  define('__rmp_level', { run: (c) => (entry(c).huge ? 2 : 1) }),
  define('__snp_launch_update', {
    point: true,
    run: (c) => (launchUpdate(c.m, num(c, 0), num(c, 1), flag(c, 2)) ? 1 : 0),
    describe: (c, r) => `SNP_LAUNCH_UPDATE: ${page(c)}${r ? '' : ': refused'}`,
  }),
  define('__snp_launch_finish', {
    point: true,
    run: (c) => register(c.m, 'launched', 1),
    describe: () => 'SNP_LAUNCH_FINISH',
  }),
  define('__snp_page_reclaim', {
    point: true,
    run: (c) => (pageReclaim(c.m, num(c, 0)) ? 1 : 0),
    describe: (c, r) => `SNP_PAGE_RECLAIM: ${page(c)}${r ? '' : ': refused'}`,
  }),
];

/** Objects, pages and bytes. Allocation fails only where a scenario says that memory may give out. */

import { BASE } from '../execute/memory';
import { allocate, release } from '../machine/heap';
import { PAGE_SIZE, pfnToVirt, virtToPfn } from '../machine/layout';
import { mightSleep } from '../machine/locks';
import {
  allocPage,
  CONTENT,
  freePage,
  getPage,
  hasPage,
  hex,
  pagePrivate,
  pfnOfAddress,
  pfnOfPage,
  putPage,
  refcountOf,
  setContent,
  structPage,
} from '../machine/pages';
import { registered } from '../machine/registry';
import { hostWrites } from '../machine/rmp';
import type { Builtin, Choice } from '../machine/types';
import { pagePrivateSet } from '../machine/watch';
import { type Call, define, num, ONE_WAY, OUT_OF_MEMORY } from './define';

/** GFP_ATOMIC of the prelude. */
const GFP_ATOMIC = 1;

function newObject(c: Call, size: number, gfp: number): number {
  if ((gfp & GFP_ATOMIC) === 0) mightSleep(c.m, c.thread.id, 'an allocation');
  const addr = allocate(c.m, c.thread.id, size);
  return addr !== 0 ? addr : c.m.unknown(`an allocation of ${size} bytes: the arena is full`);
}

function newPage(c: Call, gfp: number): number {
  if ((gfp & GFP_ATOMIC) === 0) mightSleep(c.m, c.thread.id, 'an allocation');
  const pfn = allocPage(c.m, 'kernel') || c.m.unknown('an allocation of a page: none is free');
  // it comes zeroed
  hostWrites(c.m, pfn);
  return pfn;
}

const mayFail = (c: Call): readonly Choice[] => (registered(c.m, 'scarce') === 0 ? ONE_WAY : OUT_OF_MEMORY);

/** An allocation that returns NULL where memory gives out. */
const allocation = (name: string, run: (c: Call) => number): Builtin =>
  define(name, {
    choices: mayFail,
    run: (c) => (c.choice === 1 ? 0 : run(c)),
    describe: (c) => `${name}()${c.choice === 1 ? ': out of memory (injected)' : ''}`,
  });

const pageOfVirt = (c: Call, addr: number): number =>
  pfnOfAddress(addr) ?? c.m.stop('memory-safety', `${hex(addr)} lies in no page`);

const freeVirt = (c: Call): void => {
  const addr = num(c, 0);
  if (addr === 0) return;
  const pfn = pageOfVirt(c, addr);
  if (refcountOf(c.m, pfn) === 0) freePage(c.m, pfn);
  else putPage(c.m, pfn);
};

function fill(c: Call, addr: number, value: number, size: number): void {
  if (value === 0) c.m.memory.zero(addr, size);
  else for (let i = 0; i < size; i++) c.m.memory.setU8(addr + i, value);
}

export const memoryBuiltins: readonly Builtin[] = [
  allocation('kzalloc', (c) => newObject(c, num(c, 0), num(c, 1))),
  allocation('kmalloc', (c) => newObject(c, num(c, 0), num(c, 1))),
  allocation('kcalloc', (c) => newObject(c, num(c, 0) * num(c, 1), num(c, 2))),
  allocation('kmalloc_array', (c) => newObject(c, num(c, 0) * num(c, 1), num(c, 2))),
  define('kfree', { run: (c) => release(c.m, num(c, 0)) }),
  allocation('alloc_page', (c) => structPage(newPage(c, num(c, 0)))),
  define('__free_page', { run: (c) => putPage(c.m, pfnOfPage(c.m, num(c, 0))) }),
  allocation('get_zeroed_page', (c) => pfnToVirt(newPage(c, num(c, 0)))),
  allocation('__get_free_page', (c) => pfnToVirt(newPage(c, num(c, 0)))),
  define('free_page', { run: freeVirt }),

  define('pfn_to_page', { stores: 'none', run: (c) => structPage(num(c, 0)) }),
  define('page_to_pfn', { stores: 'none', run: (c) => BigInt(pfnOfPage(c.m, num(c, 0))) }),
  define('pfn_valid', { stores: 'none', run: (c) => (hasPage(num(c, 0)) ? 1 : 0) }),
  define('virt_to_page', { stores: 'none', run: (c) => structPage(pageOfVirt(c, num(c, 0))) }),
  define('page_address', { stores: 'none', run: (c) => pfnToVirt(pfnOfPage(c.m, num(c, 0))) }),
  define('__va', { stores: 'none', run: (c) => BASE + num(c, 0) }),
  define('__pa', { stores: 'none', run: (c) => BigInt(num(c, 0) - BASE) }),
  define('set_page_private', { run: (c) => pagePrivateSet(c.m, pfnOfPage(c.m, num(c, 0)), num(c, 1)) }),
  define('page_private', { stores: 'none', run: (c) => pagePrivate(c.m, pfnOfPage(c.m, num(c, 0))) }),
  define('get_page', { run: (c) => getPage(c.m, pfnOfPage(c.m, num(c, 0))) }),
  define('put_page', { run: (c) => putPage(c.m, pfnOfPage(c.m, num(c, 0))) }),
  define('page_count', { stores: 'none', run: (c) => refcountOf(c.m, pfnOfPage(c.m, num(c, 0))) }),
  define('clear_highpage', {
    run: (c) => {
      const pfn = pfnOfPage(c.m, num(c, 0));
      setContent(c.m, pfn, CONTENT.zero);
      c.m.emit({ type: 'host-access', thread: c.thread.id, pfn, write: true });
      hostWrites(c.m, pfn);
    },
  }),
  define('clear_page', {
    run: (c) => {
      c.m.memory.zero(num(c, 0), PAGE_SIZE);
      setContent(c.m, virtToPfn(num(c, 0)), CONTENT.zero);
    },
  }),

  define('memset', {
    run: (c) => {
      fill(c, num(c, 0), num(c, 1) & 0xff, num(c, 2));
      return num(c, 0);
    },
  }),
  define('memcpy', {
    run: (c) => {
      c.m.memory.copy(num(c, 0), num(c, 1), num(c, 2));
      return num(c, 0);
    },
  }),
  define('memset64', {
    touches: (c) => [{ addr: num(c, 0), size: num(c, 2) * 8, write: true }],
    run: (c) => {
      const value = BigInt.asUintN(64, BigInt(c.args[1] ?? 0));
      for (let i = 0; i < num(c, 2); i++) c.m.memory.setU64(num(c, 0) + i * 8, value);
      return num(c, 0);
    },
  }),
  define('memcmp', {
    run: (c) => {
      for (let i = 0; i < num(c, 2); i++) {
        const difference = c.m.memory.u8(num(c, 0) + i) - c.m.memory.u8(num(c, 1) + i);
        if (difference !== 0) return difference;
      }
      return 0;
    },
  }),
];

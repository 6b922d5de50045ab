/** All rows of the list, in its order. */
import type { HistoryRow } from './row';
import { gmemRows } from './rows-gmem';
import { laterRows } from './rows-later';
import { mmuRows } from './rows-mmu';
import { tdxRows } from './rows-tdx';

export const rows: readonly HistoryRow[] = [...mmuRows, ...gmemRows, ...tdxRows, ...laterRows];

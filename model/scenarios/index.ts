/** All scenarios, in the order of their ids. */

import type { Scenario } from '../explore/types';
import type { VmType } from '../machine/types';
import { scenario as s01 } from './s01';
import { scenario as s02 } from './s02';
import { scenario as s03 } from './s03';
import { scenario as s04 } from './s04';
import { scenario as s05 } from './s05';
import { scenario as s06 } from './s06';
import { scenario as s07 } from './s07';
import { scenario as s08 } from './s08';
import { scenario as s09 } from './s09';
import { scenario as s10 } from './s10';
import { scenario as s11 } from './s11';
import { scenario as s12 } from './s12';
import { scenario as s13 } from './s13';
import { scenario as s14 } from './s14';
import { scenario as s15 } from './s15';
import { scenario as s16 } from './s16';
import { scenario as s17 } from './s17';
import { scenario as s18 } from './s18';
import { scenario as s19 } from './s19';
import { scenario as s20 } from './s20';
import { scenario as s21 } from './s21';
import { scenario as s22 } from './s22';
import { scenario as s23 } from './s23';
import { scenario as s24 } from './s24';
import { scenario as s25 } from './s25';
import { scenario as s26 } from './s26';
import { scenario as s27 } from './s27';
import { scenario as s28 } from './s28';
import { scenario as s29 } from './s29';
import { scenario as s30 } from './s30';
import { scenario as s31 } from './s31';
import { scenario as s32 } from './s32';
import { scenario as s33 } from './s33';
import { scenario as s34 } from './s34';
import { scenario as s35 } from './s35';
import { scenario as s36 } from './s36';
import { scenario as s37 } from './s37';
import { scenario as s38 } from './s38';
import { scenario as s39 } from './s39';
import { scenario as s40 } from './s40';
import { scenario as s41 } from './s41';
import { scenario as s42 } from './s42';
import { scenario as s43 } from './s43';
import { scenario as s44 } from './s44';
import { scenario as s45 } from './s45';
import { scenario as s46 } from './s46';
import { scenario as s47 } from './s47';
import { scenario as s48 } from './s48';
import { scenario as s49 } from './s49';
import { scenario as s50 } from './s50';
import { scenario as s51 } from './s51';
import { scenario as s52 } from './s52';
import { scenario as s53 } from './s53';
import { scenario as s54 } from './s54';
import { scenario as s55 } from './s55';
import { scenario as s56 } from './s56';
import { scenario as s57 } from './s57';
import { scenario as s58 } from './s58';
import { scenario as s59 } from './s59';
import { scenario as s60 } from './s60';
import { scenario as s61 } from './s61';
import { scenario as s62 } from './s62';
import { scenario as s63 } from './s63';
import { scenario as s64 } from './s64';
import { scenario as s65 } from './s65';
import { scenario as s66 } from './s66';
import { scenario as s67 } from './s67';
import { scenario as s68 } from './s68';
import { scenario as s69 } from './s69';
import { scenario as s70 } from './s70';
import { scenario as s71 } from './s71';
import { scenario as s72 } from './s72';
import { scenario as s73 } from './s73';

export type { Scenario } from '../explore/types';

export const scenarios: readonly Scenario[] = [
  s01,
  s02,
  s03,
  s04,
  s05,
  s06,
  s07,
  s08,
  s09,
  s10,
  s11,
  s12,
  s13,
  s14,
  s15,
  s16,
  s17,
  s18,
  s19,
  s20,
  s21,
  s22,
  s23,
  s24,
  s25,
  s26,
  s27,
  s28,
  s29,
  s30,
  s31,
  s32,
  s33,
  s34,
  s35,
  s36,
  s37,
  s38,
  s39,
  s40,
  s41,
  s42,
  s43,
  s44,
  s45,
  s46,
  s47,
  s48,
  s49,
  s50,
  s51,
  s52,
  s53,
  s54,
  s55,
  s56,
  s57,
  s58,
  s59,
  s60,
  s61,
  s62,
  s63,
  s64,
  s65,
  s66,
  s67,
  s68,
  s69,
  s70,
  s71,
  s72,
  s73,
];

/** Every scenario on every VM type that it is defined for, all of which the reference has. */
export const inReference = (): [string, VmType][] =>
  scenarios.flatMap(({ id, vm }) => vm.map((type): [string, VmType] => [id, type]));

export const scenarioById = (id: string): Scenario | undefined => scenarios.find((scenario) => scenario.id === id);

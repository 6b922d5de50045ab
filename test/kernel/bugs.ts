/** The seeded bugs of 7.3. Those of other releases are in bugs-releases.ts. */
import { commonBugs } from './bugs-common';
import { gmemBugs } from './bugs-gmem';
import { mmuBugs } from './bugs-mmu';
import { smmBugs } from './bugs-smm';
import { snpBugs } from './bugs-snp';
import { tdpMmuBugs } from './bugs-tdp-mmu';
import { tdxBugs } from './bugs-tdx';
import { thirtyBugs } from './bugs-thirty';
import { trialBugs } from './bugs-trial';
import { trialFirmwareBugs } from './bugs-trial-firmware';
import { trialTwoBugs } from './bugs-trial-two';
import { trialTwoFirmwareBugs } from './bugs-trial-two-firmware';
import type { Bug } from './edit';

export const bugs: readonly Bug[] = [
  ...thirtyBugs,
  ...tdpMmuBugs,
  ...mmuBugs,
  ...commonBugs,
  ...gmemBugs,
  ...tdxBugs,
  ...snpBugs,
  ...smmBugs,
  ...trialBugs,
  ...trialFirmwareBugs,
  ...trialTwoBugs,
  ...trialTwoFirmwareBugs,
];

/** All invariants in the order of domain.md, section 3, then the oracles that every run has. */

import { invariant as acceptedDataPreserved } from './accepted-data-preserved';
import { invariant as addBeforeFinalAugAfter } from './add-before-final-aug-after';
import { invariant as attrMatchAtInstall } from './attr-match-at-install';
import { invariant as attrReadAfterSeq } from './attr-read-after-seq';
import { invariant as blockTrackRemoveOrder } from './block-track-remove-order';
import { invariant as busyHandledInPlace } from './busy-handled-in-place';
import { invariant as conversionDoneWhenTold } from './conversion-done-when-told';
import { invariant as deadlock } from './deadlock';
import { invariant as destroyNotifierFirst } from './destroy-notifier-first';
import { invariant as dirtyLogComplete } from './dirty-log-complete';
import { invariant as endBumpsSeqFirst } from './end-bumps-seq-first';
import { invariant as exclusiveFailureIsFatal } from './exclusive-failure-is-fatal';
import { invariant as fastZapSparesMirror } from './fast-zap-spares-mirror';
import { invariant as faultProgress } from './fault-progress';
import { invariant as filterSelectsRightRoots } from './filter-selects-right-roots';
import { invariant as flushBeforeUnlock } from './flush-before-unlock';
import { invariant as freedTableMapsNothing } from './freed-table-maps-nothing';
import { invariant as freezeAroundSeamcall } from './freeze-around-seamcall';
import { invariant as frozenIsTransient } from './frozen-is-transient';
import { invariant as gmemBindingSafe } from './gmem-binding-safe';
import { invariant as gmemSlotRestricted } from './gmem-slot-restricted';
import { invariant as hkidReleaseOrder } from './hkid-release-order';
import { invariant as hugeLeafUniform } from './huge-leaf-uniform';
import { invariant as invalidateBalanced } from './invalidate-balanced';
import { invariant as kernelBug } from './kernel-bug';
import { invariant as kernelWarning } from './kernel-warning';
import { invariant as leafPfnStable } from './leaf-pfn-stable';
import { invariant as livelock } from './livelock';
import { invariant as lockRule } from './lock-rule';
import { invariant as mappingHasBinding } from './mapping-has-binding';
import { invariant as memorySafety } from './memory-safety';
import { invariant as mirrorSeptInSync } from './mirror-sept-in-sync';
import { invariant as mmioWhereNoSlot } from './mmio-where-no-slot';
import { invariant as mnVsMemslotSerialised } from './mn-vs-memslot-serialised';
import { invariant as noEntryDuringZapRetry } from './no-entry-during-zap-retry';
import { invariant as noInstallWhileInvalidating } from './no-install-while-invalidating';
import { invariant as noLockCycle } from './no-lock-cycle';
import { invariant as noSrcuSelfDeadlock } from './no-srcu-self-deadlock';
import { invariant as noZapGfnRangeOnTd } from './no-zap-gfn-range-on-td';
import { invariant as notifierSharedOnly } from './notifier-shared-only';
import { invariant as nxRecoverySkipsMirror } from './nx-recovery-skips-mirror';
import { invariant as parentFirstChildLast } from './parent-first-child-last';
import { invariant as pfnNotPrivateAndShared } from './pfn-not-private-and-shared';
import { invariant as pfnOnePrivateOwner } from './pfn-one-private-owner';
import { invariant as privatePagesNotMigrated } from './private-pages-not-migrated';
import { invariant as privateRemoveExclusive } from './private-remove-exclusive';
import { invariant as ptPageRcuFreed } from './pt-page-rcu-freed';
import { invariant as rootOfAddressSpace } from './root-of-address-space';
import { invariant as rootRefcountSound } from './root-refcount-sound';
import { invariant as seamcallRefused } from './seamcall-refused';
import { invariant as seqRecheckUnderLock } from './seq-recheck-under-lock';
import { invariant as sharedFailureRollsBack } from './shared-failure-rolls-back';
import { invariant as slotDeleteLeavesNothing } from './slot-delete-leaves-nothing';
import { invariant as snpAssignBeforeMap } from './snp-assign-before-map';
import { invariant as snpUnassignBeforeFree } from './snp-unassign-before-free';
import { invariant as snpUnmapBeforeRmpchange } from './snp-unmap-before-rmpchange';
import { invariant as snpVmsaTracksMemory } from './snp-vmsa-tracks-memory';
import { invariant as spuriousExitOkStaleMapNot } from './spurious-exit-ok-stale-map-not';
import { invariant as tdNonleafImmortal } from './td-nonleaf-immortal';
import { invariant as tdRootImmutable } from './td-root-immutable';
import { invariant as tdZapOnlyRequested } from './td-zap-only-requested';
import { invariant as trackThenKickAtomic } from './track-then-kick-atomic';
import type { Invariant } from './types';
import { invariant as unmapBeforeConvert } from './unmap-before-convert';
import { invariant as unmapBeforeFree } from './unmap-before-free';
import { invariant as unmapCoversInvalidRoots } from './unmap-covers-invalid-roots';
import { invariant as vmDeadTerminates } from './vm-dead-terminates';
import { invariant as zapCoversAddressSpaces } from './zap-covers-address-spaces';

export type { Invariant, InvariantPage } from './types';

export const invariants: readonly Invariant[] = [
  pfnNotPrivateAndShared,
  pfnOnePrivateOwner,
  unmapBeforeConvert,
  attrMatchAtInstall,
  attrReadAfterSeq,
  seqRecheckUnderLock,
  noInstallWhileInvalidating,
  invalidateBalanced,
  endBumpsSeqFirst,
  unmapBeforeFree,
  slotDeleteLeavesNothing,
  mappingHasBinding,
  tdZapOnlyRequested,
  fastZapSparesMirror,
  noZapGfnRangeOnTd,
  filterSelectsRightRoots,
  notifierSharedOnly,
  unmapCoversInvalidRoots,
  zapCoversAddressSpaces,
  mirrorSeptInSync,
  freezeAroundSeamcall,
  frozenIsTransient,
  sharedFailureRollsBack,
  exclusiveFailureIsFatal,
  privateRemoveExclusive,
  blockTrackRemoveOrder,
  trackThenKickAtomic,
  busyHandledInPlace,
  noEntryDuringZapRetry,
  parentFirstChildLast,
  tdNonleafImmortal,
  tdRootImmutable,
  addBeforeFinalAugAfter,
  acceptedDataPreserved,
  flushBeforeUnlock,
  ptPageRcuFreed,
  freedTableMapsNothing,
  rootRefcountSound,
  rootOfAddressSpace,
  hkidReleaseOrder,
  destroyNotifierFirst,
  snpAssignBeforeMap,
  snpUnassignBeforeFree,
  snpUnmapBeforeRmpchange,
  snpVmsaTracksMemory,
  leafPfnStable,
  hugeLeafUniform,
  privatePagesNotMigrated,
  gmemSlotRestricted,
  nxRecoverySkipsMirror,
  gmemBindingSafe,
  spuriousExitOkStaleMapNot,
  noLockCycle,
  noSrcuSelfDeadlock,
  faultProgress,
  vmDeadTerminates,
  mnVsMemslotSerialised,
  mmioWhereNoSlot,
  conversionDoneWhenTold,
  dirtyLogComplete,
  memorySafety,
  kernelBug,
  kernelWarning,
  lockRule,
  seamcallRefused,
  deadlock,
  livelock,
];

const byId = new Map(invariants.map((invariant) => [invariant.id, invariant]));

export const invariantById = (id: string): Invariant | undefined => byId.get(id);

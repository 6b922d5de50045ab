/**
 * The format of an entry in KVM's tables for EPT, as far as the CPU and the traces need it (kernel:
 * arch/x86/kvm/mmu/spte.h; SDM volume 3, EPT entries).
 */

const RWX = 7n;
/** Software bit of KVM: shadow-present. */
const MMU_PRESENT = 1n << 11n;
const PAGE_SIZE_BIT = 1n << 7n;
const PFN_MASK = ((1n << 52n) - 1n) & ~0xfffn;

/** Does KVM see a mapping here (not empty, not frozen, not MMIO)? */
export const isPresent = (spte: bigint): boolean => (spte & MMU_PRESENT) !== 0n;

/** Does the CPU? */
export const isWalkable = (spte: bigint): boolean => (spte & RWX) !== 0n;

/** Write or execute without read: the CPU reports a misconfiguration. KVM marks MMIO so. */
export const isMisconfigured = (spte: bigint): boolean => (spte & 3n) === 2n;

export const isLeaf = (spte: bigint, level: number): boolean => level === 1 || (spte & PAGE_SIZE_BIT) !== 0n;
export const sptePfn = (spte: bigint): number => Number((spte & PFN_MASK) >> 12n);
export const isWritable = (spte: bigint): boolean => (spte & 2n) !== 0n;
/** May the guest's kernel fetch instructions through it? */
export const isExecutable = (spte: bigint): boolean => (spte & 4n) !== 0n;

/** Permissions as an EPT violation's exit qualification reports them, bits 3 to 5. */
export const permissionBits = (spte: bigint): number => Number(spte & RWX) << 3;

/** KVM's frozen value where the program doesn't define it: suppress-#VE and 0x1a0. */
export const FROZEN_SPTE = (1n << 63n) | 0x1a0n;

/** `LEAF(pfn 0x405)`, `TABLE(pfn 0x403)`, `FROZEN`, `-`. */
export function spteText(spte: bigint, level: number, frozen: bigint): string {
  if (spte === frozen) return 'FROZEN';
  if (isPresent(spte)) {
    const kind = isLeaf(spte, level) ? 'LEAF' : 'TABLE';
    return `${kind}(pfn 0x${sptePfn(spte).toString(16)}${isWritable(spte) ? '' : ', read-only'})`;
  }
  return isMisconfigured(spte) ? 'MMIO' : '-';
}

/** Completion codes of the TDX module: bits 63:32 of a SEAMCALL's result; low bits name a busy operand. */

const code = (high: number): bigint => BigInt(high) << 32n;

export const TDX = {
  SUCCESS: 0n,
  PAGE_ALREADY_ACCEPTED: code(0x00000b0a),
  GPA_RANGE_ALREADY_BLOCKED: code(0x00000b07),
  OPERAND_BUSY: code(0x80000200),
  PREVIOUS_TLB_EPOCH_BUSY: code(0x80000201),
  OPERAND_BUSY_HOST_PRIORITY: code(0x80000204),
  VCPU_NOT_ASSOCIATED: code(0x80000702),
  FLUSHVP_NOT_DONE: code(0x80000824),
  OPERAND_INVALID: code(0xc0000100),
  PAGE_METADATA_INCORRECT: code(0xc0000300),
  ASSOCIATED_PAGES_EXIST: code(0xc0000400),
  LIFECYCLE_STATE_INCORRECT: code(0xc0000607),
  OP_STATE_INCORRECT: code(0xc0000608),
  WBCACHE_NOT_COMPLETE: code(0xc0000817),
  EPT_WALK_FAILED: code(0xc0000b00),
  GPA_RANGE_NOT_BLOCKED: code(0xc0000b06),
  TLB_TRACKING_NOT_DONE: code(0xc0000b08),
  EPT_ENTRY_STATE_INCORRECT: code(0xc0000b0d),
  EPT_PAGE_NOT_FREE: code(0xc0000b0e),
} as const;

/** Operands that a busy status names. */
export const OPERAND = { RCX: 1n, TDR: 0x80n, SEPT: 0x92n, TD_EPOCH: 0xa9n, TDVPR: 0x84n } as const;

const NAMES = new Map<bigint, string>(Object.entries(TDX).map(([name, value]) => [value, name]));
const OPERAND_NAMES = new Map<bigint, string>(Object.entries(OPERAND).map(([name, value]) => [value, name]));

/** `OPERAND_BUSY (SEPT)`, `EPT_WALK_FAILED`. */
export function statusText(status: bigint): string {
  const high = (status >> 32n) << 32n;
  const name = NAMES.get(high) ?? `status ${status.toString(16)}`;
  const operand = OPERAND_NAMES.get(status & 0xffffffffn);
  return high !== 0n && operand !== undefined ? `${name} (${operand})` : name;
}

export const isBusy = (status: bigint): boolean => status >> 32n === 0x80000200n;

/**
 * What an access of the guest can come to: results as machine.h names them, and a walk's outcome. Types
 * and constants that the walks of both vendors share; nothing here runs.
 */

/** Results, as machine.h names them. */
export const GUEST = {
  DONE: 0n,
  EXTERNAL_INTERRUPT: 1n,
  EPT_VIOLATION: 48n,
  EPT_MISCONFIG: 49n,
  VE: 0x100n,
  ACCEPT_BUSY: 0x101n,
  ALREADY_ACCEPTED: 0x102n,
  /** SNP: the page is not validated, which the guest is told (#VC). */
  VC: 0x103n,
  CONTINUE: 0x200n,
  /** AMD: a nested page fault. */
  NPF: 0x400n,
  /** AMD: VMRUN refuses the VMCB. */
  INVALID: 0x401n,
} as const;

export type AccessKind = 'read' | 'write' | 'exec';

/** Of an EPT violation's exit qualification. */
export const ACCESS_BIT: Record<AccessKind, number> = { read: 1, write: 2, exec: 4 };

export interface Translation {
  readonly pfn: number;
  readonly writable: boolean;
  readonly executable: boolean;
  /** Level of the leaf, and the pfn of the table that holds it (0 for private memory of a TD). */
  readonly level: number;
  readonly table: number;
}

/** The reason of an exit (or a fault inside the guest) and what it reports: EPT qualification, or the halves of an #NPF error code. */
export interface Fault {
  readonly fault: bigint;
  readonly qualification: number;
  readonly extended: number;
}

/** Either a translation or the way in which the access ends. */
export type Walk = Translation | Fault;

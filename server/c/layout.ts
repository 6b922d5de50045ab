/**
 * gcc's layout of structs and unions on x86-64: offsets, bit-fields, packing, alignment. Knows no syntax.
 */

import type { FieldLayout, StructLayout } from '../../model/execute/program';
import { alignOf, type CType, LowerError, type Member, type StructType, scalarOf, sizeOf, typeName } from './types';

export interface MemberInput {
  readonly name: string | null;
  readonly type: CType;
  /** Width of a bit-field, null for a plain member. */
  readonly width: number | null;
  /** From attributes; 0 when there is none. */
  readonly align: number;
  readonly packed: boolean;
}

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Size of a member in bytes; a flexible array at the end takes none. */
function memberSize(member: MemberInput): number {
  if (member.type.k === 'array' && member.type.n < 0) return 0;
  return sizeOf(member.type);
}

class Layout {
  readonly members: Member[] = [];
  private bit = 0;
  private align = 1;
  private size = 0;
  constructor(
    private readonly union: boolean,
    private readonly packed: boolean,
  ) {}

  add(member: MemberInput): void {
    if (this.union) this.bit = 0;
    if (member.width !== null) this.bitField(member, member.width);
    else this.plain(member);
    this.size = Math.max(this.size, Math.ceil(this.bit / 8));
  }

  private plain(member: MemberInput): void {
    const natural = this.packed || member.packed ? 1 : alignOf(member.type);
    const align = Math.max(natural, member.align);
    const off = roundUp(Math.ceil(this.bit / 8), align);
    this.members.push({ name: member.name, type: member.type, off, bits: null });
    this.bit = (off + memberSize(member)) * 8;
    this.align = Math.max(this.align, align);
  }

  /** A bit-field goes into the current unit of its type if it fits there, else to the next one. */
  private bitField(member: MemberInput, width: number): void {
    const unit = sizeOf(member.type) * 8;
    if (width > unit) throw new LowerError(`bit-field wider than ${typeName(member.type)}`);
    if (width === 0) {
      this.bit = roundUp(this.bit, unit);
      return;
    }
    const packed = this.packed || member.packed;
    if (!packed && Math.floor(this.bit / unit) !== Math.floor((this.bit + width - 1) / unit)) {
      this.bit = roundUp(this.bit, unit);
    }
    if (member.align > 0) this.bit = roundUp(this.bit, member.align * 8);
    const off = Math.floor(this.bit / unit) * (unit / 8);
    const shift = this.bit - off * 8;
    if (shift + width > unit) throw new LowerError('a packed bit-field that straddles its storage unit');
    if (member.name !== null) {
      this.members.push({ name: member.name, type: member.type, off, bits: { shift, width } });
      this.align = Math.max(this.align, packed ? 1 : unit / 8, member.align);
    }
    this.bit += width;
  }

  finish(into: StructType, extra: number): void {
    into.align = Math.max(this.align, extra);
    into.size = roundUp(this.size, into.align);
    into.members = this.members;
  }
}

/** Complete a struct or union. `align` is its own aligned attribute, 0 when there is none. */
export function layOut(into: StructType, members: readonly MemberInput[], packed: boolean, align: number): void {
  const layout = new Layout(into.union, packed);
  for (const member of members) layout.add(member);
  layout.finish(into, align);
}

/** Find a member by name, through anonymous members; offsets are added up. */
export function findMember(type: StructType, name: string): Member | null {
  for (const member of type.members ?? []) {
    if (member.name === name) return member;
    if (member.name !== null || member.type.k !== 'struct') continue;
    const inner = findMember(member.type, name);
    if (inner) return { ...inner, off: inner.off + member.off };
  }
  return null;
}

/** The layout as the Program shows it. */
export function publicLayout(type: StructType): StructLayout {
  const fields: Record<string, FieldLayout> = Object.create(null);
  const walk = (members: readonly Member[], base: number): void => {
    for (const m of members) {
      if (m.name === null && m.type.k === 'struct') walk(m.type.members ?? [], base + m.off);
      if (m.name === null) continue;
      const flexible = m.type.k === 'array' && m.type.n < 0;
      const size = flexible ? 0 : sizeOf(m.type);
      const field = { off: base + m.off, type: typeName(m.type), t: scalarOf(m.type), size };
      fields[m.name] = m.bits ? { ...field, bits: m.bits } : field;
    }
  };
  walk(type.members ?? [], 0);
  return { size: type.size, align: type.align, fields };
}

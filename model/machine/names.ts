/** Names that set-up gives to C objects, for traces: (address, string literal) pairs in memory. */

import { AT, NAMES } from './layout';
import type { Machine } from './machine';

export function giveName(m: Machine, object: number, text: number): void {
  for (let i = 0; i < NAMES; i++) {
    const at = AT.names + i * 8;
    const known = m.memory.u32(at);
    if (known !== 0 && known !== object) continue;
    m.memory.setU32(at, object);
    m.memory.setU32(at + 4, text);
    return;
  }
}

export function givenName(m: Machine, object: number): string | undefined {
  for (let i = 0; i < NAMES; i++) {
    const known = m.memory.u32(AT.names + i * 8);
    if (known === 0) return undefined;
    if (known === object) return cString(m, m.memory.u32(AT.names + i * 8 + 4));
  }
  return undefined;
}

/** A C string, up to 80 bytes of printable ASCII. */
export function cString(m: Machine, address: number): string {
  let text = '';
  for (let i = 0; i < 80; i++) {
    const byte = Number(m.memory.peek('u8', address + i) ?? 0);
    if (byte < 32 || byte > 126) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

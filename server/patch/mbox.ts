/**
 * Cuts an input into messages at its From-lines, over the bytes, so that a large mailbox is never held
 * a second time as text. Knows nothing of headers, MIME or diffs.
 */

export interface MessageBytes {
  readonly bytes: Uint8Array;
  /** Input line (from 1) of the first byte, behind the From-line if there is one. */
  readonly firstLine: number;
}

const LF = 10;
/** `git format-patch` writes this fixed date into every From-line. */
const GIT_FROM = /^From [0-9a-f]{7,64} Mon Sep 17 00:00:00 2001\s*$/;
const MAIL_FROM = /^From \S+.*\d{1,2}:\d{2}.*\d{4}/;
const HEADER = /^(>From |[!-9;-~]+:)/;

/** Yields the messages in order. Text before the first From-line is a message of its own if it isn't blank. */
export function* messagesOf(bytes: Uint8Array): Generator<MessageBytes> {
  let start = 0;
  let startLine = 1;
  let line = 1;
  let blankBefore = true;
  for (let at = 0; at < bytes.length; line++) {
    const end = endOfLine(bytes, at);
    if (isFromLine(bytes, at, end, blankBefore)) {
      if (hasText(bytes, start, at)) yield { bytes: bytes.subarray(start, at), firstLine: startLine };
      start = end;
      startLine = line + 1;
    }
    blankBefore = end - at <= 1 || (end - at === 2 && bytes[at] === 13);
    at = end;
  }
  if (hasText(bytes, start, bytes.length)) yield { bytes: bytes.subarray(start), firstLine: startLine };
}

function isFromLine(bytes: Uint8Array, at: number, end: number, blankBefore: boolean): boolean {
  if (bytes[at] !== 0x46 || bytes[at + 1] !== 0x72 || bytes[at + 2] !== 0x6f || bytes[at + 3] !== 0x6d) return false;
  if (bytes[at + 4] !== 0x20) return false;
  const text = ascii(bytes, at, Math.min(end, at + 300));
  if (GIT_FROM.test(text)) return true;
  return blankBefore && MAIL_FROM.test(text) && HEADER.test(ascii(bytes, end, Math.min(bytes.length, end + 100)));
}

function endOfLine(bytes: Uint8Array, at: number): number {
  const found = bytes.indexOf(LF, at);
  return found < 0 ? bytes.length : found + 1;
}

function hasText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] ?? 0) > 32) return true;
  return false;
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

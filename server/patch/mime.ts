/**
 * One message from bytes to lines of text with their places: headers, MIME parts, transfer encodings and
 * charsets. Decoding is postal-mime's; the walk over parts is ours, because the library doesn't say where
 * in the input a part stood. Knows nothing of diffs.
 */

import PostalMime from 'postal-mime';
import { type ContentType, type HeaderBlock, isMailHeader, parseContentType, readHeaderBlock } from './header-fields';
import { placeQuotedPrintable } from './quoted-printable';
import { type TextLine, withoutCr } from './text-line';
import type { InputProblem, InputSpan } from './types';

export interface MailText {
  readonly subject: string | null;
  readonly messageId: string | null;
  readonly author: string | null;
  /** Text parts in order; a plain message has one. */
  readonly parts: readonly (readonly TextLine[])[];
  /** Messages that were attached to this one. */
  readonly attached: readonly MailText[];
  readonly problems: readonly InputProblem[];
  /** Whether a mail header was found; without one, the text itself may name subject and author. */
  readonly header: boolean;
}

interface Walk {
  readonly lines: readonly string[];
  readonly bytes: Uint8Array;
  readonly firstLine: number;
  readonly parts: (readonly TextLine[])[];
  readonly attached: MailText[];
  readonly problems: InputProblem[];
  seen: number;
}

const MAX_DEPTH = 12;
const MAX_PARTS = 200;
const MAX_HEADER_BYTES = 256 * 1024;

/** Reads one message; `firstLine` is the input line of its first byte. Never throws. */
export async function readMessage(bytes: Uint8Array, firstLine: number): Promise<MailText> {
  const lines = new TextDecoder().decode(bytes).split('\n').map(withoutCr);
  const walk = { lines, bytes, firstLine, parts: [], attached: [], problems: [], seen: 0 };
  return readMessageLines(walk, 0, lines.length, 0);
}

async function readMessageLines(outer: Walk, from: number, to: number, depth: number): Promise<MailText> {
  const walk: Walk = { ...outer, parts: [], attached: [], problems: [] };
  while (from < to && outer.lines[from]?.trim() === '') from++;
  const block = readHeaderBlock(walk.lines, from, to);
  const header = isMailHeader(block);
  if (header) await readEntity(walk, block, to, depth);
  else walk.parts.push(plainLines(walk, from, to));
  const named = header ? await decodeHeader(walk, from, block.bodyFrom) : NO_NAMES;
  return { ...named, parts: walk.parts, attached: walk.attached, problems: walk.problems, header };
}

const NO_NAMES = { subject: null, messageId: null, author: null };

async function decodeHeader(walk: Walk, from: number, to: number): Promise<typeof NO_NAMES | MailNames> {
  const text = walk.lines.slice(from, to).join('\r\n').slice(0, MAX_HEADER_BYTES);
  try {
    const mail = await PostalMime.parse(`${text}\r\n\r\n`);
    const name = mail.from?.name?.trim();
    return {
      subject: mail.subject?.trim() || null,
      messageId: mail.messageId?.trim().replace(/^<|>$/g, '') || null,
      author: [name, mail.from?.address && `<${mail.from.address}>`].filter(Boolean).join(' ') || null,
    };
  } catch {
    walk.problems.push(problemAt(walk, from, 'The header of this mail could not be decoded.'));
    return NO_NAMES;
  }
}

interface MailNames {
  readonly subject: string | null;
  readonly messageId: string | null;
  readonly author: string | null;
}

async function readEntity(walk: Walk, block: HeaderBlock, to: number, depth: number): Promise<void> {
  const content = parseContentType(block.fields.get('content-type'));
  const encoding = (block.fields.get('content-transfer-encoding') ?? '').trim().toLowerCase();
  const boundary = content.params.get('boundary');
  if (content.type.startsWith('multipart/') && boundary) {
    await readMultipart(walk, content, boundary, block.bodyFrom, to, depth);
  } else if (content.type === 'message/rfc822' && depth < MAX_DEPTH && encoding !== 'base64') {
    const attached = await readMessageLines(walk, block.bodyFrom, to, depth + 1);
    walk.attached.push(attached);
  } else {
    await readLeaf(walk, block, content, encoding, to);
  }
}

async function readMultipart(
  walk: Walk,
  content: ContentType,
  boundary: string,
  from: number,
  to: number,
  depth: number,
): Promise<void> {
  if (depth >= MAX_DEPTH) {
    walk.problems.push(
      problemAt(walk, from, `MIME parts are nested more than ${MAX_DEPTH} deep; this one was not read.`),
    );
    return;
  }
  const cuts = findBoundaries(walk.lines, boundary, from, to);
  if (!cuts.closed) {
    const where = Math.max(from, to - 1);
    walk.problems.push(
      problemAt(walk, where, 'The mail ends before the closing boundary of its MIME parts: it is cut off.'),
    );
  }
  const alternative = content.type === 'multipart/alternative';
  let hasPlain = false;
  for (const cut of cuts.parts) {
    if (++walk.seen > MAX_PARTS) {
      walk.problems.push(problemAt(walk, cut.from, `Only the first ${MAX_PARTS} MIME parts were read.`));
      return;
    }
    const block = readHeaderBlock(walk.lines, cut.from, cut.to);
    const type = parseContentType(block.fields.get('content-type')).type;
    if (type === 'text/html' && alternative && hasPlain) continue;
    if (type === 'text/plain') hasPlain = true;
    await readEntity(walk, block, cut.to, depth + 1);
  }
}

function findBoundaries(lines: readonly string[], boundary: string, from: number, to: number) {
  const parts: { from: number; to: number }[] = [];
  const open = `--${boundary}`;
  let start = -1;
  for (let at = from; at < to; at++) {
    const line = lines[at] ?? '';
    if (!line.startsWith(open)) continue;
    const rest = line.slice(open.length).trimEnd();
    if (rest !== '' && rest !== '--') continue;
    if (start >= 0) parts.push({ from: start, to: at });
    start = at + 1;
    if (rest === '--') return { parts, closed: true };
  }
  if (start >= 0) parts.push({ from: start, to });
  return { parts, closed: false };
}

async function readLeaf(
  walk: Walk,
  block: HeaderBlock,
  content: ContentType,
  encoding: string,
  to: number,
): Promise<void> {
  const filename =
    content.params.get('name') ?? /filename="?([^";]+)/i.exec(block.fields.get('content-disposition') ?? '')?.[1];
  const readable = /^(text\/|message\/|application\/(octet-stream|x-patch|mbox))/.test(content.type);
  if (content.type === 'text/html') {
    walk.problems.push(
      problemAt(walk, block.bodyFrom, 'This part is HTML only and was not read; a patch needs plain text.'),
    );
    return;
  }
  if (!readable && !/\.(patch|diff|mbox|eml|txt)$/i.test(filename ?? '')) return;
  if (content.type === 'application/octet-stream' && filename && !/\.(patch|diff|mbox|eml|txt)$/i.test(filename))
    return;
  const charset = (content.params.get('charset') ?? 'utf-8').toLowerCase();
  const plainBytes = !/^(base64|quoted-printable)$/.test(encoding);
  if (plainBytes && /^(utf-?8|us-ascii|ascii)$/.test(charset)) {
    walk.parts.push(plainLines(walk, block.bodyFrom, to));
    return;
  }
  const text = await decodePart(walk, block.bodyFrom, to, encoding, charset);
  if (text === null) return;
  const decoded = text.split('\n').map(withoutCr);
  if (encoding === 'base64') walk.parts.push(base64Lines(walk, block.bodyFrom, to, decoded));
  else if (plainBytes) walk.parts.push(charsetLines(walk, block.bodyFrom, to, decoded));
  else walk.parts.push(quotedPrintableLines(walk, block.bodyFrom, to, decoded, charset));
}

/** The part's text: a message with only this part goes through the library, charset and encoding kept. */
async function decodePart(
  walk: Walk,
  from: number,
  to: number,
  encoding: string,
  charset: string,
): Promise<string | null> {
  const safeCharset = charset.replace(/[^\w.:-]/g, '') || 'utf-8';
  const head = `Content-Type: text/plain; charset=${safeCharset}\r\nContent-Transfer-Encoding: ${encoding || '8bit'}\r\n\r\n`;
  try {
    const body = rawBytes(walk, from, to);
    const mail = await PostalMime.parse(Buffer.concat([Buffer.from(head, 'latin1'), body]));
    return mail.text ?? '';
  } catch {
    walk.problems.push(problemAt(walk, from, `This ${encoding || '8bit'} part could not be decoded and was not read.`));
    return null;
  }
}

/** The bytes of the given lines, found by counting line feeds; only encoded parts need them. */
function rawBytes(walk: Walk, from: number, to: number): Uint8Array {
  let at = 0;
  let line = 0;
  // A mail may be cut off at its headers: then there is no body, and not the whole mail again.
  let start = walk.bytes.length;
  if (from >= to) return walk.bytes.subarray(start);
  while (line < to) {
    if (line === from) start = at;
    const end = walk.bytes.indexOf(10, at);
    line++;
    at = end < 0 ? walk.bytes.length : end + 1;
    if (end < 0) break;
  }
  return walk.bytes.subarray(start, Math.max(start, at));
}

function plainLines(walk: Walk, from: number, to: number): TextLine[] {
  const lines = walk.lines
    .slice(from, to)
    .map((text, index) => ({ text, line: walk.firstLine + from + index, column: 1 }));
  while (lines.length > 0 && lines[lines.length - 1]?.text === '') lines.pop();
  return lines;
}

function charsetLines(walk: Walk, from: number, to: number, decoded: readonly string[]): TextLine[] {
  return decoded.slice(0, to - from).map((text, index) => {
    const raw = walk.lines[from + index] ?? '';
    const line = walk.firstLine + from + index;
    // The raw line, read as UTF-8, is shorter than its text only in multi-byte charsets: then the line is the place.
    if (raw.length >= text.length) return { text, line, column: 1 };
    return { text, line, column: 1, fixed: { line, column: 1, endColumn: raw.length + 1 } };
  });
}

function base64Lines(walk: Walk, from: number, to: number, decoded: readonly string[]): TextLine[] {
  const raw = walk.lines.slice(from, to);
  const digits = raw.reduce((sum, line) => sum + line.replace(/[^A-Za-z0-9+/]/g, '').length, 0);
  const padding = raw.reduce((sum, line) => sum + (line.match(/=/g)?.length ?? 0), 0);
  if ((digits + padding) % 4 !== 0 || digits % 4 === 1) {
    walk.problems.push(problemAt(walk, from, 'This base64 part is cut off: its length is not a multiple of four.'));
  }
  const first = walk.lines[from] ?? '';
  const fixed: InputSpan = { line: walk.firstLine + from, column: 1, endColumn: first.length + 1 };
  return decoded.map((text) => ({ text, line: fixed.line, column: 1, fixed }));
}

function quotedPrintableLines(
  walk: Walk,
  from: number,
  to: number,
  decoded: readonly string[],
  charset: string,
): TextLine[] {
  const raw = walk.lines.slice(from, to).map((text, index) => ({ text, line: walk.firstLine + from + index }));
  const utf8 = /^(utf-?8|us-ascii|ascii)$/.test(charset);
  return placeQuotedPrintable(raw, decoded, (code) => (utf8 ? utf8Length(code) : 1));
}

function utf8Length(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

function problemAt(walk: Walk, index: number, message: string): InputProblem {
  const text = walk.lines[index] ?? '';
  const line = walk.firstLine + Math.min(index, Math.max(0, walk.lines.length - 1));
  return { message, span: { line, column: 1, endColumn: text.length + 1 } };
}

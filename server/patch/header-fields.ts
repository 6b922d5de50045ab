/**
 * The header block of a message or of a MIME part: where it ends and what a structured field says.
 * Decoding of words and addresses is the MIME library's job, not this file's.
 */

export interface HeaderBlock {
  /** Lower-case name to the first value of that name, folded lines joined. */
  readonly fields: ReadonlyMap<string, string>;
  /** Index of the first body line. */
  readonly bodyFrom: number;
}

const FIELD = /^([!-9;-~]+):(.*)$/;
/** A block without any of these is prose that happens to start with `word:` (seed 000 starts with `Re:`). */
const MAIL_FIELDS = ['from', 'subject', 'date', 'message-id', 'mime-version', 'content-type', 'received', 'to'];
const MAX_HEADER_LINES = 2000;

/** Reads the fields from line `from` on; ends at the first blank line or at the first line that is no field. */
export function readHeaderBlock(lines: readonly string[], from: number, to: number): HeaderBlock {
  const fields = new Map<string, string>();
  let last: string | null = null;
  let at = from;
  for (; at < to && at - from < MAX_HEADER_LINES; at++) {
    const line = lines[at] ?? '';
    if (line === '') return { fields, bodyFrom: at + 1 };
    if (/^[ \t]/.test(line) && last !== null) {
      fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`.slice(0, 10_000));
      continue;
    }
    const match = FIELD.exec(line);
    if (!match) {
      if (at === from && line.startsWith('>From ')) continue;
      break;
    }
    const name = (match[1] ?? '').toLowerCase();
    last = fields.has(name) ? `${name} again` : name;
    fields.set(last, (match[2] ?? '').trim());
  }
  return { fields, bodyFrom: at };
}

/** Whether the block is a mail's: seed 000's first paragraph, a lone `Re: ...`, is not. */
export function isMailHeader(block: HeaderBlock): boolean {
  return MAIL_FIELDS.filter((name) => block.fields.has(name)).length >= (block.fields.size > 3 ? 2 : 1);
}

export interface ContentType {
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
}

/** `text/plain; charset="x"` and the like; a missing field is plain text. */
export function parseContentType(value: string | undefined): ContentType {
  const text = value ?? 'text/plain';
  const params = new Map<string, string>();
  for (const match of text.matchAll(/;\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g)) {
    params.set((match[1] ?? '').toLowerCase(), match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
  }
  return { type: (text.split(';')[0] ?? '').trim().toLowerCase(), params };
}

/** Version and place in a series from a subject such as `[PATCH RFC v7 04/64] ...`; null without a PATCH tag. */
export function parseSeries(subject: string | null): { version: number; index: number; total: number } | null {
  const tag = /\[([^\]]*\bPATCH\b[^\]]*)\]/i.exec(subject ?? '')?.[1];
  if (tag === undefined) return null;
  const version = Number(/(?:^|[^A-Za-z])v(\d{1,4})\b/i.exec(tag)?.[1] ?? 1);
  const place = /(\d{1,4})\s*\/\s*(\d{1,4})/.exec(tag);
  return { version, index: Number(place?.[1] ?? 1), total: Number(place?.[2] ?? 1) };
}

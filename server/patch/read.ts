/**
 * The near end of the pipeline: bytes in, patches out. Puts together the mailbox, MIME and diff readers
 * and keeps the limits. Never throws, opens no file, and reports what it could not use.
 */

import { type DiffText, readDiffText } from './diff-text';
import { parseSeries } from './header-fields';
import { type MessageBytes, messagesOf } from './mbox';
import { type MailText, readMessage } from './mime';
import { unusableReason, utf16Encoding } from './sniff';
import type { TextLine } from './text-line';
import type { InputProblem, PatchMail, ReadResult } from './types';

export interface ReadLimits {
  /** Bytes of the whole input that are read. */
  readonly bytes: number;
  /** Bytes of one message that are read. */
  readonly messageBytes: number;
  /** Messages that are read. */
  readonly messages: number;
}

export const DEFAULT_LIMITS: ReadLimits = { bytes: 64 << 20, messageBytes: 8 << 20, messages: 2000 };

/** Reads whatever the user gave: a patch, a mail, a whole mailbox. `name` is the path as given, or `-`. */
export async function readInput(
  input: { readonly name: string; readonly bytes: Uint8Array },
  limits: Partial<ReadLimits> = {},
): Promise<ReadResult> {
  const unusable = unusableReason(input.bytes);
  if (unusable) return { patches: [], problems: [], unusable };
  const limit = { ...DEFAULT_LIMITS, ...limits };
  const problems: InputProblem[] = [];
  const bytes = toUtf8(input.bytes.subarray(0, limit.bytes));
  if (input.bytes.length > limit.bytes) {
    problems.push(atLine(1, `The input has ${input.bytes.length} bytes; only the first ${limit.bytes} were read.`));
  }
  const patches: PatchMail[] = [];
  let messages = 0;
  for (const message of messagesOf(bytes)) {
    if (++messages > limit.messages) {
      problems.push(
        atLine(message.firstLine, `Only the first ${limit.messages} messages were read; the rest starts here.`),
      );
      break;
    }
    for (const patch of await readOne(input.name, message, limit.messageBytes)) patches.push(patch);
  }
  return { patches, problems, unusable: patches.length > 0 ? null : 'The input holds no readable text.' };
}

async function readOne(name: string, message: MessageBytes, maxBytes: number): Promise<PatchMail[]> {
  const cut = message.bytes.length > maxBytes;
  const mail = await readMessage(cut ? message.bytes.subarray(0, maxBytes) : message.bytes, message.firstLine);
  const patches = toPatches(name, mail);
  const first = patches[0];
  if (!cut || !first) return patches;
  const problem = atLine(
    message.firstLine,
    `This message has ${message.bytes.length} bytes; only the first ${maxBytes} were read.`,
  );
  return [{ ...first, problems: [...first.problems, problem] }, ...patches.slice(1)];
}

/** A message and the messages attached to it; an envelope that only forwards adds no patch of its own. */
function toPatches(name: string, mail: MailText): PatchMail[] {
  const attached = mail.attached.flatMap((inner) => toPatches(name, inner));
  const own = toPatch(name, mail);
  const empty = own.files.length === 0 && own.problems.length === 0 && attached.length > 0;
  return empty ? attached : [own, ...attached];
}

function toPatch(name: string, mail: MailText): PatchMail {
  const texts = mail.parts.map((lines) => readDiffText(lines));
  const names = mail.header ? mail : archiveNames(mail.parts[0] ?? [], mail);
  return {
    input: name,
    subject: names.subject,
    messageId: names.messageId,
    author: names.author,
    series: parseSeries(names.subject),
    baseCommit: texts.find((text) => text.baseCommit)?.baseCommit ?? null,
    prose: gather(texts, (text) => text.prose),
    files: gather(texts, (text) => text.files),
    problems: firstOf([...mail.problems, ...gather(texts, (text) => text.problems)]),
  };
}

const MAX_PROBLEMS = 100;

/** Nobody reads more; hostile input could make one of every other line. */
function firstOf(problems: readonly InputProblem[]): readonly InputProblem[] {
  const next = problems[MAX_PROBLEMS];
  if (!next) return problems;
  const more = { message: `There are ${problems.length - MAX_PROBLEMS} more problems in this mail.`, span: next.span };
  return [...problems.slice(0, MAX_PROBLEMS), more];
}

function gather<T>(texts: readonly DiffText[], of: (text: DiffText) => readonly T[]): readonly T[] {
  return texts.flatMap((text) => of(text));
}

/** Web archives print subject and author as text above the mail (seed 000): `Re: ...`, a blank line, `From: ...`. */
function archiveNames(lines: readonly TextLine[], mail: MailText): Pick<MailText, 'subject' | 'author' | 'messageId'> {
  const head = lines.slice(0, 12).map((line) => line.text);
  const field = (pattern: RegExp) => head.map((text) => pattern.exec(text)?.[1]?.trim()).find(Boolean) ?? null;
  const author = field(/^From: (.{1,300})$/);
  const first = head.find((text) => text.trim() !== '') ?? '';
  const titled =
    first.length < 400 && (/^((Re|Fwd?|Aw): |\[)/i.test(first) || (author !== null && !/^[\w-]+: /.test(first)));
  return {
    subject: titled ? first.trim() : (field(/^Subject: (.{1,400})$/) ?? mail.subject),
    author,
    messageId: field(/^Message-I[Dd]: <?([^<>\s]{1,300})>?$/),
  };
}

function toUtf8(bytes: Uint8Array): Uint8Array {
  const encoding = utf16Encoding(bytes);
  return encoding ? new TextEncoder().encode(new TextDecoder(encoding).decode(bytes)) : bytes;
}

function atLine(line: number, message: string): InputProblem {
  return { message, span: { line, column: 1, endColumn: 1 } };
}

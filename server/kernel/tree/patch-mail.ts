/** A commit as the mail that `git format-patch` would make of it, for the reader of patches. */

import { pathScope } from '../scope';
import { isRepositoryPath } from './kernel-path';
import { printable } from './tree-error';

export interface RangeMail {
  /** Full id; null for the uncommitted difference. */
  readonly commit: string | null;
  readonly subject: string;
  /** A mail that the reader of patches reads, with whole blob ids in its `index` lines. */
  readonly text: string;
  /** Files whose difference is in the mail. */
  readonly files: readonly string[];
  /** Other files that change: outside KVM, or too large; the mail only names them. */
  readonly others: readonly string[];
}

export interface MailParts {
  /** Id of the commit, or zeros for a change that is none yet. */
  readonly commit: string;
  readonly author: string;
  readonly subject: string;
  /** The message without its subject. */
  readonly message: string;
  /** Place in the range, from 1, and how many there are. */
  readonly index: number;
  readonly total: number;
  /** What the prose says of files that are not shown. */
  readonly remark: string;
  readonly diff: string;
  /** Full id of the commit that the diff is against, or null. */
  readonly base: string | null;
}

/** The whole mail, ready to be read. */
export function patchMail(parts: MailParts): string {
  const place = parts.total > 1 ? `[PATCH ${parts.index}/${parts.total}]` : '[PATCH]';
  return [
    `From ${parts.commit} Mon Sep 17 00:00:00 2001`,
    `From: ${headerText(parts.author) || 'unknown <unknown@invalid>'}`,
    `Subject: ${place} ${headerText(parts.subject)}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=UTF-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    ...parts.message.split('\n').map(proseLine),
    '---',
    ...(parts.remark === '' ? [] : [parts.remark]),
    '',
    `${parts.diff}-- `,
    'kvm-mmu-review',
    ...(parts.base === null ? [] : ['', `base-commit: ${parts.base}`]),
    '',
  ].join('\n');
}

function headerText(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim());
}

/** A message may quote diffs and trailers of other mails; they must not be read as this one's. */
function proseLine(line: string): string {
  const plain = line.replace(/\r/g, '').replaceAll('diff --', 'diff -- ').replaceAll('base-commit:', 'base-commit -');
  return /^[>\s]*(@@ -|--- |\+\+\+ |---$|From |Index: )/.test(plain) ? `| ${plain}` : plain;
}

/** What the mail says of the files that it doesn't show. */
export function remarkOf(others: readonly string[]): string {
  if (others.length === 0) return '';
  const more = others.length > 10 ? ` and ${others.length - 10} more` : '';
  return `Not shown: ${others.slice(0, 10).map(printable).join(', ')}${more}.`;
}

/** Whether a path is one whose difference is shown. */
export function isShown(path: string): boolean {
  return isRepositoryPath(path) && pathScope(path) !== 'out';
}

/**
 * Decides from its content whether a text is a patch or a mail about one, so that any file may be
 * reviewed whatever its name. It looks at the text's beginning only and parses nothing.
 */

/** Characters looked at: a mail's headers, its prose and the start of its diff. */
const LOOKED_AT = 256 * 1024;

const HUNK = /@@ -\d{1,9}(?:,\d{1,9})? \+\d{1,9}(?:,\d{1,9})? @@/;
const GIT_DIFF = /(?:^|\s)diff --git \S+ \S+/;
const PLAIN_DIFF = /^--- \S[^\n]*\n\+\+\+ \S/m;
/** Headers of a mail, of an archive's rendering of one, and of an mbox. */
const MAIL_HEADER = /^(?:From [0-9a-f]{40} |From: \S|Subject: \S|Message-I[dD]: ?<|In-Reply-To: ?<|Re: \[)/m;
const LIST_TRAILER = /^(?:>\s?)*(?:Signed-off-by|Reviewed-by|Acked-by|Co-developed-by|Suggested-by|Fixes): \S/m;
const PATCH_TAG = /\[(?:RFC )?PATCH[^\]\n]{0,40}\]/;
const KERNEL_WORD = /\b(?:KVM|kvm|TDX|SEV-SNP|guest_memfd|memslot|mmu_lock|S-EPT)\b|\bkvm_\w|\btdx_\w/;

/** Is there a diff, or a mail in which kernel people discuss one? */
export function looksLikePatch(text: string): boolean {
  const start = text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text;
  if (HUNK.test(start) || GIT_DIFF.test(start) || PLAIN_DIFF.test(start)) return true;
  const mail = MAIL_HEADER.test(start) || LIST_TRAILER.test(start) || PATCH_TAG.test(start);
  return mail && KERNEL_WORD.test(start);
}

/** Schemes that never hold a document to review: an editor's own output and settings. */
const FOREIGN_SCHEMES = new Set(['output', 'vscode', 'vscode-settings', 'debug', 'comment', 'search-editor']);

/** False for an editor's own texts; reviewing our own log would never end. */
export function isReviewable(uri: string): boolean {
  return !FOREIGN_SCHEMES.has(uri.slice(0, uri.indexOf(':')));
}

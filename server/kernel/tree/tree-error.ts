/** Why a kernel tree or a clone can't be used: one sentence for the person who named it. */

export class TreeError extends Error {
  override readonly name = 'TreeError';
}

/** A name that stands in a message: without control characters, and not endless. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?');
  return clean.length > 300 ? `${clean.slice(0, 300)}...` : clean;
}

/** The system's own word for a failed call (`ENOENT`), or null. */
export function errorCode(error: unknown): string | null {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : null;
}

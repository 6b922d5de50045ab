/** Types of `setup.mjs`. */

export const CODE_SERVER_VERSION: string;

export interface Installed {
  /** code-server's entry script, null where it could not be installed. */
  readonly codeServer: string | null;
  readonly chromium: string | null;
  readonly nvim: string | null;
  /** A sentence for everything that there isn't. */
  readonly missing: readonly string[];
}

export function setUp(): Installed;

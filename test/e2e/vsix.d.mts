/** Types of `vsix.mjs`. */

export function packageExtension(folder: string, options: { readonly fake: boolean }): Promise<string>;

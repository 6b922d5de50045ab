/** The page of the trace view: no content, a strict content security policy, nothing remote. */

export interface PageParts {
  readonly nonce: string;
  readonly cspSource: string;
  readonly script: string;
  readonly style: string;
}

/** The whole document; the script fills `main`. */
export function traceHtml({ nonce, cspSource, script, style }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `style-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>KVM MMU Trace</title>
</head>
<body>
<main id="trace"><p class="empty">Nothing to show yet.</p></main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}

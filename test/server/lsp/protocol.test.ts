import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { METHODS, PROTOCOL_VERSION } from '../../../server/lsp/protocol';

const FILE = 'server/lsp/protocol.ts';

/**
 * The file is the documentation of our own requests. Whoever changes it: read its table again, raise
 * PROTOCOL_VERSION if a client could notice, and put both new values here.
 */
const DOCUMENTED = { version: 2, hash: '84ddbf4119f37fb8' };

it('changes only together with its documented version', () => {
  const text = readFileSync(FILE, 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  expect({ version: PROTOCOL_VERSION, hash }).toEqual(DOCUMENTED);
});

it('documents every method in its table', () => {
  const text = readFileSync(FILE, 'utf8');
  for (const method of Object.values(METHODS)) expect(text).toContain(`| \`${method}\``);
});

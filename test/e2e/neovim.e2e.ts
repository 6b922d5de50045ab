import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { setUp } from './setup.mjs';
import { SUBJECT } from './subject';
import { packageExtension } from './vsix.mjs';

const FOLDER = path.join(import.meta.dirname, 'output', 'neovim');

const { nvim, missing } = setUp();
if (nvim === null) console.warn(`Neovim is not tested: ${missing.join('; ')}`);

/** What `neovim.lua` prints. Severity 1 is an error. */
interface Seen {
  readonly waited: boolean;
  readonly diagnostics: readonly { line: number; severity: number; message: string; code: string }[];
  readonly hover: string | null;
}

describe.skipIf(nvim === null)('in Neovim', () => {
  let dist: string;

  beforeAll(async () => {
    await packageExtension(FOLDER, { fake: SUBJECT.fake });
    dist = path.join(FOLDER, 'extension', 'dist');
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path.join(FOLDER, 'shared-only.patch'), SUBJECT.patch);
  });

  it('the same server gives diagnostics and hovers', () => {
    const server = SUBJECT.fake
      ? [path.join(dist, 'server.js'), '--stdio']
      : [path.join(dist, 'cli.js'), 'lsp', '--stdio'];
    const seen = runNeovim([process.execPath, ...server]);
    expect(seen.waited).toBe(true);
    expect(seen.diagnostics).toContainEqual(
      expect.objectContaining({ line: SUBJECT.line, severity: 1, code: 'slot-delete-leaves-nothing' }),
    );
    expect(seen.hover).toContain('slot-delete-leaves-nothing');
  });
});

function runNeovim(server: readonly string[]): Seen {
  const lua = path.join(import.meta.dirname, 'neovim.lua');
  const done = spawnSync(nvim as string, ['--headless', '--clean', '-u', 'NONE', '-c', `luafile ${lua}`], {
    encoding: 'utf8',
    timeout: 110_000,
    env: {
      ...process.env,
      SERVER: JSON.stringify(server),
      PATCH: path.join(FOLDER, 'shared-only.patch'),
      CODE: 'slot-delete-leaves-nothing',
      HOVER_LINE: String(SUBJECT.line),
      HOVER_COLUMN: '6',
    },
  });
  const json = /\{.*\}/s.exec(done.stdout);
  if (json === null) throw new Error(`Neovim printed no JSON: ${done.stdout}${done.stderr}`);
  return JSON.parse(json[0]) as Seen;
}

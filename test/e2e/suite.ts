/** What suites in VS Code share: the programs that they need, an editor with the extension in it, pictures of it. */

import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { setUp } from './setup.mjs';
import { type Editor, type EditorOptions, startEditor } from './vscode';
import { packageExtension } from './vsix.mjs';

const OUTPUT = path.join(import.meta.dirname, 'output');

const { codeServer, chromium, missing } = setUp();

/** Whether VS Code can be started; where it can't, the reason is said once. */
export const vscodeIsThere = codeServer !== null && chromium !== null;
if (!vscodeIsThere) console.warn(`VS Code is not tested: ${missing.join('; ')}`);

/** Packages the extension, with the fake reviewer or as it is shipped, and starts an editor that has it. */
export async function editorWithExtension(
  fake: boolean,
  options: Omit<EditorOptions, 'codeServer' | 'chromium' | 'vsix'>,
): Promise<Editor> {
  if (codeServer === null || chromium === null) throw new Error(missing.join('; '));
  mkdirSync(OUTPUT, { recursive: true });
  const vsix = await packageExtension(path.join(OUTPUT, 'package'), { fake });
  return startEditor({ ...options, codeServer, chromium, vsix });
}

/** Hooks of a suite: a picture of each test that fails, and no editor or folder left behind. Takes a picture by name. */
export function attended(editor: () => Editor | undefined, scratch: string): (name: string) => Promise<void> {
  const shot = async (name: string): Promise<void> => {
    await editor()?.page.screenshot({ path: path.join(OUTPUT, `${name}.png`) });
  };
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shot(`failed-${task.name.replace(/\W+/g, '-')}`);
  });
  afterAll(async () => {
    await editor()?.close();
    rmSync(scratch, { recursive: true, force: true });
  });
  return shot;
}

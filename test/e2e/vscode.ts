/** Starts code-server with the packaged extension, and drives its page: the actions of a user, nothing of what they mean. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { type Browser, chromium, type Frame, type Locator, type Page } from 'playwright-core';

export interface Editor {
  readonly page: Page;
  /** Files are opened from this folder. */
  readonly workspace: string;
  close(): Promise<void>;
}

export interface EditorOptions {
  readonly codeServer: string;
  readonly chromium: string;
  readonly vsix: string;
  /** For profiles and the workspace; emptied first. */
  readonly scratch: string;
  /** Name -> text, put into a workspace of their own; or a folder that is there already. */
  readonly files: Readonly<Record<string, string>> | string;
  /** Every folder is trusted, unless the user is to say so. */
  readonly askForTrust?: boolean;
  /** The user's settings, beside those that keep the editor quiet. */
  readonly settings: Readonly<Record<string, unknown>>;
}

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'workbench.colorTheme': 'Default Dark Modern',
  'editor.accessibilitySupport': 'off',
  'chat.commandCenter.enabled': false,
  'files.simpleDialog.enable': true,
};

/** In restricted mode from the start: a dialog would stand in the way of everything else. */
const UNTRUSTED = {
  'security.workspace.trust.enabled': true,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
};

/** Install the extension into a fresh profile, start the server and a browser, and open the workspace. */
export async function startEditor(options: EditorOptions): Promise<Editor> {
  const { scratch, codeServer } = options;
  rmSync(scratch, { recursive: true, force: true });
  const workspace = typeof options.files === 'string' ? options.files : path.join(scratch, 'workspace');
  const user = path.join(scratch, 'user', 'User');
  mkdirSync(workspace, { recursive: true });
  mkdirSync(user, { recursive: true });
  const trust = options.askForTrust ? UNTRUSTED : { 'security.workspace.trust.enabled': false };
  writeFileSync(path.join(user, 'settings.json'), JSON.stringify({ ...SETTINGS, ...trust, ...options.settings }));
  if (typeof options.files !== 'string') {
    for (const [name, text] of Object.entries(options.files)) writeFileSync(path.join(workspace, name), text);
  }
  const profile = ['--user-data-dir', path.join(scratch, 'user'), '--extensions-dir', path.join(scratch, 'extensions')];
  const installed = spawnSync(process.execPath, [codeServer, ...profile, '--install-extension', options.vsix], {
    encoding: 'utf8',
  });
  if (installed.status !== 0)
    throw new Error(`the extension was not installed: ${installed.stderr}${installed.stdout}`);
  const port = await freePort();
  const trusting = options.askForTrust ? [] : ['--disable-workspace-trust'];
  const started = [codeServer, ...profile, ...trusting, ...SERVER_ARGUMENTS, `127.0.0.1:${port}`];
  const server = spawn(process.execPath, started, {
    stdio: 'ignore',
    env: withoutVscode(process.env),
  });
  try {
    await untilAnswering(port, server);
    const browser = await chromium.launch({ executablePath: options.chromium, args: BROWSER_ARGUMENTS });
    const page = await openPage(browser, port, workspace);
    return { page, workspace, close: () => closeAll(browser, server) };
  } catch (error) {
    await stopProcess(server);
    throw error;
  }
}

const SERVER_ARGUMENTS = [
  '--auth',
  'none',
  '--disable-telemetry',
  '--disable-update-check',
  '--disable-getting-started-override',
  '--bind-addr',
];

const BROWSER_ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A test that itself runs inside VS Code must not make code-server think that it does. */
function withoutVscode(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('VSCODE_')));
}

async function openPage(browser: Browser, port: number, workspace: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`);
  await page.waitForSelector('.monaco-workbench .explorer-folders-view');
  return page;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function untilAnswering(port: number, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (server.exitCode !== null) throw new Error(`code-server ended with code ${server.exitCode}`);
    const answered = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('code-server did not answer within a minute');
}

async function closeAll(browser: Browser, server: ChildProcess): Promise<void> {
  await browser.close();
  await stopProcess(server);
}

function stopProcess(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null) return resolve();
    server.once('exit', () => resolve());
    server.kill('SIGTERM');
  });
}

/** Open a file of the workspace by its name, or by the end of its path. */
export async function openFile({ page }: Editor, file: string): Promise<void> {
  const name = path.basename(file);
  await page.keyboard.press('Control+P');
  const input = page.locator('.quick-input-widget input').first();
  await input.waitFor();
  await input.fill(file);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click();
  await page.locator('.tab.active', { hasText: name }).first().waitFor();
  await page.locator('.monaco-editor .view-line').first().waitFor();
}

/** Run a command by its title in the palette. */
export async function runCommand({ page }: Editor, title: string): Promise<void> {
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input').first();
  await input.waitFor();
  await input.fill(`>${title}`);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor();
  await page.keyboard.press('Enter');
}

/** Choose the entry with this text from the quick pick with this title; one may follow another. */
export async function pick({ page }: Editor, title: string, text: string): Promise<void> {
  await page.locator('.quick-input-widget .quick-input-title', { hasText: title }).waitFor();
  // By typing, not by the pointer: the list of the pick before may still stand there.
  await page.locator('.quick-input-widget input').first().fill(text);
  const focused = page.locator('.quick-input-list .monaco-list-row.focused .label-name', { hasText: text });
  await focused.first().waitFor();
  await page.keyboard.press('Enter');
}

/** Texts of the editor's lines that a squiggle of this kind underlines at this moment. */
export function underlined({ page }: Editor, kind: 'error' | 'warning' | 'info' | 'hint'): Promise<string[]> {
  // Measured in one go: a code lens that appears moves lines and squiggles.
  return page.evaluate((squiggle) => {
    const lines = [...document.querySelectorAll('.monaco-editor .view-lines .view-line')];
    return [...document.querySelectorAll(`.monaco-editor .view-overlays .${squiggle}`)].flatMap((mark) => {
      const top = mark.getBoundingClientRect().top + 1;
      const line = lines.find((one) => {
        const box = one.getBoundingClientRect();
        return box.top <= top && top < box.bottom;
      });
      return line === undefined ? [] : [(line.textContent ?? '').replaceAll('\u00a0', ' ').trim()];
    });
  }, `squiggly-${kind}`);
}

/** Move the pointer over something, also where a transparent layer lies on top of it. */
export async function hoverOver({ page }: Editor, target: Locator): Promise<void> {
  const box = await target.boundingBox();
  if (box === null) throw new Error('nothing to hover over');
  await page.mouse.move(box.x + box.width / 2 + 3, box.y + box.height / 2);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
}

/** The webview frame that holds the trace view, once it has drawn something. */
export async function traceFrame({ page }: Editor): Promise<Frame> {
  // A cold simulation on a busy machine takes its time.
  for (let tries = 0; tries < 1800; tries++) {
    for (const frame of page.frames()) {
      const rows = await frame
        .locator('#trace tbody tr')
        .count()
        .catch(() => 0);
      if (rows > 0) return frame;
    }
    await page.waitForTimeout(100);
  }
  throw new Error('the trace view did not show a run');
}

/**
 * Wait until VS Code has stored a panel of this type together with this text of its state. In a browser
 * it stores what is open every few seconds when idle, not at the reload itself, which may not wait for
 * a database; and a panel may be stored before its state is.
 */
export async function panelStored({ page }: Editor, viewType: string, text: string): Promise<void> {
  // Not with waitForFunction: it takes the promise of an asynchronous predicate for a yes.
  for (let tries = 0; tries < 600; tries++) {
    if (await page.evaluate(storedTexts, [`mainThreadWebview-${viewType}`, text])) return;
    await page.waitForTimeout(200);
  }
  throw new Error(`VS Code did not store the panel ${viewType} together with "${text}"`);
}

/** Runs in the page: whether a value in one of VS Code's databases holds all of `texts`. */
async function storedTexts(texts: string[]): Promise<boolean> {
  const answer = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  for (const { name } of await indexedDB.databases()) {
    if (name === undefined || !name.startsWith('vscode-web-state-db')) continue;
    const database = await answer(indexedDB.open(name));
    try {
      for (const store of database.objectStoreNames) {
        const values = await answer(database.transaction(store).objectStore(store).getAll());
        if (values.some((value) => typeof value === 'string' && texts.every((text) => value.includes(text))))
          return true;
      }
    } finally {
      database.close();
    }
  }
  return false;
}

/**
 * Reload the window as if VS Code had last stored its panels while their views were still loading: as
 * open, yet without state. Returns how many panels lost theirs.
 */
export async function reloadWithoutStates({ page }: Editor): Promise<number> {
  const url = page.url();
  // From a page of the same origin that is not VS Code, which would store its state again.
  await page.goto(new URL('/healthz', url).href);
  const count = await page.evaluate(removeStates);
  await page.goto(url);
  return count;
}

/** Runs in a page of VS Code's origin: removes the states of the panels that are stored as open. */
async function removeStates(): Promise<number> {
  const answer = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const key = 'memento/workbench.parts.editor';
  let count = 0;
  const withoutState = (_name: string, value: { id?: unknown; value: string } | null): unknown => {
    if (value?.id !== 'workbench.editors.webviewInput') return value;
    const { state, ...panel } = JSON.parse(value.value);
    if (state !== undefined) count++;
    return { ...value, value: JSON.stringify(panel) };
  };
  for (const { name } of await indexedDB.databases()) {
    if (name === undefined || !name.startsWith('vscode-web-state-db')) continue;
    const database = await answer(indexedDB.open(name));
    const items = database.transaction('ItemTable', 'readwrite').objectStore('ItemTable');
    const editors = await answer(items.get(key));
    if (typeof editors === 'string') await answer(items.put(JSON.stringify(JSON.parse(editors, withoutState)), key));
    database.close();
  }
  return count;
}

/** Scroll the active editor to a line, from 1. */
export async function goToLine({ page }: Editor, line: number): Promise<void> {
  await page.keyboard.press('Control+G');
  const input = page.locator('.quick-input-widget input').first();
  await input.waitFor();
  await input.fill(`:${line}`);
  await page.keyboard.press('Enter');
  await page
    .locator('.monaco-editor .line-numbers', { hasText: new RegExp(`^${line}$`) })
    .first()
    .waitFor();
}

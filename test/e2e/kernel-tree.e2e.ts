/** Working-tree review in a real VS Code: KVM's own C files, changed in a git clone of a real kernel. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kernelClone, kernelIsThere } from '../server/kernel/tree/kernel-clone';
import { git, MMU } from '../server/kernel/tree/kernel-repository';
import { attended, editorWithExtension, vscodeIsThere } from './suite';
import { type Editor, goToLine, hoverOver, openFile, pick, runCommand, traceFrame, underlined } from './vscode';

const SCRATCH = path.join(tmpdir(), `kvm-mmu-review-e2e-tree-${process.pid}`);
const HEADER = 'arch/x86/kvm/mmu/tdp_mmu.h';

if (!kernelIsThere) console.warn('VS Code is not tested with a kernel tree: KMR_KERNEL_7_3 names none');

/** Compiling a kernel's KVM for the first time takes its time on a busy machine. */
const POLL = { timeout: 150_000, interval: 200 };

/** An edit of one line, at which the findings have to stand. */
interface Break {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** Only shared mappings go with a memslot: its private pages stay mapped. */
const IN_C: Break = {
  file: MMU,
  find: '.attr_filter = KVM_FILTER_PRIVATE | KVM_FILTER_SHARED,',
  put: '.attr_filter = KVM_FILTER_SHARED,',
};
/** A filter for private memory leads to the roots that map shared memory. */
const IN_HEADER: Break = { file: HEADER, find: 'ret |= KVM_MIRROR_ROOTS;', put: 'ret |= KVM_DIRECT_ROOTS;' };

/** The number of the line that was changed. */
function breakLine(clone: string, { file, find, put }: Break): number {
  const text = readFileSync(path.join(clone, file), 'utf8');
  const parts = text.split(find);
  expect(parts).toHaveLength(2);
  writeFileSync(path.join(clone, file), parts.join(put));
  return (parts[0] ?? '').split('\n').length;
}

/** Git in this clone runs a program whenever it looks at the work tree; its file tells whether it did. */
function trap(clone: string): string {
  const marker = path.join(SCRATCH, 'git-ran-a-program');
  const program = path.join(SCRATCH, 'monitor.sh');
  mkdirSync(SCRATCH, { recursive: true });
  writeFileSync(program, `#!/bin/sh\ntouch ${marker}\n`);
  chmodSync(program, 0o755);
  git(clone, 'config', 'core.fsmonitor', program);
  return marker;
}

describe.skipIf(!vscodeIsThere || !kernelIsThere)('a kernel tree in VS Code', () => {
  let editor: Editor;
  let clone: string;
  let marker: string;
  let changed: number;

  beforeAll(async () => {
    clone = kernelClone();
    changed = breakLine(clone, IN_C);
    marker = trap(clone);
    editor = await editorWithExtension(false, {
      scratch: path.join(SCRATCH, 'editor'),
      files: clone,
      askForTrust: true,
      settings: { 'kvmMmu.vmTypes': ['tdx'], 'kvmMmu.preemptions': 0, 'kvmMmu.budgetSeconds': 120 },
    });
  });
  const shot = attended(() => editor, SCRATCH);
  const status = (text: string | RegExp) => editor.page.locator('.statusbar-item', { hasText: text });

  it('is left alone while the workspace is not trusted, and the status bar says so', async () => {
    await openFile(editor, 'mmu/mmu.c');
    const item = status('KVM MMU: not reviewed');
    await item.waitFor();
    expect(await item.getAttribute('aria-label')).toContain('the workspace is not trusted, and git is not run in it');
    await shot('tree-1-untrusted');
    expect(await underlined(editor, 'error')).toEqual([]);
    expect(existsSync(marker)).toBe(false);
  });

  it('is reviewed once it is trusted: the finding stands on the line that was changed', async () => {
    await trustWorkspace();
    await goToLine(editor, changed);
    await expect.poll(() => underlined(editor, 'error'), POLL).toContain(IN_C.put);
    await status(/KVM MMU: \d+ introduced/).waitFor({ timeout: POLL.timeout });
    await shot('tree-2-finding');
    expect(new Set(await underlined(editor, 'error'))).toEqual(new Set([IN_C.put]));
  });

  it('explains the rule on hover', async () => {
    await hoverOver(editor, editor.page.locator('.monaco-editor .squiggly-error').first());
    const hover = editor.page.locator('.monaco-hover:visible', { hasText: 'slot-delete-leaves-nothing' }).first();
    await hover.waitFor();
    expect(await hover.textContent()).toContain('Why:');
    await shot('tree-3-hover');
    await editor.page.keyboard.press('Escape');
  });

  it('is simulated by the command, in the code of the tree', async () => {
    await runCommand(editor, 'KVM MMU: Simulate Patch');
    await pick(editor, 'Simulate Patch: scenario', 'S02');
    await pick(editor, 'VM type for S02', 'tdx');
    const frame = await traceFrame(editor);
    expect(await frame.locator('h1').textContent()).toBe('S02 on tdx, after the patch');
    expect(await frame.locator('tr[aria-selected="true"]').textContent()).toContain('Violation: ');
    await editor.page.locator('.notification-toast').waitFor({ state: 'hidden' });
    await shot('tree-4-trace');
    await frame.locator('tr[aria-selected="true"] button.link', { hasText: 'kvm_main.c' }).first().click();
    await editor.page.locator('.tab.active', { hasText: 'kvm_main.c' }).waitFor();
  });

  it('has the finding in its header, where that is what was changed', async () => {
    git(clone, 'checkout', '-q', MMU);
    changed = breakLine(clone, IN_HEADER);
    await openFile(editor, IN_HEADER.file);
    await goToLine(editor, changed);
    await expect.poll(() => underlined(editor, 'error'), POLL).toContain(IN_HEADER.put);
    await shot('tree-5-header');
    expect(new Set(await underlined(editor, 'error'))).toEqual(new Set([IN_HEADER.put]));
  });

  async function trustWorkspace(): Promise<void> {
    await runCommand(editor, 'Workspaces: Manage Workspace Trust');
    await editor.page.locator('.workspace-trust-editor .monaco-button', { hasText: 'Trust' }).first().click();
    await openFile(editor, 'mmu/mmu.c');
  }
});

import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { SUBJECT } from './subject';
import { attended, editorWithExtension, vscodeIsThere } from './suite';
import {
  type Editor,
  hoverOver,
  openFile,
  panelStored,
  pick,
  reloadWithoutStates,
  runCommand,
  traceFrame,
  underlined,
} from './vscode';

const SCRATCH = path.join(tmpdir(), `kvm-mmu-review-e2e-${process.pid}`);

/** A cold review of all scenarios takes its time on a busy machine. */
const POLL = { timeout: 110_000, interval: 200 };

/** The number of the step that the trace view shows. */
async function position(frame: Frame): Promise<number> {
  return Number(/Step (\d+) of/.exec((await frame.locator('#position').textContent()) ?? '')?.[1]);
}

/** What the view says of the run that it shows. */
async function runOf(frame: Frame): Promise<{ heading: string; summary: string }> {
  const text = async (selector: string) => (await frame.locator(selector).textContent()) ?? '';
  return { heading: await text('h1'), summary: await text('.summary') };
}

describe.skipIf(!vscodeIsThere)('in VS Code', () => {
  let editor: Editor;

  beforeAll(async () => {
    editor = await editorWithExtension(SUBJECT.fake, {
      scratch: SCRATCH,
      files: { 'shared-only.patch': SUBJECT.patch },
      settings: SUBJECT.settings,
    });
  });
  const shot = attended(() => editor, SCRATCH);

  it('underlines the line that introduces a violation', async () => {
    await openFile(editor, 'shared-only.patch');
    await expect.poll(() => underlined(editor, 'error'), POLL).toContain(SUBJECT.culprit);
    await shot('1-squiggle');
  });

  it('colours the C inside the hunk, and keeps the colours of the diff', async () => {
    const line = editor.page.locator('.monaco-editor .view-line', { hasText: SUBJECT.context });
    const colours = () =>
      line
        .locator('span span')
        .evaluateAll((parts) =>
          parts.filter((part) => part.textContent?.trim() !== '').map((part) => getComputedStyle(part).color),
        );
    await expect.poll(async () => new Set(await colours()).size).toBeGreaterThan(1);
  });

  it('offers code lenses on the hunk, and says what it found in the status bar', async () => {
    const lens = editor.page.locator('.codelens-decoration', { hasText: 'Simulate' });
    await lens.waitFor();
    await expect.poll(() => lens.textContent(), POLL).toMatch(/Show interleaving \(\d+ introduced/);
    const status = editor.page.locator('.statusbar-item', { hasText: /KVM MMU: \d+ introduced/ });
    await status.waitFor({ timeout: 110_000 });
  });

  it('explains the rule on hover', async () => {
    await hoverOver(editor, editor.page.locator('.monaco-editor .squiggly-error').first());
    const hover = editor.page.locator('.monaco-hover:visible', { hasText: 'slot-delete-leaves-nothing' }).first();
    await hover.waitFor();
    await shot('2-hover');
    expect(await hover.textContent()).toContain(SUBJECT.why);
  });

  it('simulates a scenario and steps through it, forwards and back', async () => {
    await editor.page.keyboard.press('Escape');
    await runCommand(editor, 'KVM MMU: Simulate Patch');
    await pick(editor, 'Simulate Patch: scenario', 'S02');
    await pick(editor, 'VM type for S02', 'tdx');
    const frame = await traceFrame(editor);
    await editor.page.locator('.notification-toast').waitFor({ state: 'hidden' });
    await shot('3-trace');
    expect(await frame.locator('h1').textContent()).toBe('S02 on tdx, after the patch');
    const selected = frame.locator('tr[aria-selected="true"]');

    // It opens at the step that breaks the rule.
    expect(await selected.textContent()).toContain('Violation: slot-delete-leaves-nothing');
    const broken = await position(frame);

    const { step: name, row, mark } = SUBJECT.change;
    const named = frame.locator('.lanes tbody tr', { hasText: name }).first();
    const at = Number(await named.locator('th').textContent());
    await named.click();
    expect(await position(frame)).toBe(at);
    const entry = frame.locator('.state tbody tr', { hasText: row }).first();
    expect(await entry.locator('.mark').textContent()).toBe(mark);
    await shot('4-trace-named-step');

    await editor.page.keyboard.press('Home');
    const first = await position(frame);
    await editor.page.keyboard.press('ArrowRight');
    const second = await position(frame);
    expect(second).toBeGreaterThan(first);
    await editor.page.keyboard.press('ArrowLeft');
    expect(await position(frame)).toBe(first);
    await frame.locator('#step').fill(String(at));
    expect(await entry.locator('.mark').textContent()).toBe(mark);
    await frame.locator('#changed-only').check();
    const marks = await frame.locator('.state tbody .mark').allTextContents();
    expect(marks.length).toBeGreaterThan(0);
    expect(marks).not.toContain('');
    expect(at).toBeLessThan(broken);
  });

  it('leads from a step to its line of C, and from a finding to its interleaving', async () => {
    const frame = await traceFrame(editor);
    const link = frame.locator('tr[aria-selected="true"] button.link', { hasText: SUBJECT.file }).first();
    await link.click();
    await editor.page.locator('.tab.active', { hasText: SUBJECT.file }).waitFor();
    await openFile(editor, 'shared-only.patch');
    await runCommand(editor, 'KVM MMU: Show Interleaving');
    await SUBJECT.chooseFinding(editor);
    await expect.poll(() => frame.locator('tr[aria-selected="true"]').textContent(), POLL).toContain('Violation:');
    await shot('5-finding');
  });

  it('shows the same trace after the window is reloaded', async () => {
    const run = await runOf(await traceFrame(editor));
    // The summary tells it from the run that was simulated before.
    await panelStored(editor, 'kvmMmu.trace', run.summary);
    await editor.page.reload();
    const frame = await traceFrame(editor);
    expect(await runOf(frame)).toEqual(run);
    expect(await frame.locator('tr[aria-selected="true"]').textContent()).toContain('Violation:');
    await shot('6-restored');
  });

  it('shows it also if VS Code stored the panel before the state of its view', async () => {
    const run = await runOf(await traceFrame(editor));
    await panelStored(editor, 'kvmMmu.trace', run.summary);
    expect(await reloadWithoutStates(editor)).toBe(1);
    const frame = await traceFrame(editor);
    expect(await runOf(frame)).toEqual(run);
    expect(await frame.locator('tr[aria-selected="true"]').textContent()).toContain('Violation:');
    await shot('7-restored-without-state');
  });
});

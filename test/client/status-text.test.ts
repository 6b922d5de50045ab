import { describe, expect, it } from 'vitest';
import { statusText, statusTooltip } from '../../client/status-text';
import type { StatusParams } from '../../server/lsp/protocol';

const status = (change: Partial<StatusParams> = {}): StatusParams => ({
  uri: 'file:///a',
  version: 1,
  state: 'done',
  message: '',
  tier: 'reference',
  kernel: 'reference',
  verdict: 'clean',
  counts: { introduced: 0, fixed: 0, present: 0 },
  ...change,
});

describe('the status bar', () => {
  it.each([
    [{}, '$(beaker) KVM MMU: clean'],
    [{ verdict: 'incomplete' as const }, '$(beaker) KVM MMU: incomplete'],
    [{ counts: { introduced: 2, fixed: 1, present: 0 } }, '$(beaker) KVM MMU: 2 introduced, 1 fixed'],
    [
      { verdict: 'incomplete' as const, counts: { introduced: 0, fixed: 1, present: 0 } },
      '$(beaker) KVM MMU: 1 fixed, incomplete',
    ],
    [{ state: 'running' as const }, '$(sync~spin) KVM MMU'],
    [{ state: 'failed' as const }, '$(warning) KVM MMU: failed'],
    [{ state: 'ignored' as const }, ''],
  ])('%j shows %j', (change, text) => {
    expect(statusText(status(change))).toBe(text);
  });

  it('tells in its tooltip what was run', () => {
    expect(statusTooltip(status())).toBe('clean\nRan the reference KVM, not a kernel tree');
    expect(statusTooltip(status({ tier: 'tree', kernel: '7.3.4' }))).toContain("kernel tree's own code (7.3.4)");
    expect(statusTooltip(status({ state: 'failed', message: 'why' }))).toContain('why');
  });
});

/** The words of the status bar. Plain text from a status; it knows no VS Code. */

import type { StatusParams } from '../server/lsp/protocol';

/** Short, for the bar itself; `$(name)` are VS Code's icons. */
export function statusText(status: StatusParams): string {
  switch (status.state) {
    case 'ignored':
      return status.message === '' ? '' : '$(beaker) KVM MMU: not reviewed';
    case 'waiting':
    case 'running':
      return '$(sync~spin) KVM MMU';
    case 'cancelled':
      return '$(circle-slash) KVM MMU: stopped';
    case 'failed':
      return '$(warning) KVM MMU: failed';
    case 'done':
      return `$(beaker) KVM MMU: ${verdictText(status)}`;
  }
}

function verdictText({ verdict, counts }: StatusParams): string {
  const shown = [
    ...(counts.introduced > 0 ? [`${counts.introduced} introduced`] : []),
    ...(counts.fixed > 0 ? [`${counts.fixed} fixed`] : []),
    ...(counts.present > 0 ? [`${counts.present} already there`] : []),
  ].join(', ');
  if (shown === '') return verdict ?? 'nothing to review';
  return verdict === 'incomplete' ? `${shown}, incomplete` : shown;
}

/** Everything, for the tooltip and for screen readers. */
export function statusTooltip(status: StatusParams): string {
  switch (status.state) {
    case 'ignored':
      return status.message === '' ? '' : `Not reviewed: ${status.message}`;
    case 'waiting':
      return 'Waiting to review';
    case 'running':
      return status.message === '' ? 'Reviewing' : `Reviewing: ${status.message}`;
    case 'cancelled':
      return 'The review was stopped before it was complete';
    case 'failed':
      return `The review failed: ${status.message}`;
    case 'done':
      return `${verdictText(status)}\n${sourceText(status)}`;
  }
}

function sourceText({ tier, kernel }: StatusParams): string {
  switch (tier) {
    case 'tree':
      return `Ran the kernel tree's own code${kernel === null ? '' : ` (${kernel})`}`;
    case 'reference':
      return 'Ran the reference KVM, not a kernel tree';
    default:
      return 'Nothing was run';
  }
}

/** What the trace view and the extension say to each other. Types only. */

import type { Side, TraceResult } from '../../server/lsp/protocol';

export interface ToView {
  readonly type: 'show';
  readonly result: TraceResult;
  /** Asked for just now, so start at the telling step; otherwise the view stays where it was. */
  readonly fresh: boolean;
}

export type FromView =
  /** The view's script runs and waits for something to show. */
  | { readonly type: 'ready' }
  /** Open a line (from 1) of a file of the trace; null is the patch itself. */
  | { readonly type: 'open'; readonly file: string | null; readonly line: number }
  /** Run the same situation on the other side of the patch. */
  | { readonly type: 'side'; readonly side: Side }
  | { readonly type: 'copy'; readonly text: string };

/** What the view keeps, so that it comes back after a restart as it was. */
export interface ViewState {
  readonly result: TraceResult;
  /** Index of the step shown. */
  readonly step: number;
  /** Also the steps that change nothing. */
  readonly everyStep: boolean;
  readonly changedOnly: boolean;
  readonly filter: string;
}

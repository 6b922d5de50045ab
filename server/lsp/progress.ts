/** Work-done progress of reviews, with a cancel button, where the client can show it. */

import type { Connection, WorkDoneProgressReporter } from 'vscode-languageserver';
import type { RunListener } from './documents';
import type { Progress } from './reviewer';

/** Whole percent of a progress; 0 while its extent is unknown. */
export function percent({ done, total }: Progress): number {
  return total <= 0 ? 0 : Math.min(100, Math.max(0, Math.round((100 * done) / total)));
}

/** Make the `started` part of a listener. `supported` is asked at each start: it is known only after initialisation. */
export function createProgressListener(
  connection: Connection,
  supported: () => boolean,
): (uri: string, cancel: () => void) => RunListener {
  return (uri, cancel) => {
    if (!supported()) return { progress: () => {}, ended: () => {} };
    let reporter: WorkDoneProgressReporter | null = null;
    let over = false;
    connection.window
      .createWorkDoneProgress()
      .then((created) => {
        if (over) return;
        created.begin(`KVM MMU: ${fileName(uri)}`, 0, 'reading', true);
        created.token.onCancellationRequested(cancel);
        reporter = created;
      })
      .catch(() => {});
    return {
      progress: (progress) => reporter?.report(percent(progress), progress.text),
      ended: () => {
        over = true;
        reporter?.done();
      },
    };
  };
}

function fileName(uri: string): string {
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

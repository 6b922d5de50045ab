/** Code actions of findings: a way from a diagnostic to its interleaving. Repairs are not offered here. */

import { type CodeAction, CodeActionKind, type Diagnostic } from 'vscode-languageserver';
import { SOURCE } from './diagnostics';
import { type CommandArgument, type FindingData, SHOW_COMMAND } from './protocol';

/** One action per diagnostic that is a finding. */
export function actionsFor(uri: string, diagnostics: readonly Diagnostic[]): CodeAction[] {
  return diagnostics.flatMap((diagnostic) => {
    if (diagnostic.source !== SOURCE || !isFinding(diagnostic.data)) return [];
    const argument: CommandArgument = { uri, findings: [diagnostic.data.finding] };
    const title = `Show interleaving: ${String(diagnostic.code)}`;
    return [
      {
        title,
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnostic],
        command: { title, command: SHOW_COMMAND, arguments: [argument] },
      },
    ];
  });
}

function isFinding(data: unknown): data is FindingData {
  const { kind, finding } = (data ?? {}) as Partial<FindingData>;
  return kind === 'finding' && typeof finding === 'string';
}

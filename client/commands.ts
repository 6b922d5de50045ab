/** The commands of the palette and of code lenses: pick, ask the server, show. */

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type CommandArgument,
  type FindingSummary,
  METHODS,
  type ReviewParams,
  type ReviewResult,
  type ScenarioInfo,
  type ScenariosParams,
  SHOW_COMMAND,
  SIMULATE_COMMAND,
  type SimulateParams,
  type TraceParams,
  type TraceResult,
} from '../server/lsp/protocol';
import { requestWithProgress } from './requests';
import type { TraceView } from './trace/panel';

/** Register all commands; dispose what is returned. */
export function registerCommands(client: LanguageClient, traceView: TraceView): vscode.Disposable[] {
  const register = vscode.commands.registerCommand;
  traceView.onSide(async (shown, side) => {
    const { scenario, vm } = shown.trace;
    const result = await simulate(client, { uri: shown.uri, scenario, vm, side });
    if (result !== null) traceView.show(result);
  });
  return [
    register(SIMULATE_COMMAND, (argument?: CommandArgument) => simulatePatch(client, traceView, argument)),
    register(SHOW_COMMAND, (argument?: CommandArgument) => showInterleaving(client, traceView, argument)),
    register('kvmMmu.reviewFile', () => reviewFile(client)),
  ];
}

function activeUri(): string | null {
  const document = vscode.window.activeTextEditor?.document;
  return document === undefined ? null : document.uri.toString();
}

/** Documents that the server follows; others are opened to it first, whatever their language. */
async function follow(client: LanguageClient, uri: string): Promise<boolean> {
  await client.start();
  const document = vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri);
  if (document === undefined) return false;
  const feature = client.getFeature('textDocument/didOpen');
  const provider = feature.getProvider(document);
  if (provider !== undefined) return true;
  await vscode.languages.setTextDocumentLanguage(document, 'diff');
  return true;
}

async function simulatePatch(client: LanguageClient, view: TraceView, argument?: CommandArgument): Promise<void> {
  const active = argument?.uri ?? activeUri();
  const uri = active !== null && (await isFollowed(client, active)) ? active : null;
  const scenario = await pickScenario(client, uri);
  if (scenario === undefined) return;
  const vm = await pickVm(scenario);
  if (vm === undefined) return;
  const result = await simulate(client, { uri, scenario: scenario.id, vm, side: 'post' });
  if (result !== null) view.show(result);
}

/** Is this a document that the server has? Anything else simulates the unmodified reference. */
async function isFollowed(client: LanguageClient, uri: string): Promise<boolean> {
  await client.start();
  const document = vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri);
  return document !== undefined && client.getFeature('textDocument/didOpen').getProvider(document) !== undefined;
}

async function pickScenario(client: LanguageClient, uri: string | null): Promise<ScenarioInfo | undefined> {
  const params: ScenariosParams = { uri };
  const scenarios = await client.sendRequest<ScenarioInfo[]>(METHODS.scenarios, params);
  const items = scenarios.map((scenario) => ({
    label: `${scenario.id} ${scenario.name}`,
    description: scenario.suggested ? 'a finding shows here' : '',
    detail: scenario.assumption === null ? scenario.title : `${scenario.title} (supposes: ${scenario.assumption})`,
    scenario,
  }));
  const options = { title: 'Simulate Patch: scenario', placeHolder: 'Which situation?', matchOnDetail: true };
  return (await vscode.window.showQuickPick(items, options))?.scenario;
}

async function pickVm(scenario: ScenarioInfo): Promise<SimulateParams['vm'] | undefined> {
  if (scenario.vm.length === 1) return scenario.vm[0];
  const items = scenario.vm.map((vm) => ({ label: vm, vm }));
  const options = { title: `Simulate Patch: VM type for ${scenario.id}`, placeHolder: 'Which kind of VM?' };
  return (await vscode.window.showQuickPick(items, options))?.vm;
}

function simulate(client: LanguageClient, params: SimulateParams): Promise<TraceResult | null> {
  return requestWithProgress(
    client,
    METHODS.simulate,
    params,
    `KVM MMU: simulating ${params.scenario} on ${params.vm}`,
  );
}

async function showInterleaving(client: LanguageClient, view: TraceView, argument?: CommandArgument): Promise<void> {
  const uri = argument?.uri ?? activeUri();
  if (uri === null || !(await follow(client, uri))) {
    void vscode.window.showInformationMessage('KVM MMU: open a patch first.');
    return;
  }
  const finding = await chooseFinding(client, uri, argument?.findings);
  if (finding === null) return;
  const params: TraceParams = { uri, finding };
  const title = 'KVM MMU: replaying the interleaving';
  const result = await requestWithProgress<TraceParams, TraceResult>(client, METHODS.trace, params, title);
  if (result !== null) view.show(result);
}

async function chooseFinding(
  client: LanguageClient,
  uri: string,
  wanted: readonly string[] | undefined,
): Promise<string | null> {
  const only = wanted?.length === 1 ? wanted[0] : undefined;
  if (only !== undefined) return only;
  const result = await review(client, { uri, force: false });
  if (result === null) return null;
  const findings = result.findings.filter(({ id }) => wanted === undefined || wanted.includes(id));
  if (findings.length === 0) {
    void vscode.window.showInformationMessage('KVM MMU: the review of this text has no findings.');
    return null;
  }
  const line = wanted === undefined ? currentLine(uri) : null;
  const here = findings.filter(({ patchLine }) => patchLine === line);
  const offered = here.length > 0 ? here : findings;
  if (offered.length === 1) return offered[0]?.id ?? null;
  const picked = await vscode.window.showQuickPick(offered.map(findingItem), {
    title: 'Show Interleaving: finding',
    matchOnDetail: true,
  });
  return picked?.id ?? null;
}

function findingItem(finding: FindingSummary): vscode.QuickPickItem & { id: string } {
  const status = finding.status === 'present' ? 'already there' : finding.status;
  return {
    id: finding.id,
    label: finding.invariant,
    description: `${status}, line ${finding.patchLine}, ${finding.vm.join(', ')}, ${finding.scenarios.join(', ')}`,
    detail: finding.message,
  };
}

function currentLine(uri: string): number | null {
  const editor = vscode.window.activeTextEditor;
  return editor?.document.uri.toString() === uri ? editor.selection.active.line + 1 : null;
}

async function reviewFile(client: LanguageClient): Promise<void> {
  const uri = activeUri();
  if (uri === null || !(await follow(client, uri))) {
    void vscode.window.showInformationMessage('KVM MMU: open a file first.');
    return;
  }
  await review(client, { uri, force: true });
}

function review(client: LanguageClient, params: ReviewParams): Promise<ReviewResult | null> {
  return requestWithProgress(client, METHODS.review, params, 'KVM MMU: reviewing');
}

/**
 * Turns an outline's remarks and a review's findings into LSP diagnostics. It decides wording and
 * places only; what is a finding, and how grave, the review has decided.
 */

import { type Diagnostic, type DiagnosticRelatedInformation, DiagnosticSeverity } from 'vscode-languageserver';
import type { Finding, FindingTraceStep, PatchReview, Severity } from '../review/types';
import type { EarlyFinding, Known } from './documents';
import { STATIC } from './outline';
import { lineRange, type ResolveFile } from './places';
import type { FindingData } from './protocol';
import type { OutlinePatch, Remark } from './reviewer';

export const SOURCE = 'KVM MMU';

/** Steps of a trace that are shown as related information; the trace view has all of them. */
const RELATED_STEPS = 30;

export interface DiagnosticContext {
  readonly uri: string;
  readonly version: number;
  readonly resolve: ResolveFile;
  /** The page that explains an invariant, as a URI; null when there is none. */
  readonly explain: (invariant: string) => string | null;
}

/** Everything known about one version of a document: remarks first, then what the runs found. */
export function diagnosticsOf(
  known: Pick<Known, 'outline' | 'reviews' | 'early' | 'state' | 'message'>,
  context: DiagnosticContext,
): Diagnostic[] {
  const failed: Diagnostic[] = known.state === 'failed' ? [failureDiagnostic(known.message)] : [];
  const remarks = remarksOf(known).map(
    (remark): Diagnostic => ({
      source: SOURCE,
      code: remark.code,
      severity: severityOf(remark.severity),
      message: remark.message,
      range: lineRange(remark.span.line, remark.span.column, remark.span.endColumn),
    }),
  );
  const early = known.early.map(({ patch, finding }) => findingDiagnostic(finding, findingId(patch, finding), context));
  const found = known.reviews.flatMap((review, index) =>
    reviewDiagnostics(review, index, known.outline?.patches[index], context),
  );
  return [...failed, ...remarks, ...early, ...found];
}

/** How a review's note about names of the changelog starts; the remarks show the same names in their places. */
const CHANGELOG_NOTE = 'named in the changelog, untouched by the diff: ';

/** The outline knows only the diff; a review that knows the edited functions too has the last word on names. */
function remarksOf({ outline, reviews }: Pick<Known, 'outline' | 'reviews'>): readonly Remark[] {
  const remarks = outline?.remarks ?? [];
  const ran = reviews.filter(({ tier }) => tier !== 'static');
  if (ran.length === 0) return remarks;
  const notes = ran.flatMap(({ notes }) => notes.filter((note) => note.startsWith(CHANGELOG_NOTE)));
  const names = new Set(notes.flatMap((note) => note.slice(CHANGELOG_NOTE.length).split(', ')));
  return remarks.filter(({ code, message }) => {
    if (code.startsWith(STATIC)) return false;
    return code !== 'changelog-name' || names.has(message.split(':', 1)[0] ?? '');
  });
}

/** Names a finding within a version of a document; stays the same when more findings come. */
export function findingId(patch: number, finding: Finding): string {
  const { invariant, status, patchLine, patchColumn, scenarios, vm } = finding;
  return [patch, status, invariant, `${patchLine}:${patchColumn}`, scenarios.join('+'), vm.join('+')].join('/');
}

/** All findings so far, with the index of their patch. */
export function findingsOf(known: Pick<Known, 'reviews' | 'early'>): EarlyFinding[] {
  const complete = known.reviews.flatMap((review, patch) => review.findings.map((finding) => ({ patch, finding })));
  return [...complete, ...known.early];
}

/** The finding that an id names, or null. */
export function findingById(known: Pick<Known, 'reviews' | 'early'>, id: string): Finding | null {
  return findingsOf(known).find(({ patch, finding }) => findingId(patch, finding) === id)?.finding ?? null;
}

/** Silence would pose as safety. */
function failureDiagnostic(why: string): Diagnostic {
  const message = `The review is not complete: ${why}`;
  return { source: SOURCE, code: 'review-failed', severity: DiagnosticSeverity.Warning, message, range: lineRange(1) };
}

function reviewDiagnostics(
  review: PatchReview,
  index: number,
  patch: OutlinePatch | undefined,
  context: DiagnosticContext,
): Diagnostic[] {
  const findings = review.findings.map((finding) => findingDiagnostic(finding, findingId(index, finding), context));
  const notUnderstood = review.coverage.notUnderstood.map(
    ({ patchLine, why }): Diagnostic => ({
      source: SOURCE,
      code: 'not-understood',
      severity: DiagnosticSeverity.Information,
      message: `Not understood, so not run: ${why}`,
      range: lineRange(patchLine),
    }),
  );
  const notReached = review.coverage.notReached.map(
    ({ patchLine }): Diagnostic => ({
      source: SOURCE,
      code: 'not-reached',
      severity: DiagnosticSeverity.Hint,
      message: 'No scenario ran this line: nothing is said about it.',
      range: lineRange(patchLine),
    }),
  );
  return [...findings, ...notUnderstood, ...notReached, ...noteDiagnostics(review, patch)];
}

/** Notes in one diagnostic are at most this many; the command line prints all. */
const SHOWN_NOTES = 20;

/** Notes have no place of their own; they stand together where their patch starts. */
function noteDiagnostics(review: PatchReview, patch: OutlinePatch | undefined): Diagnostic[] {
  const notes = [...new Set(review.notes.filter((note) => !note.startsWith(CHANGELOG_NOTE)))];
  if (notes.length === 0) return [];
  const left = notes.length - SHOWN_NOTES;
  const message = [...notes.slice(0, SHOWN_NOTES), ...(left > 0 ? [`and ${left} more`] : [])].join('\n');
  const range = lineRange(patch?.line ?? 1);
  return [{ source: SOURCE, code: 'note', severity: DiagnosticSeverity.Hint, message, range }];
}

function findingDiagnostic(finding: Finding, id: string, context: DiagnosticContext): Diagnostic {
  const page = context.explain(finding.invariant);
  const data: FindingData = {
    kind: 'finding',
    finding: id,
    version: context.version,
    status: finding.status,
    scenario: finding.scenarios[0] ?? '',
    vm: finding.vm[0] ?? 'default',
    side: finding.side,
    schedule: finding.schedule,
  };
  return {
    source: SOURCE,
    code: finding.invariant,
    ...(page === null ? {} : { codeDescription: { href: page } }),
    severity: severityOf(finding.severity),
    message: findingMessage(finding),
    range: lineRange(finding.patchLine, finding.patchColumn, finding.patchEndColumn),
    relatedInformation: relatedInformation(finding, context),
    data,
  };
}

/** The review's own words, which name VM types, situation and assumption; the ids are for searching. */
function findingMessage({ message, scenarios }: Finding): string {
  return scenarios.length === 0 ? message : `${message} [${scenarios.join(', ')}]`;
}

function relatedInformation(finding: Finding, context: DiagnosticContext): DiagnosticRelatedInformation[] {
  const own = { uri: context.uri, range: lineRange(finding.patchLine, finding.patchColumn, finding.patchEndColumn) };
  const culprits = finding.culprits
    .filter(({ patchLine, patchColumn }) => patchLine !== finding.patchLine || patchColumn !== finding.patchColumn)
    .map((culprit) => ({
      location: { uri: context.uri, range: lineRange(culprit.patchLine, culprit.patchColumn) },
      message: `part of the cause: ${culprit.text.trim()}`,
    }));
  const told = tellingSteps(finding.trace);
  const steps = told.slice(0, RELATED_STEPS).map(({ step, index }) => ({
    location: stepLocation(step, context) ?? own,
    message: stepMessage(step, index),
  }));
  const left = told.length - steps.length;
  const rest = left > 0 ? [{ location: own, message: `${left} more steps: show the interleaving to see them` }] : [];
  return [...culprits, ...steps, ...rest];
}

/** Steps that change something or run the patch's own lines, with their index; all, if there are none such. */
export function tellingSteps(trace: readonly FindingTraceStep[]): { step: FindingTraceStep; index: number }[] {
  const all = trace.map((step, index) => ({ step, index }));
  const told = all.filter(({ step }) => step.changes.length > 0 || step.patchLine !== null);
  return told.length === 0 ? all : told;
}

function stepLocation(
  step: FindingTraceStep,
  context: DiagnosticContext,
): DiagnosticRelatedInformation['location'] | null {
  if (step.patchLine !== null) return { uri: context.uri, range: lineRange(step.patchLine) };
  if (step.file === null || step.line === null) return null;
  const uri = context.resolve(step.file);
  return uri === null ? null : { uri, range: lineRange(step.line) };
}

/** `3. vcpu0: TDH.MEM.PAGE.REMOVE gfn 0 (S-EPT[gfn 0]: BLOCKED -> FREE)` */
export function stepMessage(step: Pick<FindingTraceStep, 'thread' | 'action' | 'changes'>, index: number): string {
  const changes = step.changes.length === 0 ? '' : ` (${step.changes.join('; ')})`;
  return `${index + 1}. ${step.thread}: ${step.action}${changes}`;
}

function severityOf(severity: Severity): DiagnosticSeverity {
  switch (severity) {
    case 'error':
      return DiagnosticSeverity.Error;
    case 'warning':
      return DiagnosticSeverity.Warning;
    case 'information':
      return DiagnosticSeverity.Information;
    case 'hint':
      return DiagnosticSeverity.Hint;
  }
}

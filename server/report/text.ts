/**
 * The report as text: one line per finding, `path:line: severity: message [invariant]`, then its
 * interleaving in columns; then coverage, runs and notes. It knows the JSON contract and no more.
 */

import { isCode } from '../review/finding';
import type { SimulationTrace } from '../review/simulate';
import type { Finding, FindingTraceStep, PatchReview, Report, Runs, Verdict } from '../review/types';
import { interleaving } from './columns';
import { excerpt } from './excerpt';
import { type ReportStep, rowsOf } from './steps';

const VIOLATES = 'violates ';
const MARKS = { add: '+ ', delete: '- ', context: '' };

/** The whole report. Ends with a line feed. */
export function textReport(report: Report): string {
  const { patches } = report;
  const parts = patches.map(patchText);
  if (patches.length > 1) parts.push(totals(patches));
  return `${parts.join('\n\n')}\n`;
}

function totals(patches: readonly PatchReview[]): string {
  const verdicts = [...new Set(patches.map(({ verdict }) => verdict))];
  const each = verdicts.map(
    (verdict: Verdict) =>
      `${patches.filter((one) => one.verdict === verdict).length} ${verdict === 'findings' ? 'with findings' : verdict}`,
  );
  return `${patches.length} patches: ${each.join(', ')}`;
}

function patchText(patch: PatchReview): string {
  const lines = [patch.subject === null ? patch.input : `${patch.input}: ${patch.subject}`];
  for (const finding of patch.findings) lines.push('', ...findingText(patch, finding));
  if (patch.findings.length > 0) lines.push('');
  if (patch.runs.scenarios + patch.coverage.changedLines + patch.coverage.nonExecutable > 0) {
    lines.push(coverageText(patch), runsText(patch));
  }
  for (const note of patch.notes) lines.push(`note: ${note}`);
  lines.push(`verdict: ${patch.verdict}`);
  return lines.join('\n');
}

function findingText(patch: PatchReview, finding: Finding): string[] {
  const { input, replay = [input] } = patch;
  const head = `${input}:${finding.patchLine}: ${finding.severity}: ${finding.message} [${finding.invariant}]`;
  const where = finding.function === null ? '' : ` in ${finding.function}()`;
  const seen = `seen in ${finding.scenarios.join(', ')} on ${finding.vm.join(', ')}, ${preemptions(finding.preemptions, patch.runs.memoryOrder)}`;
  return [
    head,
    `  ${finding.status}${where}; ${seen}`,
    ...culpritsText(patch, finding),
    ...runText(finding, runThatShows(patch.findings, finding)),
    `  replay: kvm-mmu-review simulate ${replay.map(quoted).join(' ')} --scenario ${finding.scenarios[0] ?? ''} --vm ${finding.vm[0] ?? ''} --side ${finding.side} --schedule "${finding.schedule}"`,
  ];
}

/** Findings of one cause share their lines: they are shown with the first. */
function culpritsText({ findings }: PatchReview, finding: Finding): string[] {
  const lines = culpritLines(finding);
  if (lines.length === 0) return [];
  const key = lines.join('\n');
  const first = findings.find((other) => culpritLines(other).join('\n') === key) ?? finding;
  if (first !== finding && lines.length > 1) return [`  lines that make the difference: those of [${first.invariant}]`];
  return ['  lines that make the difference:', ...lines];
}

/** Comments and blank lines are left out, unless there is nothing else. */
function culpritLines({ culprits }: Finding): string[] {
  const code = culprits.filter(({ text }) => isCode(text));
  return (code.length > 0 ? code : culprits).map(({ patchLine, patchColumn, kind, text }) => {
    // In a mail that an archive put on one line the columns tell.
    const column = patchColumn > 1 ? `, column ${patchColumn}` : '';
    return `    line ${patchLine}${column}: ${MARKS[kind ?? 'context']}${text}`;
  });
}

function runText(finding: Finding, other: Finding | null): string[] {
  if (other !== null) return [`  how it happens: in the run under [${other.invariant}], where it is marked`];
  return [
    `  how it happens (${finding.side === 'pre' ? 'before' : 'after'} the patch):`,
    ...interleaving(excerpt(rowsOf(finding.trace.map(reportStep)))).map((line) => `    ${line}`.trimEnd()),
  ];
}

/** The finding whose run starts with this one's and marks its violation: one run is shown once. */
function runThatShows(findings: readonly Finding[], finding: Finding): Finding | null {
  const steps = finding.trace.map(stepKey);
  const at = findings.indexOf(finding);
  const shows = (other: Finding, index: number): boolean => {
    if (other === finding || other.side !== finding.side || other.vm[0] !== finding.vm[0]) return false;
    if (other.scenarios[0] !== finding.scenarios[0] || other.trace.length < finding.trace.length) return false;
    // Of two equal runs the last is shown.
    if (other.trace.length === finding.trace.length && index < at) return false;
    const marked = other.trace.some(({ changes }) =>
      changes.some((change) => change.startsWith(`${VIOLATES}${finding.invariant}: `)),
    );
    return marked && steps.every((step, index) => step === stepKey(other.trace[index]));
  };
  const longer = findings.filter(shows);
  return longer.reduce<Finding | null>(
    (best, one) => (best === null || one.trace.length >= best.trace.length ? one : best),
    null,
  );
}

function stepKey(step: FindingTraceStep | undefined): string {
  return step === undefined ? '' : `${step.thread} ${step.file}:${step.line} ${step.action}`;
}

function reportStep(step: FindingTraceStep): ReportStep {
  const violations = step.changes.filter((change) => change.startsWith(VIOLATES));
  return {
    thread: step.thread,
    function: step.function ?? null,
    action: step.action,
    patchLine: step.patchLine,
    changes: step.changes.filter((change) => !change.startsWith(VIOLATES)),
    violations: violations.map((change) => change.slice(VIOLATES.length)),
  };
}

function preemptions(count: number, order: Runs['memoryOrder']): string {
  if (count === 0) return 'without preemption';
  return `with ${counted(count, 'preemption')}${order === 'x86' ? ', stores that wait included' : ''}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A path as a shell reads it back. */
function quoted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function coverageText({ coverage, verdict }: PatchReview): string {
  const { changedLines, executed, notReached, notUnderstood } = coverage;
  if (changedLines === 0 && verdict === 'clean') return 'no changed line can execute';
  const parts = [`${executed} of ${counted(changedLines, 'changed line')} executed`];
  if (notReached.length > 0) {
    const lines = notReached.map(({ patchLine }) => patchLine).join(', ');
    parts.push(`not reached: ${notReached.length === 1 ? 'line' : 'lines'} ${lines}`);
  }
  for (const why of new Set(notUnderstood.map((line) => line.why))) {
    const lines = notUnderstood.filter((line) => line.why === why).map(({ patchLine }) => patchLine);
    parts.push(`${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')} not understood: ${why}`);
  }
  return parts.join('; ');
}

function runsText({ runs, tier, kernel }: PatchReview): string {
  const of = kernel === null || kernel === tier ? '' : ` (${kernel})`;
  const extent = [
    counted(runs.scenarios, 'scenario'),
    counted(runs.states, 'state'),
    counted(runs.transitions, 'transition'),
    `${(runs.milliseconds / 1000).toFixed(1)} s`,
    ...(runs.complete ? [] : ['incomplete']),
    ...(runs.memoryOrder === 'x86' ? ['memory order of x86'] : []),
  ];
  const vacuous = runs.vacuous.length > 0 ? `; vacuous: ${runs.vacuous.join(', ')}` : '';
  return `tier ${tier}${of}: ${extent.join(', ')}${vacuous}`;
}

const orderOf = ({ memoryOrder }: SimulationTrace): string => (memoryOrder === 'x86' ? ', memory order of x86' : '');

/** A simulation as text: its summary, the interleaving, and how to replay it. */
export function textTrace(trace: SimulationTrace): string {
  const steps = trace.steps.map(
    (step): ReportStep => ({
      thread: step.thread,
      function: step.place?.function ?? null,
      action: step.action,
      patchLine: step.patchLine,
      changes: step.changes,
      violations: step.violations,
    }),
  );
  const lines = [
    `${trace.scenario} on ${trace.vm}, ${trace.side} side${orderOf(trace)}: ${trace.title}`,
    ...(trace.assumption === null ? [] : [`supposing that ${trace.assumption}`]),
    trace.summary,
    '',
    ...interleaving(rowsOf(steps), 120),
    '',
    `schedule: ${trace.schedule === '' ? '(none)' : trace.schedule}`,
  ];
  return `${lines.join('\n')}\n`;
}

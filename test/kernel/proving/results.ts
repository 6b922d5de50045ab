/** The proving ground's table, its totals and its bounds. */
import { isBug, releaseOf } from '../cases';
import type { Bug, Edit } from '../edit';
import { UNBROKEN } from '../rules';
import type { Judgement } from './judge';
import { rulesTable } from './rules-table';

export interface Judged {
  readonly edit: Bug | Edit;
  readonly judgement: Judgement;
}

export interface Totals {
  readonly bugs: number;
  /** Under a rule that the case names, or under another. */
  readonly found: number;
  readonly other: number;
  readonly located: number;
  readonly edits: number;
  readonly flagged: number;
  /** Cases of either kind that gave no usable report. */
  readonly failed: number;
}

/** Least shares of the seeded bugs. */
const FOUND = 0.95;
const LOCATED = 0.9;

function count(judged: readonly Judged[], test: (judgement: Judgement) => boolean): number {
  return judged.filter(({ judgement }) => test(judgement)).length;
}

export function totalsOf(judged: readonly Judged[]): Totals {
  const bugs = judged.filter(({ edit }) => isBug(edit));
  return {
    bugs: bugs.length,
    found: count(bugs, ({ result }) => result === 'found' || result === 'other'),
    other: count(bugs, ({ result }) => result === 'other'),
    located: count(bugs, ({ located }) => located),
    edits: judged.length - bugs.length,
    flagged: count(judged, ({ result }) => result === 'flagged'),
    failed: count(judged, ({ result }) => result === 'failed'),
  };
}

/** Sentences about what is below the bounds; none when all is well. */
export function shortfalls({ bugs, found, located, flagged, failed }: Totals): string[] {
  const below: string[] = [];
  if (found < FOUND * bugs) below.push(`${found} of ${bugs} seeded bugs found, fewer than ${FOUND * 100} %`);
  if (located < LOCATED * bugs)
    below.push(`${located} of ${bugs} located on a changed line, fewer than ${LOCATED * 100} %`);
  if (flagged > 0) below.push(`${flagged} harmless edits reported as bugs`);
  if (failed > 0) below.push(`${failed} cases without a usable report`);
  return below;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${Math.floor((1000 * part) / whole) / 10} %`;
}

/** Two lines. */
export function totalsText(totals: Totals): string {
  const { bugs, found, other, located, edits, flagged, failed } = totals;
  return [
    `${found} of ${bugs} seeded bugs found (${share(found, bugs)}), ${other} of them under another rule than expected; ${located} located on a changed line (${share(located, bugs)}).`,
    `${flagged} of ${edits} harmless edits falsely flagged. ${failed} cases without a usable report.`,
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

function bugRow({ edit, judgement }: Judged): string[] {
  const { result, invariants, vm, scenarios, located, verdict } = judgement;
  const shown = result === 'other' ? 'found (other)' : result;
  const place = located ? 'yes' : invariants.length === 0 ? '-' : `no: ${judgement.remark}`;
  return [
    edit.id,
    edit.title,
    releaseOf(edit),
    shown,
    edit.breaks.join(', '),
    invariants.join(', ') || '-',
    vm.join(', ') || '-',
    scenarios.join(', ') || '-',
    place,
    verdict,
  ];
}

function editRow({ edit, judgement }: Judged): string[] {
  const { result, invariants, verdict, executed, executable } = judgement;
  return [
    edit.id,
    edit.title,
    releaseOf(edit),
    invariants.length > 0 ? `${result}: ${invariants.join(', ')}` : result,
    `${executed} of ${executable}`,
    verdict,
  ];
}

/** Markdown list of the bugs that were not found, each with what it does and why it is missed. */
function missed(judged: readonly Judged[], reasons: Readonly<Record<string, string>>): string {
  const lines = judged.flatMap(({ edit, judgement: { result, remark } }) => {
    if (!isBug(edit) || result === 'found' || result === 'other') return [];
    const why = result === 'failed' ? `no usable report: ${remark}` : (reasons[edit.id] ?? 'unexplained');
    return [`- \`${edit.id}\` (${edit.function}): ${edit.wrong} *Missed:* ${why}`];
  });
  return lines.length === 0 ? 'None.' : lines.join('\n');
}

function failures(judged: readonly Judged[]): string {
  const lines = judged.flatMap(({ edit, judgement: { result, remark } }) =>
    result === 'failed' && !isBug(edit) ? [`- \`${edit.id}\`: ${remark}`] : [],
  );
  return lines.length === 0 ? '' : `\n## Harmless edits without a usable report\n\n${lines.join('\n')}\n`;
}

function unbroken(): string {
  return Object.entries(UNBROKEN)
    .map(([rule, why]) => `- \`${rule}\`: ${why}`)
    .join('\n');
}

/** The whole of RESULTS.md. It changes only with the cases and with what is found; `run` may name how it was made. */
export function resultsText(judged: readonly Judged[], reasons: Readonly<Record<string, string>>, run: string): string {
  const bugs = judged.filter(({ edit }) => isBug(edit));
  const edits = judged.filter(({ edit }) => !isBug(edit));
  return `# The proving ground: results

Bugs that were seeded, and harmless changes that were made, in the kernel's own source, each reviewed as a patch. Written by \`npm run test:kernel -- --write\`; do not edit.

${totalsText(totalsOf(judged))}
${run}

## Missed

${missed(bugs, reasons)}
${failures(edits)}
## Seeded bugs

*found (other)*: introduced findings, but none of a rule that the case expects.

${table(['id', 'subject', 'release', 'result', 'expected', 'introduced findings', 'VM', 'scenario', 'located', 'verdict'], bugs.map(bugRow))}

## Harmless edits

${table(['id', 'subject', 'release', 'result', 'executed lines', 'verdict'], edits.map(editRow))}

## Rules, and what breaks them

How many seeded bugs are expected to break a rule, and how many it reports; and the scenarios in which a mutation of the reference breaks it, by the tests of \`test/model/scenarios\`.

${rulesTable(judged)}

## Rules that no seeded bug breaks

Of the rules that TDX and common code can break; for these no plausible patch of a few lines was found.

${unbroken()}
`;
}

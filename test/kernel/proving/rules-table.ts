/** Per rule: what breaks it, and whether that is reported. Made from the records of the seeded bugs alone. */
import { scenarios } from '../../../model/scenarios';
import { isBug } from '../cases';
import { INVARIANTS, ORACLES, UNBROKEN } from '../rules';
import { type Judged, table } from './results';

/** Ids are numbers and words; the number says which one it is. */
const short = (id: string): string => id.slice(0, id.indexOf('-') < 0 ? id.length : id.indexOf('-'));

/** So many bugs are named. */
const NAMED = 8;

function named(judged: readonly Judged[]): string {
  const ids = judged.map(({ edit }) => short(edit.id));
  const rest = ids.length - NAMED;
  return rest > 0 ? `${ids.slice(0, NAMED).join(', ')} and ${rest} more` : ids.join(', ') || '-';
}

/** Scenarios with a mutation of the reference that breaks the rule. */
function mutatedIn(rule: string): readonly string[] {
  return scenarios.flatMap(({ id, mutations }) => (mutations.some(({ breaks }) => breaks.includes(rule)) ? [id] : []));
}

function verdict(rule: string, expected: number, reporting: number, mutations: number): string {
  if (reporting > 0) return 'broken, and reported';
  const why = UNBROKEN[rule];
  if (why !== undefined) return 'no bug of a few lines breaks it, see below';
  if (expected > 0) return 'the bugs that should break it are reported under other rules';
  return mutations > 0 ? 'broken in the reference only' : 'not broken';
}

function ruleRow(rule: string, bugs: readonly Judged[]): string[] {
  const expected = bugs.filter(({ edit }) => edit.breaks.includes(rule));
  const reporting = bugs.filter(({ judgement }) => judgement.invariants.includes(rule));
  const mutations = mutatedIn(rule);
  return [
    rule,
    `${expected.length}`,
    `${reporting.length}`,
    named(reporting),
    mutations.join(', ') || '-',
    verdict(rule, expected.length, reporting.length, mutations.length),
  ];
}

/** One row for each invariant and oracle. */
export function rulesTable(judged: readonly Judged[]): string {
  const bugs = judged.filter(({ edit }) => isBug(edit));
  const head = [
    'rule',
    'expected',
    'reporting',
    'seeded bugs that it reports',
    'mutations of the reference',
    'verdict',
  ];
  return table(
    head,
    [...INVARIANTS, ...ORACLES].map((rule) => ruleRow(rule, bugs)),
  );
}

/**
 * Reviews one placed patch: runs both sides in every situation that the change can matter to,
 * compares, finds culprits, minimises. It knows placements and runs, not mails or surfaces.
 */

import type { RunResult } from '../../model/explore/types';
import { neverEntered } from '../../model/scenarios/census';
import { changedBy } from './changed';
import { compareRuns, type RunPair } from './compare';
import { type CoverageAndWarnings, coverageOf } from './coverage';
import { groupDifferences } from './finding';
import type { CodeDifference, Outline, Overrides } from './jobs';
import { createLocator } from './locate';
import { neverRun } from './never-run';
import { barrierNotes, defectNotes, factNotes, stopNotes, undecidedNotes, warningNotes } from './notes';
import type { PlacedPatch } from './placed';
import { concerning } from './present';
import { incompleteReasons, problemsOf, unlookedReasons } from './reasons';
import { affinity, byAffinity, type Changed, entersChanged, isEligible, isRelevant, type Situation } from './select';
import type { Session } from './session';
import type { Coverage, Finding, Runs } from './types';

export type Progress = (text: string, done: number, total: number) => void;

export interface PlacedReview {
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  readonly runs: Omit<Runs, 'milliseconds'>;
  readonly notes: readonly string[];
  /** Text of every function that the patch edits, both sides: what a changelog may rightly name. */
  readonly edited: readonly string[];
  /** Reasons why no clean verdict can be given, beside coverage. */
  readonly incomplete: readonly string[];
}

interface Sides {
  readonly pre: Overrides;
  readonly post: Overrides;
}

/** Review a placement in the given situations. `asked`: the reviewer named the scenarios. */
export async function reviewPlaced(
  placement: PlacedPatch,
  all: readonly Situation[],
  asked: boolean,
  session: Session,
  progress: Progress,
  onFinding: (finding: Finding) => void,
): Promise<PlacedReview> {
  const unrun = asked ? null : neverRun(placement);
  if (unrun !== null) return unrun;
  const sides: Sides = placement.texts;
  const [outlinePre, outlinePost, difference] = await outlinesOf(sides, session);
  const changed = changedBy(placement, { pre: outlinePre, post: outlinePost }, difference);
  const locator = createLocator(placement, all, session, onFinding);
  const early = (pair: RunPair): void => {
    for (const group of groupDifferences(concerning(compareRuns([pair]).differences, changed.functions, [pair]))) {
      if (group.status !== 'present') locator.early(group, pair);
    }
  };
  const relevant = ({ situation, pre, post }: Probe): boolean =>
    isRelevant(situation, changed, new Set([...pre.functions, ...post.functions]), asked);
  const reachable = new Set([...outlinePre.reachable, ...outlinePost.reachable]);
  const looked = asked ? all : await worthALook(all, changed, reachable, session);
  const touches = (run: RunResult): boolean => asked || entersChanged(run, changed);
  const probes = await probeAll(byAffinity(looked, changed), sides, session, progress, touches, (probe) => {
    if (relevant(probe)) early({ ...probe, scenario: probe.situation.scenario.id, vm: probe.situation.vm });
  });
  const text = (overrides: Overrides) => (path: string) => overrides[path];
  const covered = (pre: readonly RunResult[], post: readonly RunResult[]): CoverageAndWarnings =>
    coverageOf(
      placement,
      { outline: outlinePre, text: text(sides.pre), runs: pre },
      { outline: outlinePost, text: text(sides.post), runs: post },
    );
  const seen = covered(
    probes.map(({ pre }) => pre),
    probes.map(({ post }) => post),
  );
  const { notReached, notUnderstood } = seen.coverage;
  const unchanged = isSame(difference) && notReached.length + notUnderstood.length === 0 && !asked;
  const chosen = unchanged ? [] : inOrder(probes.filter(relevant), changed);
  const pairs = await runAll(chosen, sides, session, progress, early);
  const rest = unchanged
    ? []
    : probes.filter((probe) => !chosen.includes(probe) && isEligible(probe.situation, changed));
  pairs.push(...(await runForUnmet(rest, pairs, reachable, sides, session, progress, changed, early)));
  const comparison = compareRuns(pairs);
  const groups = groupDifferences(concerning(comparison.differences, changed.functions, pairs));
  const findings = await Promise.all(groups.map((group) => locator.finish(group, pairs)));
  // Reachability is judged over every run there was, the first looks included.
  const looks = {
    pre: [...probes.map(({ pre }) => pre), ...pairs.map(({ pre }) => pre)],
    post: [...probes.map(({ post }) => post), ...pairs.map(({ post }) => post)],
  };
  const { coverage, behindWarnings } = covered(looks.pre, looks.post);
  return {
    findings: findings.sort(byImportance),
    coverage,
    runs: summary(pairs, all, session, probes),
    notes: [
      ...placement.notes,
      ...stopNotes(comparison.stops),
      ...factNotes(pairs),
      ...undecidedNotes(comparison.undecided),
      ...defectNotes(findings),
      ...barrierNotes(difference, session.memoryOrder),
      ...warningNotes(behindWarnings),
      ...(unchanged
        ? ['the code before and after the patch compiles to the same steps: no run can tell them apart']
        : []),
    ],
    edited: [...editedText(sides.pre, outlinePre, changed), ...editedText(sides.post, outlinePost, changed)],
    incomplete: [
      ...(coverage.changedLines === 0 ? unreached(changed, probes) : []),
      ...incompleteReasons(pairs, comparison.undecided, problemsOf(outlinePost, outlinePre)),
      ...unlookedReasons(probes.filter((probe) => !chosen.includes(probe))),
    ],
  };
}

/** The smallest first; those whose vocabulary speaks of what changed count as smaller than they are. */
function inOrder(probes: readonly Probe[], changed: Changed): Probe[] {
  const cost = ({ situation, post }: Probe): number => post.states / (1 + affinity(situation, changed)) ** 2;
  return [...probes].sort((a, b) => cost(a) - cost(b));
}

const isSame = ({ functions, data }: CodeDifference): boolean => functions.length + data.length === 0;

/** What both sides compile to. Where nothing could be placed, they are one. */
async function outlinesOf({ pre, post }: Sides, session: Session): Promise<[Outline, Outline, CodeDifference]> {
  if (Object.keys({ ...pre, ...post }).every((path) => pre[path] === post[path])) {
    const outline = await session.outline(pre);
    return [outline, outline, { functions: [], data: [], barriers: [] }];
  }
  return Promise.all([session.outline(pre), session.outline(post), session.difference(pre, post)]);
}

/** Situations that could come to the change, or of which that is not known; a change at file scope may matter to all. */
async function worthALook(
  all: readonly Situation[],
  changed: Changed,
  reachable: ReadonlySet<string>,
  session: Session,
): Promise<readonly Situation[]> {
  if (changed.fileScope) return all;
  if (![...changed.functions, ...changed.affected].some((name) => reachable.has(name))) return [];
  const entered = await Promise.all(all.map(({ scenario, vm }) => session.entered(scenario.id, vm)));
  return all.filter((_, at) => {
    const functions = entered[at] ?? null;
    return functions === null || entersChanged({ functions }, changed);
  });
}

/** Most functions named in one sentence. */
const MOST_NAMES = 4;

/** A change without a line of its own that could run (a structure, a constant) whose users no scenario enters. */
function unreached({ affected }: Changed, probes: readonly Probe[]): string[] {
  const entered = new Set(probes.flatMap(({ pre, post }) => [...pre.functions, ...post.functions]));
  const names = [...affected];
  if (names.length === 0 || names.some((name) => entered.has(name))) return [];
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  const some = names.slice(0, MOST_NAMES).map((name) => `${name}()`);
  return [`the patch changes what ${some.join(', ')}${more} compile to, and no scenario runs them`];
}

interface Probe {
  readonly situation: Situation;
  readonly pre: RunResult;
  readonly post: RunResult;
}

async function probeAll(
  all: readonly Situation[],
  sides: Sides,
  session: Session,
  progress: Progress,
  touches: (run: RunResult) => boolean,
  onProbe: (probe: Probe) => void,
): Promise<Probe[]> {
  let done = 0;
  return Promise.all(
    all.map(async (situation) => {
      const pre = await session.probe(sides.pre, situation.scenario.id, situation.vm);
      // A run that meets nothing of what differs is the same on both sides. One that does goes ahead of the
      // other first looks, which were all asked for before it.
      const { scenario, vm } = situation;
      const post = touches(pre) ? await session.probe(sides.post, scenario.id, vm, 'finding') : pre;
      progress(`looking for scenarios that run the change`, ++done, all.length);
      const probe = { situation, pre, post };
      onProbe(probe);
      return probe;
    }),
  );
}

async function runAll(
  chosen: readonly Probe[],
  sides: Sides,
  session: Session,
  progress: Progress,
  onPair: (pair: RunPair) => void,
): Promise<RunPair[]> {
  let done = 0;
  return Promise.all(
    chosen.map(async (look) => {
      const { scenario, vm } = look.situation;
      const post = await session.run(sides.post, scenario.id, vm, UNTIL_VIOLATION);
      const pair = await pairWith(post, look, sides, session, onPair);
      progress(`${scenario.id} on ${vm}`, ++done, chosen.length);
      return pair;
    }),
  );
}

/** A patch that breaks something without preemptions is not searched for what else it breaks with two. */
const UNTIL_VIOLATION = { untilViolation: true };

/**
 * The run before the patch that goes with one after it. Where that one found something, a run that goes as far
 * as it had to go tells at once whose doing it is; the whole one can only add what the patch repairs. When
 * nothing of it is the patch's doing, the run after it is carried further.
 */
async function pairWith(
  post: RunResult,
  look: Probe,
  sides: Sides,
  session: Session,
  onPair: (pair: RunPair) => void,
): Promise<RunPair> {
  const { scenario, vm } = look.situation;
  const pair = (pre: RunResult, after: RunResult): RunPair => {
    const pair = { scenario: scenario.id, vm, pre: atLeast(look.pre, pre), post: atLeast(look.post, after) };
    onPair(pair);
    return pair;
  };
  if (post.violations.length === 0) return pair(await session.runLater(sides.pre, scenario.id, vm), post);
  const preemptions = Math.max(...post.violations.map((violation) => violation.preemptions));
  const first = pair(await session.runSoon(sides.pre, scenario.id, vm, { preemptions }), post);
  const { differences, undecided } = compareRuns([first]);
  const isNew = undecided.length > 0 || differences.some(({ status }) => status === 'introduced');
  const after = isNew ? post : await session.run(sides.post, scenario.id, vm);
  return pair(atLeast(first.pre, await session.runLater(sides.pre, scenario.id, vm)), after);
}

/**
 * Functions that the patch changes and that no run has entered yet may be those of a race or of a failure,
 * which a first look does not meet: the remaining situations are explored whole, until all are entered. Those that
 * whole explorations of the kernel releases never met are not waited for.
 */
async function runForUnmet(
  rest: readonly Probe[],
  pairs: readonly RunPair[],
  reachable: ReadonlySet<string>,
  sides: Sides,
  session: Session,
  progress: Progress,
  changed: Changed,
  onPair: (pair: RunPair) => void,
): Promise<RunPair[]> {
  const unmet = new Set([...changed.functions].filter((name) => reachable.has(name) && !neverEntered.has(name)));
  const meet = (run: RunResult): void => {
    for (const name of run.functions) unmet.delete(name);
  };
  for (const { pre, post } of [...rest, ...pairs]) [pre, post].forEach(meet);
  const found: RunPair[] = [];
  const order = [...rest].sort((a, b) => a.pre.states - b.pre.states);
  await Promise.all(
    order.map(async (look) => {
      if (unmet.size === 0) return;
      const { scenario, vm } = look.situation;
      const post = await session.run(sides.post, scenario.id, vm, UNTIL_VIOLATION);
      if (!entersChanged(post, changed)) return;
      meet(post);
      const pair = await pairWith(post, look, sides, session, onPair);
      meet(pair.pre);
      progress(`${scenario.id} on ${vm}`, 1, 1);
      found.push(pair);
    }),
  );
  return found;
}

/** A run that was stopped before it got as far as the first look still has what that look saw. */
function atLeast(look: RunResult, run: RunResult): RunResult {
  if (run.preemptions >= look.preemptions) return run;
  return {
    ...run,
    preemptions: look.preemptions,
    violations: [...look.violations, ...run.violations],
    unknowns: [...look.unknowns, ...run.unknowns],
    facts: [...new Set([...look.facts, ...run.facts])],
    vacuous: look.vacuous,
  };
}

function editedText(texts: Overrides, outline: Outline, changed: Changed): string[] {
  return outline.functions
    .filter(({ name, file }) => changed.functions.has(name) && texts[file] !== undefined)
    .map(({ file, line, endLine }) =>
      (texts[file] ?? '')
        .split('\n')
        .slice(line - 1, endLine)
        .join('\n'),
    );
}

function summary(
  pairs: readonly RunPair[],
  all: readonly Situation[],
  session: Session,
  probes: readonly Probe[],
): Omit<Runs, 'milliseconds'> {
  // An invariant is vacuous for the patch only when no scenario reached the situation that it guards.
  const vacuous = new Set(pairs.flatMap(({ post }) => post.vacuous));
  for (const { post, scenario } of pairs) {
    const guarded = all.find((situation) => situation.scenario.id === scenario)?.scenario.invariants ?? [];
    for (const id of guarded) if (!post.vacuous.includes(id)) vacuous.delete(id);
  }
  return {
    scenarios: new Set(pairs.map(({ scenario }) => scenario)).size,
    states: session.spent.states,
    transitions: session.spent.transitions,
    complete: [...pairs, ...probes].every(({ pre, post }) => pre.complete && post.complete),
    vacuous: [...vacuous].sort(),
  };
}

/** Of the findings of a line, the one that takes the fewest steps to tell is read first. */
function byImportance(a: Finding, b: Finding): number {
  const rank = { introduced: 0, fixed: 1, present: 2 };
  const shorter = a.trace.length - b.trace.length;
  return (
    rank[a.status] - rank[b.status] || a.patchLine - b.patchLine || shorter || (a.invariant < b.invariant ? -1 : 1)
  );
}

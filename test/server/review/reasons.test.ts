import { expect, it } from 'vitest';
import type { RunResult } from '../../../model/explore/types';
import { scenarios } from '../../../model/scenarios/index';
import { incompleteReasons, unlookedReasons } from '../../../server/review/reasons';

const run = (change: Partial<RunResult>): RunResult => ({
  ...{ scenario: 'S01', vm: 'tdx', preemptions: 0, complete: true, incomplete: null, states: 1, transitions: 1 },
  ...{ steps: 1, violations: [], unknowns: [], lines: {}, functions: [], vacuous: [], facts: [] },
  ...change,
});

const NO_SET_UP = run({
  ...{ complete: false, incomplete: 'the set-up did not run to its end', preemptions: -1 },
  unknowns: [{ what: 'call of f, which nothing defines', place: null, paths: 1 }],
});

it('names the situations that could not even be looked at, once for each cause', () => {
  const looks = scenarios.slice(0, 8).map((scenario) => ({
    situation: { scenario, vm: 'tdx' as const },
    pre: run({}),
    post: NO_SET_UP,
  }));
  const names = looks.slice(0, 6).map(({ situation }) => `${situation.scenario.id} on tdx`);
  expect(unlookedReasons(looks)).toEqual([
    `${names.join(', ')} and 2 more: the set-up did not run to its end: call of f, which nothing defines`,
  ]);
});

it('says nothing of looks that were complete', () => {
  const [scenario] = scenarios;
  if (scenario === undefined) throw new Error('no scenarios');
  expect(unlookedReasons([{ situation: { scenario, vm: 'tdx' }, pre: run({}), post: run({}) }])).toEqual([]);
});

it('names once what several runs did not understand', () => {
  const met = (paths: number) => run({ unknowns: [{ what: 'call of f, which nothing defines', place: null, paths }] });
  const pair = (scenario: string, paths: number) => ({ scenario, vm: 'tdx' as const, pre: run({}), post: met(paths) });
  expect(incompleteReasons([pair('S01', 3), pair('S02', 4)], [], [])).toEqual([
    'not understood: call of f, which nothing defines (7 paths ended there)',
  ]);
});

it('names together the runs that ended alike, first those after the patch', () => {
  const cut = run({ complete: false, incomplete: 'cancelled' });
  const pair = (scenario: string, post: RunResult) => ({ scenario, vm: 'tdx' as const, pre: cut, post });
  expect(incompleteReasons([pair('S01', run({})), pair('S02', cut), pair('S03', run({}))], [], [])).toEqual([
    'S02 on tdx, after the patch: the time ran out; --budget gives more',
    'S01 on tdx, S02 on tdx, S03 on tdx, before the patch: the time ran out; --budget gives more',
  ]);
});

/** What a run finds can be played again, also where it began anew because of what it learned about races. */

import { describe, expect, it } from 'vitest';
import { replay } from '../../../../model/explore';
import { invariants } from '../../../../model/invariants';
import { scenarioById } from '../../../../model/scenarios';
import { bugs } from '../../../kernel/bugs';
import { applyEdit } from '../../../kernel/edit';
import { explore } from '../../../model/scenarios/reference';
import { isThere, RELEASES } from './kernels';

const kernel = RELEASES.find(({ release }) => release === '7.3');

describe.skipIf(kernel === undefined || !isThere(kernel))('roots that are invalidated after vCPUs were told to', () => {
  it.each([false, true])('break S21 in ways that can be played again (until the first: %s)', async (untilViolation) => {
    const bug = bugs.find(({ id }) => id.startsWith('b53-'));
    const scenario = scenarioById('S21');
    if (kernel === undefined || bug === undefined || scenario === undefined) throw new Error('there is nothing to run');
    const program = await kernel.program({ [bug.file]: applyEdit(kernel.text(bug.file), bug) });
    const { violations } = explore(program, 'S21', 'default', { preemptions: 1, untilViolation });
    expect(violations.map(({ invariant }) => invariant)).toContain('livelock');
    for (const { schedule } of violations)
      expect(replay(program, scenario, 'default', schedule, { invariants }).length).toBeGreaterThan(10);
  });
});

/**
 * What a patch changes once it is compiled: the functions whose steps differ and the objects whose
 * initial contents do. A change of a structure, a constant or a macro shows in the functions that use it,
 * wherever they stand. It compares programs and knows nothing of lines.
 */

import { BARRIERS } from '../../model/builtins/oracles';
import type { FunctionCode, Program, Step } from '../../model/execute/program';
import type { CodeDifference } from './jobs';

/** Names of functions and objects that differ, or that only one side has. */
export function differenceOf(pre: Program, post: Program): CodeDifference {
  return {
    functions: differing(pre.functions, post.functions, sameFunction),
    data: differing(pre.globals, post.globals, (a, b) => a === b || textOf(a) === textOf(b)),
    barriers: barriersOf(pre, post),
  };
}

function barriersOf(pre: Program, post: Program): CodeDifference['barriers'] {
  return Object.keys(pre.functions).flatMap((name) => {
    const [a, b] = [pre.functions[name]!, post.functions[name]];
    if (b === undefined || a.steps === b.steps) return [];
    const [before, after] = [barrierCounts(a.steps), barrierCounts(b.steps)];
    const names = [...new Set([...before.keys(), ...after.keys()])].filter(
      (each) => before.get(each) !== after.get(each),
    );
    return names.length === 0 ? [] : [{ function: name, names: names.sort() }];
  });
}

function barrierCounts(steps: readonly Step[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const step of steps) {
    const called =
      step.s === 'call' && 'name' in step.callee && BARRIERS.has(step.callee.name) ? step.callee.name : null;
    const name = step.s === 'store' && step.access === 'release' ? 'release' : called;
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function differing<T>(
  pre: Readonly<Record<string, T>>,
  post: Readonly<Record<string, T>>,
  same: (a: T, b: T) => boolean,
): string[] {
  const names = new Set([...Object.keys(pre), ...Object.keys(post)]);
  return [...names].filter((name) => {
    const [a, b] = [pre[name], post[name]];
    // A text is an object of its own: whoever uses it differs too.
    if (name.startsWith('.str')) return false;
    return a === undefined || b === undefined || !same(a, b);
  });
}

/** Where the steps come from and what their registers are called is no difference; the room for locals is one. */
function sameFunction(a: FunctionCode, b: FunctionCode): boolean {
  if (a.steps === b.steps) return true;
  if (a.steps.length !== b.steps.length || textOf(frameOf(a)) !== textOf(frameOf(b))) return false;
  return stepsText(a.steps) === stepsText(b.steps);
}

/** What a call makes room for and converts. */
function frameOf({ frameSize, params, returns }: FunctionCode): unknown {
  return [frameSize, params.map(({ t }) => t), returns];
}

function stepsText(steps: readonly Step[]): string {
  return textOf(steps.map((step) => ({ ...step, at: 0 })));
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
}

/**
 * Which functions the scenarios could ever enter: those that they call, that these call or take the address
 * of, and that the objects they name point to, and so on. More than any run enters, and never less.
 */

import type { Program } from '../../model/execute/program';
import type { Scenario } from '../../model/explore/types';

/** Names of functions; what a scenario's threads and set-up begin with included. */
export function reachableFrom(program: Program, scenarios: readonly Scenario[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const left = scenarios.flatMap(({ setup, threads }) => [setup, ...threads.map(({ entry }) => entry)]);
  const meet = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    left.push(name);
  };
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    seen.add(name);
    if (Object.hasOwn(program.functions, name)) namesIn(program.functions[name]?.steps, meet);
    for (const init of Object.hasOwn(program.globals, name) ? (program.globals[name]?.init ?? []) : []) {
      if ('func' in init) meet(init.func);
      else if ('global' in init) meet(init.global);
    }
  }
  return new Set([...seen].filter((name) => Object.hasOwn(program.functions, name)));
}

/** Functions and objects that steps name: callees, and operands of any expression. */
function namesIn(value: unknown, meet: (name: string) => void): void {
  if (typeof value !== 'object' || value === null) return;
  const named = value as { readonly name?: unknown };
  if (typeof named.name === 'string') meet(named.name);
  for (const inner of Object.values(value)) namesIn(inner, meet);
}

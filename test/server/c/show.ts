/** Prints steps as text, so that a test shows C and steps side by side. */

import type { Expr, Program, Step } from '../../../model/execute/program';

function expr(e: Expr): string {
  switch (e.k) {
    case 'const':
      return String(e.v);
    case 'reg':
      return `r${e.r}`;
    case 'frame':
      return `&frame+${e.off}`;
    case 'global':
      return `&${e.name}+${e.off}`;
    case 'func':
      return `&${e.name}()`;
    case 'un':
      return `${e.op}(${expr(e.a)})`;
    case 'bin':
    case 'cmp':
      return `(${expr(e.a)} ${e.op} ${expr(e.b)})`;
    case 'cast':
      return `${e.to}(${expr(e.a)})`;
    case 'sel':
      return `(${expr(e.c)} ? ${expr(e.a)} : ${expr(e.b)})`;
  }
}

function step(s: Step): string {
  const once = (access: string): string => (access === 'plain' ? '' : `.${access}`);
  switch (s.s) {
    case 'set':
      return `r${s.r} = ${expr(s.e)}`;
    case 'load':
      return `r${s.r} = load${once(s.access)} ${s.t} ${expr(s.a)}`;
    case 'store':
      return `store${once(s.access)} ${s.t} ${expr(s.a)} = ${expr(s.e)}`;
    case 'atomic':
      return `r${s.r} = ${s.op} ${s.t} ${expr(s.a)}, ${s.expected ? `${expr(s.expected)}, ` : ''}${expr(s.e)}`;
    case 'copy':
      return `copy ${s.size} ${expr(s.to)} = ${expr(s.from)}`;
    case 'zero':
      return `zero ${s.size} ${expr(s.a)}`;
    case 'call': {
      const callee = 'name' in s.callee ? s.callee.name : `*${expr(s.callee.pointer)}`;
      return `${s.r === null ? '' : `r${s.r} = `}${callee}(${s.args.map(expr).join(', ')})`;
    }
    case 'jump':
      return `jump ${s.to}`;
    case 'branch':
      return `branch ${expr(s.c)} ? ${s.then} : ${s.else}`;
    case 'switch':
      return `switch ${expr(s.e)} ${s.cases.map((c) => `${c.low}..${c.high}:${c.to}`).join(' ')} else ${s.otherwise}`;
    case 'return':
      return s.e ? `return ${expr(s.e)}` : 'return';
    case 'poison':
      return `poison ${s.why}`;
  }
}

/** The function's steps, one per line, each with the line it comes from: `3: r0 = load u64 r1`. */
export function show(program: Program, name: string): string[] {
  const steps = program.functions[name]?.steps ?? [];
  return steps.map((s) => `${program.origins[s.at]?.line}: ${step(s)}`);
}

/** Problems as `line: why`. */
export const problems = (program: Program): string[] => program.problems.map((p) => `${p.line}: ${p.why}`);

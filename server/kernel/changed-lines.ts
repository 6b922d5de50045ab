/**
 * What became of every changed line of a hunk: placed, not understood (and why), or nothing that could
 * run. Knows the units' places, not how they were found.
 */

import type { UnitPlace } from './hunk-edits';
import type { Side, SideUnit } from './hunk-units';
import { isDeclaration } from './insertion';
import type { ChangedLine } from './types';

/** The changed lines of one side, without their image lines: those are known once the images are made. */
export function changedLinesOf(side: Side, places: readonly UnitPlace[], which: 'pre' | 'post'): ChangedLine[] {
  const unitsOnLine = new Map<number, number[]>();
  side.units.forEach((unit, at) => {
    for (const line of new Set(unit.unit.tokens.map((token) => token.line))) {
      const list = unitsOnLine.get(line);
      if (list) list.push(at);
      else unitsOnLine.set(line, [at]);
    }
  });
  return side.lines.flatMap((line, index): ChangedLine[] => {
    if (line.kind === 'context') return [];
    const on = unitsOnLine.get(index) ?? [];
    const running = on.filter((at) => canRun(side.units[at] as SideUnit) && !places[at]?.inert);
    const lost = running.map((at) => places[at]?.why).find((why) => why != null) ?? null;
    const status = running.length === 0 ? 'non-executable' : lost === null ? 'placed' : 'not-understood';
    const scope = side.units[on[0] ?? -1]?.scope ?? null;
    return [
      {
        span: line.span,
        kind: line.kind,
        side: which,
        text: line.text,
        executable: running.length > 0,
        status,
        why: lost,
        function: /^(?:fn|macro) (\w+)$/.exec(scope ?? '')?.[1] ?? null,
        path: on.map((at) => places[at]?.path).find((path) => path != null) ?? null,
        imageLines: [],
      },
    ];
  });
}

/** Whether a unit can run: a statement, a condition, an initialiser, a macro's body. */
export function canRun(unit: SideUnit): boolean {
  const inFunction = unit.scope === '?' || /^(fn|macro) /.test(unit.scope ?? '');
  switch (unit.unit.kind) {
    case 'statement':
    case 'partial':
      return inFunction && !isDeclaration(unit) && unit.key !== ';';
    case 'head':
      return inFunction && unit.words.length > 1;
    case 'element':
      // a field of an object at file scope: most often which function an op is
      return inFunction || (unit.scope === null && unit.words[0] === '.');
    case 'init-open':
      return inFunction;
    case 'directive':
      return unit.words[1] === 'define' && unit.words.length > 3;
    case 'open':
    case 'close':
    case 'label':
    case 'header':
    case 'macro-head':
    case 'record-open':
    case 'record-close':
      return false;
  }
}

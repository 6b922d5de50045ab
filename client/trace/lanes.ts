/// <reference lib="dom" />
/** The interleaving as a table: a row per step, a column per thread. It knows no messages. */

import type { TraceResult } from '../../server/lsp/protocol';
import { button, element } from './elements';
import { isQuiet, lanesOf, placeText, type Step } from './model';

export interface LaneActions {
  select(step: number): void;
  /** `file` null is the patch. Lines from 1. */
  open(file: string | null, line: number): void;
}

/** The whole table; `selectRow` then marks one step. */
export function laneTable(result: TraceResult, actions: LaneActions): HTMLTableElement {
  const { trace } = result;
  const lanes = lanesOf(trace);
  const heads = lanes.map((lane) => element('th', { scope: 'col' }, lane));
  const rows = trace.steps.map((step, index) => stepRow(result, step, index, lanes, actions));
  return element(
    'table',
    { role: 'grid', 'aria-label': 'Interleaving, one column per thread', 'aria-rowcount': rows.length + 1 },
    element('thead', {}, element('tr', {}, element('th', { scope: 'col', class: 'number' }, 'Step'), ...heads)),
    element('tbody', {}, ...rows),
  );
}

function stepRow(
  result: TraceResult,
  step: Step,
  index: number,
  lanes: readonly string[],
  actions: LaneActions,
): HTMLTableRowElement {
  const kind = step.violations.length > 0 ? 'broken' : isQuiet(step) ? 'quiet' : undefined;
  const attributes = { 'data-step': index, tabindex: -1, 'aria-rowindex': index + 2, 'aria-selected': 'false' };
  const row = element(
    'tr',
    { ...attributes, class: kind },
    element('th', { scope: 'row', class: 'number' }, String(index + 1)),
    ...lanes.map((lane) => element('td', {}, ...(lane === step.thread ? stepParts(result, step, actions) : []))),
  );
  row.addEventListener('click', () => actions.select(index));
  return row;
}

function stepParts(result: TraceResult, step: Step, actions: LaneActions): HTMLElement[] {
  const changes = step.changes.map((text) => element('li', {}, text));
  return [
    element('div', { class: 'action' }, step.action),
    ...(changes.length === 0 ? [] : [element('ul', { class: 'changes' }, ...changes)]),
    ...step.violations.map((text) => element('div', { class: 'violation' }, `Violation: ${text}`)),
    ...links(result, step, actions),
  ];
}

function links(result: TraceResult, step: Step, actions: LaneActions): HTMLElement[] {
  const { place, patchLine } = step;
  const made: HTMLElement[] = [];
  if (place !== null) {
    const text = `${placeText(step)} ${place.function}()`;
    const openable = result.files[place.file] !== undefined;
    made.push(
      openable
        ? button(text, { class: 'link', tabindex: -1 }, () => actions.open(place.file, place.line))
        : element('span', { class: 'place' }, text),
    );
  }
  if (patchLine !== null && result.uri !== null) {
    made.push(button(`patch line ${patchLine}`, { class: 'link', tabindex: -1 }, () => actions.open(null, patchLine)));
  }
  return made.length === 0 ? [] : [element('div', { class: 'places' }, ...made)];
}

/** Mark a step as the one shown; its links come into the tab order, those of others leave it. */
export function selectRow(table: HTMLElement, index: number, focus: boolean): void {
  for (const row of table.querySelectorAll<HTMLElement>('tbody tr')) {
    const selected = Number(row.dataset.step) === index;
    row.setAttribute('aria-selected', String(selected));
    row.tabIndex = selected ? 0 : -1;
    for (const link of row.querySelectorAll('button')) link.tabIndex = selected ? 0 : -1;
    if (!selected) continue;
    row.scrollIntoView({ block: 'nearest' });
    if (focus) row.focus({ preventScroll: true });
  }
}

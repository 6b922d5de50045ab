/// <reference lib="dom" />
/** The machine's state after a step, as a table; marks are letters, colour only supports them. */

import { element } from './elements';
import type { Mark, StateRow } from './model';

const MARK_NAMES: Readonly<Record<Mark, string>> = { A: 'added', M: 'modified', D: 'deleted', '': 'unchanged' };

/** The table of these rows, or a sentence when there are none. */
export function stateTable(rows: readonly StateRow[]): HTMLElement {
  if (rows.length === 0) return element('p', { class: 'empty' }, 'Nothing to show for this step and filter.');
  return element(
    'table',
    { 'aria-label': 'State' },
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'col', class: 'mark' }, element('abbr', { title: 'Change in this step' }, '+/-')),
        element('th', { scope: 'col' }, 'Name'),
        element('th', { scope: 'col' }, 'Value'),
      ),
    ),
    element('tbody', {}, ...rows.map(stateRow)),
  );
}

function stateRow({ name, mark, value, before }: StateRow): HTMLTableRowElement {
  const label = element('abbr', { title: MARK_NAMES[mark] }, mark);
  const was = element('div', { class: 'before' }, element('span', { class: 'spoken' }, 'was '), before);
  return element(
    'tr',
    { class: mark === '' ? undefined : `mark-${mark}`, 'data-name': name },
    element('td', { class: 'mark' }, mark === '' ? '' : label),
    element('th', { scope: 'row' }, name),
    element('td', { class: 'value' }, ...(before === '' ? [] : [was]), value),
  );
}

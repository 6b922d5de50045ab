/// <reference lib="dom" />
/**
 * The trace view's script: draws a run and steps through it. It runs in the webview, computes nothing
 * of its own (`model.ts` does) and reaches nothing but the extension, by messages.
 */

import type { TraceResult } from '../../server/lsp/protocol';
import { button, element } from './elements';
import { laneTable, selectRow } from './lanes';
import type { FromView, ToView, ViewState } from './messages';
import { filterRows, interleavingText, isQuiet, shownStep, stateRows, stepSentence, telling } from './model';
import { stateTable } from './state-table';

declare function acquireVsCodeApi(): {
  postMessage(message: FromView): void;
  getState(): ViewState | undefined;
  setState(state: ViewState): void;
};

const vscode = acquireVsCodeApi();
const root = document.getElementById('trace') as HTMLElement;

/** The parts that change from step to step. */
interface Drawn {
  readonly lanes: HTMLElement;
  readonly state: HTMLElement;
  readonly slider: HTMLInputElement;
  readonly position: HTMLElement;
  readonly status: HTMLElement;
}

let view: ViewState | undefined = vscode.getState();
let drawn: Drawn | null = null;

function show({ result, fresh }: ToView): void {
  const step = fresh || view === undefined ? telling(result.trace.steps) : view.step;
  const { everyStep = false, changedOnly = false } = view ?? {};
  view = { result, step, everyStep, changedOnly, filter: fresh ? '' : (view?.filter ?? '') };
  draw(view);
  goTo(step, true);
}

function change(next: Partial<ViewState>): void {
  if (view === undefined) return;
  view = { ...view, ...next };
  vscode.setState(view);
  drawState(view);
}

function goTo(step: number, focus: boolean): void {
  if (view === undefined || drawn === null) return;
  const { steps } = view.result.trace;
  const index = Math.max(0, Math.min(step, steps.length - 1));
  change({ step: index });
  drawn.slider.value = String(index + 1);
  drawn.slider.setAttribute('aria-valuetext', stepSentence(steps, index));
  drawn.position.textContent = `Step ${steps.length === 0 ? 0 : index + 1} of ${steps.length}`;
  drawn.status.textContent = stepSentence(steps, index);
  selectRow(drawn.lanes, index, focus);
}

function moveBy(count: number): void {
  if (view !== undefined) goTo(shownStep(view.result.trace.steps, view.step, count, view.everyStep), true);
}

function drawState({ result, step, changedOnly, filter }: ViewState): void {
  const rows = filterRows(stateRows(result.trace.steps, step), changedOnly, filter);
  drawn?.state.replaceChildren(stateTable(rows));
}

function draw(state: ViewState): void {
  const { result } = state;
  const { steps } = result.trace;
  const lanes = laneTable(result, {
    select: (index) => goTo(index, true),
    open: (file, line) => vscode.postMessage({ type: 'open', file, line }),
  });
  const slider = element('input', {
    type: 'range',
    id: 'step',
    min: 1,
    max: Math.max(1, steps.length),
    step: 1,
    'aria-label': 'Step',
    disabled: steps.length === 0,
  });
  slider.addEventListener('input', () => goTo(Number(slider.value) - 1, false));
  lanes.classList.toggle('telling', !state.everyStep);
  drawn = {
    lanes,
    slider,
    state: element('div', { id: 'state-rows' }),
    position: element('span', { id: 'position' }),
    status: element('div', { role: 'status', 'aria-live': 'polite', class: 'spoken' }),
  };
  root.replaceChildren(
    header(result),
    toolbar(drawn),
    element(
      'section',
      { class: 'lanes', 'aria-label': 'Interleaving' },
      steps.length > 0 ? lanes : element('p', { class: 'empty' }, 'This run has no steps to show.'),
    ),
    statePanel(state, drawn),
    drawn.status,
  );
}

function header({ trace, uri }: TraceResult): HTMLElement {
  const side = uri === null ? 'unmodified reference' : trace.side === 'pre' ? 'before the patch' : 'after the patch';
  const violations = trace.violations.map(({ invariant, message, step }) =>
    element(
      'li',
      {},
      button(`Step ${step + 1}`, { class: 'link' }, () => goTo(step, true)),
      ` breaks ${invariant}: ${message}`,
    ),
  );
  return element(
    'header',
    {},
    element('h1', {}, `${trace.scenario} on ${trace.vm}, ${side}`),
    element('p', { class: 'title' }, trace.title),
    trace.assumption === null ? null : element('p', {}, `Supposes: ${trace.assumption}`),
    element('p', { class: 'summary' }, trace.summary),
    violations.length === 0 ? null : element('ul', { class: 'violations' }, ...violations),
  );
}

function toolbar({ slider, position }: Drawn): HTMLElement {
  const move = (text: string, label: string, count: number) =>
    button(text, { title: label, 'aria-label': label }, () => moveBy(count));
  const trace = view?.result.trace;
  const other = trace?.side === 'pre' ? 'post' : 'pre';
  const otherText = other === 'pre' ? 'Run before the patch' : 'Run after the patch';
  return element(
    'div',
    { class: 'toolbar', role: 'toolbar', 'aria-label': 'Steps' },
    move('|<', 'First step (Home)', -Infinity),
    move('<', 'Step back (Left arrow)', -1),
    move('>', 'Step forward (Right arrow)', 1),
    move('>|', 'Last step (End)', Infinity),
    slider,
    position,
    view?.result.uri === null ? null : button(otherText, {}, () => vscode.postMessage({ type: 'side', side: other })),
    everyStepBox(),
    button('Copy as text', {}, () => {
      if (trace !== undefined) vscode.postMessage({ type: 'copy', text: interleavingText(trace) });
    }),
  );
}

function everyStepBox(): HTMLElement | null {
  const steps = view?.result.trace.steps ?? [];
  const quiet = steps.filter(isQuiet).length;
  if (quiet === 0) return null;
  const box = element('input', { type: 'checkbox', id: 'every-step' });
  box.checked = view?.everyStep ?? false;
  box.addEventListener('change', () => {
    change({ everyStep: box.checked });
    drawn?.lanes.classList.toggle('telling', !box.checked);
  });
  return element('label', { for: 'every-step' }, box, ` all steps (${quiet} change nothing)`);
}

function statePanel({ changedOnly, filter }: ViewState, { state }: Drawn): HTMLElement {
  const only = element('input', { type: 'checkbox', id: 'changed-only' });
  only.checked = changedOnly;
  only.addEventListener('change', () => change({ changedOnly: only.checked }));
  const search = element('input', {
    type: 'search',
    id: 'filter',
    placeholder: 'Filter',
    'aria-label': 'Filter state',
  });
  search.value = filter;
  search.addEventListener('input', () => change({ filter: search.value }));
  return element(
    'section',
    { class: 'state', 'aria-label': 'State after this step' },
    element('h2', {}, 'State after this step'),
    element('div', { class: 'filters' }, search, element('label', { for: 'changed-only' }, only, ' changed only')),
    state,
    element('p', { class: 'legend' }, 'A added, M modified, D deleted in this step'),
  );
}

/** How many shown steps a key moves. */
const MOVES: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowUp: -1,
  ArrowRight: 1,
  ArrowDown: 1,
  PageUp: -10,
  PageDown: 10,
  Home: -Infinity,
  End: Infinity,
};

document.addEventListener('keydown', (event) => {
  const count = MOVES[event.key];
  if (count === undefined || view === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
  // Keys that a field needs for itself stay its own.
  if (event.target instanceof HTMLInputElement) return;
  event.preventDefault();
  moveBy(count);
});

window.addEventListener('message', ({ data }: MessageEvent<ToView>) => {
  if (data.type === 'show') show(data);
});

if (view !== undefined) {
  draw(view);
  goTo(view.step, false);
}
vscode.postMessage({ type: 'ready' });

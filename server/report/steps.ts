/**
 * A step of a run as a reader of a mail wants it: its function as a heading, one line for what it
 * does, and under it only the changes that this line does not already tell. It knows the words that
 * the machine uses for its steps, nothing of patches.
 */

import type { ColumnStep } from './columns';

export interface ReportStep {
  readonly thread: string;
  readonly function: string | null;
  readonly action: string;
  readonly patchLine: number | null;
  readonly changes: readonly string[];
  /** `invariant: what broke`. */
  readonly violations: readonly string[];
}

const LOCKING = /^(\w*lock\w*|(up|down)_\w+)\(/;
const LOCK_CHANGE = /^lock .+: .+ -> .+$/;
/** Steps of the machine whose line says what one of their changes says again. */
const TWICE: readonly (readonly [step: RegExp, change: RegExp])[] = [
  [/^user space asks to destroy /, /^asked to destroy /],
  [/ leaves guest_memfd /, /^guest_memfd gives up /],
  [/ (enters|leaves) the guest$/, /: in the (host|guest) -> in the (host|guest)$/],
  [/ flushes its TLB$/, /^TLB of .* flushed$/],
  [/^the VM is dead$/, /^vm: .* -> dead$/],
];
/** What guard() expands to. It takes the lock for the function at hand; whose end frees it, the trace does not say. */
const GUARD = /^class_\w+_(con|de)structor$/;

/** Rows for `interleaving`: a heading where a thread's function changes, then its steps, indented. */
export function rowsOf(steps: readonly ReportStep[]): ColumnStep[] {
  const current = new Map<string, string | null>();
  const rows: ColumnStep[] = [];
  let last = '';
  for (const step of steps) {
    const shown = shownStep(step);
    const same = JSON.stringify([step.thread, step.function, shown]);
    // A WARN in a loop says the same thing again and again.
    if (same === last && shown.under.length > 0) continue;
    last = same;
    const before = current.get(step.thread);
    const guard = GUARD.exec(step.function ?? '');
    const name = guard === null ? step.function : guard[1] === 'con' ? (before ?? null) : null;
    if (name !== null && name !== before) rows.push({ thread: step.thread, text: `${name}()`, under: [] });
    current.set(step.thread, name);
    rows.push({ thread: step.thread, indent: name === null ? 0 : 2, ...shown });
  }
  return rows;
}

function shownStep(step: ReportStep): Pick<ColumnStep, 'text' | 'under'> {
  const place = step.patchLine === null ? '' : ` (patch line ${step.patchLine})`;
  const broken = step.violations.map((text) => `! ${text}`);
  // A rule of the driver's own shows as a step that says what broke: once is enough.
  if (step.violations.includes(step.action)) return { text: `! ${step.action}${place}`, under: broken.slice(1) };
  const { text, changes } = fold(step.action, step.changes);
  return { text: text + place, under: [...changes.map((change) => `| ${change}`), ...broken] };
}

/** Joins an action with a change that repeats it: `reads x`, `x is 1` and `mutex_lock(x)`, `lock x: - -> write`. */
function fold(action: string, changes: readonly string[]): { text: string; changes: readonly string[] } {
  if (LOCKING.test(action)) return { text: action, changes: changes.filter((change) => !LOCK_CHANGE.test(change)) };
  const twice = TWICE.find(([step]) => step.test(action));
  if (twice !== undefined) return { text: action, changes: changes.filter((change) => !twice[1].test(change)) };
  const access = /^(reads|writes) (\w+)$/.exec(action);
  const [only] = changes;
  if (access?.[2] === undefined || only === undefined || changes.length > 1) return { text: action, changes };
  const value = access[1] === 'reads' ? `${access[2]} is ` : `${access[2]}: `;
  return only.startsWith(value)
    ? { text: `${action}: ${only.slice(value.length)}`, changes: [] }
    : { text: action, changes };
}

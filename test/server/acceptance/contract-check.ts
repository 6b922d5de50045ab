/**
 * A structural check of `check --format json` against the contract: every field, its type, nothing
 * missing. It knows shapes and permitted words only; whether a result is right is for others.
 */

type Check = (value: unknown, path: string) => string[];

const is =
  (what: string, holds: (value: unknown) => boolean): Check =>
  (value, path) =>
    holds(value) ? [] : [`${path}: ${JSON.stringify(value)?.slice(0, 80)} is not ${what}`];

const text = is('a text', (value) => typeof value === 'string');
const flag = is('a flag', (value) => typeof value === 'boolean');
const count = is('a count', (value) => Number.isInteger(value) && (value as number) >= 0);
const place = is('a place from 1', (value) => Number.isInteger(value) && (value as number) >= 1);
const oneOf = (...words: readonly unknown[]): Check =>
  is(`one of ${words.join(', ')}`, (value) => words.includes(value));
const orNull =
  (check: Check): Check =>
  (value, path) =>
    value === null ? [] : check(value, path);

const list =
  (check: Check): Check =>
  (value, path) =>
    Array.isArray(value) ? value.flatMap((one, index) => check(one, `${path}[${index}]`)) : [`${path} is not a list`];

const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (typeof value !== 'object' || value === null) return [`${path} is not a record`];
    const given = value as Record<string, unknown>;
    return Object.entries(fields).flatMap(([name, check]) =>
      Object.hasOwn(given, name) ? check(given[name], `${path}.${name}`) : [`${path}.${name} is missing`],
    );
  };

const finding = record({
  invariant: text,
  status: oneOf('introduced', 'fixed', 'present'),
  severity: oneOf('error', 'warning', 'information', 'hint'),
  vm: list(oneOf('default', 'sw-protected', 'sev', 'sev-es', 'snp', 'tdx')),
  scenarios: list(is('a scenario id', (value) => /^S\d\d$/.test(String(value)))),
  assumption: orNull(text),
  message: text,
  function: orNull(text),
  file: orNull(text),
  line: orNull(place),
  side: oneOf('pre', 'post'),
  patchLine: place,
  patchColumn: place,
  patchEndColumn: place,
  culprits: list(record({ patchLine: place, patchColumn: place, text })),
  schedule: text,
  preemptions: count,
  trace: list(
    record({
      thread: text,
      file: orNull(text),
      line: orNull(place),
      patchLine: orNull(place),
      action: text,
      changes: list(text),
    }),
  ),
  unknowns: list(text),
});

const report = record({
  version: oneOf(1),
  tool: record({
    name: oneOf('kvm-mmu-review'),
    version: is('a version', (value) => /^\d+\.\d+\.\d+/.test(String(value))),
  }),
  patches: list(
    record({
      input: text,
      subject: orNull(text),
      messageId: orNull(text),
      tier: oneOf('tree', 'reference', 'static'),
      kernel: orNull(text),
      verdict: oneOf('clean', 'findings', 'incomplete', 'no-diff', 'out-of-scope', 'unusable'),
      findings: list(finding),
      coverage: record({
        changedLines: count,
        nonExecutable: count,
        executed: count,
        notReached: list(record({ patchLine: place })),
        notUnderstood: list(record({ patchLine: place, why: text })),
      }),
      runs: record({
        scenarios: count,
        states: count,
        transitions: count,
        milliseconds: count,
        complete: flag,
        vacuous: list(text),
      }),
      notes: list(text),
    }),
  ),
});

/** What breaks the contract in a parsed report, one sentence each. */
export function breaches(value: unknown): string[] {
  return report(value, 'report');
}

/**
 * The sources that hunks are placed into, cut into units and indexed by function, record and file-scope
 * name. The same index serves the reference and, with exact files, a kernel tree.
 */

import { type Comparable, comparable } from './align';
import { fileScopeKey, type Scope, scopesOf } from './scopes';
import { isWord, type Unit, unitsOf } from './statements';

export interface SourceUnit extends Comparable {
  readonly path: string;
  /** Index into the file's `units`. */
  readonly index: number;
  readonly scope: Scope;
  /** UTF-16 offsets in the file's text. */
  readonly start: number;
  readonly end: number;
  /** Line (from 1) of the first token, and of the last. */
  readonly line: number;
  readonly lastLine: number;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly units: readonly SourceUnit[];
}

export interface SourceIndex {
  readonly files: ReadonlyMap<string, SourceFile>;
  /** Units of a function or record by its scope name, one list per definition. */
  readonly scopes: ReadonlyMap<string, readonly (readonly SourceUnit[])[]>;
  /** File-scope units by `fileScopeKey`. */
  readonly atFileScope: ReadonlyMap<string, readonly SourceUnit[]>;
  /** Every identifier that occurs anywhere. */
  readonly names: ReadonlySet<string>;
}

/** Indexes the texts; `vocabulary` holds further texts (the prelude) whose names count as known. */
export function indexSources(texts: ReadonlyMap<string, string>, vocabulary: Iterable<string> = []): SourceIndex {
  const files = new Map<string, SourceFile>();
  const scopes = new Map<string, SourceUnit[][]>();
  const atFileScope = new Map<string, SourceUnit[]>();
  const names = new Set<string>();
  for (const [path, text] of texts) {
    const file = indexFile(path, text);
    files.set(path, file);
    let previous: Scope = null;
    for (const unit of file.units) {
      if (unit.unit.macro !== null && unit.scope !== null) {
        // A macro may stand within a function, which goes on behind it.
        if (unit.unit.kind === 'macro-head') addTo(scopes, unit.scope, [unit]);
        else scopes.get(unit.scope)?.at(-1)?.push(unit);
        for (const token of unit.unit.tokens) if (isWord(token.text)) names.add(token.text);
        continue;
      }
      if (unit.scope === null) addTo(atFileScope, fileScopeKey(unit.unit), unit);
      else if (unit.scope !== previous || unit.unit.kind === 'header') addTo(scopes, unit.scope, [unit]);
      else scopes.get(unit.scope)?.at(-1)?.push(unit);
      previous = endsHere(unit) ? null : unit.scope;
      for (const token of unit.unit.tokens) if (isWord(token.text)) names.add(token.text);
    }
  }
  for (const text of vocabulary) for (const word of text.match(/[A-Za-z_]\w*/g) ?? []) names.add(word);
  return { files, scopes, atFileScope, names };
}

/** A one-line function may follow another of the same name in the other arm of an #if. */
function endsHere(unit: SourceUnit): boolean {
  return (
    unit.unit.kind === 'close' && unit.unit.opener !== '' && unit.scope?.startsWith('fn ') === true && isOuter(unit)
  );
}

function isOuter(unit: SourceUnit): boolean {
  return unit.unit.opener.includes(`${unit.scope?.slice(3)} (`);
}

function addTo<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function indexFile(path: string, text: string): SourceFile {
  const lines = text.split('\n');
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += line.length + 1;
  }
  const units = unitsOf(lines);
  const scopes = scopesOf(units, lines, { start: null, columns: true });
  return {
    path,
    text,
    units: units.map((unit, index) => sourceUnit(path, unit, index, scopes[index] ?? null, starts)),
  };
}

function sourceUnit(path: string, unit: Unit, index: number, scope: Scope, starts: readonly number[]): SourceUnit {
  const first = unit.tokens[0];
  const last = unit.tokens[unit.tokens.length - 1];
  return {
    ...comparable(unit, (name) => name),
    path,
    index,
    scope,
    start: (starts[first?.line ?? 0] ?? 0) + (first?.start ?? 0),
    end: (starts[last?.line ?? 0] ?? 0) + (last?.end ?? 0),
    line: (first?.line ?? 0) + 1,
    lastLine: (last?.line ?? 0) + 1,
  };
}

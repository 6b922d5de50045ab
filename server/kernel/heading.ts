/** What a section heading says about the sources: the function it names, completed or used to unflatten a hunk. */

import { recoverFlattened } from '../patch/recover';
import type { Hunk } from '../patch/types';
import { todaysName } from './history';
import { scopeOfHeading } from './scopes';
import type { SourceIndex } from './source-index';

/**
 * `diff -p` cuts a heading off after 40 characters, in the middle of a name: completed if only one function fits.
 * And it says nothing of a return type on a line of its own: a function that is known has one.
 */
export function completeHeading(heading: string, index: SourceIndex): string {
  const bare = /^(\w+)\(/.exec(heading)?.[1];
  if (bare !== undefined && index.scopes.has(`fn ${bare}`)) return `int ${heading}`;
  const start = /^[A-Za-z_][\w\s*]*?[\s*](\w{4,})$/.exec(heading)?.[1];
  if (start === undefined || index.scopes.has(`fn ${start}`)) return start === undefined ? heading : `${heading}(`;
  const fitting = [...index.scopes.keys()].filter((scope) => scope.startsWith(`fn ${start}`));
  const only = fitting.length === 1 ? fitting[0] : undefined;
  return only === undefined ? heading : `${heading.slice(0, -start.length)}${only.slice(3)}(`;
}

/** A flattened hunk's lines are read again with the function that its heading names, if the source has it. */
export function recover(hunk: Hunk, index: SourceIndex): Hunk {
  const scope = scopeOfHeading(hunk.heading);
  const rename = (name: string) => todaysName(name, (each) => index.names.has(each));
  const name = scope?.startsWith('fn ') ? rename(scope.slice(3)) : null;
  const source = name === null ? undefined : index.scopes.get(`fn ${name}`)?.[0];
  const first = source?.[0];
  const last = source?.[source.length - 1];
  const text = first && last ? index.files.get(first.path)?.text.slice(first.start, last.end) : undefined;
  return text === undefined ? hunk : recoverFlattened(hunk, text, rename);
}

/**
 * Finds texts that were met before. Jobs carry whole files, of a quarter of a megabyte some of them, and a review
 * has hundreds of jobs: equal ones are told by comparing them, which is quicker than naming each by its content.
 */

import type { Overrides } from './jobs';

/** The object that stood for these texts before, if it is among the last `most`; else `overrides`, which will. */
export type SameTexts = (overrides: Overrides) => Overrides;

export function sameTexts(most: number): SameTexts {
  const met: Overrides[] = [];
  return (overrides) => {
    const at = met.findIndex((other) => areSame(other, overrides));
    const found = at < 0 ? overrides : (met.splice(at, 1)[0] as Overrides);
    met.push(found);
    if (met.length > most) met.shift();
    return found;
  };
}

function areSame(a: Overrides, b: Overrides): boolean {
  if (a === b) return true;
  const paths = Object.keys(a);
  if (paths.length !== Object.keys(b).length) return false;
  return paths.every((path) => Object.hasOwn(b, path) && a[path] === b[path]);
}

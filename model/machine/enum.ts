/** Enumerations that lie in memory as numbers: the position of a name in a list. */

/** The name at a position. Anything else means that a record was overwritten, a mistake of ours. */
export function nameAt<T>(names: readonly T[], position: number): T {
  const name = names[position];
  if (name === undefined) throw new RangeError(`no name at ${position} of ${names.length}`);
  return name;
}

/**
 * Large buffers, taken over by one run from another: a review makes a few hundred short runs, and for those
 * allocating, and collecting, what each holds takes longer than the run. It knows sizes and nothing else.
 */

const spare = new Map<number, ArrayBuffer[]>();

/** Buffers of a size that are kept; runs of a thread follow one another, and a replay may stand beside one. */
const KEPT = 4;

/** A buffer of so many bytes, all zero. */
export function takeBuffer(bytes: number): ArrayBuffer {
  const buffer = spare.get(bytes)?.pop();
  if (buffer === undefined) return new ArrayBuffer(bytes);
  new Uint8Array(buffer).fill(0);
  return buffer;
}

/** Nobody may touch the buffer afterwards. */
export function giveBuffer(buffer: ArrayBuffer): void {
  const kept = spare.get(buffer.byteLength) ?? [];
  spare.set(buffer.byteLength, kept);
  if (kept.length < KEPT) kept.push(buffer);
}

/**
 * Tuples of 32-bit words, each stored once and numbered in order of arrival: open addressing over
 * typed arrays. It compares tuples whole; what the words mean is its users' business.
 */

export class WordTable {
  private data: Int32Array<ArrayBuffer>;
  private slots: Int32Array<ArrayBuffer>;
  private count = 0;
  /** True when the last `intern` found its tuple there already. */
  known = false;

  constructor(
    /** Words per tuple. */
    readonly stride: number,
    expected = 256,
  ) {
    this.data = new Int32Array(expected * stride);
    let slots = 16;
    while (slots < expected * 2) slots *= 2;
    this.slots = new Int32Array(slots);
  }

  get size(): number {
    return this.count;
  }

  get bytes(): number {
    return (this.data.length + this.slots.length) * 4;
  }

  /** The number (from 0) of the tuple that starts at `at` in `from`. */
  intern(from: Int32Array, at: number): number {
    const { stride, data, slots } = this;
    const mask = slots.length - 1;
    let slot = hash(from, at, stride) & mask;
    for (let id = slots[slot]!; id !== 0; slot = (slot + 1) & mask, id = slots[slot]!) {
      const base = (id - 1) * stride;
      let i = 0;
      while (i < stride && data[base + i] === from[at + i]) i++;
      if (i === stride) {
        this.known = true;
        return id - 1;
      }
    }
    this.known = false;
    return this.add(from, at, slot);
  }

  /** Word `i` of tuple `id`. */
  word(id: number, i: number): number {
    return this.data[id * this.stride + i]!;
  }

  /** The words of all tuples; tuple `id` starts at `id * stride`. Valid until the next `intern`. */
  get words(): Int32Array {
    return this.data;
  }

  private add(from: Int32Array, at: number, slot: number): number {
    const id = this.count++;
    const base = id * this.stride;
    if (base + this.stride > this.data.length) {
      const bigger = new Int32Array(this.data.length * 2);
      bigger.set(this.data);
      this.data = bigger;
    }
    for (let i = 0; i < this.stride; i++) this.data[base + i] = from[at + i]!;
    this.slots[slot] = id + 1;
    if (this.count * 2 > this.slots.length) this.rehash();
    return id;
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 0; id < this.count; id++) {
      let slot = hash(this.data, id * this.stride, this.stride) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.slots = slots;
  }
}

function hash(words: Int32Array, at: number, stride: number): number {
  let h = stride;
  for (let i = 0; i < stride; i++) {
    h = Math.imul(h ^ words[at + i]!, 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0x85ebca6b);
  return h ^ (h >>> 13);
}

/** A growing list of 32-bit words. */
export class WordList {
  private data = new Int32Array(64);
  length = 0;

  push(v: number): void {
    if (this.length === this.data.length) {
      const bigger = new Int32Array(this.data.length * 2);
      bigger.set(this.data);
      this.data = bigger;
    }
    this.data[this.length++] = v;
  }

  at(i: number): number {
    return this.data[i]!;
  }

  set(i: number, v: number): void {
    this.data[i] = v;
  }

  get bytes(): number {
    return this.data.length * 4;
  }
}

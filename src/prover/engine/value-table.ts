// Distinct values by the order in which they first come. A key's coefficients are mostly a few, over and over: written
// once, they take a tenth of the memory.
import { drawSeed } from './randomness.ts';

const WORDS = 8;
const FACTOR = 0x9e3779b1;
const FIRST_SLOTS = 1024;

export class ValueTable {
  count = 0;
  /** Number of a value and one; 0 is free. */
  private slots = new Uint32Array(FIRST_SLOTS);
  private values: Uint32Array;
  private readonly mayGrow: boolean;
  /** Nobody can make a file whose values all fall into one slot. */
  private readonly seed = drawSeed()[0]!;

  /** Into memory of the caller's, as many as fit there, or else into its own. */
  constructor(values?: Uint32Array) {
    this.mayGrow = values === undefined;
    this.values = values ?? new Uint32Array(WORDS * 64);
  }

  /** The number of the value of eight words; −1 when there is no room for another. */
  numberOf(words: Uint32Array, at: number): number {
    let slot = this.slotOf(words, at);
    for (let found = this.slots[slot]!; found !== 0; found = this.slots[slot]!) {
      if (this.isSame(found - 1, words, at)) return found - 1;
      slot = (slot + 1) & (this.slots.length - 1);
    }
    const number = this.count;
    if (WORDS * (number + 1) > this.values.length && !this.growValues()) return -1;
    for (let i = 0; i < WORDS; i++) this.values[WORDS * number + i] = words[at + i]!;
    this.slots[slot] = ++this.count;
    if (2 * this.count > this.slots.length) this.growSlots();
    return number;
  }

  private isSame(number: number, words: Uint32Array, at: number): boolean {
    for (let i = 0; i < WORDS; i++) if (this.values[WORDS * number + i] !== words[at + i]) return false;
    return true;
  }

  private slotOf(words: Uint32Array, at: number): number {
    let mixed = this.seed;
    for (let i = 0; i < WORDS; i++) {
      mixed = Math.imul(mixed ^ words[at + i]!, FACTOR);
      mixed ^= mixed >>> 15;
    }
    return mixed & (this.slots.length - 1);
  }

  private growValues(): boolean {
    if (!this.mayGrow) return false;
    const larger = new Uint32Array(2 * this.values.length);
    larger.set(this.values);
    this.values = larger;
    return true;
  }

  private growSlots(): void {
    this.slots = new Uint32Array(2 * this.slots.length);
    for (let number = 0; number < this.count; number++) {
      let slot = this.slotOf(this.values, WORDS * number);
      while (this.slots[slot] !== 0) slot = (slot + 1) & (this.slots.length - 1);
      this.slots[slot] = number + 1;
    }
  }
}

// Chance that repeats: the same seed gives the same run.
import type { Random } from '../../src/core/ports.ts';

/** xorshift128 (Marsaglia, "Xorshift RNGs", 2003), seeded through splitmix32. Tests only. */
export class SeededRandom implements Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    let mixed = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let word = mixed;
      word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
      word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
      return (word ^ (word >>> 16)) >>> 0 || 1;
    });
  }

  /** Uniform 32 bits. */
  word(): number {
    const state = this.#state;
    let word = state[3] as number;
    const first = state[0] as number;
    state[3] = state[2] as number;
    state[2] = state[1] as number;
    state[1] = first;
    word ^= word << 11;
    word ^= word >>> 8;
    state[0] = (word ^ first ^ (first >>> 19)) >>> 0;
    return state[0];
  }

  fraction(): number {
    return this.word() / 2 ** 32;
  }

  /** Uniform integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  id(): string {
    return Array.from({ length: 4 }, () => this.word().toString(16).padStart(8, '0')).join('');
  }
}

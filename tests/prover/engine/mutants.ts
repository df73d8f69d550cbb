// Files made hostile at random.
import type { SeededRandom } from '../../helpers/random.ts';

/** Cuts, extends, flips, overwrites with telling words, moves parts about. */
export function mutant(file: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = Uint8Array.from(file);
  const at = random.chance(0.5) ? random.below(Math.min(file.length, 400)) : random.below(file.length);
  switch (random.below(6)) {
    case 0:
      return copy.slice(0, at);
    case 1:
      return Uint8Array.from([
        ...copy,
        ...Array.from({ length: 1 + random.below(64) }, () => random.below(256)),
      ]);
    case 2:
      copy[at]! ^= 1 << random.below(8);
      return copy;
    case 3: {
      const word = random.pick([0, 1, 2, 0xffffffff, 0x7fffffff, 0x80000000, 0x10000, file.length]);
      new DataView(copy.buffer).setUint32(Math.min(at & ~3, copy.length - 4), word, true);
      return copy;
    }
    case 4:
      return copy.fill(random.pick([0, 255]), at, at + 1 + random.below(64));
    default:
      copy.copyWithin(at, random.below(file.length), file.length);
      return copy;
  }
}

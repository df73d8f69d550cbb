// The random numbers of a proof.
import { FIELD_BYTES, R } from './constants.ts';
import { EngineError } from './errors.ts';
import type { MaskSeed } from './mask.ts';
import type { Blinding } from './reference/prove.ts';
import { littleEndian } from './sections.ts';

/** Two numbers below r that hide the witness, uniform by rejection. */
export function randomBlinding(): Blinding {
  const draw = (): bigint => {
    for (;;) {
      const bytes = randomBytes(FIELD_BYTES);
      // r has 254 bits.
      bytes[FIELD_BYTES - 1]! &= 0x3f;
      const value = littleEndian(bytes);
      if (value < R) return value;
    }
  };
  return { r: draw(), s: draw() };
}

/** Refuses to go on without a secure source. */
function randomBytes(count: number): Uint8Array {
  const source = (globalThis as { crypto?: { getRandomValues?: (bytes: Uint8Array) => unknown } }).crypto;
  if (source?.getRandomValues === undefined) {
    throw new EngineError('resource.no-randomness', 'This platform has no secure source of randomness.', {
      nextStep: 'Use a current browser or Node.',
    });
  }
  const bytes = new Uint8Array(count);
  source.getRandomValues(bytes);
  return bytes;
}

export const drawSeed = (): MaskSeed => [...new Uint32Array(randomBytes(16).buffer)] as MaskSeed;

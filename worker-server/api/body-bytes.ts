// A body on its way in, counted as it comes. In one piece of memory outside of the JavaScript heap: as a text it would
// count against the heap's limit, and in as many pieces as the client likes to cut it into.
import type { ByteBudget } from '../byte-budget.ts';

export interface BodyBytes {
  /** Throws `resource.queue-full`. */
  add(chunk: Uint8Array): void;
  /** Until it is freed. */
  bytes(): Uint8Array;
  /** No longer held. */
  free(): void;
}

const FIRST_BYTES = 16 * 1024;

export function holdBody(owner: string, budget: ByteBudget, maxBytes: number): BodyBytes {
  let held = new Uint8Array(0);
  let length = 0;

  function grow(least: number): void {
    const size = Math.min(maxBytes, Math.max(least, FIRST_BYTES, 2 * held.length));
    budget.refuseBeyond(owner, size - held.length);
    budget.count(owner, size - held.length);
    const larger = new Uint8Array(size);
    larger.set(held.subarray(0, length));
    held = larger;
  }

  return {
    add(chunk) {
      if (length + chunk.length > held.length) grow(length + chunk.length);
      held.set(chunk, length);
      length += chunk.length;
    },
    bytes: () => held.subarray(0, length),
    free() {
      budget.count(owner, -held.length);
      held = new Uint8Array(0);
      length = 0;
    },
  };
}

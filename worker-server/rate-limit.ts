// Token buckets: so many requests a minute for each client, with a minute's worth at once.
import { GnomonError } from '../src/core/errors.ts';
import type { Clock } from '../src/core/ports.ts';

export interface RateLimit {
  /** Throws `resource.rate-limit` when the owner has used up theirs. */
  spend(owner: string): void | Promise<void>;
}

interface Bucket {
  left: number;
  filledAtMs: number;
}

/** More owners than this are forgotten, whoever has been silent longest first. */
const MAX_BUCKETS = 10_000;

export function makeRateLimit(perMinute: number, clock: Pick<Clock, 'monotonicMs'>): RateLimit {
  const buckets = new Map<string, Bucket>();
  const refill = (bucket: Bucket): void => {
    const nowMs = clock.monotonicMs();
    bucket.left = Math.min(perMinute, bucket.left + ((nowMs - bucket.filledAtMs) * perMinute) / 60_000);
    bucket.filledAtMs = nowMs;
  };
  return {
    spend(owner) {
      const bucket = buckets.get(owner) ?? { left: perMinute, filledAtMs: clock.monotonicMs() };
      // To the end of the map, which so stays in the order of use.
      buckets.delete(owner);
      buckets.set(owner, bucket);
      const silent = buckets.keys().next();
      if (buckets.size > MAX_BUCKETS && !silent.done) buckets.delete(silent.value);
      refill(bucket);
      if (bucket.left < 1) {
        const seconds = Math.ceil(((1 - bucket.left) * 60) / perMinute);
        throw new GnomonError('resource.rate-limit', `More than ${perMinute} requests in a minute.`, {
          nextStep: `Wait ${seconds} s and try again.`,
        });
      }
      bucket.left--;
    },
  };
}

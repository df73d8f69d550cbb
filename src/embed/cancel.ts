// What a caller's signal ends: the caller's wait at once, and downloads with it.
import { GnomonError } from '../core/errors.ts';
import type { FetchOptions } from './types.ts';

export type Signal = NonNullable<FetchOptions['signal']>;

const cancelled = () =>
  new GnomonError('cancelled.aborted', 'The proof was cancelled.', {
    nextStep: 'Start it again when you like.',
  });

export function mustGoOn(signal: Signal | undefined): void {
  if (signal?.aborted) throw cancelled();
}

/** What waits for others, or for a server, is cancelled at once too. */
export function orCancelled<T>(work: Promise<T>, signal: Signal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const cancel = () => reject(cancelled());
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
  });
}

/** For `fetch`, which takes no other kind. `end` also stops listening. */
export function follow(signal: Signal | undefined): { signal: AbortSignal; end(): void } {
  const own = new AbortController();
  const end = () => {
    signal?.removeEventListener('abort', end);
    own.abort();
  };
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();
  return { signal: own.signal, end };
}

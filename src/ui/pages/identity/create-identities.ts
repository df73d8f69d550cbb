// Kept identities as a live signal: read again whenever something changes, here or in another tab.
import { type Accessor, createSignal, onCleanup } from 'solid-js';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import type { IdentitiesService, IdentitySummary } from '../../../services/identities.ts';

export interface LiveIdentities {
  /** Null until the first read is done. */
  identities: Accessor<IdentitySummary[] | null>;
  error: Accessor<ErrorData | null>;
}

/** Reads on demand and shows only the newest read, since an older one may come back later. */
export function makeReader<T>(
  read: () => Promise<T>,
  show: (value: T) => void,
  fail: (thrown: unknown) => void,
): () => Promise<void> {
  let newest = 0;
  return async () => {
    const mine = ++newest;
    try {
      const value = await read();
      if (mine === newest) show(value);
    } catch (thrown) {
      if (mine === newest) fail(thrown);
    }
  };
}

export function createIdentities(service: IdentitiesService): LiveIdentities {
  const [identities, setIdentities] = createSignal<IdentitySummary[] | null>(null);
  const [error, setError] = createSignal<ErrorData | null>(null);
  const read = makeReader(
    () => service.list(),
    (list) => {
      setIdentities(list);
      setError(null);
    },
    (thrown) => setError(toErrorData(thrown)),
  );
  onCleanup(service.watch(() => void read()));
  void read();
  return { identities, error };
}

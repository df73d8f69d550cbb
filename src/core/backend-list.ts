// The scheduler's view of backends that come and go.
import { GnomonError } from './errors.ts';
import type { Backend, BackendList } from './ports.ts';

export function asBackendList(backends: readonly Backend[] | BackendList): BackendList {
  if ('list' in backends) return backends;
  return { list: () => backends, watch: () => () => {} };
}

/** Calls when the list or any backend in it has changed. Returns what ends it. */
export function watchBackends(backends: BackendList, call: () => void): () => void {
  const watched = new Map<Backend, () => void>();
  const follow = (): void => {
    const now = new Set(backends.list());
    for (const [backend, end] of watched) {
      if (now.has(backend)) continue;
      end();
      watched.delete(backend);
    }
    for (const backend of now) {
      if (!watched.has(backend)) watched.set(backend, backend.watch?.(call) ?? (() => {}));
    }
  };
  follow();
  const endList = backends.watch(() => {
    follow();
    call();
  });
  return () => {
    endList();
    for (const end of watched.values()) end();
    watched.clear();
  };
}

/** The backend left between being chosen and being started. */
export function hasLeft(): GnomonError {
  return new GnomonError('backend.left', 'The server that this job was given to has been removed.', {
    nextStep: 'It is tried elsewhere.',
  });
}

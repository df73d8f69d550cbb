// What jobs are proved from, beside the scheduler: its jobs carry parsed inputs, which cost several times their bytes.
// A backend that is given a job is given its payload with it.
import type { Backend, BackendList } from '../../src/core/ports.ts';

/** One of the two. */
export interface Payload {
  /** The input as the bytes of a JSON text. */
  inputJson?: Uint8Array;
  /** A .wtns file that the client computed itself. */
  witness?: Uint8Array;
}

export interface Payloads {
  put(key: string, payload: Payload): void;
  of(key: string): Payload | undefined;
  drop(key: string): void;
  /** The same backends; attempts on them come with their payload. */
  readonly backends: BackendList;
}

export function holdPayloads(backends: BackendList): Payloads {
  const held = new Map<string, Payload>();
  /** The same object each time, as the scheduler tells backends apart by it. */
  const wrapped = new WeakMap<Backend, Backend>();

  function wrap(backend: Backend): Backend {
    const known = wrapped.get(backend);
    if (known !== undefined) return known;
    const made: Backend = Object.create(backend, {
      prove: {
        value: (...[attempt, signal, onProgress]: Parameters<Backend['prove']>) =>
          backend.prove({ ...attempt, ...held.get(attempt.jobId) }, signal, onProgress),
      },
    });
    wrapped.set(backend, made);
    return made;
  }

  return {
    put: (key, payload) => void held.set(key, payload),
    of: (key) => held.get(key),
    drop: (key) => void held.delete(key),
    backends: {
      list: () => backends.list().map(wrap),
      watch: (listener) => backends.watch(listener),
    },
  };
}

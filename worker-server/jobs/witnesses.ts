// Witnesses that clients computed themselves, beside the scheduler: its jobs carry inputs. A backend that is given
// such a job is given the witness with it.
import type { Backend, BackendList } from '../../src/core/ports.ts';

export interface Witnesses {
  put(key: string, witness: Uint8Array): void;
  drop(key: string): void;
  /** The same backends; attempts on them come with their witness. */
  readonly backends: BackendList;
}

export function holdWitnesses(backends: BackendList): Witnesses {
  const held = new Map<string, Uint8Array>();
  /** The same object each time, as the scheduler tells backends apart by it. */
  const wrapped = new WeakMap<Backend, Backend>();

  function wrap(backend: Backend): Backend {
    const known = wrapped.get(backend);
    if (known !== undefined) return known;
    const made: Backend = Object.create(backend, {
      prove: {
        value: (...[attempt, signal, onProgress]: Parameters<Backend['prove']>) => {
          const witness = held.get(attempt.jobId);
          const whole = witness === undefined ? attempt : { ...attempt, witness };
          return backend.prove(whole, signal, onProgress);
        },
      },
    });
    wrapped.set(backend, made);
    return made;
  }

  return {
    put: (key, witness) => void held.set(key, witness),
    drop: (key) => void held.delete(key),
    backends: {
      list: () => backends.list().map(wrap),
      watch: (listener) => backends.watch(listener),
    },
  };
}

// What a person can set off: whether it is under way and what went wrong, as signals.
import { type Accessor, createSignal } from 'solid-js';
import { type ErrorData, toErrorData } from '../core/errors.ts';

export interface Action<Args extends unknown[]> {
  /** Ignored while an earlier run is under way. Resolves to whether it went well; never rejects. */
  run(...args: Args): Promise<boolean>;
  busy: Accessor<boolean>;
  /** Of the last run; gone when the next one starts. */
  error: Accessor<ErrorData | null>;
  clear(): void;
}

export function createAction<Args extends unknown[]>(work: (...args: Args) => Promise<void>): Action<Args> {
  const [busy, setBusy] = createSignal(false);
  const [error, setError] = createSignal<ErrorData | null>(null);
  return {
    async run(...args) {
      if (busy()) return false;
      setBusy(true);
      setError(null);
      try {
        await work(...args);
        return true;
      } catch (thrown) {
        setError(toErrorData(thrown));
        return false;
      } finally {
        setBusy(false);
      }
    },
    busy,
    error,
    clear: () => setError(null),
  };
}

/** Many small things on many rows: none waits for another, or a quick second click would be lost. */
export function createActing(): { run(work: () => Promise<void>): void; error: Accessor<ErrorData | null> } {
  const [error, setError] = createSignal<ErrorData | null>(null);
  return {
    run(work) {
      setError(null);
      work().catch((thrown: unknown) => setError(toErrorData(thrown)));
    },
    error,
  };
}

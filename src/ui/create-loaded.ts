// Something that is read from a service, as signals. Unlike a Solid resource it never suspends the page
// around it, and an error is a value; a late answer to an earlier question is dropped.
import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js';
import { type ErrorData, toErrorData } from '../core/errors.ts';

export interface Loaded<T> {
  /** The newest answer; stays while a newer one is on its way. Undefined before the first. */
  value: Accessor<T | undefined>;
  /** Of the newest attempt; null while it is under way. */
  error: Accessor<ErrorData | null>;
  loading: Accessor<boolean>;
  reload(): void;
}

/** Loads at once and whenever `question` changes. */
export function createLoaded<Q, T>(question: Accessor<Q>, load: (question: Q) => Promise<T>): Loaded<T> {
  const [value, setValue] = createSignal<T | undefined>();
  const [error, setError] = createSignal<ErrorData | null>(null);
  const [loading, setLoading] = createSignal(false);
  let newest = 0;

  async function run(asked: Q): Promise<void> {
    newest += 1;
    const mine = newest;
    setLoading(true);
    setError(null);
    try {
      const answer = await load(asked);
      if (mine === newest) setValue(() => answer);
    } catch (thrown) {
      if (mine === newest) setError(toErrorData(thrown));
    } finally {
      if (mine === newest) setLoading(false);
    }
  }

  createEffect(on(question, (asked) => void run(asked)));
  onCleanup(() => {
    newest += 1;
  });
  return { value, error, loading, reload: () => void run(question()) };
}

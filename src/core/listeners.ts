// A set of listeners. One that throws is heard (as an uncaught error) but stops nobody, least of all the
// write that it was told about.

export interface Listeners<Event> {
  add(listener: (event: Event) => void): () => void;
  emit(event: Event): void;
  clear(): void;
}

export function createListeners<Event>(): Listeners<Event> {
  const all = new Set<(event: Event) => void>();
  return {
    add(listener) {
      // Wrapped, so that the same function added twice is two listeners.
      const own = (event: Event) => listener(event);
      all.add(own);
      return () => all.delete(own);
    },
    emit(event) {
      for (const listener of [...all]) {
        try {
          listener(event);
        } catch (thrown) {
          queueMicrotask(() => {
            throw thrown;
          });
        }
      }
    },
    clear: () => all.clear(),
  };
}

// Named events with their types; listeners end by what `on` returns or by an AbortSignal.
import { createListeners, type Listeners } from '../core/listeners.ts';

export interface Emitter<Events> {
  on<Type extends keyof Events>(
    type: Type,
    listener: (event: Events[Type]) => void,
    options?: { signal?: AbortSignal },
  ): () => void;
  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void;
  clear(): void;
}

export function createEmitter<Events>(): Emitter<Events> {
  const byType = new Map<keyof Events, Listeners<never>>();
  const listenersOf = <Type extends keyof Events>(type: Type) => {
    const known = byType.get(type) ?? createListeners<never>();
    byType.set(type, known);
    return known as unknown as Listeners<Events[Type]>;
  };
  return {
    on(type, listener, { signal } = {}) {
      if (signal?.aborted) return () => {};
      const end = listenersOf(type).add(listener);
      signal?.addEventListener('abort', end, { once: true });
      return () => {
        signal?.removeEventListener('abort', end);
        end();
      };
    },
    emit: (type, event) => listenersOf(type).emit(event),
    clear: () => byType.clear(),
  };
}
